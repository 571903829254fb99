"""What came of an exercise, as a document and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from iamsim.core.caret import render_error
from iamsim.lessons.grading import Broken, Grade, is_hidden
from iamsim.report.document import (
    SEPARATE,
    Badge,
    Block,
    Column,
    Document,
    Entry,
    Remark,
    Section,
)
from iamsim.report.mutation import mutation_blocks, mutation_to_dict

if TYPE_CHECKING:
    from iamsim.suites.runner import Outcome

_PASSED, _FAILED = Badge("yes", "passed"), Badge("no", "failed")


def graded_document(grade: Grade) -> Document:
    """The grade as a document: what does not read, the cases that failed with the reason, all
    cases, and the changes that nobody notices."""
    return Document(
        title=f"{grade.exercise.number}. {grade.exercise.title}: {grade.exercise.goal}",
        blocks=tuple(_blocks(grade)),
        remarks=tuple(_remarks(grade)),
        summary=verdict_line(grade),
        verdict=_PASSED if grade.passed else _FAILED,
    )


def verdict_line(grade: Grade) -> str:
    """One sentence about the whole."""
    if grade.broken:
        count = len(grade.broken)
        return f"{count} file{'s' if count > 1 else ''} can't be graded"
    if grade.failing:
        return f"{len(grade.failing)} of {len(grade.outcomes)} cases do not come out"
    if not grade.fits:
        return f"{grade.statements} statements, and {grade.exercise.limit} are allowed"
    if grade.survivors:
        return (
            f"all {len(grade.outcomes)} cases come out, and {len(grade.survivors)} changes of your"
            " policies would go unnoticed"
        )
    noticed = len(grade.mutants or ()) - len(grade.unsettled)
    return (
        f"the goal is reached: {len(grade.outcomes)} cases, {grade.statements} of"
        f" {grade.exercise.limit} statements, and {noticed} changes of your policies are noticed"
    )


def _blocks(grade: Grade) -> Iterator[Block]:
    for number, entry in enumerate(grade.broken, 1):
        yield _broken(entry, number)
    for number, outcome in enumerate(grade.failing, 1):
        yield _failure(grade, outcome, number)
    columns: tuple[Column[Outcome], ...] = (
        Column("case", lambda row: row.case.request.title),
        Column("outcome", lambda row: _PASSED if row.passed else _FAILED),
        Column("hidden", lambda row: "hidden" if is_hidden(row) else "", SEPARATE),
    )
    shown = [outcome for outcome in grade.outcomes if not is_hidden(outcome) or not outcome.passed]
    yield Section("cases", "Cases", columns, shown, listed=True)
    if grade.mutants is not None and not grade.passed:
        *survivors, mutants = mutation_blocks(grade.survivors)
        yield from survivors
        yield mutants


def _broken(broken: Broken, number: int) -> Entry:
    text = render_error(broken.error)
    return Entry(f"broken-{number}", Badge("no", "does not read"), broken.file, code=text)


def _failure(grade: Grade, outcome: Outcome, number: int) -> Entry:
    """A case that failed: what was expected, what came and why, and why it is asked."""
    request = outcome.case.request
    result = outcome.result
    lines = [*result.failures]
    answers = [] if result.error is not None else list(result.answers)
    deciding = [answer for answer in answers if answer.decision.verdict is result.verdict][:1]
    reason = grade.exercise.reasons.get(request.name)
    if reason:
        lines.append(reason)
    return Entry(
        f"case-{number}",
        _FAILED,
        request.title,
        lines=tuple(lines),
        answers=tuple(deciding),
    )


def _remarks(grade: Grade) -> Iterator[Remark]:
    if grade.broken:
        return
    hidden = sum(map(is_hidden, grade.outcomes))
    passed = sum(is_hidden(outcome) and outcome.passed for outcome in grade.outcomes)
    if hidden:
        yield Remark("note", f"{passed} of {hidden} hidden cases pass; one is shown when it fails")
    if not grade.fits:
        yield Remark(
            "warning",
            f"there are {grade.statements} statements, and {grade.exercise.limit} are allowed:"
            " which say the same, or more than the goal asks?",
        )
    if grade.passed and grade.unsettled:
        yield Remark(
            "note",
            f"{len(grade.unsettled)} more changes make no difference to any request that was"
            " found; that is not proved",
        )
    if grade.survivors:
        yield Remark(
            "warning",
            "a change that nobody notices is a part that the goal does not need, or that is wider"
            " than the goal",
        )


def grade_data(grade: Grade) -> dict[str, Any]:
    """The grade as plain data."""
    return {
        "exercise": grade.exercise.name,
        "passed": grade.passed,
        "summary": verdict_line(grade),
        "statements": grade.statements,
        "limit": grade.exercise.limit,
        "broken": [
            {"file": broken.file, "code": broken.error.code, "message": broken.error.message}
            for broken in grade.broken
        ],
        "cases": [_case_data(grade, outcome) for outcome in grade.outcomes],
        "mutants": None if grade.mutants is None else mutation_to_dict(grade.mutants),
    }


def _case_data(grade: Grade, outcome: Outcome) -> dict[str, Any]:
    request = outcome.case.request
    hidden = is_hidden(outcome)
    told = not (hidden and outcome.passed)
    return {
        "name": request.title if told else None,
        "hidden": hidden,
        "passed": outcome.passed,
        "expected": request.expect if told else None,
        "decision": None if outcome.result.verdict is None else outcome.result.verdict.value,
        "failures": list(outcome.result.failures),
        "reason": grade.exercise.reasons.get(request.name) if not outcome.passed else None,
    }
