"""A condition key has no values to be compared with.

## What it finds
A condition key with an empty list, under a plain operator, with `IfExists`, or with a set operator.

## Why it matters
A plain condition without values is true, and its statement gives no permissions: AWS says both. A
Deny applies then, and an Allow gives nothing. `ForAnyValue` never holds; `IfExists` and
`ForAllValues` hold only for requests that lack the key, for which `"Null": {"KEY": "true"}` is the
plain word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.view import Findings, PolicyView, checks

if TYPE_CHECKING:
    from iamsim.syntax.operators import OperatorName

IF_ABSENT = 'to ask for requests without the key, write `"Null": {"KEY": "true"}`'


@checks(
    "EMPTY_ARRAY_CONDITION",
    "EMPTY_ARRAY_CONDITION_FORALLVALUES",
    "EMPTY_ARRAY_CONDITION_FORANYVALUE",
    "EMPTY_ARRAY_CONDITION_IFEXISTS",
)
def empty_values(policy: PolicyView) -> Findings:
    """Keys with an empty list of values."""
    for _, condition in policy.conditions():
        if condition.raw == []:
            code, effect, hint = _meaning(condition.operator)
            message = f"`{condition.key}` has no values: the condition {effect}"
            yield policy.finding(code, message, condition.path, hint=hint)


def _meaning(operator: OperatorName) -> tuple[str, str, str | None]:
    """Give code, meaning and advice for an operator without values."""
    code = "EMPTY_ARRAY_CONDITION"
    if operator.set_operator == "ForAllValues":
        return f"{code}_FORALLVALUES", "holds only for requests without the key", IF_ABSENT
    if operator.set_operator == "ForAnyValue":
        return f"{code}_FORANYVALUE", "never holds", None
    if operator.if_exists:
        return f"{code}_IFEXISTS", "holds only for requests without the key", IF_ABSENT
    return code, "is always true, and an Allow gives no permissions", None
