"""`Null` is used with `ForAllValues` or `ForAnyValue`.

## What it finds
`ForAllValues:Null` and `ForAnyValue:Null`.

## Why it matters
By AWS's page the first always holds and the second never does, whatever the request carries.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks


@checks("NULL_WITH_QUALIFIER")
def null_with_qualifier(policy: PolicyView) -> Findings:
    """`Null` asks about the key as a whole, not about its values."""
    for _, condition in policy.conditions():
        operator = condition.operator
        if operator.base == "Null" and operator.set_operator:
            effect = "always" if operator.set_operator == "ForAllValues" else "never"
            message = f"`{condition.written}` {effect} holds"
            hint = "write `Null` without a set operator"
            place = condition.operator_path
            yield policy.finding("NULL_WITH_QUALIFIER", message, place, hint=hint)
