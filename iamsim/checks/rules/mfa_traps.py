"""A condition on multi-factor authentication forgets requests that do not say whether it was used.

## What it finds
`aws:MultiFactorAuthPresent` or `aws:MultiFactorAuthAge` where a request without the key passes:
in a statement that denies, with an operator that fails when the key is absent (`Bool` `false`,
`NumericGreaterThan`); in one that allows, with `IfExists` or a set operator that then holds.

## Why it matters
Requests signed with long-term access keys carry neither key. A statement that denies with `Bool`
lets them through, and so does one that allows with `BoolIfExists`: the very keys that
multi-factor authentication was meant for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.registry import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.checks.finding import Finding
    from iamsim.checks.view import ConditionView, PolicyView, StatementView

CODE = "IAMSIM_MFA_NOT_ASKED_OF_ACCESS_KEYS"
PRESENT, AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"


@checks(CODE)
def mfa_not_asked(policy: PolicyView) -> Iterator[Finding]:
    """Conditions on the two keys."""
    for statement, condition in policy.conditions():
        hint = _mend(statement, condition)
        if hint is not None:
            message = f"requests with long-term access keys carry no `{condition.key}`, and pass"
            yield policy.finding(CODE, message, condition.operator_path, hint=hint)


def _mend(statement: StatementView, condition: ConditionView) -> str | None:
    """Say how to write a condition that lets requests without the key pass; `None` if it does not.

    A statement that denies is safe when another condition denies by the absent key itself.
    """
    operator = condition.operator
    values = {value.text.lower() for value in condition.values}
    if condition.lower == PRESENT and operator.base == "Bool":
        demands = values == {"false"} if statement.denies else values == {"true"}
    elif condition.lower == AGE and operator.base.startswith("Numeric"):
        demands = ("Greater" if statement.denies else "Less") in operator.base
    else:
        return None
    passes = operator.if_exists or operator.set_operator == "ForAllValues"
    if not demands or passes is statement.denies or statement.effect is None:
        return None
    if any(
        other.operator.base == "Null" and other.lower in (PRESENT, AGE)
        for other in statement.conditions
    ):
        return None
    base = operator.base
    return f"write `{base}IfExists`" if statement.denies else f"write `{base}`"
