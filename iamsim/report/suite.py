"""The outcome of a test run as text: a line a file, and for each failure what was expected, what
came, and the line of policy that decided."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from iamsim.report.paint import Paint
from iamsim.report.text import render_text, render_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.suites.runner import Collected, Outcome

__all__ = [
    "count_text",
    "expectation_text",
    "failures_of",
    "more_text",
    "render_run",
    "verdict_word",
]

_INDENT = "     "


def render_run(
    collected: Collected,
    outcomes: Sequence[Outcome],
    *,
    verbose: bool = False,
    color: bool = False,
    width: int = 100,
) -> str:
    """Write a run out: files, failures, count. With `verbose`, every case, and every failure with
    its whole explanation."""
    paint = Paint(color)
    lines = list(_file_lines(outcomes, paint, verbose=verbose))
    for broken in collected.broken:
        lines += ["", f"{paint.bad('ERROR')} {paint.name(broken.file)}"]
        lines += textwrap.indent(str(broken.error), _INDENT).splitlines()
    for outcome, more in failures_of(outcomes):
        lines += ["", *_failure(outcome, paint, width, verbose=verbose)]
        if more:
            lines.append(f"{_INDENT}{more_text(more)}")
    count = count_text(collected, outcomes)
    all_well = not collected.broken and all(outcome.passed for outcome in outcomes)
    return "\n".join([*lines, "", paint.good(count) if all_well else paint.bad(count)]) + "\n"


def count_text(collected: Collected, outcomes: Sequence[Outcome]) -> str:
    """Count what passed, failed, could not be read, and was not run."""
    failed = sum(not outcome.passed for outcome in outcomes)
    asked = sum(outcome.passed and not outcome.expected for outcome in outcomes)
    parts = [f"{failed} failed"] if failed else []
    parts.append(f"{len(outcomes) - failed - asked} passed")
    if asked:
        parts.append(f"{asked} asked without an expectation")
    if collected.broken:
        count = len(collected.broken)
        parts.append(f"{count} file{'s' if count > 1 else ''} can't be read")
    not_run = len(collected.cases) - len(outcomes)
    if not_run:
        parts.append(f"{not_run} not run")
    if collected.left_out:
        parts.append(f"{collected.left_out} left out")
    return ", ".join(parts)


def failures_of(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, int]]:
    """Give the failures, and with each how many later ones of its file fail by the same error: a
    policy that can't be read fails every case, and is told once."""
    told: dict[tuple[object, ...], int] = {}
    found: list[tuple[Outcome, int]] = []
    for outcome in outcomes:
        if outcome.passed:
            continue
        result = outcome.result
        same = (outcome.case.file, *result.failures) if result.error is not None else (id(outcome),)
        if same in told:
            first, more = found[told[same]]
            found[told[same]] = first, more + 1
        else:
            told[same] = len(found)
            found.append((outcome, 0))
    return found


def more_text(more: int) -> str:
    """Say how many cases fail by an error that was told."""
    return f"and {more} more case{'s' * (more > 1)} of this file, for the same reason"


def expectation_text(outcome: Outcome) -> str:
    """What a case expects, in a few words."""
    request = outcome.case.request
    if request.expect_error is not None:
        return f"the error {request.expect_error}"
    because = "" if request.because is None else f" because of {request.because.value}"
    return f"{request.expect or 'an answer'}{because}"


def verdict_word(outcome: Outcome) -> str:
    """What came: the decision, or that there was an error."""
    return "error" if outcome.result.verdict is None else outcome.result.verdict.value


def _file_lines(outcomes: Sequence[Outcome], paint: Paint, *, verbose: bool) -> Iterator[str]:
    files: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        files.setdefault(outcome.case.file, []).append(outcome)
    for file, some in files.items():
        failed = sum(not outcome.passed for outcome in some)
        asked = sum(outcome.passed and not outcome.expected for outcome in some)
        passed = len(some) - failed - asked
        counts = [
            paint.bad(f"{failed} failed") if failed else "",
            paint.good(f"{passed} passed") if passed else "",
            f"{asked} asked" if asked else "",
        ]
        yield f"{paint.name(file)}  {', '.join(filter(None, counts))}"
        if not verbose:
            continue
        for outcome in some:
            mark = paint.good("ok  ") if outcome.passed else paint.bad("FAIL")
            word = f"{verdict_word(outcome):<12}"
            yield f"  {mark} {paint.quiet(word)} {outcome.case.request.title}"


def _failure(outcome: Outcome, paint: Paint, width: int, *, verbose: bool) -> Iterator[str]:
    case = outcome.case
    place = paint.name(f"{case.file}:{case.line}")
    yield f"{paint.bad('FAIL')} {place}  {paint.title(case.request.title)}"
    for failure in outcome.result.failures:
        yield from textwrap.indent(failure, _INDENT).splitlines()
    for answer in outcome.result.answers:
        inner = width - len(_INDENT)
        if verbose:
            text = render_text(answer, verbose=True, color=paint.on, width=inner)
        else:
            text = render_verdict(answer, color=paint.on, width=inner)
        yield from (f"{_INDENT}{line}".rstrip() for line in text.splitlines())
