"""What all HTML reports share: badges, tables, and marked text, as plain data for the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Outcome, Verdict
from iamsim.report.sentences import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Badge",
    "Cell",
    "Table",
    "outcome_badge",
    "table_of",
    "verdict_badge",
]

# Badges are told apart by a sign and a word as well as by color.
_VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.ALLOWED: ("yes", "allowed"),
    Verdict.EXPLICIT_DENY: ("no", "denied explicitly"),
    Verdict.IMPLICIT_DENY: ("no", "denied"),
    Verdict.CONDITIONAL: ("open", "conditional"),
}
_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.ALLOW: "yes",
    Outcome.EXPLICIT_DENY: "no",
    Outcome.IMPLICIT_DENY: "no",
    Outcome.UNKNOWN: "open",
    Outcome.NOT_APPLICABLE: "none",
}


class Badge(NamedTuple):
    """A word with a sign in front. `kind` is ``yes``, ``no``, ``open`` or ``none``."""

    kind: str
    word: str


class Cell(NamedTuple):
    """One cell of a table: text, or a badge; `title` says more where somebody asks, `href` leads
    somewhere on the page. A cell that is `code` is shown as written."""

    text: str = ""
    badge: Badge | None = None
    title: str | None = None
    href: str | None = None
    code: bool = False


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


def table_of(
    name: str, caption: str, header: Sequence[str], rows: Sequence[Sequence[Cell | str]]
) -> Table:
    """Make a table; a text alone stands for a cell that holds it. Columns in which nothing stands
    are left out, the first apart."""
    made = [[Cell(one) if isinstance(one, str) else one for one in row] for row in rows]
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
    )


def verdict_badge(verdict: Verdict) -> Badge:
    """The badge of a verdict."""
    return Badge(*_VERDICTS[verdict])


def outcome_badge(outcome: Outcome) -> Badge:
    """The badge of what a layer says."""
    return Badge(_OUTCOMES[outcome], OUTCOMES[outcome])
