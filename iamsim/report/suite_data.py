"""The outcome of a test run as plain data, and as a summary in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.core.caret import printable
from iamsim.report.cleaning import for_markdown_lines
from iamsim.report.data import answer_to_dict
from iamsim.report.suite import (
    count_text,
    expectation_text,
    failures_of,
    more_text,
    verdict_word,
)
from iamsim.report.summary import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.suites.runner import Collected, Outcome

__all__ = ["run_to_dict", "run_to_markdown"]


def run_to_dict(
    collected: Collected, outcomes: Sequence[Outcome], *, verbose: bool = False
) -> dict[str, Any]:
    """Turn a run into plain data. Failures carry their answers; with `verbose`, all cases do."""
    return {
        "passed": sum(outcome.passed and outcome.expected for outcome in outcomes),
        "asked": sum(outcome.passed and not outcome.expected for outcome in outcomes),
        "failed": sum(not outcome.passed for outcome in outcomes),
        "notRun": len(collected.cases) - len(outcomes),
        "leftOut": collected.left_out,
        "cases": [_case(outcome, verbose=verbose) for outcome in outcomes],
        "unreadable": [
            {"file": broken.file, "code": broken.error.code, "message": str(broken.error)}
            for broken in collected.broken
        ],
    }


def _case(outcome: Outcome, *, verbose: bool) -> dict[str, Any]:
    case, result = outcome.case, outcome.result
    data: dict[str, Any] = {
        "id": case.id,
        "file": case.file,
        "line": case.line,
        "name": case.request.title,
        "tags": list(case.request.tags),
        "passed": outcome.passed,
        "expected": expectation_text(outcome),
        "decision": None if result.verdict is None else result.verdict.value,
        "layer": None if result.layer is None else result.layer.value,
        "error": None if result.error is None else result.error.code,
        "failures": list(result.failures),
    }
    if verbose or not outcome.passed:
        data["answers"] = [answer_to_dict(answer) for answer in result.answers]
    return data


def run_to_markdown(collected: Collected, outcomes: Sequence[Outcome]) -> str:
    """Summarize a run for a pull request or a job's summary page."""
    failed = failures_of(outcomes)
    mark = "❌" if failed or collected.broken else "✅"
    lines = [f"### {mark} Permissions: {count_text(collected, outcomes)}", ""]
    if failed:
        lines += ["| case | expected | got | why |", "|---|---|---|---|"]
        lines += [_row(outcome, more) for outcome, more in failed]
        lines.append("")
    for broken in collected.broken:
        lines += [f"`{broken.file}` can't be read:", "", "```", str(broken.error), "```", ""]
    return "\n".join(lines)


def _row(outcome: Outcome, more: int) -> str:
    case = outcome.case
    why = [summary(answer).partition(": ")[2] for answer in outcome.result.answers]
    cells = (
        f"{printable(case.request.title)}\n`{case.file}:{case.line}`",
        expectation_text(outcome),
        verdict_word(outcome),
        "; ".join(why or outcome.result.failures) + (f"\n{more_text(more)}" if more else ""),
    )
    return f"| {' | '.join(map(for_markdown_lines, cells))} |"
