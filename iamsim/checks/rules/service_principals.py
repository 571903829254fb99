"""A service may act for anybody's resource.

## What it finds
A statement that allows a service without asking for which resource, account or organization it
acts (`aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID`, `aws:SourceOrgPaths`), or that asks
a weaker key; and a statement for services that demands a key which requests of services never
carry.

## Why it matters
Services act for all customers. Without a condition on the source, a stranger can make the service
use your resource: the confused deputy. Keys about the caller's organization are absent when the
caller is a service, so a condition on them shuts the service out. Amazon EC2 and AWS Lambda
assume roles without telling a source, so their role trust policies are not reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.registry import checks
from iamsim.checks.rules.value_formats import is_service_principal
from iamsim.checks.words import is_guard, must_be_present
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView, StatementView
    from iamsim.syntax.ast import Value

SOURCE_KEYS = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}
)
WEAKER_KEYS = frozenset({"aws:referer", "aws:sourceowner", "aws:useragent"})
# They assume roles for workloads of the account itself, and send no source.
WITHOUT_SOURCE = ("ec2.", "lambda.", "edgelambda.", "rolesanywhere.", "pods.eks.")
NOT_OF_SERVICES = ("aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/")
TYPES = (PolicyType.RESOURCE, PolicyType.TRUST)


@checks("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL")
def unguarded_services(policy: PolicyView) -> Iterator[Finding]:
    """Services that are allowed whoever they act for."""
    for statement, value in _services(policy):
        if statement.keys & SOURCE_KEYS or not is_service_principal(value.text):
            continue
        if any(key.startswith(NOT_OF_SERVICES) for key in statement.keys):
            continue  # shuts the service out, which is another code
        if policy.is_trust and value.text.lower().startswith(WITHOUT_SOURCE):
            continue
        weaker = [one for one in statement.conditions if one.lower in WEAKER_KEYS]
        hint = "add a condition on `aws:SourceArn` or `aws:SourceAccount`"
        if weaker:
            message = f"`{weaker[0].key}` does not tell for whom {quote(value.text)} acts"
            code = "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"
            yield policy.finding(code, message, weaker[0].key_path, hint=hint)
        else:
            message = f"{quote(value.text)} is allowed whoever it acts for"
            code = "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"
            yield policy.finding(code, message, value.path, hint=hint)


@checks("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL")
def absent_keys(policy: PolicyView) -> Iterator[Finding]:
    """Keys that tell the organization or the tags of a caller who has none."""
    reported = set()
    for statement, _ in _services(policy):
        principals = statement.principals
        if principals is None or any(kind != "Service" for kind, _ in principals.entries):
            continue
        for condition in statement.conditions:
            if not condition.lower.startswith(NOT_OF_SERVICES) or condition.path in reported:
                continue
            if is_guard(statement, condition) and must_be_present(condition):
                reported.add(condition.path)
                message = f"requests of services carry no `{condition.key}`"
                hint = "ask `aws:SourceOrgID` or `aws:SourceAccount` of services"
                code = "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"
                yield policy.finding(code, message, condition.key_path, hint=hint)


def _services(policy: PolicyView) -> Iterator[tuple[StatementView, Value]]:
    """Go through the services that a policy allows."""
    if policy.policy_type not in TYPES:
        return
    for statement in policy.statements:
        principals = statement.principals
        if statement.allows and principals is not None and not principals.negated:
            for kind, value in principals.entries:
                if kind == "Service":
                    yield statement, value
