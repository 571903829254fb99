"""Access Analyzer: validation of policies and custom policy checks.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from iamsim.api.proofs import check_access_not_granted, check_no_new_access, check_no_public_access
from iamsim.checks.codes import AWS_CODES
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.core.errors import InputError
from iamsim.proofs.result import CheckResult, Verdict
from iamsim.report.findings_data import finding_to_dict
from iamsim.serve.errors import ServiceError

if TYPE_CHECKING:
    from iamsim.serve.call import Call, Json


TYPES = {
    "IDENTITY_POLICY": PolicyType.IDENTITY,
    "RESOURCE_POLICY": PolicyType.RESOURCE,
    "SERVICE_CONTROL_POLICY": PolicyType.SERVICE_CONTROL,
    "RESOURCE_CONTROL_POLICY": PolicyType.RESOURCE_CONTROL,
}
TRUST = "AWS::IAM::AssumeRolePolicyDocument"
LONGEST_HEADER = 4_000


def invalid_token() -> ServiceError:
    """The error for a token that no response had."""
    facts: dict[str, object] = {"reason": "other"}
    return ServiceError("ValidationException", "Invalid nextToken", facts=facts)


def _validate(call: Call) -> Json:
    """ValidatePolicy: the findings that AWS has codes for; those of iamsim alone are counted."""
    kind = TYPES[call.required("policyType")]
    resource_type = call.text("validatePolicyResourceType")
    if resource_type == TRUST:
        kind = PolicyType.TRUST
    text = call.required("policyDocument")
    every = Validator().validate_text(text, "policy", kind, resource_type)
    findings = [finding for finding in every if finding.code in AWS_CODES]
    own = sorted({finding.code for finding in every if finding.code not in AWS_CODES})
    if own:
        call.notes["x-iamsim-more-findings"] = " ".join(own)
    shown, token = call.page(findings, "nextToken", "maxResults", invalid_token())
    return {"findings": [finding_to_dict(finding) for finding in shown], "nextToken": token}


def _no_new_access(call: Call) -> Json:
    return _checked(
        call,
        lambda: check_no_new_access(
            call.required("existingPolicyDocument"),
            call.required("newPolicyDocument"),
            policy_type=call.required("policyType"),
        ),
    )


def _access_not_granted(call: Call) -> Json:
    """Every entry of `access` must hold; the first that fails is told."""

    def ask(entry: object) -> CheckResult:
        asked: dict[str, Any] = dict(entry) if isinstance(entry, dict) else {}
        return check_access_not_granted(
            call.required("policyDocument"),
            asked.get("actions") or (),
            asked.get("resources") or (),
            policy_type=call.required("policyType"),
            as_aws=True,
        )

    results = [_result(partial(ask, entry)) for entry in call.items("access")]
    if not results:
        raise _fault("InvalidParameterException", "access must have an entry")
    order = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)
    worst = min(results, key=lambda result: order.index(result.verdict))
    return _told(call, worst)


def _no_public_access(call: Call) -> Json:
    return _checked(
        call,
        lambda: check_no_public_access(
            call.required("policyDocument"), call.required("resourceType")
        ),
    )


def _checked(call: Call, ask: Callable[[], CheckResult]) -> Json:
    return _told(call, _result(ask))


def _result(ask: Callable[[], CheckResult]) -> CheckResult:
    """Ask, and refuse what can't be read with AWS's error."""
    try:
        return ask()
    except InputError as error:
        raise _fault("InvalidParameterException", error.message) from error


def _fault(code: str, message: str) -> ServiceError:
    return ServiceError(code, message)


def _told(call: Call, result: CheckResult) -> Json:
    """AWS's answer. It knows PASS and FAIL: what is not proved does not pass, and a header says so.

    The request that refutes stands in a header.
    """
    call.notes["x-iamsim-result"] = result.result
    if result.witness is not None:
        witness = json.dumps(dict(result.witness), default=str)
        if len(witness) <= LONGEST_HEADER:
            call.notes["x-iamsim-witness"] = witness
    message = result.message
    if result.verdict is Verdict.UNKNOWN:
        message = f"iamsim: not proved: {result.why_unknown or message}"
    return {
        "result": "PASS" if result.verdict is Verdict.PASS else "FAIL",
        "message": message,
        "reasons": [reason.to_dict() for reason in result.reasons],
    }


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "ValidatePolicy": _validate,
    "CheckNoNewAccess": _no_new_access,
    "CheckAccessNotGranted": _access_not_granted,
    "CheckNoPublicAccess": _no_public_access,
}
