"""The requests of scenario files as a document: a row for each, and what was not as expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim.report.document import (
    EVERY_FORM,
    Badge,
    Block,
    Column,
    Document,
    Form,
    Part,
    Prose,
    Section,
    verdict_badge,
)
from iamsim.report.explained import explained
from iamsim.report.summary import summary
from iamsim.words.wording import request_text

if TYPE_CHECKING:
    from iamsim.suites.run import CaseResult
    from iamsim.suites.scenario import Scenario

_IN_TABLES = EVERY_FORM - {Form.TEXT}

Run = tuple["Scenario", "list[CaseResult]"]


def scenarios_document(runs: Sequence[Run], *, verbose: bool = False) -> Document:
    """Lay out what became of the requests of each file; the answers in full with `verbose`."""
    blocks: list[Block] = []
    for number, (scenario, results) in enumerate(runs, 1):
        blocks += _scenario(f"scenario-{number}", scenario, results, verbose=verbose)
    results = [result for _, some in runs for result in some]
    failed = sum(not result.met for result in results)
    expected = any(_expects(result) for result in results)
    text = f"{len(results)} request{'s' if len(results) != 1 else ''}"
    if expected:
        text += f", {failed} not as expected" if failed else ", all as expected"
    titles = " and ".join(scenario.title for scenario, _ in runs)
    verdict = Badge("no" if failed else "yes", "not as expected" if failed else "as expected")
    return Document(
        titles, tuple(blocks), summary=text, verdict=verdict if expected else None, plain=True
    )


def _expects(result: CaseResult) -> bool:
    request = result.request
    return any(
        expected is not None for expected in (request.expect, request.expect_error, request.because)
    )


def _scenario(
    name: str, scenario: Scenario, results: Sequence[CaseResult], *, verbose: bool
) -> Iterator[Block]:
    columns: tuple[Column[CaseResult], ...] = (
        Column("met", _met),
        Column("answer", _answer),
        Column("request", lambda result: result.request.title),
        Column("why", _why, forms=_IN_TABLES),
    )
    yield Section(name, f"{scenario.title} ({scenario.source_name})", columns, results)
    points = [
        "\n".join((result.request.title, *result.failures, *map(summary, result.answers)))
        for result in results
        if not result.met
    ]
    yield Prose(f"{name}-failed", "not as expected", tuple(points), bulleted=True)
    for result in results if verbose else ():
        for number, answer in enumerate(result.answers):
            title = f"{result.request.title}: {request_text(answer.request)}"
            yield Part(f"{name}-{number}", title, explained(answer, verbose=True))


def _why(result: CaseResult) -> str:
    if result.error is not None:
        return result.error.message
    return "; ".join(summary(answer).partition(": ")[2] for answer in result.answers)


def _met(result: CaseResult) -> Badge:
    return Badge("yes", "ok") if result.met else Badge("no", "FAIL")


def _answer(result: CaseResult) -> Badge:
    if result.verdict is None:
        return Badge("no", "error")
    return verdict_badge(result.verdict)._replace(word=result_word(result))


def result_word(result: CaseResult) -> str:
    """The verdict as scenarios write it, or that there is none."""
    return "error" if result.verdict is None else result.verdict.value
