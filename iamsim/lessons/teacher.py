"""For teachers: the sheet of a class, with the key and room for a show of hands; and the results of
many learners in one table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import RequestError
from iamsim.files.reading import read_bytes
from iamsim.lessons.blocks import VERDICT_WORDS, layer_names
from iamsim.lessons.exam import SIZE
from iamsim.lessons.progress import FILE, Progress
from iamsim.report.document import Column, Document, Section
from iamsim.words.language import in_english

if TYPE_CHECKING:
    from iamsim.lessons.exercise import Exercise
    from iamsim.lessons.lesson import Lesson
    from iamsim.words.language import Say

_ROOM = "_____"
_YOU = "you"
_HANDS = ("hands allowed", "hands explicitly", "hands implicitly")


class _Line(NamedTuple):
    """One question on the sheet: the lesson, what is asked, and the key."""

    lesson: str
    question: str
    decision: str
    layer: str


class Result(NamedTuple):
    """How one learner did in a lesson, an exercise or the exam: `kind` says which."""

    learner: str
    kind: str
    name: str
    questions: int
    answered: int
    right: int


def class_sheet(lessons: Iterable[Lesson], say: Say = in_english) -> Document:
    """The questions of lessons with their key, and room for the hands that are shown; `say` gives
    the words of another language."""
    columns: tuple[Column[_Line], ...] = (
        Column(say("lesson"), lambda row: row.lesson),
        Column(say("question"), lambda row: row.question),
        Column(say("decision"), lambda row: row.decision),
        Column(say("layer"), lambda row: row.layer),
        *(_room(say(name)) for name in (*_HANDS, "remarks")),
    )
    rows = [line for lesson in lessons for line in _lines(lesson, say)]
    return Document(
        "Class sheet",
        (Section("questions", "Questions", columns, rows, cards=True),),
        summary=f"{len(rows)} questions; count the hands before you show the answer",
    )


def _room(name: str) -> Column[_Line]:
    """A column to be filled in by hand."""
    return Column(name, lambda _: _ROOM, plain=lambda _: "")


def _lines(lesson: Lesson, say: Say) -> Iterator[_Line]:
    for step in lesson.steps:
        outcome = lesson.outcome(step)
        names = dict(layer_names(step.action))
        yield _Line(
            f"{lesson.number}. {say(lesson.title)}",
            " ".join(map(say, (*([step.change] if step.change else ()), step.question))),
            say(VERDICT_WORDS[outcome.verdict]),
            say("several together" if outcome.layer is None else names[outcome.layer]),
        )


def read_results(files: Sequence[str]) -> list[tuple[str, Progress]]:
    """Read what learners have kept: a ``lessons.json`` each, or the folder that holds it.

    A learner goes by the name of the file, or of its folder where it is called ``lessons.json``.
    Raises `RequestError` for what can't be read or holds no progress.
    """
    results = []
    for name in files:
        path = Path(name)
        path = path / FILE if path.is_dir() else path
        try:
            data = json.loads(read_bytes(path))
        except (OSError, ValueError, RecursionError) as error:
            raise RequestError("file-not-readable", f"can't read `{path}`") from error
        if not isinstance(data, dict) or not isinstance(data.get("lessons"), dict):
            raise RequestError("no-results", f"`{path}` holds no progress of a learner")
        learner = path.parent.name if path.name == FILE else path.stem
        results.append((learner or str(path), Progress.of(data)))
    return results


def _results(
    learners: Iterable[tuple[str, Progress]],
    lessons: Sequence[Lesson],
    exercises: Sequence[Exercise],
) -> Iterator[Result]:
    for learner, progress in learners:
        for lesson in lessons:
            standing = progress.standing(lesson)
            yield Result(
                learner,
                "lesson",
                lesson.name,
                standing.questions,
                standing.answered,
                standing.right,
            )
        for exercise in exercises:
            word = progress.exercise_word(exercise.name)
            yield Result(
                learner, "exercise", exercise.name, 1, int(word != "new"), int(word == "done")
            )
        best = progress.best_exam
        if best is not None:
            yield Result(learner, "exam", "exam", best.questions, best.questions, best.right)


def results_document(
    learners: Iterable[tuple[str, Progress]],
    lessons: Sequence[Lesson],
    exercises: Sequence[Exercise],
) -> Document:
    """The results of learners, a row for each lesson and exercise, and the best exam."""
    return results_of_rows(list(_results(learners, lessons, exercises)))


def done_results(
    done: Mapping[str, object], lessons: Iterable[Lesson], exercises: Iterable[Exercise]
) -> list[Result]:
    """The results of one learner who worked on a page: `done` has the steps as ``lesson/place`` and
    the exercises as ``exercise/name``, each with whether the first try was right. The exam has a
    row once it was begun."""
    rows = []
    for lesson in lessons:
        tries = [done.get(f"{lesson.name}/{place}") for place in range(len(lesson.steps))]
        answered = sum(attempt is not None for attempt in tries)
        right = sum(attempt is True for attempt in tries)
        rows.append(Result(_YOU, "lesson", lesson.name, len(tries), answered, right))
    for exercise in exercises:
        solved = int(f"exercise/{exercise.name}" in done)
        rows.append(Result(_YOU, "exercise", exercise.name, 1, solved, solved))
    tries = [right for step, right in done.items() if step.startswith("exam/")]
    if tries:
        rows.append(Result(_YOU, "exam", "exam", SIZE, len(tries), tries.count(True)))
    return rows


def results_of_rows(rows: Sequence[Result], say: Say = in_english) -> Document:
    """Results as a table; `say` gives the words of another language."""
    columns: tuple[Column[Result], ...] = (
        Column(say("learner"), lambda row: row.learner),
        Column(say("kind"), lambda row: say(row.kind)),
        Column(say("name"), lambda row: row.name),
        Column(say("questions"), lambda row: str(row.questions)),
        Column(say("answered"), lambda row: str(row.answered)),
        Column(say("right"), lambda row: str(row.right)),
    )
    names = {row.learner for row in rows}
    right = sum(row.right for row in rows)
    asked = sum(row.questions for row in rows)
    return Document(
        "Results",
        (Section("results", "Results", columns, rows, headed=True),),
        summary=f"{len(names)} learner{'s' if len(names) != 1 else ''}: {right} of {asked} right",
    )


def results_data(
    learners: Iterable[tuple[str, Progress]],
    lessons: Sequence[Lesson],
    exercises: Sequence[Exercise],
) -> dict[str, object]:
    """The same as plain data."""
    return {"results": [result._asdict() for result in _results(learners, lessons, exercises)]}
