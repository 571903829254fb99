"""The questions of one API call, answered together: it goes through when each is allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.calls.model import ALWAYS, Reading, Requested
from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.core.overall import overall_verdict
from iamsim.engine.question import Question, Via
from iamsim.query.policies_in_play import policies_in_play

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.core.answer import Answer
    from iamsim.engine.world import CompiledWorld

__all__ = ["AnsweredCall", "AnsweredRequest", "answer_call", "answer_request", "question_of"]

PATTERN = "resource"


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """One question with its answer; `open` where policies may tell the
    resources of a pattern apart, and the call does not say which of them it means."""

    requested: Requested
    answer: Answer
    verdict: Verdict
    open: bool = False


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
    reading: Reading,
    base_of: Callable[[Requested], Question],
    ask: Callable[[Question], Answer],
    world: CompiledWorld,
) -> AnsweredCall:
    """Answer every question of a call.

    `base_of` gives the caller and the policies for a question, `ask` answers one in `world`. Raises
    what these raise.
    """
    return AnsweredCall(
        reading,
        tuple(
            answer_request(requested, question_of(requested, base_of(requested)), ask, world)
            for requested in reading.asked
        ),
    )


def answer_request(
    requested: Requested,
    question: Question,
    ask: Callable[[Question], Answer],
    world: CompiledWorld,
) -> AnsweredRequest:
    """Answer one question of a call; a pattern is conditional where policies tell its parts apart,
    or may."""
    if PATTERN not in question.unknown:
        answer = ask(question)
        return AnsweredRequest(requested, answer, answer.decision.verdict)
    try:
        answer = ask(question)
    except RequestError:  # patterns can't be asked about: the pattern is, as it is written
        written = replace(question, unknown=question.unknown - {PATTERN})
        answer = ask(written)
        verdict = answer.decision.verdict
        if verdict is Verdict.ALLOWED or (
            verdict is Verdict.IMPLICIT_DENY and _may_be_granted(written, world)
        ):
            return AnsweredRequest(requested, answer, Verdict.CONDITIONAL, open=True)
    return AnsweredRequest(requested, answer, answer.decision.verdict)


def _may_be_granted(question: Question, world: CompiledWorld) -> bool:
    """Whether a statement grants the action, on whatever resources."""
    action = question.action.lower()
    for one in policies_in_play(question, world):
        for statement in one.policy.statements:
            matched = any(leaf.test(action) for leaf in statement.actions.patterns)
            if not statement.denies and matched is not statement.actions.negated:
                return True
    return False
