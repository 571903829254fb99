"""What a change does wrong, for build servers: annotations of GitHub Actions, with the witness.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.caret import printable
from iamsim.report.changes import ChangeReport, Kept, changes_lines, summary_text, unread_text
from iamsim.report.ci_text import github_command
from iamsim.report.proofs_ci import checks_to_github
from iamsim.report.summary import summary

if TYPE_CHECKING:
    from iamsim.query.changes import Change


def changes_to_github(report: ChangeReport, *, accepted: bool = False) -> str:
    """Write an error for each requirement that does not hold and each claim that is not proved, a
    warning at the statement for what opens, and the counts as plain lines. With `accepted`, what
    hangs on unknown parts is a warning."""
    lines = [_requirement(kept, accepted=accepted) for kept in report.broken]
    lines += [_opening(change) for change in report.changes.found if change.is_opening]
    plain = [f"not known: {unknown.what}: {unknown.unknown.why}" for unknown in report.unknowns]
    plain += [f"note: {unread_text(report)}"] if report.unread else []
    lines += map(printable, plain)
    if report.claims:
        said = checks_to_github(report.claims, report.places, accepted=accepted)
        lines.append(said.removesuffix("\n"))
    return "".join(f"{line}\n" for line in (*lines, summary_text(report)))


def _requirement(kept: Kept, *, accepted: bool) -> str:
    """A request whose expectation does not hold, at its line."""
    request = kept.after.request
    properties = {"file": kept.file, "line": request.span.line, "title": request.title}
    why = [summary(answer) for answer in kept.after.answers]
    kind = "warning" if accepted and kept.depends_on_unknown else "error"
    return github_command(kind, properties, "\n".join((*kept.after.failures, *why)))


def _opening(change: Change) -> str:
    """What opens, at the statement that opens it."""
    place: dict[str, object] = {}
    for statement in change.through[:1]:
        span = statement.source.span(statement.path)
        file, _, inside = span.source.name.partition(": ")
        # What stands in a plan or template as it is written for it has no line there.
        place = {"file": file} if inside else {"file": file, "line": span.line, "col": span.column}
    public = " to everyone" if change.is_public else ""
    title = f"{change.direction.value}{public}"
    return github_command("warning", {**place, "title": title}, changes_lines((change,))[0])
