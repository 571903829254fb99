"""The final exam: questions of the conformance corpus, drawn by a seed.

The corpus holds what AWS's documentation says of requests, one case each; the exam asks for those
that are short enough to be read. The same seed gives the same exam, so that a class has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.lessons.course import corpus_folder
from iamsim.lessons.lesson import Lesson, Step
from iamsim.lessons.shown import shown_parts
from iamsim.suites.reading import read_scenario_model
from iamsim.suites.scenario import Scenario, ScenarioRequest, scenario_from_data
from iamsim.world.documents import Document, read_document

if TYPE_CHECKING:
    from pathlib import Path


SIZE = 20
PASS_MARK = 80  # percent
# Folders of the corpus that are about a peer, a file format, or one service each.
LEFT_OUT = frozenset({"containers", "grammar", "peers", "presence", "service-rules", "worlds"})
_LONGEST = 45  # lines of policies and world
_QUESTION = "What does AWS decide?"
_VERDICTS = {Verdict.ALLOWED.value, Verdict.EXPLICIT_DENY.value, Verdict.IMPLICIT_DENY.value}


class ExamQuestion(NamedTuple):
    """One question: a case of the corpus as a lesson of one step."""

    topic: str
    lesson: Lesson
    step: Step


@cache
def draw_exam(seed: int, size: int = SIZE) -> tuple[ExamQuestion, ...]:
    """Draw an exam: topics in turn, and no decision in more than half of the questions. Raises
    `RequestError` when the corpus has fewer."""
    chance = Random(seed)  # noqa: S311 - a draw that can be repeated
    folder = corpus_folder("conformance")
    files = {
        place.name: sorted(place.glob("*.yaml"))
        for place in sorted(folder.iterdir())
        if place.is_dir() and place.name not in LEFT_OUT
    }
    for some in files.values():
        chance.shuffle(some)
    exam_questions: list[ExamQuestion] = []
    counts = dict.fromkeys(_VERDICTS, 0)
    most = (size + 1) // 2
    while len(exam_questions) < size:
        topics = [topic for topic, some in files.items() if some]
        if not topics:
            raise RequestError(
                "exam-too-long",
                f"the corpus has no {size} questions for an exam",
                hint="ask for fewer with `--size`",
            )
        chance.shuffle(topics)
        for topic in topics[: size - len(exam_questions)]:
            asked = _from(files[topic].pop(), topic, counts, most, chance, len(exam_questions) + 1)
            if asked is not None:
                exam_questions.append(asked)
    return tuple(exam_questions)


def _from(
    file: Path, topic: str, counts: dict[str, int], most: int, chance: Random, number: int
) -> ExamQuestion | None:
    """A question of one file, if it has any that fits."""
    document = read_document(str(file), name=file.name)
    model = read_scenario_model(document)
    if model.evidence != "documentation":
        return None
    scenario = scenario_from_data(document)
    fitting = list(_fitting(scenario, document))
    chance.shuffle(fitting)
    for index, request in fitting:
        expected = request.expect or ""
        if counts[expected] >= most:
            continue
        step = Step(request, index, _QUESTION, (), model.title)
        lesson = Lesson(
            number=number,
            name=f"{topic}/{file.stem}",
            title=topic.replace("-", " "),
            topic="exam",
            text="",
            see=model.see,
            after=(),
            steps=(step,),
            scenario=scenario,
            document=document,
        )
        if sum(part.text.count("\n") + 1 for part in shown_parts(lesson, step)) <= _LONGEST:
            counts[expected] += 1
            return ExamQuestion(topic, lesson, step)
    return None


def _fitting(scenario: Scenario, document: Document) -> Iterator[tuple[int, ScenarioRequest]]:
    """The requests that one person can answer: one question, all known, one decision."""
    data = document.data
    if not isinstance(data, dict) or len(data["requests"]) != len(scenario.requests):
        return  # tables: a row has no entry of its own to be shown
    for index, request in enumerate(scenario.requests):
        asked = request.questions
        plain = len(asked) == 1 and not asked[0].unknown and not asked[0].partial
        if plain and request.expect in _VERDICTS and not request.completions:
            yield index, request
