"""`iamsim learn`: lists lessons with progress, and teaches them: on the screen or on paper."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.cli.commands import Argument, Command
from iamsim.cli.options import Option
from iamsim.cli.output import terminal_width
from iamsim.cli.world_options import json_text, output, paint_for, write
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.lessons.lesson import Lesson

__all__ = ["COMMAND"]

_NEXT = "next"
_ON_PAPER = ("no_input", "questions", "answers")


def _run(options: Options, arguments: Sequence[str]) -> int:
    """List, teach in a terminal, edit, or print."""
    from iamsim.lessons.progress import Progress  # noqa: PLC0415 - not for help

    progress = Progress()
    if options["reset"]:
        return _reset(progress.forget(), arguments)
    if not arguments:
        return _list(options)
    lessons = _lessons(arguments)
    if options["edit"]:
        from iamsim.cli.learn_edit import edit_once  # noqa: PLC0415 - only where it is asked for

        return edit_once(_single(lessons), options)
    if _talks(options):
        from iamsim.cli.learn_session import LearnSession  # noqa: PLC0415 - only in a terminal

        session = LearnSession(progress, paint_for(options), terminal_width(), plain_lines())
        for lesson in lessons:
            if not session.teach(lesson):
                break
        return 0
    return _print(lessons, options)


def _lessons(arguments: Sequence[str]) -> tuple[Lesson, ...]:
    from iamsim.lessons.course import all_lessons, find_lessons  # noqa: PLC0415 - not for help
    from iamsim.lessons.progress import Progress  # noqa: PLC0415

    if list(arguments) != [_NEXT]:
        return find_lessons(arguments)
    progress = Progress()
    lessons = all_lessons()
    return (next((one for one in lessons if not progress.standing(one).done), lessons[0]),)


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
    from iamsim.lessons.course import all_lessons  # noqa: PLC0415 - not for help
    from iamsim.lessons.data import list_data  # noqa: PLC0415
    from iamsim.lessons.progress import Progress  # noqa: PLC0415
    from iamsim.lessons.text import list_text  # noqa: PLC0415

    progress = Progress()
    lessons = all_lessons()
    if options["format"] in ("markdown", "html"):
        raise _none_named(f"the format `{options['format']}`")
    for field in (*_ON_PAPER, "edit"):
        if options[field]:
            raise _none_named(f"the option `--{field.replace('_', '-')}`")
    write(
        options,
        {
            "text": lambda: list_text(lessons, progress, paint_for(options), terminal_width()),
            "json": lambda: json_text(list_data(lessons, progress)),
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
    from iamsim.lessons.blocks import outcome_text, sheet  # noqa: PLC0415 - not for help
    from iamsim.lessons.data import lesson_data  # noqa: PLC0415
    from iamsim.lessons.html import blocks_html  # noqa: PLC0415
    from iamsim.lessons.markdown import blocks_markdown  # noqa: PLC0415
    from iamsim.lessons.text import blocks_text  # noqa: PLC0415

    questions = bool(options["questions"]) or not options["answers"]
    answers = bool(options["answers"]) or not options["questions"]
    title = lessons[0].title if len(lessons) == 1 else "Lessons"

    def decisions() -> str:
        return "".join(
            f"{lesson.name}: {one.name}: {outcome_text(lesson.outcome(one), one.action)}\n"
            for lesson in lessons
            for one in lesson.steps
        )

    blocks = sheet(lessons, questions=questions, answers=answers)
    write(
        options,
        {
            "text": lambda: blocks_text(
                blocks, paint_for(options), terminal_width(), ascii_only=_ascii(options)
            ),
            "json": lambda: json_text(
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
    from iamsim.lessons.course import lesson_files  # noqa: PLC0415 - only for completion

    names = [Path(file).stem.partition("-")[2] for file in lesson_files()]
    return [name for name in (*names, "all", _NEXT) if name.startswith(typed)]


COMMAND = Command(
    "learn",
    "Learn how IAM decides: lessons with a question, and the answer explained.\n\n"
    "Without a lesson they are listed, with how far you are. In a terminal a lesson asks for your"
    " prediction first; elsewhere it is printed, the answers at the end.",
    (
        Option(
            ("--edit",),
            "edit",
            "Open the policies of a lesson in $EDITOR, on a copy, and ask again.",
            "flag",
        ),
        Option(
            ("--no-input",),
            "no_input",
            "Print the questions, and the answers at the end, also in a terminal.",
            "flag",
        ),
        Option(("--questions",), "questions", "Print only the questions.", "flag"),
        Option(("--answers",), "answers", "Print only the answers.", "flag"),
        Option(("--reset",), "reset", "Forget how far you are.", "flag"),
        *output(
            "text",
            "json",
            "markdown",
            "html",
            quiet="Only the names; of lessons only the decisions.",
        ),
    ),
    _run,
    Argument(
        "LESSON",
        "Number or name of a lesson, a range such as `3-7`, `next`, `all`, or a lesson's file.",
    ),
    _proposed,
)
