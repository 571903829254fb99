"""Conditions that no request can meet together.

## What it finds
A statement whose conditions on one key exclude each other: a value that is demanded and excluded,
two ranges without a common part, a key that must be absent and is compared. And conditions on two
keys that no request carries both: `aws:SourceIp` is absent from requests through a VPC endpoint,
which alone carry `aws:SourceVpc`, `aws:SourceVpce` and `aws:VpcSourceIp`; a call with a web
identity or a SAML assertion carries no multi-factor authentication.

## Why it matters
All conditions of a statement must hold. The statement never matches: what it should allow is not
allowed, and what it should deny is not denied. Conditions with policy variables or set operators
are left out of the judgement; the others are tried by the engine with every value that could make
a difference.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.catalog.presence import keys_through_endpoints
from iamsim.checks.values import candidates, condition_test
from iamsim.checks.view import ConditionView, Findings, PolicyView, StatementView, checks
from iamsim.checks.words import must_be_present

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding

CODE = "IAMSIM_CONTRADICTORY_CONDITIONS"
MFA_KEYS = ("aws:multifactorauthpresent", "aws:multifactorauthage")
FEDERATED_CALLS = frozenset({"sts:assumerolewithwebidentity", "sts:assumerolewithsaml"})
HINT = "move one of the conditions to a statement of its own"


@checks(CODE)
def contradictory_conditions(policy: PolicyView) -> Findings:
    """Every statement with conditions; one finding a statement."""
    for statement in policy.statements:
        if not statement.conditions:
            continue
        finding = (
            _same_key(policy, statement)
            or _endpoint(policy, statement)
            or _federated(policy, statement)
        )
        if finding is not None:
            yield finding


def _same_key(policy: PolicyView, statement: StatementView) -> Finding | None:
    """Several conditions on one key."""
    by_key: dict[str, list[ConditionView]] = {}
    for condition in statement.conditions:
        if condition.operator.set_operator is None and condition.values:
            by_key.setdefault(condition.lower, []).append(condition)
    for key, conditions in by_key.items():
        facts = policy.reference.key(conditions[0].key) if len(conditions) > 1 else None
        if len(conditions) < 2 or (facts is not None and facts.multivalued):  # noqa: PLR2004
            continue
        judged = [
            condition
            for condition in conditions
            if not any("${" in value.text for value in condition.values)
        ]
        if _is_impossible(policy, key, judged):
            message = f"no value of `{conditions[0].key}` meets all conditions on it"
            places = [condition.key_path for condition in judged]
            return policy.finding(CODE, message, *places, hint="drop or mend one of the conditions")
    return None


def _is_impossible(policy: PolicyView, key: str, conditions: Sequence[ConditionView]) -> bool:
    """Try all values that matter; false where nobody can list them."""
    values = candidates(conditions)
    if values is None:
        return False
    # A condition that can't be read is left out, which makes the others no harder to meet.
    tried = [condition_test(policy, condition) for condition in conditions]
    tests = [test for test in tried if test is not None]
    contexts = [{} if value is None else {key: (value,)} for value in values]
    return not any(all(test(context) for test in tests) for context in contexts)


def _endpoint(policy: PolicyView, statement: StatementView) -> Finding | None:
    """A public address, and something that only requests through an endpoint carry."""
    demanded = _demanded(statement)
    inside = next(
        (demanded[key] for key in sorted(keys_through_endpoints()) if key in demanded), None
    )
    outside = demanded.get("aws:sourceip")
    if inside is None or outside is None:
        return None
    message = f"no request carries both `{outside.key}` and `{inside.key}`"
    return policy.finding(CODE, message, outside.key_path, inside.key_path, hint=HINT)


def _federated(policy: PolicyView, statement: StatementView) -> Finding | None:
    """Multi-factor authentication of callers who come with a token."""
    actions = statement.actions
    demanded = _demanded(statement)
    asked = next((demanded[key] for key in MFA_KEYS if key in demanded), None)
    if asked is None or actions is None or actions.negated or not actions.values:
        return None
    if any(value.text.lower() not in FEDERATED_CALLS for value in actions.values):
        return None
    message = f"calls with a token of an identity provider carry no `{asked.key}`"
    hint = "ask a claim of the identity provider"
    return policy.finding(CODE, message, asked.key_path, actions.path, hint=hint)


def _demanded(statement: StatementView) -> dict[str, ConditionView]:
    """The keys without which the statement does not match."""
    return {
        condition.lower: condition
        for condition in statement.conditions
        if must_be_present(condition)
        or (
            condition.operator.base == "Null"
            and {value.text.lower() for value in condition.values} == {"false"}
        )
    }
