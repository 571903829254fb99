"""How wide text is and where it may be broken: pictures are laid out without any font.

The widths are those of Helvetica (the metrics that Adobe published for its core fonts); the other
fonts of the style differ from it by a few percent, which the padding of boxes makes up for.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

_BY_WIDTH = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft",
    333: "-()`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_WIDTHS = {character: width for width, characters in _BY_WIDTH.items() for character in characters}
_OTHER, _WIDE, _BOLD = 600, 1000, 1.07
_NARROWEST = min(_WIDTHS.values())
_BREAKS = "/:-_.*,="
_MARK = "…"
_CODE = re.compile("`([^`]+)`")
# Where a phrase of Japanese ends, whose words have no blanks between them: behind hiragana, and
# never in front of a sign that closes.
_PHRASE = re.compile("(?<=[ぁ-ん、。・」])(?=[^ぁ-んー、。・」)),: ])")


def plain(text: str) -> str:
    """Text on one line, without characters that do not print: neither control characters nor
    those that turn the direction of writing can leave their place."""
    return "".join(character if character.isprintable() else " " for character in text)


def unquoted(text: str) -> str:
    """A sentence without the backticks around its values, which mark nothing in a picture."""
    return _CODE.sub(r"\1", text)


def escaped(text: str) -> str:
    """Text for XML and for Graphviz's labels that look like HTML."""
    return escape(plain(text), quote=True)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line in pixels."""
    units = sum(_WIDTHS.get(character) or _width_of_other(character) for character in text)
    return units * size / 1000 * (_BOLD if bold else 1)


def _width_of_other(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER


def shortened(text: str, longest: int) -> str:
    """Cut a long text in its middle."""
    text = plain(text)
    if len(text) <= longest:
        return text
    head = longest * 2 // 3
    return f"{text[:head]}{_MARK}{text[len(text) - (longest - head - 1) :]}"


def wrapped(
    text: str, width: float, size: float, *, most: int = 3, bold: bool = False
) -> list[str]:
    """Break text into at most `most` lines of a width: at blanks and behind phrases of Japanese,
    else behind the signs that names are made of, else anywhere. What is too long ends in an
    ellipsis."""
    lines: list[str] = []
    line = ""
    text = text[: int((most + 1) * width / (size * _NARROWEST / 1000)) + 1]  # no more can show
    for piece in _pieces(plain(text), width, size, bold=bold):
        if text_width((line + piece).rstrip(), size, bold=bold) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while text_width(line.rstrip(), size, bold=bold) > width and len(line) > 1:
            cut = _fitting(line, width, size, bold=bold)
            lines.append(line[:cut])
            line = line[cut:]
        if len(lines) > most:
            break
    if line.strip():
        lines.append(line.rstrip())
    if len(lines) > most:
        lines = lines[:most]
        last = lines[-1] + _MARK
        while text_width(last, size, bold=bold) > width and len(last) > 1:
            last = last[:-2] + _MARK
        lines[-1] = last
    return lines


def _pieces(text: str, width: float, size: float, *, bold: bool) -> list[str]:
    """The parts of a text behind which a line may end: words, phrases, and of what fills a line
    and more the parts of names."""
    pieces = []
    for word in text.split(" "):
        for phrase in _PHRASE.split(f"{word} "):
            pieces.append(phrase)
            if text_width(phrase.rstrip(), size, bold=bold) > width:
                pieces[-1:] = _parts_of_name(phrase)
    return pieces


def _parts_of_name(word: str) -> list[str]:
    parts = []
    start = 0
    for place, character in enumerate(word):
        if character in _BREAKS and word[place + 1 : place + 2].isalnum() and place - start > 1:
            parts.append(word[start : place + 1])
            start = place + 1
    return [*parts, word[start:]]


def _fitting(line: str, width: float, size: float, *, bold: bool) -> int:
    """How many characters of a line fit: one at least."""
    count = 1
    while count < len(line) and text_width(line[: count + 1], size, bold=bold) <= width:
        count += 1
    return count
