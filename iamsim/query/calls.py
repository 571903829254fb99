"""The questions of one API call, answered together: it goes through when each is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.calls.model import ALWAYS, Reading, Requested
from iamsim.core.decision import Verdict
from iamsim.core.overall import overall_verdict
from iamsim.questions.called import in_world, question_of

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import World


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
        return tuple(answer for answer in self.answers if answer.requested.needed == ALWAYS)

    @property
    def depends(self) -> tuple[AnsweredRequest, ...]:
        """What is asked only under circumstances that the call does not tell."""
        return tuple(answer for answer in self.answers if answer.requested.needed != ALWAYS)

    @property
    def verdict(self) -> Verdict:
        """The verdict over all that is always asked."""
        return overall_verdict(answered.verdict for answered in self.always)

    @property
    def failing(self) -> AnsweredRequest | None:
        """The first question without which the call does not go through."""
        wanted = self.verdict
        if wanted is Verdict.ALLOWED:
            return None
        return next(answered for answered in self.always if answered.verdict is wanted)


def answer_call(
    reading: Reading,
    base_of: Callable[[Requested], Question],
    ask: Callable[[Question], Answer],
    world: World | None = None,
) -> AnsweredCall:
    """Answer every question of a call, about what the `world` has by the names that it gives.

    `base_of` gives the caller and the policies for a question, `ask` answers one. Raises what
    these raise.
    """
    return AnsweredCall(
        reading,
        tuple(
            answer_request(requested, question_of(requested, base_of(requested)), ask)
            for requested in (in_world(asked, world) for asked in reading.asked)
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
