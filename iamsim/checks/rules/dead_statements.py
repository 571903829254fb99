"""Another statement of the policy makes this one idle.

## What it finds
A statement that allows nothing but what others deny under no further condition, each pair of an
action and a resource by one of them; and a statement that allows, or denies, nothing but what
another one does. `NotAction`, `NotResource`, principals and equal conditions are taken into
account; entries with policy variables cover only themselves. Each finding is proved: it holds for
every request. Where that can't be proved there is no finding; `iamsim check equivalent` searches
further, with and without the statement.

## Why it matters
The statement changes no decision. Who edits it, or takes it out, to change what is allowed is
deceived.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.checks.rules.coverage import Scopes, covers_pair
from iamsim.checks.view import Findings, PolicyView, StatementView, checks

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding

DEAD, SHADOWED = "IAMSIM_DEAD_STATEMENT", "IAMSIM_SHADOWED_STATEMENT"
MOST_PAIRS = 2_000
MOST_STATEMENTS = 700  # more than fit into any policy; each is held against each
HINT = "take the statement out, or narrow the other"


@checks(DEAD, SHADOWED)
def idle_statements(policy: PolicyView) -> Findings:
    """Hold every statement against the others; one finding for each that is idle."""
    known = [statement for statement in policy.statements if statement.effect is not None]
    if not 2 <= len(known) <= MOST_STATEMENTS:  # noqa: PLR2004 - one statement covers no other
        return
    denies = [statement for statement in known if statement.denies]
    scopes = Scopes(known)
    for statement in known:
        finding = _dead(policy, statement, denies, scopes) if statement.allows else None
        finding = finding or _shadowed(policy, statement, scopes)
        if finding is not None:
            yield finding


def _dead(
    policy: PolicyView, statement: StatementView, denies: Sequence[StatementView], scopes: Scopes
) -> Finding | None:
    """A statement that allows what is denied all the same."""
    denying = _deniers(statement, denies, scopes)
    if not denying:
        return None
    several = len(denying) > 1
    numbers = " and ".join(str(statement.index + 1) for statement in denying)
    subject = f"statements {numbers} deny" if several else f"statement {numbers} denies"
    message = f"proved: {subject} all that the statement allows"
    places = (statement.path, *(statement.path for statement in denying))
    return policy.finding(DEAD, message, *places, hint=HINT)


def _deniers(
    statement: StatementView, denies: Sequence[StatementView], scopes: Scopes
) -> list[StatementView]:
    """The statements that together deny everything a statement allows; none if something is left.

    One that does it alone is preferred.
    """
    for other in denies:
        if scopes.covers(other, statement):
            return [other]
    actions, resources = statement.actions, statement.resources
    if actions is None or actions.negated or (resources is not None and resources.negated):
        return []
    texts = [None] if resources is None else [value.text for value in resources.values]
    if len(actions.values) * len(texts) > MOST_PAIRS:
        return []
    usable = [deny for deny in denies if scopes.same_requests(deny, statement)]
    deniers: dict[int, StatementView] = {}
    for action in actions.values if usable else ():
        for resource in texts:
            one = next(
                (
                    statement
                    for statement in usable
                    if covers_pair(statement, action.text, resource)
                ),
                None,
            )
            if one is None:
                return []
            deniers[one.index] = one
    return [deniers[index] for index in sorted(deniers)]


def _shadowed(policy: PolicyView, statement: StatementView, scopes: Scopes) -> Finding | None:
    """A statement that another one with the same effect makes needless; of two that say the same
    in different words, the later."""
    for other in scopes.near(statement):
        if other is statement or other.effect != statement.effect:
            continue
        if not scopes.covers(other, statement):
            continue
        if scopes.meaning(other) == scopes.meaning(statement):
            continue  # repeated, which is a code of AWS's
        if other.index > statement.index and scopes.covers(statement, other):
            continue
        done = "allows" if other.allows else "denies"
        further = " without condition" if statement.conditions and not other.conditions else ""
        message = f"proved: statement {other.index + 1} {done} all of this{further}"
        return policy.finding(SHADOWED, message, statement.path, other.path, hint=HINT)
    return None
