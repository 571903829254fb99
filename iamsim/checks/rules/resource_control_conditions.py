"""A resource control policy forgets the services of AWS.

## What it finds
Statements that deny by the caller's organization or account without sparing calls of AWS services
(`BoolIfExists` `aws:PrincipalIsAWSService` `false`); that deny by the source of a call without
asking whether a service calls (`Bool` `aws:PrincipalIsAWSService` `true`); and that do so without
asking whether there is a source at all (`Null` `aws:SourceAccount` `false`).

## Why it matters
Calls of services carry no organization of a principal, and other calls carry no source. Without
the second condition the statement denies what it was not made for: log delivery, replication, or
everyone.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamsim.catalog.presence import source_keys
from iamsim.checks.view import ConditionView, Findings, PolicyView, StatementView, checks

PRINCIPAL_KEYS = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"})
NULL_KEYS = ("aws:sourceaccount", "aws:sourcearn")
IS_SERVICE = "aws:principalisawsservice"


@checks("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY")
def spare_services(policy: PolicyView) -> Findings:
    """Keys of the caller that services do not have."""
    for statement, condition in _negated(policy, PRINCIPAL_KEYS):
        if not _asks(statement, IS_SERVICE, "false", ("Bool",)):
            message = f"`{condition.key}` is absent when a service calls: the statement denies it"
            hint = 'add `"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}`'
            code = "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY"
            yield policy.finding(code, message, condition.key_path, hint=hint)


@checks(
    "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY",
    "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK",
)
def only_services(policy: PolicyView) -> Findings:
    """Keys of the source that only services send, and not always."""
    seen = set()
    for statement, condition in _negated(policy, source_keys()):
        if statement.index in seen:
            continue
        seen.add(statement.index)
        if not _asks(statement, IS_SERVICE, "true", ("Bool",)):
            message = f"`{condition.key}` is absent unless a service calls: the others are denied"
            hint = 'add `"Bool": {"aws:PrincipalIsAWSService": "true"}`'
            code = "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY"
            yield policy.finding(code, message, condition.key_path, hint=hint)
        if not any(_asks(statement, key, "false", ("Null",)) for key in NULL_KEYS):
            message = f"not every call of a service carries `{condition.key}`"
            hint = 'add `"Null": {"aws:SourceAccount": "false"}`'
            code = "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK"
            yield policy.finding(code, message, condition.key_path, hint=hint)


def _negated(
    policy: PolicyView, keys: frozenset[str]
) -> Iterator[tuple[StatementView, ConditionView]]:
    """Go through the conditions that deny whoever lacks a value of these keys."""
    if policy.is_rcp:
        for statement, condition in policy.conditions():
            if statement.denies and condition.operator.negated and condition.lower in keys:
                yield statement, condition


def _asks(statement: StatementView, key: str, value: str, bases: tuple[str, ...]) -> bool:
    return any(
        condition.lower == key
        and condition.operator.base in bases
        and [value.text.lower() for value in condition.values] == [value]
        for condition in statement.conditions
    )
