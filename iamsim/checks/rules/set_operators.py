"""A set operator is missing, or does not belong.

## What it finds
A key that holds several values under an operator without `ForAllValues` or `ForAnyValue`; and
`ForAllValues` on a key with one value in a statement that allows, unless the statement also asks
with `Null` that the key is there.

## Why it matters
Without a set operator nothing says whether one of the values is enough or all must fit.
`ForAllValues` also holds when the key is absent: on a key with one value, that lets requests
without it pass.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks


@checks("MISSING_QUALIFIER")
def missing_set_operator(policy: PolicyView) -> Findings:
    """Keys with several values."""
    for _, condition in policy.conditions():
        if condition.operator.set_operator is not None or condition.operator.base == "Null":
            continue
        facts = policy.reference.key(condition.key)
        if facts is not None and policy.reference.needs_set_operator(facts):
            message = f"`{condition.key}` has several values: `{condition.written}` compares one"
            hint = f"write `ForAnyValue:{condition.written}` or `ForAllValues:{condition.written}`"
            place = condition.key_path
            yield policy.finding("MISSING_QUALIFIER", message, place, hint=hint, dated=True)


@checks("FORALLVALUES_WITH_SINGLE_VALUED_KEY")
def needless_for_all_values(policy: PolicyView) -> Findings:
    """Keys with one value."""
    for statement, condition in policy.conditions():
        if condition.operator.set_operator != "ForAllValues" or not statement.allows:
            continue
        facts = policy.reference.key(condition.key)
        if facts is None or facts.multivalued or facts.scope == "identity-provider":
            continue
        asked = any(
            other.lower == condition.lower
            and other.operator.base == "Null"
            and [value.text.lower() for value in other.values] == ["false"]
            for other in statement.conditions
        )
        if not asked:
            message = f"`{condition.key}` has one value: requests without it pass as well"
            hint = f"write `{condition.written.partition(':')[2]}`"
            place = condition.key_path
            code = "FORALLVALUES_WITH_SINGLE_VALUED_KEY"
            yield policy.finding(code, message, place, hint=hint, dated=True)
