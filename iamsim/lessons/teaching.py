"""Lessons and exercises for other surfaces, such as a page in a browser: plain data in and out.

Nothing here reads a terminal or writes a file. Lessons, steps and exercises go by name; a step by
its place in the lesson, from 0. What can't be found raises `RequestError`.

    course()                                   lessons and exercises, in their order
    step("explicit-deny", 0)                   what is shown, the question, the choices
    answer("explicit-deny", 0, "allowed")      whether that is right; the reason where it is not
    exercise("one-folder")                     goal, files to write, cases, number of hints
    grade_files("one-folder", {name: text})    the grade as a `Document`; `grade_data` as data
    hand_out("explicit-deny", "slides")        a file for teachers: its name and its text
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.draw.decision import WIDE
from iamsim.lessons.blocks import (
    VERDICT_WORDS,
    answer_blocks,
    introduction,
    layer_names,
    outcome_text,
    sheet,
    step_blocks,
)
from iamsim.lessons.course import (
    all_exercises,
    all_lessons,
    find_exercise,
    find_lessons,
)
from iamsim.lessons.exam import PASS_MARK, SIZE, draw_exam
from iamsim.lessons.grading import Grade, grade
from iamsim.lessons.html import blocks_fragment, blocks_html
from iamsim.lessons.prediction import LAYER_CHOICES, VERDICT_CHOICES
from iamsim.lessons.replies import layer_reply, verdict_reply
from iamsim.lessons.slides import slides
from iamsim.lessons.teacher import class_sheet, done_results, results_of_rows
from iamsim.report.writers.csv_table import to_csv
from iamsim.words.language import course_speaker

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.lessons.lesson import Lesson, Outcome, Step

Json = dict[str, Any]
_EXAM, _SEED = "exam", 1


def course() -> Json:
    """The lessons and the exercises: number, name, title, topic, and what comes `after` what.

    The last entry of the lessons is the exam, whose steps are questions of the corpus.
    """
    lessons = all_lessons()
    exam = {
        "number": len(lessons) + 1,
        "name": _EXAM,
        "title": "The final exam",
        "topic": "exam",
        "after": [lessons[-1].name],
        "steps": SIZE,
        "pass": PASS_MARK,
    }
    return {
        "lessons": [
            *(
                {
                    "number": lesson.number,
                    "name": lesson.name,
                    "title": lesson.title,
                    "topic": lesson.topic,
                    "after": list(lesson.after),
                    "steps": len(lesson.steps),
                }
                for lesson in lessons
            ),
            exam,
        ],
        "exercises": [
            {
                "number": exercise.number,
                "name": exercise.name,
                "title": exercise.title,
                "topic": exercise.topic,
                "goal": exercise.goal,
                "after": list(exercise.after),
            }
            for exercise in all_exercises()
        ],
    }


def step(name: str, place: int, language: str = "en") -> Json:
    """A step of a lesson: its `html` (policies, request and question, escaped, without script),
    the question alone, and the choices, each an id and its words.

    `layers` is empty where only the decision is asked for.
    """
    lesson, asked, outcome = _asked(name, place)
    starts = not place or name == _EXAM  # each question of the exam is a lesson of its own
    shown = [*(introduction(lesson) if starts else ()), *step_blocks(lesson, asked)]
    return {
        "lesson": name,
        "after": list(lesson.after) if not place else [],
        "step": place,
        "name": asked.name,
        "html": blocks_fragment(shown, language),
        "question": asked.question,
        "decisions": [
            {"id": verdict.value, "word": VERDICT_WORDS[verdict]}
            for verdict in VERDICT_CHOICES.values()
        ],
        "layers": [
            {"id": layer.value, "word": text}
            for layer, text in (layer_names(asked.action) if outcome.layer is not None else ())
        ],
        "hints": list(asked.hints),
        "see": list(lesson.see),
    }


def answer(
    name: str,
    place: int,
    decision: str,
    layer: str | None = None,
    language: str = "en",
    width: float = WIDE,
) -> Json:
    """What comes of a choice: `right`, and the `reason` where it is not.

    The layer is looked at once the decision is right. When all is right, `learned` and `html` hold
    the explanation, whose picture is `width` pixels wide.
    """
    outcome = _asked(name, place)[2]
    verdict = next(
        (
            verdict_choice
            for verdict_choice in VERDICT_CHOICES.values()
            if verdict_choice.value == decision
        ),
        None,
    )
    if verdict is None:
        raise _no_choice(decision)
    if verdict is not outcome.verdict:
        return {"right": False, "of": "decision", "reason": verdict_reply(outcome.answer, verdict)}
    if outcome.layer is not None and layer is None:
        return {"right": True, "of": "decision", "reason": ""}
    if outcome.layer is not None:
        chosen = next(
            (layer_choice for layer_choice in LAYER_CHOICES if layer_choice.value == layer), None
        )
        if chosen is None:
            raise _no_choice(str(layer))
        if chosen is not outcome.layer:
            return {"right": False, "of": "layer", "reason": layer_reply(outcome.answer, chosen)}
    return solved(name, place, language, width)


def solved(name: str, place: int, language: str = "en", width: float = WIDE) -> Json:
    """The answer of a step with its explanation, for somebody who found it or wants to see it."""
    _, asked, outcome = _asked(name, place)
    return {
        "right": True,
        "of": "all",
        "reason": "",
        "decision": outcome.verdict.value,
        "layer": None if outcome.layer is None else outcome.layer.value,
        "words": outcome_text(outcome, asked.action),
        "learned": asked.learned,
        "html": blocks_fragment(answer_blocks(asked, outcome), language, width),
    }


def explained(name: str, place: int) -> Answer:
    """The engine's answer to a step, for a surface that draws it itself."""
    return _asked(name, place)[2].answer


def hand_out(name: str, form: str, language: str = "en") -> Json:
    """A file for who teaches a lesson: ``slides`` for Marp or reveal.js, ``handout`` and
    ``answers`` as pages to be printed, or the ``class-sheet`` as CSV."""
    say = course_speaker(language)
    (lesson,) = find_lessons([name])
    if form == "slides":
        return {"name": f"{name}-slides.md", "text": slides([lesson], say)}
    if form == "class-sheet":
        return {"name": f"{name}-class-sheet.csv", "text": to_csv(class_sheet([lesson], say))}
    if form not in ("handout", "answers"):
        raise RequestError("unknown-value", f"`{form}` is no form of a lesson")
    blocks = sheet([lesson], questions=form == "handout", answers=form == "answers")
    return {"name": f"{name}-{form}.html", "text": blocks_html(blocks, lesson.title, language)}


def results_table(done: Mapping[str, object], language: str = "en") -> Json:
    """What somebody did on a page as CSV: `done` has `lesson/place` and `exercise/name`, each with
    whether the first try was right."""
    rows = done_results(done, all_lessons(), all_exercises())
    return {"name": "results.csv", "text": to_csv(results_of_rows(rows, course_speaker(language)))}


def exercise(name: str) -> Json:
    """An exercise: goal, text, world, the files to write as they start, and the visible cases."""
    found = find_exercise(name)
    return {
        "number": found.number,
        "name": found.name,
        "title": found.title,
        "topic": found.topic,
        "goal": found.goal,
        "text": found.text,
        "after": list(found.after),
        "see": list(found.see),
        "limit": found.limit,
        "world": found.world_text,
        "files": dict(found.start),
        "given": dict(found.given),
        "hints": list(found.hints),
        "cases": [
            {
                "name": request.title,
                "principal": request.questions[0].principal,
                "actions": list(dict.fromkeys(asked.action for asked in request.questions)),
                "resources": list(dict.fromkeys(asked.resource for asked in request.questions)),
                "context": {
                    key: value if isinstance(value, str) else list(value)
                    for key, value in request.questions[0].context.items()
                },
                "expect": request.expect,
            }
            for request in found.visible
        ],
        "hidden": len(found.scenario.requests) - len(found.visible),
    }


def grade_files(name: str, files: Mapping[str, str]) -> Grade:
    """Grade what somebody wrote; `iamsim.lessons.graded` makes a document or plain data of it."""
    return grade(find_exercise(name), files)


@lru_cache(maxsize=64)
def _asked(name: str, place: int) -> tuple[Lesson, Step, Outcome]:
    if name == _EXAM:
        drawn = draw_exam(_SEED)
        if not 0 <= place < len(drawn):
            raise RequestError("unknown-step", f"the exam has no question {place}")
        one = drawn[place]
        return one.lesson, one.step, one.lesson.outcome(one.step)
    lesson = find_lessons([name])[0]
    if not 0 <= place < len(lesson.steps):
        raise RequestError("unknown-step", f"the lesson `{name}` has no step {place}")
    asked = lesson.steps[place]
    return lesson, asked, lesson.outcome(asked)


def _no_choice(word: str) -> RequestError:
    words = [
        *(verdict.value for verdict in Verdict),
        *(layer_choice.value for layer_choice in LAYER_CHOICES),
    ]
    return RequestError("unknown-choice", f"`{word}` is no choice: {', '.join(words)}")
