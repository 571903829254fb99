"""`iamsim explain --format html`: a page with answers, and the requests as scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.report.denial import MORE, denial_document
from iamsim.report.html.explain import AnswerReport, answers_document
from iamsim.report.paint import Paint
from iamsim.report.side_by_side import AFTER, BEFORE, comparison_document, comparison_in_short
from iamsim.report.writers.html import to_html
from iamsim.report.writers.text import to_text
from iamsim.suites.asked import scenario_of
from iamsim.words.wording import request_text

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.query.chains import Chain
    from iamsim.query.comparison import Comparison
    from iamsim.query.denial import DenialReport
    from iamsim.query.edits.model import EditReport
    from iamsim.suites.run import CaseResult

_PLAIN = Paint()
_WIDTH = 100  # of the parts of a page that are text


def html_text(
    answers: Sequence[Answer],
    options: Options,
    questions: Sequence[Question] = (),
    edits: Sequence[EditReport] = (),
) -> str:
    """Write answers as a page; `questions` are those that they answer, in the same order, where a
    scenario can ask them again, `edits` what would change them."""
    worlds = options.texts("worlds")
    reports = [
        AnswerReport(
            answer,
            edits=edits[number] if edits else None,
            scenario=scenario_of(questions[number], answer, worlds) if questions else None,
        )
        for number, answer in enumerate(answers)
    ]
    return to_html(answers_document(reports))


def chain_html(chain: Chain, answers: Sequence[Answer]) -> str:
    """Write the answers of a chain of roles, those of its hops first."""
    return to_html(answers_document([*_hops(chain), *map(AnswerReport, answers)]))


def comparisons_html(comparisons: Sequence[Comparison], chain: Chain | None) -> str:
    """Write both answers of each comparison, and first how they differ."""
    reports = [] if chain is None else _hops(chain)
    for comparison in comparisons:
        text = to_text(comparison_document(comparison), _PLAIN, _WIDTH)
        for side, answer in ((BEFORE, comparison.before), (AFTER, comparison.after)):
            name = f"{side}: {request_text(answer.request)}"
            reports.append(AnswerReport(answer, name=name, preface=text))
    told = [comparison_in_short(comparison) for comparison in comparisons]
    return to_html(answers_document(reports, told))


def _hops(chain: Chain) -> list[AnswerReport]:
    return [
        AnswerReport(answer, name=f"hop {number}: {request_text(answer.request)}")
        for number, hop in enumerate(chain.hops, 1)
        for answer in hop.answers
    ]


def denials_html(
    reports: Sequence[DenialReport], edits: Iterable[EditReport], *, more: bool
) -> str:
    """Write for each message whether the world explains it, and the world's answer; `edits` has an
    entry for each answer that denies, or none; `more` says that the text has more messages."""
    waiting = iter(edits)
    answers = (
        [
            AnswerReport(
                report.answer,
                edits=None if report.answer.allowed else next(waiting, None),
                preface=to_text(denial_document(report), _PLAIN, _WIDTH),
            )
            for report in reports
        ],
        [MORE] if more else [],
    )
    return to_html(answers_document(*answers))


def results_html(results: Sequence[CaseResult]) -> str:
    """Write the answers of scenario files, and what of their expectations was not met."""
    answers = (
        [
            AnswerReport(answer, name=_case_name(result, answer), preface=_failures(result))
            for result in results
            for answer in result.answers
        ],
        [f"{result.request.title}: {fault}" for result in results for fault in _faults(result)],
    )
    return to_html(answers_document(*answers))


def _case_name(result: CaseResult, answer: Answer) -> str:
    title = result.request.title
    return title if len(result.answers) == 1 else f"{title}: {request_text(answer.request)}"


def _faults(result: CaseResult) -> Sequence[str]:
    """What of a request was not as expected, or why it could not be asked."""
    errors = () if result.error is None else (result.error.message,)
    return (*result.failures, *errors)


def _failures(result: CaseResult) -> str | None:
    return "\n".join(("not as expected", *result.failures)) if result.failures else None
