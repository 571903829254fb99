"""Lessons as slides: Markdown that Marp shows (https://marp.app), a slide between two rules.

reveal.js reads the same text without the front matter, where its separator is a line of three
dashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim.draw.terminal import decision_lines
from iamsim.lessons.blocks import (
    BOXES,
    Block,
    Code,
    Heading,
    Items,
    Prose,
    introduction,
    outcome_text,
    spoken_blocks,
    step_blocks,
)
from iamsim.lessons.markdown import blocks_markdown
from iamsim.report.summary import summary
from iamsim.words.language import in_english
from iamsim.words.steps import picture_of, spoken

if TYPE_CHECKING:
    from iamsim.lessons.lesson import Lesson
    from iamsim.words.language import Say

_FRONT = "---\nmarp: true\npaginate: true\n"
_STYLE = 'style: "section { font-size: 22px; } pre { font-size: 16px; }"\n---\n'
_LONGEST = 26  # lines of a text on one slide
_WIDTH = 96


def slides(lessons: Iterable[Lesson], say: Say = in_english) -> str:
    """Lessons as slides: the story, each text on its own, the question, then the answer; `say`
    gives the words of another language."""
    texts = [
        blocks_markdown(spoken_blocks(slide, say)).rstrip("\n")
        for lesson in lessons
        for slide in _slides(lesson, say)
    ]
    return f"{_FRONT}{_STYLE}\n" + "\n\n---\n\n".join(texts) + "\n"


def _slides(lesson: Lesson, say: Say) -> Iterator[Sequence[Block]]:
    yield list(introduction(lesson))
    for place, step in enumerate(lesson.steps):
        asked: list[Block] = []
        for block in step_blocks(lesson, step):
            if isinstance(block, Code):
                yield from ([part] for part in _parts(block))
            else:
                asked.append(block)
        yield [*asked, Prose(BOXES)]
        outcome = lesson.outcome(step)
        title = f"Variation {place}" if place else "The answer"
        yield [
            Heading(2, f"{title}: {outcome_text(outcome, step.action)}"),
            Prose(summary(outcome.answer)),
            Prose(step.learned, "learned"),
        ]
        # Letters of other languages may be twice as wide.
        width = _WIDTH if say is in_english else _WIDTH // 2
        drawn = decision_lines(spoken(picture_of(outcome.answer), say), width)
        yield from ([part] for part in _parts(Code("the decision", "\n".join(drawn), "text")))
    yield [Items("AWS says so", lesson.see)]


def _parts(block: Code) -> Iterator[Code]:
    """A text as parts that fit a slide."""
    lines = block.text.splitlines()
    for start in range(0, len(lines), _LONGEST):
        title = block.title if not start else f"{block.title}, continued"
        yield Code(title, "\n".join(lines[start : start + _LONGEST]), block.language)
