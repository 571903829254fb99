"""The questions of one API call, answered together: it goes through when each is allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.calls.model import ALWAYS, Reading, Requested
from iamsim.core.decision import Verdict
from iamsim.core.overall import overall_verdict
from iamsim.engine.question import Question, Via

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.core.answer import Answer
    from iamsim.engine.world import CompiledWorld

__all__ = ["AnsweredCall", "AnsweredRequest", "answer_call", "answer_request", "question_of"]


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """One question with its answer."""

    requested: Requested
    answer: Answer

    @property
    def verdict(self) -> Verdict:
        """The verdict of the answer."""
        return self.answer.decision.verdict


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """A call's questions, answered; the verdict is that over those which are always asked."""

    reading: Reading
    answers: tuple[AnsweredRequest, ...]

    @property
    def always(self) -> tuple[AnsweredRequest, ...]:
        """What is always asked."""
        return tuple(one for one in self.answers if one.requested.needed == ALWAYS)

    @property
    def depends(self) -> tuple[AnsweredRequest, ...]:
        """What is asked only under circumstances that the call does not tell."""
        return tuple(one for one in self.answers if one.requested.needed != ALWAYS)

    @property
    def verdict(self) -> Verdict:
        """The verdict over all that is always asked."""
        return overall_verdict(one.verdict for one in self.always)

    @property
    def failing(self) -> AnsweredRequest | None:
        """The first question without which the call does not go through."""
        wanted = self.verdict
        if wanted is Verdict.ALLOWED:
            return None
        return next(one for one in self.always if one.verdict is wanted)


def question_of(requested: Requested, base: Question) -> Question:
    """Put what a call tells into a question; what `base` says of context and session wins."""
    via = base.via
    services = requested.via.get("service") or ()
    own = (services,) if isinstance(services, str) else tuple(services)
    session = base.session
    told = requested.session
    if told:
        session = replace(
            session,
            source_identity=session.source_identity or told.get("source_identity"),
            source_user=session.source_user or told.get("source_user"),
        )
    return replace(
        base,
        action=requested.action,
        resource=requested.resource,
        context={**requested.context_values, **base.context},
        unknown=base.unknown | frozenset(requested.unknown) - set(base.context),
        via=Via(via.vpc_endpoint or requested.via.get("vpc_endpoint"), via.services or own),
        session=session,
        resource_account=base.resource_account or requested.resource_account,
    )


def answer_call(
    reading: Reading, base_of: Callable[[Requested], Question], ask: Callable[[Question], Answer]
) -> AnsweredCall:
    """Answer every question of a call.

    `base_of` gives the caller and the policies for a question, `ask` answers one. Raises what
    these raise.
    """
    return AnsweredCall(
        reading,
        tuple(
            answer_request(requested, question_of(requested, base_of(requested)), ask)
            for requested in reading.asked
        ),
    )


def answer_request(
    requested: Requested,
    question: Question,
    ask: Callable[[Question], Answer],
    _world: CompiledWorld | None = None,
) -> AnsweredRequest:
    """Answer one question of a call."""
    return AnsweredRequest(requested, ask(question))
