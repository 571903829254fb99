"""Whether a case can fail at all: an expectation of a question that can't be meant proves nothing.

A misspelt action, a caller that nobody is, a resource that the action does not act on: all of
these are denied, whatever the policies say.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.core.hint import Hint, HintKind
from iamsim.questions.check import QuestionCheck
from iamsim.questions.sentences import problem_text

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.suites.run import CaseResult
    from iamsim.world.model import World

NOTHING_EXPECTED = "nothing is expected of it: write `expect`"
# An allowed or explicitly denied request for all resources says something of statements for all,
# one about a role that is not there of those that name it.
_OF_DENIALS = frozenset({HintKind.RESOURCE_LEFT_OUT, HintKind.RESOURCE_NOT_LISTED})


class MeaningCheck:
    """Checks the questions of cases about one world, or about none."""

    def __init__(self, world: World | None, *, allow_unknown_names: bool = False) -> None:
        """With `allow_unknown_names` only what has no policies at all is refused."""
        self._check = QuestionCheck(world)
        self._allow = allow_unknown_names

    def of_result(self, result: CaseResult, *, must_expect: bool) -> CaseResult:
        """The result, failed where its expectation means nothing."""
        request = result.request
        if result.error is not None or request.expect_error is not None:
            return result
        if not expects_something(result):
            if not must_expect:
                return result
            return replace(result, failures=(*result.failures, NOTHING_EXPECTED))
        problems = self.problems(
            request.questions,
            result.verdict,
            together=request.together,
            shared=request.shared_keys,
            known=request.known,
        )
        if not problems:
            return result
        texts = [f"{problem_text(problem)} [{problem.kind.value}]" for problem in problems]
        return replace(result, failures=(*result.failures, *texts))

    def problems(
        self,
        questions: Sequence[Question],
        verdict: Verdict | None,
        *,
        together: tuple[str, ...] = (),
        shared: frozenset[str] = frozenset(),
        known: frozenset[str] = frozenset(),
    ) -> tuple[Hint, ...]:
        """What makes an asserted decision meaningless. `together` are actions of which one must
        carry the keys; `shared` are keys, and `known` names, in lower case, that are fine."""
        hints = self._check.of_questions(questions, together=together, shared_keys=shared)
        principal = questions[0].principal if questions else ""
        return tuple(hint for hint in hints if self.counts(hint, principal, verdict, known))

    def counts(
        self, hint: Hint, principal: str, verdict: Verdict | None, known: Container[str]
    ) -> bool:
        """Whether what is wrong with a question makes its asserted verdict meaningless."""
        if hint.kind is HintKind.NO_POLICIES:
            return True
        if self._allow or hint.subject.lower() in known or hint.action.lower() in known:
            return False
        if hint.kind in _OF_DENIALS:
            return verdict is Verdict.IMPLICIT_DENY
        if hint.kind is HintKind.PRINCIPAL_NOT_LISTED and verdict is not Verdict.IMPLICIT_DENY:
            # A statement decided, and it would have for anybody whom the world does not list.
            return self._check.lists_somebody(principal)
        return True


def expects_something(result: CaseResult) -> bool:
    """Whether a case says what must come of it."""
    request = result.request
    return (
        request.expect is not None
        or request.because is not None
        or request.expect_error is not None
        or bool(request.completions)
    )
