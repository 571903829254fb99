"""The outcome of a test run as a document and as plain data: a line a file, and for each failure
what was expected, what came, and the line of policy that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.report.comparison import comparison_blocks, comparison_to_dict, count_changes
from iamsim.report.coverage import coverage_blocks, coverage_to_dict, share_line
from iamsim.report.data import answer_to_dict
from iamsim.report.document import (
    EVERY_FORM,
    SEPARATE,
    Badge,
    Cell,
    Column,
    Document,
    Entry,
    Form,
    Section,
    grouped,
    verdict_badge,
)
from iamsim.report.html.page import anchor
from iamsim.report.mutation import mutation_blocks, mutation_to_dict, score_line
from iamsim.report.summary import summary

if TYPE_CHECKING:
    from iamsim.suites.comparison import Comparison
    from iamsim.suites.covered import PolicyCoverage
    from iamsim.suites.mutation.run import MutationResult
    from iamsim.suites.runner import Collected, Outcome

_IN_FULL = 20  # failures whose answers a page shows with all their policies
_OPEN = 3  # failures that are open when a page is loaded


class SuiteReport(NamedTuple):
    """A run, and what comes with it where that is asked for."""

    collected: Collected
    outcomes: Sequence[Outcome]
    coverage: Sequence[PolicyCoverage] | None = None
    mutation: Sequence[MutationResult] | None = None
    compared: Comparison | None = None


def run_document(report: SuiteReport, *, verbose: bool = False) -> Document:
    """Lay out files, failures, coverage, mutants and what differs from a record. With `verbose`,
    text and Markdown have every case too, and failures in a terminal their whole explanations."""
    broken = [
        Entry(anchor("e", number), Badge("no", "error"), member.file, "", _lines(str(member.error)))
        for number, member in enumerate(report.collected.broken, 1)
    ]
    failed = failures_of(report.outcomes)
    failures = [
        _failure(outcome, more, number, verbose=verbose)
        for number, (outcome, more) in enumerate(failed, 1)
    ]
    names = {id(outcome): entry.name for (outcome, _), entry in zip(failed, failures, strict=True)}
    blocks = (
        _files(report.outcomes),
        *broken,
        *failures,
        _cases(report.outcomes, names, verbose=verbose),
        *(() if report.coverage is None else coverage_blocks(report.coverage, verbose=verbose)),
        *(() if report.mutation is None else mutation_blocks(report.mutation, verbose=verbose)),
        *(() if report.compared is None else comparison_blocks(report.compared)),
    )
    well = not failed and not broken and (report.compared is None or not report.compared.changes)
    verdict = Badge("yes", "all as expected") if well else Badge("no", "not as expected")
    return Document("test run", blocks, (), "\n".join(counts_of(report)), verdict, plain=True)


def counts_of(report: SuiteReport) -> Iterator[str]:
    """What came, what is covered, what was noticed, and what differs, in a line each."""
    yield count_text(report.collected, report.outcomes)
    if report.coverage is not None:
        yield share_line(report.coverage)
    if report.mutation is not None:
        yield score_line(report.mutation)
    if report.compared is not None:
        yield count_changes(report.compared)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())


def _failure(outcome: Outcome, more: int, number: int, *, verbose: bool) -> Entry:
    case, result = outcome.case, outcome.result
    told = [line for failure in result.failures for line in failure.splitlines()]
    return Entry(
        anchor("f", number),
        Badge("no", "fail"),
        f"{case.file}:{case.line}",
        case.request.title,
        (*told, *([more_text(more)] if more else ())),
        tuple(result.answers),
        brief=not verbose,
        whole=number <= _IN_FULL,
        opened=number <= _OPEN,
    )


def _files(outcomes: Sequence[Outcome]) -> Section[tuple[str, Sequence[Outcome]]]:
    rows = list(grouped(outcomes, lambda outcome: outcome.case.file).items())
    columns: tuple[Column[tuple[str, Sequence[Outcome]]], ...] = (
        Column("file", lambda row: row[0], code=True),
        Column("outcome", lambda row: ", ".join(_counts(row[1]))),
    )
    forms = EVERY_FORM - {Form.CSV}
    return Section("files", "Files", columns, rows, lambda _: "", forms=forms)


def _counts(outcomes: Sequence[Outcome]) -> list[str]:
    """How many failed, passed and were asked."""
    failed = sum(not outcome.passed for outcome in outcomes)
    asked = sum(outcome.passed and not outcome.expected for outcome in outcomes)
    passed = len(outcomes) - failed - asked
    words = ((failed, "failed"), (passed, "passed"), (asked, "asked"))
    return [f"{number} {word}" for number, word in words if number]


def _cases(
    outcomes: Sequence[Outcome], names: dict[int, str], *, verbose: bool
) -> Section[Outcome]:
    """A row a case; those that failed lead to their answers."""
    wide = EVERY_FORM - {Form.TEXT}

    def title(outcome: Outcome) -> Cell:
        name = names.get(id(outcome))
        return Cell(outcome.case.request.title, href=None if name is None else f"#{name}")

    columns: tuple[Column[Outcome], ...] = (
        Column("case", title, wide),
        Column("outcome", _passed),
        Column("expected", expectation_text, wide),
        Column("decision", _decision),
        Column("case", title, frozenset({Form.TEXT})),
        Column("place", lambda row: f"{row.case.file}:{row.case.line}", wide, code=True),
        Column("why", _why, wide),
    )
    forms = EVERY_FORM if verbose else SEPARATE
    return Section("cases", "Cases", columns, outcomes, lambda row: row.case.file, forms=forms)


def _passed(outcome: Outcome) -> Badge:
    if not outcome.passed:
        return Badge("no", "failed")
    return Badge("yes", "passed") if outcome.expected else Badge("none", "asked")


def _decision(outcome: Outcome) -> Badge:
    verdict = outcome.result.verdict
    return Badge("none", "error") if verdict is None else verdict_badge(verdict)


def _why(outcome: Outcome) -> str:
    """Why it came so, of a case that failed."""
    if outcome.passed:
        return ""
    why = [summary(answer).partition(": ")[2] for answer in outcome.result.answers]
    return "; ".join(why or outcome.result.failures)


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
    failures: list[tuple[Outcome, int]] = []
    for outcome in outcomes:
        if outcome.passed:
            continue
        result = outcome.result
        same = (outcome.case.file, *result.failures) if result.error is not None else (id(outcome),)
        if same in told:
            first, more = failures[told[same]]
            failures[told[same]] = first, more + 1
        else:
            told[same] = len(failures)
            failures.append((outcome, 0))
    return failures


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


def run_to_dict(report: SuiteReport, *, verbose: bool = False) -> dict[str, Any]:
    """Turn a run into plain data. Failures carry their answers; with `verbose`, all cases do."""
    collected, outcomes = report.collected, report.outcomes
    data: dict[str, Any] = {
        "passed": sum(outcome.passed and outcome.expected for outcome in outcomes),
        "asked": sum(outcome.passed and not outcome.expected for outcome in outcomes),
        "failed": sum(not outcome.passed for outcome in outcomes),
        "not_run": len(collected.cases) - len(outcomes),
        "left_out": collected.left_out,
        "cases": [_case(outcome, verbose=verbose) for outcome in outcomes],
        "unreadable": [
            {"file": broken.file, "code": broken.error.code, "message": str(broken.error)}
            for broken in collected.broken
        ],
    }
    if report.coverage is not None:
        data["coverage"] = coverage_to_dict(report.coverage)
    if report.mutation is not None:
        data["mutation"] = mutation_to_dict(report.mutation)
    if report.compared is not None:
        data["comparison"] = comparison_to_dict(report.compared)
    return data


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


def open_sentence(number: int) -> str:
    """How many cases hang on what is not known."""
    cases = "one case depends" if number == 1 else f"{number} cases depend"
    return f"{cases} on parts of policies that are not known"
