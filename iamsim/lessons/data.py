"""Lessons as plain data, for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.lessons.shown import request_facts

if TYPE_CHECKING:
    from iamsim.lessons.lesson import Lesson, Step
    from iamsim.lessons.progress import Progress

Json = dict[str, object]


def list_data(lessons: Iterable[Lesson], progress: Progress) -> Json:
    """The lessons with how far one is."""
    return {"lessons": [_entry(lesson, progress) for lesson in lessons]}


def _entry(lesson: Lesson, progress: Progress) -> Json:
    standing = progress.standing(lesson)
    return {
        "number": lesson.number,
        "name": lesson.name,
        "title": lesson.title,
        "topic": lesson.topic,
        "after": list(lesson.after),
        "progress": standing.word,
        "questions": standing.questions,
        "answered": standing.answered,
        "right": standing.right,
    }


def lesson_data(lesson: Lesson, *, answers: bool) -> Json:
    """A lesson with its steps; `answers` adds what the engine says."""
    return {
        "number": lesson.number,
        "name": lesson.name,
        "title": lesson.title,
        "topic": lesson.topic,
        "after": list(lesson.after),
        "text": lesson.text,
        "see": list(lesson.see),
        "steps": [_step(lesson, step, answers) for step in lesson.steps],
    }


def _step(lesson: Lesson, step: Step, answers: bool) -> Json:
    data: Json = {
        "name": step.name,
        "change": step.change,
        "request": [{"name": name, "value": value} for name, value in request_facts(step)],
        "question": step.question,
        "hints": list(step.hints),
    }
    if answers:
        outcome = lesson.outcome(step)
        data["decision"] = outcome.verdict.value
        data["because"] = None if outcome.layer is None else outcome.layer.value
        data["learned"] = step.learned
    return data
