"""Policies held against the checks of IAM Access Analyzer, and ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from iamsim.checks.selection import codes_named
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.wrapped_policy import unwrap_data, unwrap_text
from iamsim.syntax.ast import Policy
from iamsim.syntax.written import write_down

if TYPE_CHECKING:
    from iamsim.api.kept import PolicyInput
    from iamsim.checks.finding import Finding


class Validation:
    """The findings about one policy."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        """Wrap the findings; use `iamsim.validate` to check a policy."""
        self.findings = findings

    @property
    def codes(self) -> list[str]:
        """The codes of the findings, as AWS names them; ours begin with ``IAMSIM_``."""
        return [finding.code for finding in self.findings]

    @property
    def errors(self) -> list[Finding]:
        """The findings for which AWS would refuse the policy."""
        return [finding for finding in self.findings if finding.finding_type.value == "ERROR"]

    def to_dict(self) -> dict[str, Any]:
        """The findings as ValidatePolicy gives them."""
        from iamsim.report.findings_data import finding_to_dict

        return {"findings": [finding_to_dict(finding) for finding in self.findings]}

    def __str__(self) -> str:
        """A line for each finding."""
        return "\n".join(
            f"{finding.finding_type.value.lower().replace('_', '-')} {finding.code}:"
            f" {finding.message}"
            for finding in self.findings
        )

    def __repr__(self) -> str:
        """How many there are."""
        return f"<Validation: {len(self.findings)} findings>"

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        message = "a Validation has no truth value: look at its `findings` or `errors`"
        raise TypeError(message)


def validate(
    policy: PolicyInput,
    *,
    policy_type: str | None = None,
    resource_type: str | None = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Validation:
    """Check a policy as AWS's ValidatePolicy does, and more.

    `policy_type` is ``identity``, ``resource``, ``trust``, ``boundary``, ``session``, ``scp``,
    ``rcp`` or ``vpce``; left out, it is told from the elements. `resource_type` is AWS's name of
    what a resource-based policy is attached to, such as ``AWS::S3::Bucket``. `select` and `ignore`
    are codes, whole or by their beginning, or ``risks``, as the command takes them. What is no JSON
    is a finding, and no error; raises `RequestError` for a type or a code that there is not.
    """
    validator = Validator(select=codes_named(select, selecting=True), ignore=codes_named(ignore))
    kind = None if policy_type is None else policy_type_named(policy_type)
    if isinstance(policy, Policy):
        if policy.source.evaluated is not None:
            source = policy.source
            return Validation(
                validator.validate_data(source.evaluated, source, kind, resource_type)
            )
        return Validation(
            validator.validate_text(policy.source.text, policy.name, kind, resource_type)
        )
    if isinstance(policy, Mapping):
        wrapped = unwrap_data(policy)
        if wrapped is None:
            source = write_down(policy, "policy")
            return Validation(validator.validate_data(policy, source, kind, resource_type))
        policy = (
            wrapped.document
            if isinstance(wrapped.document, str)
            else str(write_down(wrapped.document, "policy").text)
        )
        kind = kind or wrapped.policy_type
    text = policy.decode("utf-8", "replace") if isinstance(policy, bytes) else policy
    inside = unwrap_text(text)
    if inside is not None and isinstance(inside.document, str):
        text, kind = inside.document, kind or inside.policy_type
    return Validation(validator.validate_text(text, "policy", kind, resource_type))


def policy_type_named(name: str) -> PolicyType:
    """A type of policy by its name."""
    try:
        return PolicyType(name)
    except ValueError:
        raise RequestError(
            "unknown-value",
            f"`{name}` is no type of policy",
            hint=f"types are {', '.join(policy_type.value for policy_type in PolicyType)}",
        ) from None
