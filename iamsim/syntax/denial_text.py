"""Finds messages about denied requests in whatever text they were copied with.

A message may stand in a log line, a stack trace, JSON or the box that Terraform draws, and lines
may be wrapped anywhere. The time is bounded: a long text is searched for fixed words, and
only a window behind each place is looked at closely.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MessagePlace", "find_places", "one_line_forms", "operation_before"]

USER = "User:"
AUTHORIZED = "authorized"
PERFORM = "perform"
WINDOW = 5_000  # an ARN has at most 2,048 characters, and a message at most two
NEAR = 2_400  # from `User:` to the words that follow the principal
BEFORE = 400
MOST_LINES = 60
OPENED = 'resource: "'

_unsigned = re.compile(r"\b[Nn]ot\s+authorized\s+to\s+perform").finditer
_escape_sequence = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_line_break = re.compile(r"\\+r\\+n|\\+n|\r\n|\r|\n|\u2028|\u2029")
_quote = re.compile(r'\\+"|\\*&quot;|\\*&#34;|\\+u0022|\u201c|\u201d')
_operation = re.compile(
    r"when calling the (?P<sdk>\w{1,80}) operation|operation error [\w ]{1,60}: (?P<go>\w{1,80}),"
).finditer
# What editors, mail programs and Terraform draw in front of lines.
_MARGIN = "│┃╷╵|> \t"
# The words of messages: next to one of these a line was broken at a blank.
_WORDS = frozenset(
    "User: is not authorized to perform: perform on resource: this resource because no allows the"
    " action with an explicit deny in a policy policy: service control identity-based"
    " resource-based permissions boundary boundary: session role trust VPC endpoint".split()
)


class MessagePlace(NamedTuple):
    """A part of a text that begins where a message may begin, and what stands before it."""

    window: str
    before: str
    start: int


def find_places(text: str) -> Iterator[MessagePlace]:
    """Give the places where a message names its caller or its action, the last one first."""
    starts = sorted({*_named_starts(text), *_unsigned_starts(text)})
    end = len(text)
    for start in reversed(starts):
        yield MessagePlace(
            text[start : min(end, start + WINDOW)], text[max(0, start - BEFORE) : start], start
        )
        end = start


def _named_starts(text: str) -> Iterator[int]:
    """Where `User:` stands with the words of a denial behind it; a break may split one of two."""
    start = text.find(USER)
    while start >= 0:
        near = text[start : start + NEAR]
        if AUTHORIZED in near or PERFORM in near:
            yield start
        start = text.find(USER, start + len(USER))


def _unsigned_starts(text: str) -> Iterator[int]:
    """Where `Not authorized to perform` stands without a caller in front of it."""
    for match in _unsigned(text):
        start = match.start()
        if not text[max(0, start - 12) : start].rstrip(_MARGIN + "\\rn\r\n").endswith("is"):
            yield start


def operation_before(before: str) -> str | None:
    """The operation that an SDK names in front of a message, nearest first."""
    found = None
    for match in _operation(before):
        found = match["sdk"] or match["go"]
    return found


def one_line_forms(window: str) -> Iterator[str]:
    """Bring a window onto one line in several ways, the likeliest first.

    A broken line is joined with a blank; the more ways are asked for, the more of the first breaks
    are taken to cut a word in two. A break inside of quotes always does.
    """
    lines = _lines(window)
    seen = set()
    for cuts in range(len(lines)):
        form = _joined(lines, cuts)
        if form not in seen:
            seen.add(form)
            yield form


def _lines(window: str) -> list[str]:
    """The lines of a message without escapes and margins; an empty line ends it."""
    text = _escape_sequence.sub("", window)
    text = _line_break.sub("\n", _quote.sub('"', text)).replace("&#39;", "'").replace("&lt;", "<")
    lines: list[str] = []
    for line in text.split("\n")[:MOST_LINES]:
        bare = " ".join(line.rstrip("│┃| \t").lstrip(_MARGIN).split())
        if not bare:
            break
        lines.append(bare)
    return lines


def _joined(lines: list[str], cuts: int) -> str:
    """Join lines; the first `cuts` breaks cut words, except next to words of messages."""
    text = lines[0]
    for number, line in enumerate(lines[1:], start=1):
        opened = text.rfind(OPENED)
        in_quotes = opened >= 0 and '"' not in text[opened + len(OPENED) :]
        left, right = text.rpartition(" ")[2], line.partition(" ")[0]
        cut = number <= cuts and left not in _WORDS and right not in _WORDS
        text += line if in_quotes or cut else f" {line}"
    return text
