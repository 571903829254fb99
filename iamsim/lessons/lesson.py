"""A lesson as it is read from its scenario file, and its steps asked of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import WorldError
from iamsim.core.reason import Reason
from iamsim.draw.lettering import plain
from iamsim.lessons.pages import Pages
from iamsim.lessons.prediction import LayerChoice, NoLayer
from iamsim.suites.reading import read_scenario_model
from iamsim.suites.run import CaseResult, compiled_world, run_request
from iamsim.suites.scenario import Scenario, ScenarioRequest, scenario_from_data
from iamsim.world.documents import Document, read_document

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.decision import Verdict
    from iamsim.suites.models import LessonModel, ScenarioModel

_NOW = "What does AWS decide now?"


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a lesson: the request, what is said before, and what it shows.

    `change` says what is different from the lesson's first step, which has none.
    """

    request: ScenarioRequest = field(repr=False)
    index: int  # the place of the request in the file
    question: str
    hints: tuple[str, ...]
    learned: str
    change: str | None = None

    @property
    def name(self) -> str:
        """The name of the request, by which progress is kept."""
        return self.request.name

    @property
    def action(self) -> str:
        """The first action that is asked for; of a call none, since it may ask for several."""
        return "" if self.request.call is not None else self.request.questions[0].action


class Outcome(NamedTuple):
    """What the engine says of a step: the verdict, the layer that a person is asked for
    (`None` where several allow together), and the explained answers."""

    verdict: Verdict
    layer: LayerChoice | None
    answers: Sequence[Answer]

    @property
    def answer(self) -> Answer:
        """Of several pairs of action and resource, the first that decides the whole."""
        return next(answer for answer in self.answers if answer.decision.verdict is self.verdict)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson: `name` is that of its file without the number, `after` are those that come
    before it."""

    number: int
    name: str
    title: str
    topic: str
    text: str
    see: tuple[str, ...]
    after: tuple[str, ...]
    steps: tuple[Step, ...] = field(repr=False)
    scenario: Scenario = field(repr=False)
    document: Document = field(repr=False)

    def results(self) -> list[CaseResult]:
        """Ask the engine about every request of the file; raises what the engine raises."""
        world = compiled_world(self.scenario)
        return [run_request(request, world) for request in self.scenario.requests]

    def outcome(self, step: Step) -> Outcome:
        """Ask the engine; raises `WorldError` where the file expects another answer."""
        scenario = self._as_shown()
        result = run_request(scenario.requests[step.index], compiled_world(scenario))
        if result.failures or result.verdict is None:
            raise WorldError(
                "lesson-not-true",
                f"the lesson says of `{step.name}` what does not hold: "
                f"{', '.join(result.failures) or 'it raises an error'}",
                span=step.request.span,
            )
        outcome = Outcome(result.verdict, step.request.because, result.answers)
        return outcome._replace(layer=NoLayer.NONE) if _asks_no_policy(outcome.answer) else outcome

    def _as_shown(self) -> Scenario:
        """The same scenario with the texts that are shown, so that these are quoted."""
        document = self.document
        return scenario_from_data(Pages(document.data, document.source, document.folder))


# What AWS does whatever policies say.
_WITHOUT_POLICY = frozenset(
    {Reason.ALWAYS_ALLOWED, Reason.CALLER_MAY_NOT_CALL, Reason.SERVICE_REFUSES}
)


def _asks_no_policy(answer: Answer) -> bool:
    """Whether no policy decides: the root user needs none, and some calls are AWS's own matter.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
    """
    deciders = {decider.reason for decider in answer.explanation.decided_by}
    return answer.decision.reason in _WITHOUT_POLICY or deciders == {
        Reason.ROOT_USER_NEEDS_NO_POLICY
    }


def load_lesson(path: str) -> Lesson:
    """Read a lesson's file.

    Raises `WorldError` for what does not fit the format and `PolicyError` for a broken policy,
    both with the place in the file.
    """
    import os

    file = os.path.basename(path)  # noqa: PTH119 - plain text goes on
    document = read_document(path, name=file)
    model = read_scenario_model(document)
    if model.lesson is None:
        raise WorldError(
            "not-a-lesson",
            f"`{file}` is a scenario without the key `lesson`",
            span=document.span(()),
            hint="a lesson needs `lesson` with `number`, `topic`, `text`, `question` and more",
        )
    scenario = scenario_from_data(document)
    return Lesson(
        number=model.lesson.number,
        name=name_of_file(file),
        title=said(model.title),
        topic=said(model.lesson.topic),
        text=said(model.lesson.text),
        see=model.see,
        after=model.lesson.after,
        steps=tuple(_steps(model, model.lesson, scenario, document)),
        scenario=scenario,
        document=document,
    )


def said(text: str) -> str:
    """A text for people: lines stay, and what does not print can't reach a terminal."""
    return "\n".join(plain(line) for line in text.strip().split("\n"))


def name_of_file(file: str) -> str:
    """The name of a lesson's file, without its number and ending."""
    stem = file.rpartition(".")[0] or file
    number, _, name = stem.partition("-")
    return name if number.isdecimal() and name else stem


def _steps(
    model: ScenarioModel, lesson: LessonModel, scenario: Scenario, document: Document
) -> list[Step]:
    """The first request, then the variations in their order."""
    by_name = {request.name: request for request in scenario.requests}
    places = {
        request.name or f"request {index + 1}": index
        for index, request in enumerate(model.requests)
    }
    first = scenario.requests[0]
    hints = tuple(map(said, lesson.hints))
    steps = [Step(first, 0, said(lesson.question), hints, said(lesson.learned))]
    for index, variation in enumerate(lesson.variations):
        request = by_name.get(variation.request)
        if request is None:
            from iamsim.core.suggest import did_you_mean

            raise WorldError(
                "unknown-request",
                f"the lesson has no request `{variation.request}`",
                span=document.span(("lesson", "variations", index, "request")),
                hint=did_you_mean(variation.request, by_name),
            )
        steps.append(
            Step(
                request,
                places[request.name],
                said(variation.question or _NOW),
                tuple(map(said, variation.hints)),
                said(variation.learned),
                said(variation.change),
            )
        )
    return steps
