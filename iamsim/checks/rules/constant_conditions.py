"""A condition whose pattern fits every value.

## What it finds
A condition with the value `*` under an operator that knows wildcards. Whatever value the key has,
the outcome is the same, so only its presence decides, or nothing at all: such a condition is
`Null` in disguise, or it always holds, or it never does and the statement is dead.

## Why it matters
It reads like a restriction, and is none, or another one than it seems.
"""

from __future__ import annotations

from iamsim.checks.view import ConditionView, Findings, PolicyView, checks
from iamsim.compile.condition import compile_condition
from iamsim.core.caret import quote
from iamsim.syntax.ast import Condition

# By whether the condition holds for a present key, and for an absent one.
OUTCOMES = {
    (True, False): (
        "EQUIVALENT_TO_NULL_FALSE",
        "holds whenever the key is there",
        'say so: `"Null": {"KEY": "false"}`',
    ),
    (False, True): (
        "EQUIVALENT_TO_NULL_TRUE",
        "holds only where the key is absent",
        'say so: `"Null": {"KEY": "true"}`',
    ),
    (True, True): (
        "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
        "always holds",
        "take the key out, or narrow the pattern",
    ),
    (False, False): (
        "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
        "never holds: the statement matches nothing",
        "take the statement out, or narrow the pattern",
    ),
}
PRESENT = "arn:aws:s3:::any"  # a value that both texts and ARNs may have


@checks(*(code for code, _, _ in OUTCOMES.values()))
def constant_conditions(policy: PolicyView) -> Findings:
    """Patterns that fit everything."""
    for _, condition in policy.conditions():
        base = condition.operator.base
        if not base.endswith("Like") and not base.startswith("Arn"):
            continue
        star = next((value for value in condition.values if value.text == "*"), None)
        if star is None:
            continue
        code, effect, hint = OUTCOMES[_outcome(policy, condition)]
        message = f"{quote('*')} fits every value: `{condition.written}` {effect}"
        hint = hint.replace("KEY", condition.key)
        yield policy.finding(code, message, star.path, hint=hint)


def _outcome(policy: PolicyView, condition: ConditionView) -> tuple[bool, bool]:
    """Ask the engine's own condition for a present key and for an absent one."""
    written = Condition(condition.written, condition.key, condition.values, condition.path)
    test = compile_condition(written, policy.source, with_variables=policy.has_variables).test
    return test({condition.lower: (PRESENT,)}), test({})
