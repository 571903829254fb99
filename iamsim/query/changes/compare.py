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

__all__ = ["compare_place", "question_at"]

DENIED = frozenset({Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY})
UNKNOWN_POLICIES = frozenset({"identity-based-policy"})


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
    question = question_at(batch, reached, action)
    values = {
        key: value if isinstance(value, str) else tuple(value) for key, value in allowing.items()
    }
    asked = replace(question, context={**question.context, **values}, partial=False)
    decided = decide_one(asked, batch.world)
    return decided if decided.verdict is Verdict.ALLOWED else answer


def question_at(batch: Batch, reached: Reached, action: str) -> Question:
    """The question about one of the actions."""
    candidate = reached.candidate
    place, via = reached.place.sample, reached.via
    question = batch.question(candidate.principal, action, place, reached.context, via=via)
    unknown = question.unknown | UNKNOWN_POLICIES if candidate.is_external else question.unknown
    # A world that lists the resource knows whose it is.
    listed = reached.owner is None or batch.world.model.find_resource(place) is not None
    owner = None if listed else reached.owner
    return replace(question, unknown=unknown, resource_account=owner)


def _classes(batch: Batch, reached: Reached) -> list[ActionClass]:
    """The decisions of one world; the own policies of somebody from outside are not known."""
    question = question_at(batch, reached, "")
    universe = batch.universe
    if not reached.candidate.is_external:
        return action_classes(question, batch.world, universe, reached.actions)
    found = []
    for number in universe.numbers(reached.actions):
        try:
            answer = decide_one(replace(question, action=universe.names[number]), batch.world)
        except RequestError:
            continue  # an action that is not asked about such a resource
        found.append(ActionClass(1 << number, answer))
    return found
