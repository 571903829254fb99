"""Whether two answers are the same, and which way they differ: also where both are conditional."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from iamsim.compile.residual import all_of, negate
from iamsim.core.decision import StatementReference, Verdict
from iamsim.query.changes.model import Direction
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.solve import Modality

if TYPE_CHECKING:
    from iamsim.core.answer import Residual
    from iamsim.query.batch import BatchAnswer
    from iamsim.symbolic.residual import PartialResidual

RANKS = {
    Verdict.EXPLICIT_DENY: 0,
    Verdict.IMPLICIT_DENY: 0,
    Verdict.CONDITIONAL: 1,
    Verdict.ALLOWED: 2,
}


def direction_of(before: BatchAnswer, after: BatchAnswer) -> Direction | None:
    """Say which way an answer changes; `None` where it does not.

    Conditions are compared by what they mean: two that hold for the same requests are one, however
    they are written.
    """
    if before.residual is not None and after.residual is not None:
        return _of_conditions(before.residual, after.residual)
    if before.verdict is after.verdict:
        return None
    first, second = RANKS[before.verdict], RANKS[after.verdict]
    if first == second:
        return Direction.STAYS_DENIED
    return Direction.OPENS if second > first else Direction.CLOSES


def _of_conditions(before: Residual, after: Residual) -> Direction | None:
    mine, theirs = cast("PartialResidual", before), cast("PartialResidual", after)
    if len(mine.branches) > 1 or len(theirs.branches) > 1:
        # Several cases of something unknown: their words are compared.
        return None if mine.sentence == theirs.sentence else Direction.SHIFTS
    old, new = mine.solution.term, theirs.solution.term
    gains = remembered_solution(all_of([new, negate(old)])).modality is not Modality.NEVER
    loses = remembered_solution(all_of([old, negate(new)])).modality is not Modality.NEVER
    if gains and loses:
        return Direction.SHIFTS
    if gains:
        return Direction.OPENS
    return Direction.CLOSES if loses else None


def through_of(before: BatchAnswer, after: BatchAnswer) -> tuple[StatementReference, ...]:
    """The statements that make the difference.

    Those that decide afterwards; where nothing does (what allowed is gone), those that decided
    before. Of conditions, those that only one side has come first.
    """
    now, then = after.decision.statements, before.decision.statements
    if after.verdict is Verdict.IMPLICIT_DENY or not now:
        return then
    if before.verdict is Verdict.CONDITIONAL and after.verdict is Verdict.CONDITIONAL:
        known = set(map(_key, then))
        fresh = tuple(reference for reference in now if _key(reference) not in known)
        known = set(map(_key, now))
        gone = tuple(reference for reference in then if _key(reference) not in known)
        return fresh or gone or now
    return now


def _key(statement: StatementReference) -> object:
    """What tells a statement from others: of a template, what its policy came to."""
    source = statement.source
    text = source.text if source.evaluated is None else json.dumps(source.evaluated, default=str)
    return text, statement.path
