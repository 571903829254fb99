"""One principal at one place: both worlds decide, and what differs is a change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.query.batch import ActionClass
from iamsim.query.batch.answers import decide_one
from iamsim.query.batch.classes import action_classes
from iamsim.query.changes.model import Change
from iamsim.query.changes.same import direction_of, through_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.engine.question import Question
    from iamsim.query.batch import Batch, BatchAnswer
    from iamsim.query.changes.model import Reached
    from iamsim.universe.asked import Asked

__all__ = ["answer_at", "compare_place"]

DENIED = frozenset({Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY})


def compare_place(before: Batch, after: Batch, reached: Reached) -> Iterator[Change]:
    """Compare the decisions about a set of actions; actions that change alike come together."""
    universe = after.universe
    now = _classes(after, reached)
    for old in _classes(before, reached):
        for new in now:
            both = old.actions & new.actions
            if not both:
                continue
            direction = direction_of(old.answer, new.answer)
            if direction is not None:
                action = universe.first(both)
                through = through_of(
                    _certain(before, reached, action, old.answer, new.answer),
                    _certain(after, reached, action, new.answer, old.answer),
                )
                yield Change(
                    reached.candidate,
                    reached.place,
                    tuple(universe.actions(both)),
                    old.answer,
                    new.answer,
                    direction,
                    through,
                    reached.via.vpc_endpoint,
                )


def _certain(
    batch: Batch, reached: Reached, action: str, answer: BatchAnswer, other: BatchAnswer
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
    for asked in reached.candidate.asked:
        question = question_at(batch, reached, action, asked)
        question = replace(question, context={**question.context, **values}, partial=False)
        decided = decide_one(question, batch.world)
        if decided.verdict is Verdict.ALLOWED:
            return decided
    return answer


def question_at(
    batch: Batch, reached: Reached, action: str, asked: Asked | None = None
) -> Question:
    """The question about one of the actions, in the name of one of those that stand for the
    candidate; by default of the first."""
    caller = asked or reached.candidate.asked[0]
    place, via = reached.place.sample, reached.via
    plain = batch.question(caller.principal, action, place, reached.context, via=via)
    question = caller.question(plain)
    # A world that lists the resource knows whose it is.
    listed = reached.owner is None or batch.world.model.find_resource(place) is not None
    return replace(question, resource_account=None if listed else reached.owner)


def answer_at(batch: Batch, reached: Reached, action: str) -> BatchAnswer | None:
    """The answer to the first of those that stand for the candidate who can, else to the first of
    all; `None` for what can't be asked about such a resource."""
    denied: BatchAnswer | None = None
    for asked in reached.candidate.asked:
        try:
            answer = decide_one(question_at(batch, reached, action, asked), batch.world)
        except RequestError:
            continue
        if answer.possible:
            return answer
        denied = denied or answer
    return denied


def _classes(batch: Batch, reached: Reached) -> list[ActionClass]:
    """The decisions of one world; somebody from outside, of whom little is known, is asked for
    action by action."""
    universe, (first, *more) = batch.universe, reached.candidate.asked
    if not more and not first.outside:
        question = question_at(batch, reached, "")
        return action_classes(question, batch.world, universe, reached.actions)
    found = []
    for number in universe.numbers(reached.actions):
        answer = answer_at(batch, reached, universe.names[number])
        if answer is not None:
            found.append(ActionClass(1 << number, answer))
    return found
