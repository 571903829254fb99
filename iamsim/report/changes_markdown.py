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
from iamsim.report.cleaning import for_markdown, for_markdown_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.report.changes import ChangeReport, Row
    from iamsim.world.model import World

__all__ = ["changes_markdown"]

HEADER = ("principal", "actions", "resource", "before", "after", "through")
MARKS = {Direction.OPENS: "Opens", Direction.CLOSES: "Closes"}


def changes_markdown(report: ChangeReport) -> str:
    """A table for each direction; what a policy file forbids comes first."""
    summary = f"{for_markdown(summary_text(report))}."
    lines = ["### Access that changes", "", summary, *_forbidden(report)]
    for direction, title in TITLES.items():
        rows = rows_of(report.changes, direction)
        if rows:
            heading = MARKS.get(direction, title.capitalize())
            lines += ["", f"#### {heading}", "", f"| {' | '.join(HEADER)} |"]
            lines.append("|---" * len(HEADER) + "|")
            lines += [_row(row, report.model) for row in rows]
    if report.remarks:
        lines += ["", "#### Not known", ""]
        lines += [
            f"* {for_markdown_code(remark.place)} {for_markdown(remark.message)}"
            for remark in report.remarks
        ]
    return "\n".join(lines) + "\n"


def _forbidden(report: ChangeReport) -> Iterator[str]:
    if not report.broken:
        return
    yield from ("", "#### Forbidden", "")
    for one in report.broken:
        request = one.after.request
        word = "opened by this change" if one.before.met else "did not hold before either"
        failures = "; ".join(one.after.failures)
        yield f"* **{for_markdown(request.title)}** ({word}): {for_markdown(failures)}"


def _row(row: Row, model: World) -> str:
    names = []
    for candidate in row.candidates[:SHOWN]:
        name = principal_name(candidate)
        own = name != candidate.principal
        account = f" of {for_markdown(account_title(candidate, model))}" if own else ""
        names.append(for_markdown_code(name) + account)
    more = len(row.candidates) - SHOWN
    principals = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    cells = (
        principals,
        for_markdown(actions_text(row.actions)),
        for_markdown(" ".join(filter(None, (resources_text(row.resources), way_text(row))))),
        for_markdown(answer_text(row.before)),
        f"**{for_markdown(answer_text(row.after))}**",
        for_markdown(through_text(row.through)),
    )
    return f"| {' | '.join(cells)} |"
