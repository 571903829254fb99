"""Scenarios asked of the engine, and compared with what they expect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.core.overall import overall_verdict

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.decision import Layer
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.suites.scenario import Completion, Scenario, ScenarioRequest

__all__ = ["CaseResult", "fits", "run_request", "run_scenario"]

_DENIALS = frozenset({Verdict.EXPLICIT_DENY.value, Verdict.IMPLICIT_DENY.value})


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The answers to one request, and what of its expectations was not met (empty: all met)."""

    request: ScenarioRequest
    answers: tuple[Answer, ...]
    verdict: Verdict
    layer: Layer | None
    failures: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether everything came out as expected."""
        return not self.failures


def run_scenario(scenario: Scenario) -> list[CaseResult]:
    """Answer every request of a scenario, in order; raises what the engine raises."""
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415 - only with a world

    world = None if scenario.world is None else CompiledWorld.checked(scenario.world)
    return [run_request(request, world) for request in scenario.requests]


def run_request(request: ScenarioRequest, world: CompiledWorld | None) -> CaseResult:
    """Answer one request: each pair of action and resource, and the whole."""
    from iamsim.symbolic.partial import answer  # noqa: PLC0415 - only when something is asked

    answers = tuple(answer(question, world) for question in request.questions)
    verdict = overall_verdict(answer.decision.verdict for answer in answers)
    layer = _deciding_layer(answers, verdict)
    failures = list(_unmet(request, verdict, layer))
    for question, answered in zip(request.questions, answers, strict=True):
        for completion in request.completions:
            failures += _unmet_completion(question, answered, completion, world)
    return CaseResult(request, answers, verdict, layer, tuple(failures))


def fits(verdict: Verdict, expected: str) -> bool:
    """Say whether a verdict is the expected one; `denied` is either kind of denial."""
    return verdict.value == expected or (expected == "denied" and verdict.value in _DENIALS)


def _deciding_layer(answers: tuple[Answer, ...], verdict: Verdict) -> Layer | None:
    """The layer that decided the pair that decided the whole."""
    for answer in answers:
        if answer.decision.verdict is verdict:
            return answer.decision.layer
    return None


def _unmet(request: ScenarioRequest, verdict: Verdict, layer: Layer | None) -> tuple[str, ...]:
    failures = []
    if request.expect is not None and not fits(verdict, request.expect):
        failures.append(f"expected {request.expect}, got {verdict.value}")
    if request.because is not None and layer is not request.because:
        got = "no layer" if layer is None else layer.value
        failures.append(f"expected because of {request.because.value}, got {got}")
    return tuple(failures)


def _unmet_completion(
    question: Question, answer: Answer, completion: Completion, world: CompiledWorld | None
) -> tuple[str, ...]:
    """A completion must give its decision both when asked whole and through the residual."""
    from iamsim.engine.authorize import decide  # noqa: PLC0415 - only when something is asked

    complete = replace(
        question,
        context={**question.context, **completion.context},
        unset=question.unset | _left_absent(question, completion),
        unknown=frozenset(),
        partial=False,
    )
    verdict = decide(complete, world).verdict
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


def _left_absent(question: Question, completion: Completion) -> frozenset[str]:
    """Unknown keys that a completion does not name are absent, even where they could be derived."""
    given = {key.lower() for key in completion.context}
    return frozenset(key for key in question.unknown if key.lower() not in given)


def _plain(completion: Completion) -> dict[str, str | list[str]]:
    return {
        key: value if isinstance(value, str) else list(value)
        for key, value in completion.context.items()
    }
