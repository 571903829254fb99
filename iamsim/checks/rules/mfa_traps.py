"""A condition on multi-factor authentication forgets requests that do not say whether it was used.

## What it finds
`aws:MultiFactorAuthPresent` or `aws:MultiFactorAuthAge` where a request without the key passes:
in a statement that denies, with an operator that fails when the key is absent (`Bool` `false`,
`NumericGreaterThan`); in one that allows, with `IfExists` or a negated operator. Each condition is
tried by the engine with a caller who used it, one who did not, and one of whom the request does
not tell. Set operators on these keys have a code of AWS's.

## Why it matters
Requests signed with long-term access keys carry neither key. A statement that denies with `Bool`
lets them through, and so does one that allows with `BoolIfExists`: the very keys that
multi-factor authentication was meant for.

The second code is for a condition that stands the wrong way round: a statement that allows only
those who did *not* use multi-factor authentication, or denies those who did. Actions with which
people set up their own device are left alone.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

from typing import NamedTuple

from iamsim.checks.values import condition_test
from iamsim.checks.view import ConditionView, Findings, PolicyView, StatementView, checks

CODE = "IAMSIM_MFA_NOT_ASKED_OF_ACCESS_KEYS"
TURNED = "IAMSIM_MFA_TURNED_AROUND"
PRESENT, AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
# What a caller sends who used it (just now), and one who did not (or long ago).
SENT = {PRESENT: ("true", "false"), AGE: ("0", "999999999")}
# What people need before they have a device.
SETTING_UP = ("mfa", "iam:changepassword", "iam:getaccountpasswordpolicy", "sts:getsessiontoken")


class Outcome(NamedTuple):
    """Whether a condition holds for a caller who used it, who did not, and who does not tell."""

    used: bool
    unused: bool
    untold: bool


@checks(CODE)
def mfa_not_asked(policy: PolicyView) -> Findings:
    """Conditions on the two keys that let through who does not tell."""
    for statement, condition in policy.conditions():
        outcome = _outcome(policy, condition)
        if outcome is None or statement.effect is None:
            continue
        passes = (False, True, False) if statement.denies else (True, False, True)
        if outcome == passes and not _asks_presence(statement):
            message = f"requests with long-term access keys carry no `{condition.key}`, and pass"
            hint = _mend(statement, condition)
            yield policy.finding(CODE, message, condition.operator_path, hint=hint)


@checks(TURNED)
def mfa_turned_around(policy: PolicyView) -> Findings:
    """Conditions that pass only those without a device."""
    for statement, condition in policy.conditions():
        outcome = _outcome(policy, condition) if condition.lower == PRESENT else None
        actions = statement.actions
        if outcome is None or statement.effect is None or actions is None or actions.negated:
            continue
        if (outcome.used, outcome.unused) != (statement.denies, statement.allows):
            continue
        if all(any(text in value.text.lower() for text in SETTING_UP) for value in actions.values):
            continue
        done = "allows only" if statement.allows else "denies only"
        used = "did not use" if statement.allows else "used"
        message = f"the statement {done} callers who {used} multi-factor authentication"
        meant = "true" if statement.allows else "false"
        bool_hint = f"did you mean `{meant}`?" if condition.operator.base == "Bool" else None
        yield policy.finding(TURNED, message, condition.path, hint=bool_hint)


def _outcome(policy: PolicyView, condition: ConditionView) -> Outcome | None:
    """Try a condition on one of the keys; `None` for other keys and for `Null`."""
    sent = SENT.get(condition.lower)
    if sent is None or condition.operator.base == "Null" or not condition.values:
        return None
    if condition.operator.set_operator is not None:
        return None
    if any("${" in value.text for value in condition.values):
        return None
    test = condition_test(policy, condition)
    if test is None:
        return None
    key = condition.lower
    return Outcome(test({key: (sent[0],)}), test({key: (sent[1],)}), test({}))


def _asks_presence(statement: StatementView) -> bool:
    """Whether the statement says itself what holds for requests without the key."""
    return any(
        other.operator.base == "Null" and other.lower in SENT for other in statement.conditions
    )


def _mend(statement: StatementView, condition: ConditionView) -> str:
    """Say how to write the condition."""
    base = condition.operator.base
    if condition.lower == PRESENT and base != "Bool":
        operator, value = ("BoolIfExists", "false") if statement.denies else ("Bool", "true")
        return f'write `"{operator}": {{"{condition.key}": "{value}"}}`'
    return f"write `{base}IfExists`" if statement.denies else f"write `{base}`"
