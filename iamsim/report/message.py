"""What AWS prints when it denies a request.

Follows the message forms of
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, and for S3 of
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html.
"""

from __future__ import annotations

from collections.abc import Mapping

from iamsim.core.answer import Answer, RequestRecord
from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer, Verdict
from iamsim.core.explanation import Explanation
from iamsim.core.reason import Reason
from iamsim.engine.services.logs import (
    DESCRIBE_LOG_GROUPS,
    log_groups_of,
    resource_in_policies,
)
from iamsim.words.sentences import concerns_role_trust

# Refusals that are the service's and no policy's.
_OWN_ERRORS = frozenset(
    {
        Reason.ADMINISTRATORS_ONLY,
        Reason.DELEGATED_ADMINISTRATORS_ONLY,
        Reason.FIXED_OBJECT,
        Reason.FOREIGN_PROVIDER,
        Reason.MANAGEMENT_ACCOUNT_ONLY,
        Reason.MEMBER_ACCOUNTS_ONLY,
        Reason.OWN_ACCOUNT_ONLY,
        Reason.RESTRICTED_CREDENTIALS,
        Reason.SIGNED_CALLS_ONLY,
    }
)
UNKNOWN_SESSION = "SESSION_NAME"  # stands where the name of a session is not known
_PLAIN_DENIAL = "Access Denied"

# AWS documents no words for an implicit denial by an RCP, and none for S3 Block Public Access where
# it restricts a bucket: those of its other settings are about the policy or ACL in a request.
_IMPLICIT: Mapping[Layer, str] = {
    Layer.SERVICE_CONTROL_POLICY: "service control policy",
    Layer.VPC_ENDPOINT_POLICY: "VPC endpoint policy",
    Layer.PERMISSIONS_BOUNDARY: "permissions boundary",
    Layer.SESSION_POLICY: "session policy",
    Layer.RESOURCE_BASED_POLICY: "resource-based policy",
    Layer.IDENTITY_BASED_POLICY: "identity-based policy",
}
_EXPLICIT: Mapping[Layer, str] = {
    Layer.SERVICE_CONTROL_POLICY: "a service control policy",
    Layer.RESOURCE_CONTROL_POLICY: "a resource control policy",
    Layer.VPC_ENDPOINT_POLICY: "a VPC endpoint policy",
    Layer.PERMISSIONS_BOUNDARY: "a permissions boundary",
    Layer.SESSION_POLICY: "a session policy",
    Layer.RESOURCE_BASED_POLICY: "a resource-based policy",
    Layer.IDENTITY_BASED_POLICY: "an identity-based policy",
}
# The layers whose messages can carry the ARN of the policy that denies.
_NAMES_POLICY = frozenset(
    {
        Layer.SERVICE_CONTROL_POLICY,
        Layer.RESOURCE_CONTROL_POLICY,
        Layer.PERMISSIONS_BOUNDARY,
        Layer.SESSION_POLICY,
        Layer.IDENTITY_BASED_POLICY,
    }
)


def denied_message(answer: Answer) -> str | None:
    """Write the message that AWS prints for this denial; `None` when the request is not denied."""
    verdict = answer.decision.verdict
    if verdict not in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}:
        return None
    explanation = answer.explanation
    request = answer.request
    if explanation.relation is Reason.WEB_IDENTITY:
        return f"Not authorized to perform {request.action}"
    refused = (
        answer.decision.reason is Reason.SERVICE_REFUSES or explanation.relation in _OWN_ERRORS
    )
    if refused and verdict is Verdict.IMPLICIT_DENY:
        return None  # the service has an error of its own, whose text no page gives
    service = request.action.partition(":")[0].lower()
    blocked = answer.decision.layer is Layer.S3_BLOCK_PUBLIC_ACCESS
    if service == "s3" and (blocked or not _s3_says_why(explanation)):
        return _PLAIN_DENIAL
    reason = _reason(answer)
    message = f"User: {_caller(request)} is not authorized to perform: {request.action}"
    resource = _named(request)
    return message + _on_resource(service, resource, reason) + reason


def _caller(request: RequestRecord) -> str:
    """The caller as AWS names it: never a role, but a session of it, whose name may be unknown.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    written = request.caller or request.principal
    arn = find_arn(written)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        return written
    name = arn.resource.rpartition("/")[2]
    return f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{name}/{UNKNOWN_SESSION}"


def _named(request: RequestRecord) -> str:
    """The resource that the message names: a log group with an empty stream, as policies have to
    match it, and all of a Region, where that is known."""
    action = request.action.lower()
    if action != DESCRIBE_LOG_GROUPS or request.resource != "*":
        return resource_in_policies(action, request.resource)
    groups = log_groups_of(request.caller or request.principal, request.context)
    return request.resource if groups is None or ":*:" in groups else groups


def _on_resource(service: str, resource: str, reason: str) -> str:
    """Name the resource; S3 quotes it, KMS only points at it, and a lone `*` is left out."""
    if resource == "*":
        return ""
    if service == "s3":
        return f' on resource: "{resource}"'
    if service == "kms" and reason:
        return " on this resource"
    return f" on resource: {resource}"


def _reason(answer: Answer) -> str:
    layer = answer.decision.layer
    if layer is None or answer.decision.reason is Reason.CALLER_MAY_NOT_CALL:
        return ""
    trust = layer is Layer.RESOURCE_BASED_POLICY and concerns_role_trust(answer.request.action)
    if answer.decision.verdict is Verdict.IMPLICIT_DENY:
        kind = "role trust policy" if trust else _IMPLICIT.get(layer)
        return f" because no {kind} allows the {answer.request.action} action" if kind else ""
    kind = "the role trust policy" if trust else _EXPLICIT.get(layer)
    if kind is None:
        return ""
    arn = _policy_arn(answer) if layer in _NAMES_POLICY else None
    return f" with an explicit deny in {kind}" + (f": {arn}" if arn else "")


def _policy_arn(answer: Answer) -> str | None:
    """The ARN of the policy that denies; one that was given by its ARN has that for a name."""
    for statement in answer.decision.statements:
        arn = statement.arn or statement.policy
        return arn if arn.startswith("arn:") else None
    return None


def _s3_says_why(explanation: Explanation) -> bool:
    """S3 gives its reasons only within an account or an organization, and not to the anonymous."""
    if explanation.relation is Reason.ANONYMOUS_CALLER:
        return False
    if explanation.relation is not Reason.CROSS_ACCOUNT:
        return True
    values = {entry.key.lower(): entry.values for entry in explanation.context}
    caller = values.get("aws:principalorgid")
    return caller is not None and caller == values.get("aws:resourceorgid")
