"""Scenarios asked of the engine, and compared with what they expect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamsim.core.decision import Decision, Layer, Verdict
from iamsim.core.errors import IamsimError
from iamsim.core.overall import overall_verdict

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.suites.coverage import Coverage
    from iamsim.suites.scenario import Completion, Scenario, ScenarioRequest

_DENIALS = frozenset({Verdict.EXPLICIT_DENY.value, Verdict.IMPLICIT_DENY.value})


def _no_world() -> None:
    """What a request without a world is asked of."""


@dataclass(slots=True)
class CaseResult:
    """What came of one request, and what of its expectations was not met (empty: all met).

    `verdict` and `layer` are `None` where the question raised an error: the one that was expected,
    or one that is among the failures.
    """

    request: ScenarioRequest
    verdict: Verdict | None
    layer: Layer | None
    failures: tuple[str, ...]
    decisions: tuple[Decision, ...] = ()
    error: IamsimError | None = None
    _world: Callable[[], CompiledWorld | None] = field(default=_no_world, repr=False)
    _answers: tuple[Answer, ...] | None = field(default=None, repr=False)

    @property
    def met(self) -> bool:
        """Whether everything came out as expected."""
        return not self.failures

    @property
    def world(self) -> CompiledWorld | None:
        """What the request was asked of."""
        return self._world()

    @property
    def depends_on_unknown(self) -> bool:
        """Whether the verdict depends on something that the world does not know."""
        return self.verdict is Verdict.CONDITIONAL and any(
            answer.unknowns for answer in self.answers
        )

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The explained answers, made when first asked for; empty where there was an error."""
        if self._answers is None:
            questions = self.request.questions if self.error is None else ()
            self._answers = _explained(questions, self._world())
        return self._answers


def compiled_world(scenario: Scenario) -> CompiledWorld | None:
    """The scenario's world, compiled and checked; raises what a broken policy raises."""
    from iamsim.engine.world import CompiledWorld

    return None if scenario.world is None else CompiledWorld.checked(scenario.world)


def run_scenario(scenario: Scenario) -> list[CaseResult]:
    """Answer every request of a scenario, in order; raises what the engine raises."""
    world = compiled_world(scenario)
    return [run_request(request, world) for request in scenario.requests]


def run_request(
    request: ScenarioRequest, world: CompiledWorld | None, coverage: Coverage | None = None
) -> CaseResult:
    """Decide one request: each pair of action and resource, and the whole.

    `coverage` takes note of what was exercised. Raises what the engine raises, unless the request
    expects an error.
    """
    if coverage is not None and world is not None:
        coverage.add_world(world)
    if request.expect_error is None:
        return _run(request, world, coverage)
    try:
        result = _run(request, world, coverage)
    except IamsimError as error:
        failures: tuple[str, ...] = ()
        if error.code != request.expect_error:
            failures = (f"expected the error {request.expect_error}, got {error.code}",)
        return CaseResult(request, None, None, failures, error=error)
    got = "no verdict" if result.verdict is None else result.verdict.value
    failures = (f"expected the error {request.expect_error}, got {got}", *result.failures)
    return replace(result, failures=failures)


def _run(
    request: ScenarioRequest, world: CompiledWorld | None, coverage: Coverage | None
) -> CaseResult:
    questions = request.questions
    answers = None
    decisions = tuple(_decided(question, world, coverage) for question in questions)
    if any(question.unknown or question.partial for question in questions):
        answers = _explained(questions, world)
    verdict = overall_verdict(decision.verdict for decision in decisions)
    layer = _deciding_layer(decisions, verdict)
    failures = list(_unmet(request, verdict, layer))
    if request.completions:
        answers = answers or _explained(questions, world)
        for question, answered in zip(questions, answers, strict=True):
            for completion in request.completions:
                failures += _unmet_completion(question, answered, completion, world, coverage)
    return CaseResult(
        request, verdict, layer, tuple(failures), decisions, None, lambda: world, answers
    )


def _decided(
    question: Question, world: CompiledWorld | None, coverage: Coverage | None
) -> Decision:
    """Decide one pair, and take note of what was exercised."""
    from iamsim.engine.authorize import prepare
    from iamsim.questions.near_misses import NamingPrincipals
    from iamsim.symbolic.partial import decide

    with NamingPrincipals(question.principal, None if world is None else world.model):
        if coverage is None or question.unknown or question.partial:
            return decide(question, world)
        prepared = prepare(question, world)
        decision = decide(question, world) if prepared.is_open else prepared.decide()
        coverage.record(prepared, decision)
        return decision


def _explained(questions: Sequence[Question], world: CompiledWorld | None) -> tuple[Answer, ...]:
    from iamsim.questions.check import checked
    from iamsim.symbolic.partial import answer

    model = None if world is None else world.model
    return tuple(checked(answer(question, world), question, model) for question in questions)


def fits(verdict: Verdict, expected: str) -> bool:
    """Say whether a verdict is the expected one; `denied` is either kind of denial."""
    return verdict.value == expected or (expected == "denied" and verdict.value in _DENIALS)


def _deciding_layer(decisions: Sequence[Decision], verdict: Verdict) -> Layer | None:
    """The layer that decided the pair that decided the whole."""
    return next((decision.layer for decision in decisions if decision.verdict is verdict), None)


def _unmet(request: ScenarioRequest, verdict: Verdict, layer: Layer | None) -> tuple[str, ...]:
    failures = []
    if request.expect is not None and not fits(verdict, request.expect):
        failures.append(f"expected {request.expect}, got {verdict.value}")
    if request.because is not None and layer is not request.because:
        got = "no layer" if layer is None else layer.value
        failures.append(f"expected because of {request.because.value}, got {got}")
    return tuple(failures)


def _unmet_completion(
    question: Question,
    answer: Answer,
    completion: Completion,
    world: CompiledWorld | None,
    coverage: Coverage | None,
) -> tuple[str, ...]:
    """A completion must give its decision both when asked whole and through the residual."""
    from iamsim.symbolic.completion import complete

    prepared = complete(question, completion.context, world)
    decision = prepared.decide()
    if coverage is not None:
        coverage.record(prepared, decision)
    verdict = decision.verdict
    given = ", ".join(completion.context) or "no key given"
    failures = []
    if not fits(verdict, completion.expect):
        failures.append(f"completion ({given}): expected {completion.expect}, got {verdict.value}")
    allowed = (
        answer.residual.holds(_plain(completion)) if answer.residual is not None else answer.allowed
    )
    if allowed is not (verdict is Verdict.ALLOWED):
        failures.append(f"completion ({given}): the residual disagrees with the whole request")
    return tuple(failures)


def _plain(completion: Completion) -> dict[str, str | list[str]]:
    return {
        key: value if isinstance(value, str) else list(value)
        for key, value in completion.context.items()
    }
