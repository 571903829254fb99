"""Plain text in columns: tables, labelled fields and lists of words, cut to a width."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Painter = Callable[[str], str]

_GAP = 2
_NARROWEST = 20


def table(
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    indent: int = 0,
    least: Sequence[int] = (),
    painted: Sequence[Sequence[Painter | None]] = (),
) -> list[str]:
    """Align rows of cells; the last column is wrapped to what is left of the width.

    A column is as wide as its longest cell, and as `least` says; cells before the last are never
    wrapped. `painted` has what colors each of these cells, for each row.
    """
    if not rows:
        return []
    widths = [max([len(row[place]) for row in rows]) for place in range(len(rows[0]) - 1)]
    widths = [max(pair) for pair in zip_longest(widths, least[: len(widths)], fillvalue=0)]
    margin = indent + sum(width + _GAP for width in widths)
    form = " " * indent + "".join([f"{{:<{entry}}}" + " " * _GAP for entry in widths])
    lines: list[str] = []
    for number, row in enumerate(rows):
        head = form.format(*row)
        written = _wrapped(head, row[-1], margin, width)
        if painted:
            cells = [
                f"{cell:<{entry}}" if painter is None else painter(f"{cell:<{entry}}")
                for cell, entry, painter in zip(row, widths, painted[number], strict=False)
            ]
            colored = " " * indent + "".join([cell + " " * _GAP for cell in cells])
            written[0] = f"{colored}{written[0][len(head) :]}"
        lines += written
    return lines


def listing(rows: Sequence[tuple[str, str]], width: int, *, indent: int = 2) -> list[str]:
    """Write names with a long word behind each; below each where the lines would be too long."""
    lines = table(rows, width, indent=indent)
    if all(len(line) <= width for line in lines):
        return lines
    margin = " " * indent
    return [
        line
        for name, text in rows
        for line in (margin + name, f"{margin * 2}{text}" if text else "")
    ]


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Write a text in lines that begin with `first` and `rest`; names stay in one piece, also those
    that are longer than a line."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def fields(pairs: Iterable[tuple[str, str]], width: int, *, indent: int = 2) -> list[str]:
    """Write labels with their values behind; fields without a value are left out."""
    return table([pair for pair in pairs if pair[1]], width, indent=indent)


def words(texts: Sequence[str], width: int, *, indent: int = 2) -> list[str]:
    """Fill lines with words, separated by commas."""
    margin = " " * indent
    return _wrapped(margin, ", ".join(texts), indent, width) if texts else []


def _wrapped(head: str, text: str, margin: int, width: int) -> list[str]:
    room = max(width - margin, _NARROWEST)
    if len(text) <= room and text.isprintable() and text == text.strip():  # nothing to wrap
        return [(head + text).rstrip()]
    first, *rest = textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False) or [""]
    return [(head + first).rstrip(), *(" " * margin + line for line in rest)]
