"""One principal at one place: both worlds decide, and what differs is a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.query.batch.answers import decide_one
from iamsim.query.batch.classes import action_classes
from iamsim.query.changes.cause import find_cause
from iamsim.query.changes.model import Change, Direction, Reached
from iamsim.query.changes.same import direction_of, through_of
from iamsim.universe.elsewhere import OPEN_TO_ALL

if TYPE_CHECKING:
    from iamsim.core.work import Work
    from iamsim.engine.question import Question
    from iamsim.query.batch import ActionClass, Batch, BatchAnswer
    from iamsim.symbolic.actions import ActionUniverse
    from iamsim.universe.asked import Asked

ORDER = (Direction.OPENS, Direction.SHIFTS, Direction.CLOSES, Direction.STAYS_DENIED)

DENIED = frozenset({Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY})


def compare_place(
    before: Batch, after: Batch, universe: ActionUniverse, reached: Reached, trials: Work
) -> Iterator[Change]:
    """Compare the decisions about a set of actions; actions that change alike come together.
    `trials` bounds how much is put back to find what decides.

    Of several that stand for a candidate each is compared; of an action that changes for more than
    one, what opens counts first.
    """
    several = reached.candidate.asked
    differences = [
        difference
        for asked in several
        for difference in _differences(before, after, universe, reached, asked)
    ]
    if len(several) == 1:
        yield from (
            _change(before, after, universe, reached, difference, trials)
            for difference in differences
        )
        return
    differences.sort(key=lambda entry: ORDER.index(entry.direction))
    left = reached.actions
    for difference in differences:
        if difference.direction is Direction.STAYS_DENIED:
            continue  # of strangers nobody asks why they are denied
        rest = difference.actions & left
        if rest:
            left ^= rest
            change = _change(before, after, universe, reached, difference, trials)
            yield replace(change, actions=tuple(universe.actions(rest)))


class _Difference(NamedTuple):
    """Actions that the two worlds decide in two ways for somebody."""

    asked: Asked
    actions: int
    direction: Direction
    old: BatchAnswer
    new: BatchAnswer


def _differences(
    before: Batch, after: Batch, universe: ActionUniverse, reached: Reached, asked: Asked
) -> Iterator[_Difference]:
    """What differs in the name of one of those that stand for the candidate."""
    now = _classes(after, universe, reached, asked)
    for old in _classes(before, universe, reached, asked):
        for new in now:
            both = old.actions & new.actions
            direction = direction_of(old.answer, new.answer) if both else None
            if direction is not None:
                yield _Difference(asked, both, direction, old.answer, new.answer)


def _change(
    before: Batch,
    after: Batch,
    universe: ActionUniverse,
    reached: Reached,
    difference: _Difference,
    trials: Work,
) -> Change:
    """A difference with the statements through which it comes, which cost most to find."""
    asked = difference.asked
    action = universe.first(difference.actions)
    first, second = (
        (question_at(batch, reached, action, asked, granted=True), batch.world)
        for batch in (before, after)
    )
    # What a stranger's own account allows was not known when the two were asked.
    answers = None if asked.outside else (difference.old, difference.new)
    cause = find_cause(first, second, trials, answers)
    through = cause or through_of(
        _certain(before, reached, action, difference.old, difference.new, asked),
        _certain(after, reached, action, difference.new, difference.old, asked),
    )
    return Change(
        reached.candidate.narrowed(asked),
        reached.place,
        tuple(universe.actions(difference.actions)),
        difference.old,
        difference.new,
        difference.direction,
        through,
        reached.via.vpc_endpoint,
        reached.via.services,
        bool(cause),
        asked,
    )


def _certain(
    batch: Batch,
    reached: Reached,
    action: str,
    answer: BatchAnswer,
    other: BatchAnswer,
    asked: Asked,
) -> BatchAnswer:
    """The answer itself; one that is conditional, where the other world denies, as it is when its
    conditions hold: then it names the statements that allow."""
    if answer.residual is None or other.verdict not in DENIED:
        return answer
    allowing = answer.residual.examples()[0]
    if allowing is None or answer.residual.stand_ins:
        return answer
    values = {
        key: value if isinstance(value, str) else tuple(value) for key, value in allowing.items()
    }
    question = question_at(batch, reached, action, asked)
    question = replace(question, context={**question.context, **values}, partial=False)
    decided = decide_one(question, batch.world)
    return decided if decided.verdict is Verdict.ALLOWED else answer


def question_at(
    batch: Batch,
    reached: Reached,
    action: str,
    asked: Asked | None = None,
    *,
    granted: bool = False,
) -> Question:
    """The question about one of the actions, in the name of one of those that stand for the
    candidate; by default of the first. With `granted` the account of a stranger allows it."""
    caller = asked or reached.candidate.asked[0]
    place, via = reached.place.sample, reached.via
    plain = batch.question(caller.principal, action, place, reached.context, via=via)
    question = caller.question(plain, granted=granted)
    if reached.open_to_all:
        question = replace(question, attached=OPEN_TO_ALL)
    # A world that lists the resource knows whose it is.
    listed = reached.owner is None or batch.world.model.find_resource(place) is not None
    return replace(question, resource_account=None if listed else reached.owner)


def _classes(
    batch: Batch, universe: ActionUniverse, reached: Reached, asked: Asked
) -> list[ActionClass]:
    """The decisions of one world."""
    question = question_at(batch, reached, "", asked)
    return action_classes(question, batch.world, universe, reached.actions)
