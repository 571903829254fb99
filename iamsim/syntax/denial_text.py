"""Finds messages about denied requests in whatever text they were copied with.

A message may stand in a log line, a stack trace, JSON or the box that Terraform draws, and lines
may be wrapped anywhere. The time is bounded: a long text is searched for fixed words, and
only a window behind each place is looked at closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

AUTHORIZED = "authorized"
PERFORM = "perform"
WINDOW = 5_000  # an ARN has at most 2,048 characters, and a message at most two
NEAR = 2_400  # from `User:` to the words that follow the principal
BEFORE = 400
EVIDENCE = 2  # so many lines of one length are no chance
MOST_LINES = 30
OPENED = 'resource: "'
COPIED = "Action:"  # in what the console gives to copy, with one of these words behind it
COPIED_REST = ("On resource(s):", "Context:")

# `User:`, which a terminal may have cut at the end of a line.
_user = re.compile(r"(?:\r?\n[\s│┃|>]{0,8})?".join("User:")).finditer
# Without a caller in front of it: then the word stands at the beginning, in a capital.
_unsigned = re.compile(r"\b(?:Not|You\s+are\s+not)\s+authorized\s+to\s+perform(?!\s+this)").finditer
_escape_sequence = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_line_break = re.compile(r"\\+r\\+n|\\+n|\r\n|\r|\n|\u2028|\u2029")
_quote = re.compile(r'\\+"|\\*&quot;|\\*&#34;|\\+u0022|\u201c|\u201d')
# The console's lines, whose breaks are lost where they are copied as one.
_copied = re.compile(r"(?<=\S)(?=(?:Service|Action|On resource\(s\)|Context): )").sub
_blanks = re.compile(r"\s+").sub
_operation = re.compile(
    r"when calling the (?P<sdk>\w{1,80}) operation|operation error [\w ]{1,60}: (?P<go>\w{1,80}),"
).finditer
# What editors, mail programs and Terraform draw in front of lines.
_MARGIN = "│┃╷╵|> \t"
# The words of messages: next to one of these a line was broken at a blank.
_WORDS = frozenset(
    [
        "User:",
        "is",
        "not",
        "authorized",
        "to",
        "perform:",
        "perform",
        "on",
        "resource:",
        "this",
        "resource",
        "because",
        "no",
        "allows",
        "the",
        "action",
        "with",
        "an",
        "explicit",
        "deny",
        "in",
        "a",
        "policy",
        "policy:",
        "service",
        "control",
        "identity-based",
        "resource-based",
        "permissions",
        "boundary",
        "boundary:",
        "session",
        "role",
        "trust",
        "VPC",
        "endpoint",
        "associated",
        "ciphertext",
        "Service:",
        "Action:",
        "Context:",
        "resource(s):",
    ]
)


class MessagePlace(NamedTuple):
    """A part of a text that begins where a message may begin, and what stands before it."""

    window: str
    before: str


def find_places(text: str) -> Iterator[MessagePlace]:
    """Give the places where a message names its caller or its action, the last one first."""
    unsigned = (match.start() for match in _unsigned(text))
    starts = sorted({*_named_starts(text), *unsigned})
    end = len(text)
    for start in reversed(starts):
        yield MessagePlace(
            text[start : min(end, start + WINDOW)], text[max(0, start - BEFORE) : start]
        )
        end = start


def _named_starts(text: str) -> Iterator[int]:
    """Where `User:` stands with the words of a denial behind it; a break may split one of two."""
    for match in _user(text):
        start = match.start()
        near = text[start : start + NEAR]
        if AUTHORIZED in near or PERFORM in near or _is_copied(near):
            yield start


def _is_copied(near: str) -> bool:
    """Whether it looks like what the console gives to copy."""
    return COPIED in near and any(word in near for word in COPIED_REST)


def operation_before(before: str) -> str | None:
    """The operation that an SDK names in front of a message, nearest first."""
    found = None
    for match in _operation(before):
        found = match["sdk"] or match["go"]
    return found


def one_line_forms(place: MessagePlace) -> Iterator[str]:
    """Bring the window of a place onto one line in several ways, the likeliest first.

    Lines of one length were cut at a column. Other breaks are joined with a blank; the more ways
    are asked for, the more of the first breaks are taken to cut a word in two. A break inside of
    quotes always does.
    """
    seen = set()
    column = _cut_at_column(place)
    if column is not None:
        seen.add(column)
        yield column
    lines = _lines(place.window)
    for cuts in range(len(lines)):
        form = _joined(lines, cuts)
        if form not in seen:
            seen.add(form)
            yield form


def _cut_at_column(place: MessagePlace) -> str | None:
    """The first line when a terminal cut a long line into several of the same length; blanks at the
    ends of lines may be lost. `None` where lines do not look like that."""
    lines = place.window.split("\n", MOST_LINES)
    head = place.before.rpartition("\n")[2]
    lengths = [len(head) + len(lines[0]), *map(len, lines[1:])]
    longest = max(lengths[:2])
    full = 0
    while full < len(lines) - 1 and lengths[full] in {longest, longest - 1}:
        full += 1
    if full < EVIDENCE:
        return None
    text = lines[0]
    for number in range(1, full + 1):
        text += lines[number] if lengths[number - 1] == longest else f" {lines[number]}"
    return _joined(_lines("\n".join((text, *lines[full + 1 :]))), 0)


def _lines(window: str) -> list[str]:
    """The lines of a message without escapes and margins; an empty line ends it."""
    text = _escape_sequence.sub("", window)
    text = _line_break.sub("\n", _quote.sub('"', text)).replace("&#39;", "'").replace("&lt;", "<")
    text = _copied(" ", text) if COPIED in text else text
    lines: list[str] = []
    for line in text.split("\n")[:MOST_LINES]:
        bare = _with_single_blanks(line.rstrip("│┃| \t").lstrip(_MARGIN))
        if not bare:
            break
        lines.append(bare)
    return lines


def _with_single_blanks(line: str) -> str:
    """Leave one of several blanks, but in quotes: names of objects may hold them."""
    parts = line.split('"')
    if len(parts) % 2 == 0:
        return " ".join(line.split())
    for number in range(0, len(parts), 2):
        parts[number] = _blanks(" ", parts[number])
    return '"'.join(parts).strip()


def _joined(lines: list[str], cuts: int) -> str:
    """Join lines; the first `cuts` breaks cut words, except next to words of messages."""
    text = lines[0]
    for number, line in enumerate(lines[1:], start=1):
        opened = text.rfind(OPENED)
        in_quotes = opened >= 0 and '"' not in text[opened + len(OPENED) :]
        left, right = text.rpartition(" ")[2], line.partition(" ")[0]
        cut = number <= cuts and _is_cut(left, right)
        text += line if in_quotes or cut else f" {line}"
    return text


def _is_cut(left: str, right: str) -> bool:
    """Whether what stands on both sides of a break looks like the two halves of a word."""
    whole = left + right
    if whole in _WORDS or (whole.startswith("arn:") and not left.startswith("arn:")):
        return True
    return left not in _WORDS and right not in _WORDS
