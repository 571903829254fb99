"""Two answers side by side in a terminal, or one below the other where it is narrow."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from iamsim.report.paint import Paint

_LABEL = 25
_TWO_COLUMNS = 90  # what the label and two columns that can be read take


class Side(NamedTuple):
    """One row: what it is about, both texts, and whether they differ in what matters; `kinds` are
    those of badges."""

    label: str
    before: str
    after: str
    differs: bool
    kinds: tuple[str, str] | None = None


def side_lines(rows: Sequence[Side], heads: tuple[str, str], paint: Paint, width: int) -> list[str]:
    """Lay rows out below the names of the two sides; rows that differ are marked with `*`."""
    layout = _columns if width >= _TWO_COLUMNS else _stacked
    return [line.rstrip() for line in layout(rows, heads, paint, width)]


def _columns(rows: Sequence[Side], heads: tuple[str, str], paint: Paint, width: int) -> list[str]:
    """The two sides in columns beside the labels."""
    room = (width - _LABEL - 6) // 2
    lines = [paint.title(f"{'':<{_LABEL + 2}}{heads[0]:<{room + 2}}{heads[1]}")]
    for row in rows:
        same = row.kinds is None and row.before == row.after
        after = "the same" if same else row.after
        sides = [_cell(row.before, room), _cell(after, room)]
        height = max(map(len, sides))
        left, right = (side + [""] * (height - len(side)) for side in sides)
        for number, cells in enumerate(zip(left, right, strict=True)):
            label = row.label if number == 0 else ""
            mark = "* " if row.differs and number == 0 else "  "
            start = f"{mark}{label:<{_LABEL}}"
            shown = paint.title(start) if row.differs else start
            before = f"{cells[0]:<{room}}"
            if row.kinds is not None:
                first, second = row.kinds
                before, after = paint.judged(before, first), paint.judged(cells[1], second)
            else:
                after = cells[1]
            lines.append(f"{shown}{before}  {after}")
    return lines


def _stacked(rows: Sequence[Side], heads: tuple[str, str], paint: Paint, width: int) -> list[str]:
    """The two sides below each other; once where they are the same."""
    lines = []
    for row in rows:
        label = f"{'* ' if row.differs else '  '}{row.label}"
        lines.append(paint.title(label) if row.differs else label)
        sides = [(heads[0], row.before), (heads[1], row.after)]
        if row.before == row.after:
            sides = [("both", row.before)]
        for name, text in sides:
            for number, line in enumerate(_cell(text or "nothing", max(width - 14, 20))):
                lines.append(f"    {name if number == 0 else '':<10}{line}")
    return lines


def _cell(text: str, room: int) -> list[str]:
    """Text as lines of at most `room` columns; words that are longer are broken."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines += textwrap.wrap(line, room, subsequent_indent="  ", break_on_hyphens=False)
    return lines or [""]
