"""Exercises as documents: the list with how far one is, and the sheet of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim.report.document import Badge, Block, Column, Document, Fields, Prose, Remark, Section

if TYPE_CHECKING:
    from iamsim.lessons.exercise import Exercise
    from iamsim.lessons.progress import Progress
    from iamsim.suites.scenario import ScenarioRequest

_BADGES = {
    "done": Badge("yes", "done"),
    "begun": Badge("open", "begun"),
    "new": Badge("none", "new"),
}


def exercise_list(exercises: Sequence[Exercise], progress: Progress) -> Document:
    """The exercises, with how far one is."""
    columns: tuple[Column[Exercise], ...] = (
        Column("number", lambda row: str(row.number)),
        Column("name", lambda row: row.name, code=True),
        Column("progress", lambda row: _BADGES[progress.exercise_word(row.name)]),
        Column("title", lambda row: row.title),
    )
    done = sum(progress.exercise_word(exercise.name) == "done" for exercise in exercises)
    return Document(
        "Exercises",
        (Section("exercises", "Exercises", columns, exercises, headed=True),),
        summary=f"{done} of {len(exercises)} exercises done",
        plain=True,
    )


def exercise_sheet(exercise: Exercise, *, hints: int = 0) -> Document:
    """What one reads before one begins: goal, world, files as they start, visible cases, and as
    many `hints` as were asked for."""
    return Document(
        f"{exercise.number}. {exercise.title}",
        tuple(_blocks(exercise, hints)),
        tuple(_remarks(exercise)),
        exercise.goal.removesuffix("."),
    )


def _blocks(exercise: Exercise, hints: int) -> Iterator[Block]:
    yield Fields("goal", "Goal", (("goal", exercise.goal), ("topic", exercise.topic)))
    yield Prose("story", "Story", (" ".join(exercise.text.split()),))
    for number, (name, text) in enumerate(exercise.given.items(), 1):
        yield Prose(f"given-{number}", name, (text,), code=True)
    yield Prose("world", "world.yaml", (exercise.world_text,), code=True, language="yaml")
    for number, (name, text) in enumerate(exercise.start.items(), 1):
        yield Prose(
            f"file-{number}", f"{name} (to be written)", (text,), code=True, language="json"
        )
    columns: tuple[Column[ScenarioRequest], ...] = (
        Column("case", lambda row: row.title),
        Column("request", case_text, code=True),
        Column("expected", lambda row: row.expect or ""),
    )
    yield Section("cases", "Cases", columns, exercise.visible, cards=True)
    yield Section("see", "AWS says so", (Column("page", str),), exercise.see)
    for number, hint in enumerate(exercise.hints[:hints], 1):
        yield Prose(f"hint-{number}", f"Hint {number}", (hint,))


def _remarks(exercise: Exercise) -> Iterator[Remark]:
    hidden = len(exercise.scenario.requests) - len(exercise.visible)
    yield Remark(
        "note",
        f"{hidden} more cases are hidden, and at most {exercise.limit}"
        f" statement{'s are' if exercise.limit > 1 else ' is'} allowed",
    )


def case_text(request: ScenarioRequest) -> str:
    """The request of a case in one line: who, what, on what, and with which context."""
    first = request.questions[0]
    actions = ", ".join(dict.fromkeys(question.action for question in request.questions))
    resources = ", ".join(dict.fromkeys(question.resource for question in request.questions))
    context = "".join(
        f", {key}={value if isinstance(value, str) else '|'.join(value)}"
        for key, value in first.context.items()
    )
    return f"{first.principal} {actions} {resources}{context}"
