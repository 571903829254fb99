"""A condition asks for a key that its actions never send.

## What it finds
In a statement that needs the key to be there: actions, listed by name, whose requests do not
carry it by the service reference. For `aws:ResourceTag` entries of any kind are judged, a pattern
by all of its actions: it is reported when none of them carries the key, and `NotAction`, which is
about the actions of all services, always.

## Why it matters
The condition never holds for these actions. A statement that allows does not reach them, one that
denies does not protect them. Operators with `IfExists` and `Null` are left alone: there an absent
key may be meant. A negated operator holds for every request without the key: for actions that never
send it the condition is none, which has a code of our own. A `Deny` of `s3:ListBucket` and
`s3:GetObject` where `s3:prefix` is not like something denies `s3:GetObject` always.

The findings rest on a snapshot of the service reference, whose day they tell. AWS gives its code
for few keys, such as `s3:prefix`; for others the table of the action may be incomplete, and the
finding has a code of our own. Actions that carry `aws:RequestTag` are not reported for
`aws:ResourceTag`: what they make has tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.checks.reference import INCOMPLETE, LISTED_SCOPES, SESSION_PREFIXES
from iamsim.checks.view import ConditionView, Findings, PolicyView, StatementView, checks
from iamsim.checks.words import has_wildcard, must_be_present, several

if TYPE_CHECKING:
    from iamsim.catalog import ConditionKeyFacts
    from iamsim.syntax.ast import Value

RESOURCE_TAG = "aws:ResourceTag/${TagKey}"
# Keys about which AWS is on record with its code; about tags, and most others, it says nothing.
ON_RECORD = ("kms:encryptioncontext", "s3:prefix", "s3:delimiter", "s3:max-keys")
REQUEST_TAG = "aws:RequestTag/tag"
# A claim of a token, about which AWS is on record with one action:
# https://docs.aws.amazon.com/cli/latest/reference/accessanalyzer/validate-policy.html (Examples)
CLAIM, CLAIMLESS = "cognito-identity.amazonaws.com:aud", "sts:tagsession"


@checks("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "IAMSIM_KEY_NOT_SENT")
def key_not_sent(policy: PolicyView) -> Findings:
    """Keys of services, and keys that only some actions send."""
    for statement, condition, facts in _demanded(policy):
        if facts.name == RESOURCE_TAG or condition.lower.startswith(
            (*SESSION_PREFIXES, *INCOMPLETE)
        ):
            continue
        if not policy.reference.is_carried(facts):
            continue
        lacking = [
            value
            for value in _listed(statement)
            if not has_wildcard(value.text)
            and policy.reference.action(value.text) is not None
            and not policy.reference.carries(value.text, facts)
        ]
        if lacking:
            named = several([value.text for value in lacking])
            message = f"{named} never sends `{condition.key}`"
            if len(lacking) > 1:
                message = f"{named} never send `{condition.key}`"
            hint = "move these actions to a statement without the condition"
            places = [condition.key_path, *(value.path for value in lacking)]
            on_record = condition.lower.startswith(ON_RECORD)
            code = "UNSUPPORTED_ACTION_FOR_CONDITION_KEY" if on_record else "IAMSIM_KEY_NOT_SENT"
            yield policy.finding(code, message, *places, hint=hint, dated=True)
    for statement, condition in policy.conditions():
        for value in _listed(statement):
            if condition.lower == CLAIM and value.text.lower() == CLAIMLESS:
                code = "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"
                message = f"AWS does not ask `{condition.key}` of {value.text}"
                hint = "move the action to a statement without the condition"
                yield policy.finding(code, message, condition.key_path, value.path, hint=hint)


@checks("IAMSIM_NEGATED_KEY_NOT_SENT")
def negated_key_not_sent(policy: PolicyView) -> Findings:
    """Negated conditions that every request for the actions meets, since none carries the key; of
    actions that are named one by one, those that do not."""
    for statement, condition in policy.conditions():
        actions = _listed(statement)
        operator = condition.operator
        plain = operator.negated and not operator.set_operator and not operator.if_exists
        if not plain or not actions:
            continue
        facts = policy.reference.key(condition.key)
        covered = [name for value in actions for name in policy.reference.expand(value.text)]
        if facts is None or not covered:
            continue
        what = "denies them always" if statement.denies else "asks nothing of them"
        code = "IAMSIM_NEGATED_KEY_NOT_SENT"
        if all(policy.reference.never_sends(name, facts) for name in covered):
            message = f"no action here sends `{condition.key}`: the condition {what}"
            hint = "ask for a key that the actions send"
            yield policy.finding(code, message, condition.key_path, hint=hint, dated=True)
            continue
        lacking = [
            value
            for value in actions
            if not has_wildcard(value.text) and policy.reference.never_sends(value.text, facts)
        ]
        if lacking:
            named = several([value.text for value in lacking])
            verb = "send" if len(lacking) > 1 else "sends"
            what = what if len(lacking) > 1 else what.replace("them", "it")
            message = f"{named} never {verb} `{condition.key}`: the condition {what}"
            places = [condition.key_path, *(value.path for value in lacking)]
            hint = "give these actions a statement of their own"
            yield policy.finding(code, message, *places, hint=hint, dated=True)


@checks(
    "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
)
def tag_not_sent(policy: PolicyView) -> Findings:
    """Tags of resources of services that do not tell them."""
    for statement, condition, facts in _demanded(policy):
        actions = statement.actions
        if facts.name != RESOURCE_TAG or actions is None or statement.effect is None:
            continue
        effect = statement.effect.upper()
        if actions.negated:
            code = f"{effect}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
            message = f"many of the other actions never send `{condition.key}`"
            places = [condition.key_path, actions.path]
        else:
            lacking = [value for value in actions.values if _never(policy, value.text, facts)]
            if not lacking:
                continue
            verb = "send" if len(lacking) > 1 else "sends"
            named = several([value.text for value in lacking])
            code = f"{effect}_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
            message = f"{named} never {verb} `{condition.key}`"
            places = [condition.key_path, *(value.path for value in lacking)]
        hint = "name resources instead of their tags, or keep to actions that send tags"
        yield policy.finding(code, message, *places, hint=hint, dated=True)


def _demanded(
    policy: PolicyView,
) -> Iterator[tuple[StatementView, ConditionView, ConditionKeyFacts]]:
    """Go through the conditions that need a key which not every request carries."""
    for statement, condition in policy.conditions():
        facts = policy.reference.key(condition.key)
        if facts is not None and facts.scope in LISTED_SCOPES and must_be_present(condition):
            yield statement, condition, facts


def _listed(statement: StatementView) -> tuple[Value, ...]:
    """Give the entries of Action."""
    actions = statement.actions
    return () if actions is None or actions.negated else actions.values


def _never(policy: PolicyView, pattern: str, facts: ConditionKeyFacts) -> bool:
    """Whether a pattern covers actions, and none of them carries the key."""
    covered = policy.reference.expand(pattern)
    request_tag = policy.reference.key(REQUEST_TAG)
    known = (facts, *((request_tag,) if request_tag is not None else ()))
    return bool(covered) and not any(
        policy.reference.carries(action, key) for action in covered for key in known
    )
