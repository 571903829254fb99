"""What checks and claims say to build servers: annotations of GitHub Actions, with the witness.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.proofs.result import CheckResult, Verdict
from iamsim.report.ci_text import github_command
from iamsim.report.proofs import assumptions_of, witness_text

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.syntax.ast import Policy


def checks_to_github(
    results: Sequence[CheckResult], places: Sequence[Span], *, accepted: bool, title: str = ""
) -> str:
    """Write a workflow command for each check that is not proved, at the place of its claim or
    policy; and on what all rest, and the count, as plain lines. With `accepted`, what hangs on
    unknown parts is a warning. `title` names checks that have no name of their own."""
    lines = [
        _command(result, place, accepted=accepted, title=result.name or title)
        for result, place in zip(results, places, strict=True)
        if result.verdict is not Verdict.PASS
    ]
    proved = len(results) - len(lines)
    assumed = (f"assumed: {sentence}" for sentence in assumptions_of(results))
    return "\n".join([*lines, *assumed, f"{proved} of {len(results)} checks are proved\n"])


def _command(result: CheckResult, place: Span, *, accepted: bool, title: str) -> str:
    end_line, end_column = place.source.line_column(place.end)
    properties = {
        "file": place.source.name,
        "line": place.line,
        "endLine": end_line,
        "col": place.column,
        "endColumn": end_column,
        "title": f"{result.result}: {title}",
    }
    said = [result.why_unknown] if result.why_unknown else []
    said += [reason.description for reason in result.reasons]
    if result.witness is not None:
        said += ["shown by:", witness_text(result.witness)]
    kind = "warning" if accepted and result.depends_on_unknown else "error"
    return github_command(kind, properties, "\n".join(said or [result.message]))


def place_in(policy: Policy, result: CheckResult) -> Span:
    """The statement that a check blames, or the whole policy."""
    for reason in result.reasons:
        if reason.statement_index is not None:
            return policy.source.span(policy.statements[reason.statement_index].path)
    return policy.source.span(())
