"""`iamsim learn`: lists lessons with progress, and teaches them: on the screen or on paper."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Argument, Command, Option, Options
from iamsim.cli.output import terminal_width, write_output
from iamsim.cli.world_options import output, paint_for, write, write_answer
from iamsim.core.errors import RequestError
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from iamsim.lessons.lesson import Lesson
    from iamsim.lessons.progress import Progress

_NEXT = "next"
_ON_PAPER = ("no_input", "questions", "answers")


def _run(options: Options, arguments: Sequence[str]) -> int:
    """List, teach in a terminal, edit, or print."""
    from iamsim.lessons.progress import Progress

    progress = Progress()
    if options["reset"]:
        return _reset(progress.forget(), arguments)
    _check(options)
    if options["results"]:
        return _results(options, arguments)
    if options["exercise"]:
        from iamsim.cli.learn_exercise import run_exercise

        return run_exercise(options, arguments, talks=_talks(options))
    if options["exam"]:
        return _exam(options, arguments, progress)
    if not arguments:
        return _list(options)
    lessons = _lessons(arguments)
    if options["class_sheet"] or options["slides"]:
        return _teach(lessons, options)
    if options["edit"]:
        from iamsim.cli.learn_edit import edit_once

        return edit_once(_single(lessons), options)
    if _talks(options):
        from iamsim.cli.learn_session import LearnSession

        session = LearnSession(progress, paint_for(options), terminal_width(), plain_lines())
        for lesson in lessons:
            if not session.teach(lesson):
                break
        return 0
    return _print(lessons, options)


# Options that say what is meant, and those that only one of them takes.
_MEANT = ("exercise", "exam", "results", "class_sheet", "slides", "edit")
_BELONG = {
    "folder": "exercise",
    "hint": "exercise",
    "solution": "exercise",
    "seed": "exam",
    "size": "exam",
}
_TABLES = ("exercise", "results", "class_sheet")


def _check(options: Options) -> None:
    """Refuse options that do not go together."""
    meant = [field for field in _MEANT if options[field]]
    if len(meant) > 1:
        first, second = (f"`--{field.replace('_', '-')}`" for field in meant[:2])
        raise RequestError("options-exclude-each-other", f"{first} and {second} do not go together")
    for field, owner in _BELONG.items():
        if options[field] and not options[owner]:
            raise RequestError("option-without-another", f"`--{field}` is for `--{owner}`")
    if options["format"] == "csv" and not any(options[field] for field in _TABLES):
        raise RequestError(
            "format-not-written",
            "lessons are not written as CSV",
            hint="exercises, `--class-sheet` and `--results` are",
        )


def _results(options: Options, arguments: Sequence[str]) -> int:
    """Write the results of learners; of this one where no file is named."""
    from iamsim.lessons.course import all_exercises, all_lessons
    from iamsim.lessons.progress import Progress
    from iamsim.lessons.teacher import (
        read_results,
        results_data,
        results_document,
    )

    learners = read_results(arguments) if arguments else [("you", Progress())]
    course = all_lessons(), all_exercises()
    return write_answer(
        options,
        lambda: results_document(learners, *course),
        lambda: results_data(learners, *course),
        lambda: [learner for learner, _ in learners],
    )


def _exam(options: Options, arguments: Sequence[str], progress: Progress) -> int:
    """Ask an exam in a terminal, and print it elsewhere."""
    from iamsim.cli.learn_exam import exam_questions, take_exam

    if arguments:
        raise RequestError("unexpected-argument", f"`--exam` does not take `{arguments[0]}`")
    seed, questions = exam_questions(options)
    if _talks(options):
        return take_exam(seed, questions, progress, paint_for(options), terminal_width())
    return _print([question.lesson for question in questions], options)


def _teach(lessons: Sequence[Lesson], options: Options) -> int:
    """Write slides, or the sheet of a class."""
    if options["slides"]:
        from iamsim.lessons.slides import slides

        if options["format"] not in ("text", "markdown"):
            raise RequestError("format-not-written", "slides are Markdown")
        write_output(slides(lessons), options.text("output"))
        return 0
    from iamsim.lessons.data import lesson_data
    from iamsim.lessons.teacher import class_sheet

    return write_answer(
        options,
        lambda: class_sheet(lessons),
        lambda: {"lessons": [lesson_data(lesson, answers=True) for lesson in lessons]},
        lambda: [lesson.name for lesson in lessons],
    )


def _lessons(arguments: Sequence[str]) -> tuple[Lesson, ...]:
    from iamsim.lessons.course import all_lessons, find_lessons
    from iamsim.lessons.progress import Progress

    if list(arguments) != [_NEXT]:
        return find_lessons(arguments)
    progress = Progress()
    lessons = all_lessons()
    done = {lesson.name for lesson in lessons if progress.standing(lesson).done}
    ready = (
        lesson for lesson in lessons if lesson.name not in done and done.issuperset(lesson.after)
    )
    return (next(ready, lessons[0]),)


def _single(lessons: Sequence[Lesson]) -> Lesson:
    if len(lessons) != 1:
        raise RequestError(
            "one-lesson-at-a-time",
            f"`--edit` takes one lesson, and {len(lessons)} are named",
            hint="name one: `iamsim learn 2 --edit`",
        )
    return lessons[0]


def _reset(written: bool, arguments: Sequence[str]) -> int:
    if arguments:
        raise RequestError("unexpected-argument", f"`--reset` does not take `{arguments[0]}`")
    if not written:
        raise RequestError(
            "state-not-writable",
            "the progress can't be written",
            hint="the environment variable IAMSIM_STATE names another folder",
        )
    return 0


def _talks(options: Options) -> bool:
    """Whether somebody is there who answers, and nothing else was asked for."""
    streams = (sys.stdin, sys.stdout)
    return (
        options["format"] == "text"
        and options["output"] is None
        and not options["quiet"]
        and not any(options[field] for field in _ON_PAPER)
        and all(stream is not None and stream.isatty() for stream in streams)
    )


def plain_lines() -> bool:
    """Whether pictures are drawn with ASCII, since the terminal knows no other lines."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return encoding not in {"utf8", "utf16", "utf32"}


def _list(options: Options) -> int:
    from iamsim.lessons.course import all_lessons
    from iamsim.lessons.data import list_data
    from iamsim.lessons.progress import Progress
    from iamsim.lessons.text import list_text

    progress = Progress()
    lessons = all_lessons()
    if options["format"] in ("markdown", "html"):
        raise _none_named(f"the format `{options['format']}`")
    for field in (*_ON_PAPER, "edit", "slides", "class_sheet"):
        if options[field]:
            raise _none_named(f"the option `--{field.replace('_', '-')}`")
    write(
        options,
        {
            "text": lambda: list_text(lessons, progress, paint_for(options), terminal_width()),
            "json": lambda: to_json(list_data(lessons, progress)),
        },
        lambda: "".join(f"{lesson.name}\n" for lesson in lessons),
    )
    return 0


def _none_named(what: str) -> RequestError:
    return RequestError(
        "missing-argument",
        f"{what} is for lessons, and none is named",
        hint="name some, such as `3-7`, or `all`",
    )


def _print(lessons: Sequence[Lesson], options: Options) -> int:
    """Write lessons: questions, answers, or both with the answers at the end."""
    from iamsim.lessons.blocks import outcome_text, sheet
    from iamsim.lessons.data import lesson_data
    from iamsim.lessons.html import blocks_html
    from iamsim.lessons.markdown import blocks_markdown
    from iamsim.lessons.text import blocks_text

    questions = bool(options["questions"]) or not options["answers"]
    answers = bool(options["answers"]) or not options["questions"]
    title = lessons[0].title if len(lessons) == 1 else "Lessons"

    def decisions() -> str:
        return "".join(
            f"{lesson.name}: {step.name}: {outcome_text(lesson.outcome(step), step.action)}\n"
            for lesson in lessons
            for step in lesson.steps
        )

    blocks = sheet(lessons, questions=questions, answers=answers)
    write(
        options,
        {
            "text": lambda: blocks_text(
                blocks, paint_for(options), terminal_width(), ascii_only=_ascii(options)
            ),
            "json": lambda: to_json(
                {"lessons": [lesson_data(lesson, answers=answers) for lesson in lessons]}
            ),
            "markdown": lambda: blocks_markdown(blocks),
            "html": lambda: blocks_html(blocks, title),
        },
        decisions,
    )
    return 0


def _ascii(options: Options) -> bool:
    return options["output"] is None and plain_lines()


def _proposed(typed: str) -> list[str]:
    """The names of lessons that start as what was typed."""
    from iamsim.lessons.course import (
        exercise_files,
        lesson_files,
        name_of,
    )

    names = [name_of(file) for file in lesson_files()]
    names += [name_of(file) for file in exercise_files()]
    return [name for name in (*names, "all", _NEXT) if name.startswith(typed)]


COMMAND = Command(
    "learn",
    "Learn how IAM decides: lessons with a question, exercises that are graded, an exam.\n\n"
    "Without a lesson, list them with your progress. In a terminal a lesson asks for your"
    " prediction first; elsewhere it is printed, the answers at the end.",
    (
        Option(
            ("--edit",),
            "Open the policies of a lesson in $EDITOR, on a copy, and ask again.",
            "flag",
        ),
        Option(
            ("--no-input",),
            "Print the questions, and the answers at the end, also in a terminal.",
            "flag",
        ),
        Option(("--questions",), "Print only the questions.", "flag"),
        Option(("--answers",), "Print only the answers.", "flag"),
        Option(
            ("--exercise",),
            "Exercises: list them, work on one, or grade it with `--folder`.",
            "flag",
        ),
        Option(
            ("--folder",),
            "The folder of an exercise's files: laid out where there are none, else graded.",
            metavar="DIRECTORY",
        ),
        Option(("--hint",), "Print the next hint of an exercise.", "flag"),
        Option(("--solution",), "Print a solution of an exercise.", "flag"),
        Option(("--exam",), "The final exam: questions of the corpus.", "flag"),
        Option(("--seed",), "The number that draws the exam.", metavar="NUMBER"),
        Option(("--size",), "How many questions the exam has.", metavar="NUMBER"),
        Option(("--slides",), "Write lessons as slides, for Marp or reveal.js.", "flag"),
        Option(
            ("--class-sheet",),
            "Write the key of lessons, with room for a show of hands.",
            "flag",
        ),
        Option(
            ("--results",),
            "Write the results of learners, whose `lessons.json` files are named; else yours.",
            "flag",
        ),
        Option(("--reset",), "Forget your progress.", "flag"),
        *output(
            "text",
            "json",
            "markdown",
            "html",
            "csv",
            quiet="Only the names; of lessons only the decisions.",
        ),
    ),
    _run,
    Argument(
        "LESSON",
        "Number or name of a lesson, a range such as `3-7`, `next`, `all`, or a lesson's file;"
        " with `--exercise` of an exercise.",
    ),
    _proposed,
)
