"""Lessons as text for a terminal, and the list of lessons."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.draw.lettering import plain
from iamsim.draw.style import State
from iamsim.draw.terminal import decision_lines
from iamsim.lessons.blocks import Block, Break, Code, Explanation, Facts, Heading, Items, Prose
from iamsim.report.text import render_text
from iamsim.words.steps import picture_of

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.lessons.lesson import Lesson
    from iamsim.lessons.progress import Progress
    from iamsim.report.paint import Paint

_WIDEST = 100  # longer lines are hard to read


def blocks_text(
    blocks: Iterable[Block], paint: Paint, width: int, *, ascii_only: bool = False
) -> str:
    """Write blocks, with an empty line between them."""
    width = min(width, _WIDEST)
    return "\n".join(f"{_block(block, paint, width, ascii_only)}\n" for block in blocks)


def _block(block: Block, paint: Paint, width: int, ascii_only: bool) -> str:
    match block:
        case Heading(level, text):
            return paint.title(text if level > 1 else f"{text}\n{'=' * min(len(text), width)}")
        case Prose(text, "about"):
            return paint.quiet(f"({text})")
        case Prose(text, "question"):
            return paint.title(_wrapped(text, width))
        case Prose(text, _):
            return _wrapped(text, width)
        case Code(title, text, language):
            return "\n".join((paint.title(title), *_code(text, language, paint)))
        case Facts(title, facts):
            size = max(len(name) for name, _ in facts)
            return "\n".join(
                (paint.title(title), *(f"  {name:<{size}}  {value}" for name, value in facts))
            )
        case Items(title, items):
            lines = [_wrapped(item, width, "  - ", "    ") for item in items]
            return "\n".join((paint.title(title), *lines))
        case Explanation(answer):
            return _explanation(answer, paint, width, ascii_only)
        case Break():
            return "-" * width


def _code(text: str, language: str, paint: Paint) -> list[str]:
    """The lines of a text; of a change the two kinds of lines are told apart."""
    lines = []
    for line in map(plain, text.splitlines()):
        if language == "diff" and line.startswith("-"):
            lines.append(f"  {paint.bad(line)}")
        elif language == "diff" and line.startswith("+"):
            lines.append(f"  {paint.good(line)}")
        else:
            lines.append(f"  {line}".rstrip())
    return lines


def _explanation(answer: Answer, paint: Paint, width: int, ascii_only: bool) -> str:
    def painted(text: str, state: State) -> str:
        if state is State.OPEN:
            return paint.good(text)
        return paint.bad(text) if state is State.CLOSED else paint.quiet(text)

    text = render_text(answer, color=paint.on, width=width).rstrip("\n")
    drawn = decision_lines(picture_of(answer), width, ascii_only=ascii_only, paint=painted)
    return "\n".join((text, "", paint.title("picture"), *drawn))


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def list_text(lessons: Sequence[Lesson], progress: Progress, paint: Paint, width: int) -> str:
    """The lessons by number, with how far one is, under their topics."""
    size = max(len(lesson.name) for lesson in lessons)
    lines = []
    topic = None
    done = 0
    for lesson in lessons:
        if lesson.topic != topic:
            topic = lesson.topic
            lines.append(paint.quiet(topic))
        standing = progress.standing(lesson)
        done += standing.done
        mark = f"{standing.right}/{standing.questions}" if standing.answered else ""
        word = f"{standing.word if standing.answered else '':<6}"
        word = paint.good(word) if standing.done else word
        line = f"{lesson.number:>3}  {word}{mark:>4}  {lesson.name:<{size}}  {lesson.title}"
        lines.append(line if len(line) <= width + 20 else line[: width + 20])
    following = next((lesson for lesson in lessons if not progress.standing(lesson).done), None)
    lines += ["", f"{done} of {len(lessons)} lessons done"]
    if following is not None:
        lines.append(f"next: iamsim learn {following.number}")
    return "\n".join(lines) + "\n"
