"""The page of `iamsim test --format html`: cases, failures in full, coverage, and mutants."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.report.html.coverage import coverage_view
from iamsim.report.html.explain import AnswerReport, answer_view
from iamsim.report.html.page import anchor, render_page
from iamsim.report.html.parts import Badge, Cell, table_of, verdict_badge
from iamsim.report.suite import count_text, expectation_text
from iamsim.report.summary import summary
from iamsim.suites.mutation.cases import case_text
from iamsim.suites.mutation.run import Verdict as Fate
from iamsim.suites.mutation.run import score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.report.html.explain import AnswerView
    from iamsim.report.html.parts import Table
    from iamsim.suites.covered import PolicyCoverage
    from iamsim.suites.mutation.run import MutationResult
    from iamsim.suites.runner import Collected, Outcome

__all__ = ["suite_page"]

_IN_FULL = 20  # failures whose answers are shown with all their policies
_OPEN = 3  # failures that are open when the page is loaded
_FATES = {
    Fate.KILLED: Badge("yes", "noticed"),
    Fate.SURVIVED: Badge("no", "survived"),
    Fate.NO_WITNESS: Badge("no", "no witness found"),
    Fate.EQUIVALENT: Badge("none", "proved without effect"),
    Fate.UNTRIED: Badge("open", "not tried"),
}


class FailureView(NamedTuple):
    """A case that failed: what was expected and what came, and the answers behind it."""

    name: str
    title: str
    place: str
    messages: tuple[str, ...]
    answers: tuple[AnswerView, ...]
    summaries: tuple[str, ...]
    opened: bool


class SurvivorView(NamedTuple):
    """A change of a policy that no case notices, and a case that would."""

    title: str
    place: str
    turns: str
    case: str


class MutationView(NamedTuple):
    """What became of the changes of policies."""

    share: int
    table: Table
    survivors: tuple[SurvivorView, ...]


def suite_page(
    collected: Collected,
    outcomes: Sequence[Outcome],
    coverage: Sequence[PolicyCoverage] | None = None,
    mutation: Sequence[MutationResult] | None = None,
    remarks: str = "",
) -> str:
    """Write a run as one HTML file, with coverage and mutants where these were asked for;
    `remarks` is what else there is to say, as text."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    well = not failed and not collected.broken
    count = count_text(collected, outcomes)
    return render_page(
        "suite",
        f"Test run: {count}",
        badge=Badge("yes" if well else "no", "all as expected" if well else "not as expected"),
        remarks=remarks.strip("\n"),
        broken=[(broken.file, str(broken.error)) for broken in collected.broken],
        failures=[_failure(outcome, number) for number, outcome in enumerate(failed, 1)],
        cases=_cases(outcomes, failed),
        coverage=None if coverage is None else coverage_view(coverage),
        mutation=None if mutation is None else _mutation(mutation),
    )


def _cases(outcomes: Sequence[Outcome], failed: Sequence[Outcome]) -> Table:
    """A row a case; those that failed lead to their answers."""
    numbers = {id(outcome): number for number, outcome in enumerate(failed, 1)}
    rows = []
    for outcome in outcomes:
        case, verdict = outcome.case, outcome.result.verdict
        number = numbers.get(id(outcome))
        rows.append(
            (
                Cell(
                    case.request.title, href=None if number is None else f"#{anchor('f', number)}"
                ),
                Cell(badge=Badge("yes", "passed") if number is None else Badge("no", "failed")),
                expectation_text(outcome),
                Cell(badge=Badge("none", "error") if verdict is None else verdict_badge(verdict)),
                Cell(f"{case.file}:{case.line}", code=True),
            )
        )
    header = ("case", "outcome", "expected", "decision", "where it stands")
    return table_of("cases", "Cases", header, rows)


def _failure(outcome: Outcome, number: int) -> FailureView:
    """A failure; the first ones with their whole explanations."""
    case, name = outcome.case, anchor("f", number)
    answers = outcome.result.answers
    shown = answers if number <= _IN_FULL else ()
    return FailureView(
        name,
        case.request.title,
        f"{case.file}:{case.line}",
        outcome.result.failures,
        tuple(
            answer_view(AnswerReport(answer), anchor(name, "a", position))
            for position, answer in enumerate(shown, 1)
        ),
        tuple(summary(answer) for answer in answers),
        number <= _OPEN,
    )


def _mutation(results: Sequence[MutationResult]) -> MutationView:
    """The survivors with cases that would notice them, and all changes as a table."""
    survivors = []
    for result in results:
        mutant, witness = result.mutant, result.witness
        if result.verdict is Fate.SURVIVED and witness is not None:
            turns = f"{witness.before.value} becomes {witness.after.value}"
            case = case_text(result, witness)
            survivors.append(SurvivorView(mutant.text, mutant.span.place, turns, case))
    rows = [
        (
            result.mutant.text,
            Cell(badge=_FATES[result.verdict]),
            "" if result.killed_by is None else result.killed_by.request.title,
            Cell(result.mutant.span.place, code=True),
        )
        for result in results
    ]
    header = ("change", "outcome", "noticed by", "where")
    table = table_of("mutants", "Changes of policies", header, rows)
    return MutationView(int(score(results)), table, tuple(survivors))
