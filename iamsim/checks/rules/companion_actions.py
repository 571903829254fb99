"""An action that must be allowed together with another is missing.

## What it finds
A role trust policy that asks for session tags or a source identity without allowing the action
that sets them; and one that lets IAM Roles Anywhere assume the role without the two actions that
it always calls.

## Why it matters
AWS STS asks for `sts:TagSession` when a caller passes session tags, and for
`sts:SetSourceIdentity` when it sets a source identity. Where the condition demands them and the
action is not allowed, nobody can satisfy the policy.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.words import must_be_present
from iamsim.core.caret import quote

TAG_SESSION, SET_SOURCE_IDENTITY = "sts:TagSession", "sts:SetSourceIdentity"
COMPANIONS = {
    "aws:requesttag/": TAG_SESSION,
    "aws:tagkeys": TAG_SESSION,
    "sts:transitivetagkeys": TAG_SESSION,
    "sts:sourceidentity": SET_SOURCE_IDENTITY,
}
ASSUME_ROLE = "sts:assumerole"
ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"


@checks("MISSING_ACTION_FOR_CONDITION_KEY")
def missing_companion(policy: PolicyView) -> Findings:
    """Whoever must pass tags may pass them."""
    if not policy.is_trust:
        return
    for statement, condition in policy.conditions():
        if not statement.allows or not must_be_present(condition):
            continue
        if not _names(policy, statement, ASSUME_ROLE):
            continue
        for start, action in COMPANIONS.items():
            if condition.lower.startswith(start) and not _allowed(policy, action):
                message = f"{quote(condition.key)} needs the action `{action}` to be allowed"
                hint = f"add `{action}` to the actions of the statement"
                place = condition.key_path
                code = "MISSING_ACTION_FOR_CONDITION_KEY"
                yield policy.finding(code, message, place, hint=hint)


@checks("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY")
def roles_anywhere(policy: PolicyView) -> Findings:
    """IAM Roles Anywhere always sets tags and a source identity."""
    for statement in policy.statements if policy.is_trust else ():
        if not statement.allows or not _names(policy, statement, ASSUME_ROLE):
            continue
        for kind, value in statement.principals.entries if statement.principals else ():
            if kind != "Service" or value.text.lower() != ROLES_ANYWHERE:
                continue
            lacking = [
                action
                for action in (TAG_SESSION, SET_SOURCE_IDENTITY)
                if not _allowed(policy, action)
            ]
            if lacking:
                named = " and ".join(f"`{action}`" for action in lacking)
                message = f"IAM Roles Anywhere also needs {named}"
                code = "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY"
                yield policy.finding(code, message, value.path, hint=f"add {named} to the actions")


def _names(policy: PolicyView, statement: StatementView, action: str) -> bool:
    """Whether a statement covers an action, given in lower case."""
    actions = statement.actions
    if actions is None or actions.negated:
        return False
    return any(policy.reference.covers(value.text, action) for value in actions.values)


def _allowed(policy: PolicyView, action: str) -> bool:
    """Whether some statement of the policy allows an action."""
    return any(
        _names(policy, statement, action.lower())
        for statement in policy.statements
        if statement.allows
    )
