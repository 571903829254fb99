"""Attributes of DynamoDB items are restricted, and the selection is not.

## What it finds
A statement that allows `dynamodb:Query` or `dynamodb:Scan` with a condition on
`dynamodb:Attributes` and none on `dynamodb:Select`.

## Why it matters
A query that selects all attributes names none, so `dynamodb:Attributes` is empty and forbids
nothing.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks

CODE = "DYNAMODB_ATTRIBUTES_WITHOUT_SELECT"
READING = ("dynamodb:query", "dynamodb:scan")


@checks(CODE)
def attributes_without_select(policy: PolicyView) -> Findings:
    """Conditions on attributes."""
    for statement, condition in policy.conditions():
        actions = statement.actions
        if condition.lower != "dynamodb:attributes" or not statement.allows or actions is None:
            continue
        if condition.operator.negated or condition.operator.base == "Null":
            continue
        reads = any(policy.reference.covers(v.text, a) for v in actions.values for a in READING)
        if reads is not actions.negated and "dynamodb:select" not in statement.keys:
            message = "a query for all attributes names none, and passes this condition"
            hint = 'add `"StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}`'
            yield policy.finding(CODE, message, condition.key_path, hint=hint)
