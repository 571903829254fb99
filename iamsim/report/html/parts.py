"""What all HTML reports share: badges, tables, and marked text, as plain data for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iamsim.core.decision import Outcome
from iamsim.report.document import OUTCOME_KINDS, Badge, Cell, verdict_badge
from iamsim.words.sentences import OUTCOMES

__all__ = [
    "Badge",
    "Cell",
    "Table",
    "outcome_badge",
    "table_of",
    "verdict_badge",
]

_EMPTY = ("", None)  # text and badge of a cell in which nothing stands


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption and a header; the first column names the rows.

    A table of many rows gets a field that filters them.
    """

    name: str  # unique on its page: element ids are made of it
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""  # what is said where there are none


def table_of(
    name: str,
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Cell | str]],
    *,
    empty: str = "",
) -> Table:
    """Make a table; a text alone stands for a cell that holds it. Columns in which nothing stands
    are left out, the first apart."""
    made = [[Cell(badge) if isinstance(badge, str) else badge for badge in row] for row in rows]
    kept = [
        number
        for number in range(len(header))
        if not number or not made or any(row[number][:2] != _EMPTY for row in made)
    ]
    return Table(
        name,
        caption,
        tuple(header[number] for number in kept),
        tuple(tuple(row[number] for number in kept) for row in made),
        empty,
    )


def outcome_badge(outcome: Outcome) -> Badge:
    """The badge of what a layer says."""
    return Badge(OUTCOME_KINDS[outcome], OUTCOMES[outcome])
