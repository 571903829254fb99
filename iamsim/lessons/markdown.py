"""Lessons as Markdown, to be printed or put into a wiki."""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.core.answer import Answer
from iamsim.draw.terminal import decision_lines
from iamsim.lessons.blocks import Block, Break, Code, Explanation, Facts, Heading, Items, Prose
from iamsim.report.markdown import render_markdown
from iamsim.words.steps import picture_of

_WIDTH = 100


def blocks_markdown(blocks: Iterable[Block]) -> str:
    """Write blocks as Markdown."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {text}"
        case Prose(text, "about"):
            return f"*{text}*"
        case Prose(text, "question"):
            return f"**{text}**"
        case Prose(text, _):
            return text
        case Code(title, text, language):
            return f"{_title(title)}:\n\n{_fenced(text, language)}"
        case Facts(title, facts):
            lines = [f"* {name}: {_code(value)}" for name, value in facts]
            return "\n".join((f"{_title(title)}:\n", *lines))
        case Items(title, items):
            return "\n".join((f"{_title(title)}:\n", *(f"* {item}" for item in items)))
        case Explanation(answer):
            return _explanation(answer)
        case Break():
            return "---"


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


def _code(text: str) -> str:
    return f"`{text}`" if "`" not in text else f"`` {text} ``"


def _fenced(text: str, language: str = "text") -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _explanation(answer: Answer) -> str:
    text = render_markdown(answer).rstrip("\n")
    drawn = decision_lines(picture_of(answer), _WIDTH)
    return f"{text}\n\n{_fenced(chr(10).join(drawn))}"
