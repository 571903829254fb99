"""Changes of decisions as Markdown, for the comment of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.query.changes.model import Direction
from iamsim.report.access_words import account_title, principal_name
from iamsim.report.changes import (
    SHOWN,
    TITLES,
    actions_text,
    answer_text,
    resources_text,
    rows_of,
    summary_text,
    through_text,
    way_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.report.changes import ChangeReport, Row
    from iamsim.world.model import World

__all__ = ["changes_markdown"]

HEADER = ("principal", "actions", "resource", "before", "after", "through")
MARKS = {Direction.OPENS: "Opens", Direction.CLOSES: "Closes"}


def changes_markdown(report: ChangeReport) -> str:
    """A table for each direction; what a policy file forbids comes first."""
    lines = ["### Access that changes", "", f"{_cell(summary_text(report))}.", *_forbidden(report)]
    for direction, title in TITLES.items():
        rows = rows_of(report.changes, direction)
        if rows:
            heading = MARKS.get(direction, title.capitalize())
            lines += ["", f"#### {heading}", "", f"| {' | '.join(HEADER)} |"]
            lines.append("|---" * len(HEADER) + "|")
            lines += [_row(row, report.model) for row in rows]
    if report.remarks:
        lines += ["", "#### Not known", ""]
        lines += [f"* {_code(one.place)} {_cell(one.message)}" for one in report.remarks]
    return "\n".join(lines) + "\n"


def _forbidden(report: ChangeReport) -> Iterator[str]:
    if not report.broken:
        return
    yield from ("", "#### Forbidden", "")
    for one in report.broken:
        request = one.after.request
        word = "opened by this change" if one.before.met else "did not hold before either"
        failures = "; ".join(one.after.failures)
        yield f"* **{_cell(request.title)}** ({word}): {_cell(failures)}"


def _row(row: Row, model: World) -> str:
    names = []
    for candidate in row.candidates[:SHOWN]:
        name = principal_name(candidate)
        own = name != candidate.principal
        account = f" of {_cell(account_title(candidate, model))}" if own else ""
        names.append(_code(name) + account)
    more = len(row.candidates) - SHOWN
    principals = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    cells = (
        principals,
        _cell(actions_text(row.actions)),
        _cell(" ".join(filter(None, (resources_text(row.resources), way_text(row))))),
        _cell(answer_text(row.before)),
        f"**{_cell(answer_text(row.after))}**",
        _cell(through_text(row.through)),
    )
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`".replace("|", "\\|") if text else ""


def _cell(text: str) -> str:
    """Text inside of a table: marks of Markdown in names stay what they are."""
    flat = " ".join(text.split())
    for sign in "\\|*_<>[]#":
        flat = flat.replace(sign, f"\\{sign}")
    return flat
