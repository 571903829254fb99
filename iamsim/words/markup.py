"""Markup in another language: what stands between its tags, and what its attributes say.

A sentence goes on through the code in it, so a name in the middle of one is a hole of its pattern.
What is quoted stays: texts of policies, and all inside of an element with `lang`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.words.language import Say

_TAG = re.compile(r"(<[^<>]*>)")
_CODE = re.compile(r"<code[^<>]*>([^<>]+)</code>")
_QUOTED = re.compile(r"<(pre|svg|script|style|blockquote)\b|<(\w+)(?=[^<>]* lang=)")
_ATTRIBUTE = re.compile(r'(\s(?:title|aria-label|alt|placeholder|data-label)=")([^"]*)(")')
_NAME = re.compile(r"`([^`<>]+)`")
_ANY_NAME = re.compile(r"`([^`]+)`")


def spoken_markup(markup: str, say: Say) -> str:
    """The page in another language; names, code and quoted texts stay as they are."""
    parts = []
    for text, quoted in _pieces(markup):
        parts.append(_attributes(text, say) if quoted else _run(text, say))
    return "".join(parts)


def _pieces(markup: str) -> Iterator[tuple[str, bool]]:
    """The page cut where quoted elements begin and end."""
    at = 0
    while found := _QUOTED.search(markup, at):
        name = found[1] or found[2]
        end = _end_of(markup, name, found.start())
        yield markup[at : found.start()], False
        yield markup[found.start() : end], True
        at = end
    yield markup[at:], False


def _end_of(markup: str, name: str, start: int) -> int:
    """Behind the end tag of an element that begins at a place."""
    depth = 0
    for tag in re.compile(rf"<(/?){name}\b[^<>]*>").finditer(markup, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    return len(markup)


def _run(markup: str, say: Say) -> str:
    """A part without quoted elements: code stands in backticks while the texts between tags are
    said."""
    held: dict[str, str] = {}

    def hold(found: re.Match[str]) -> str:
        name = unescape(found[1])
        held.setdefault(name, found[0])
        return found[0] if "`" in name else f"`{found[1]}`"

    pieces = _TAG.split(_CODE.sub(hold, markup))
    pieces[::2] = [_text(piece, say) for piece in pieces[::2]]
    pieces[1::2] = [_attributes(tag, say) for tag in pieces[1::2]]
    return _NAME.sub(lambda found: held.get(unescape(found[1]), found[0]), "".join(pieces))


def _attributes(markup: str, say: Say) -> str:
    """A tag whose attributes say something."""
    return _ATTRIBUTE.sub(
        lambda found: f"{found[1]}{escape(say(unescape(found[2])))}{found[3]}", markup
    )


def _text(text: str, say: Say) -> str:
    """A text between two tags, the blanks around it kept."""
    bare = " ".join(unescape(text).split())
    said = say(bare)
    if said == bare or set(_ANY_NAME.findall(bare)) != set(_ANY_NAME.findall(said)):
        return text
    before = text[: len(text) - len(text.lstrip())]
    return f"{before}{escape(said)}{text[len(text.rstrip()) :]}"
