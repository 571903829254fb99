"""Changes of decisions as one table, a row a change."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from iamsim.query.changes.model import Direction
from iamsim.report.changes import (
    TITLES,
    actions_text,
    answer_text,
    principals_text,
    resources_text,
    rows_of,
    summary_text,
    way_text,
)

if TYPE_CHECKING:
    from iamsim.core.decision import StatementReference
    from iamsim.report.changes import ChangeReport

__all__ = ["changes_table"]

# Columns with their shares of what is left of the width.
COLUMNS = {"principal": 3, "action": 3, "resource": 5, "before": 2, "after": 2, "through": 5}
_WORDS = {Direction.OPENS: "opens", Direction.CLOSES: "closes"}


def changes_table(report: ChangeReport, width: int, *, verbose: bool = False) -> str:
    """Write a row for each change, what opens first, and the sum of it below; cells are wrapped."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, expand=True)
    shown.add_column("", no_wrap=True)
    for name, share in COLUMNS.items():
        shown.add_column(name, ratio=share)
    for direction, title in TITLES.items():
        for row in rows_of(report.changes, direction):
            cells = (
                _WORDS.get(direction, title),
                principals_text(row.candidates, report.model, verbose=verbose),
                actions_text(row.actions, verbose=verbose),
                f"{resources_text(row.resources, verbose=verbose)} {way_text(row)}".rstrip(),
                answer_text(row.before),
                answer_text(row.after),
                ", ".join(dict.fromkeys(map(_statement, row.through))),
            )
            # Texts, not markup: brackets in names are brackets.
            shown.add_row(*(Text(cell, overflow="fold") for cell in cells))
    stream = StringIO()
    console = Console(file=stream, width=width, color_system=None, force_terminal=False)
    if shown.rows:
        console.print(shown)
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    return "\n".join([*lines, *([""] if lines else []), summary_text(report), ""])


def _statement(reference: StatementReference) -> str:
    """Name a statement by its policy and its Sid or number; places stand in the text."""
    return f"{reference.policy}#{reference.sid or reference.index + 1}"
