"""Two answers side by side: what was asked in the world as it is, and what if.

Rows that differ are marked with `*`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.core.decision import Verdict
from iamsim.query.comparison import Aspect, deciding_statements, missing_keys, same_request
from iamsim.report.chains import hops_block
from iamsim.report.data import answer_to_dict
from iamsim.report.document import (
    EVERY_FORM,
    Badge,
    Column,
    Document,
    Form,
    Part,
    Section,
    verdict_badge,
)
from iamsim.report.explained import explained, request_fields
from iamsim.report.layers import layer_rows
from iamsim.report.summary import summary
from iamsim.words.sentences import OUTCOMES, VERDICTS, layer_name
from iamsim.words.wording import request_text, shortened

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.query.chains import Chain
    from iamsim.query.comparison import AnswerDifference, Comparison

BEFORE, AFTER = "as it is", "what if"
_IN_TABLES = EVERY_FORM - {Form.TEXT}


class Row(NamedTuple):
    """One line of the table: what it is about, both sides, and whether they differ."""

    label: str
    before: str
    after: str
    differs: bool
    verdicts: tuple[Verdict, Verdict] | None = None


def comparison_document(comparison: Comparison, *, verbose: bool = False) -> Document:
    """One comparison: what changes, the request, and a row for each part of the answers."""
    columns: tuple[Column[Row], ...] = (
        Column("", lambda row: row.label),
        Column(BEFORE, lambda row: _side(row, row.before, 0)),
        Column(AFTER, lambda row: _side(row, row.after, 1)),
        Column("differs", lambda row: "yes" if row.differs else "", forms=_IN_TABLES),
    )
    same = "" if comparison.differences else "nothing that decides differs"
    section = Section(
        "sides", "", columns, _rows(comparison), sided=lambda row: row.differs, ending=same
    )
    sides = ((BEFORE, comparison.before), (AFTER, comparison.after))
    parts = [Part(name, name, explained(answer, verbose=True)) for name, answer in sides if verbose]
    verdict = comparison.after.decision.verdict
    return Document(
        _asked(comparison),
        (request_fields(comparison.before), section, *parts),
        verdict=verdict_badge(verdict)._replace(word=_change_text(comparison)),
        sentence=True,
    )


def _side(row: Row, text: str, number: int) -> str | Badge:
    if row.verdicts is None:
        return text
    return verdict_badge(row.verdicts[number])._replace(word=text)


def comparisons_document(
    comparisons: Sequence[Comparison], chain: Chain | None, *, verbose: bool = False
) -> Document:
    """All comparisons of one question, below the chain of roles that leads there."""
    documents = [comparison_document(comparison, verbose=verbose) for comparison in comparisons]
    hops = () if chain is None else (hops_block(chain),)
    if len(documents) == 1:
        return replace(documents[0], blocks=(*hops, *documents[0].blocks))
    parts = [Part(f"pair-{number}", "", document) for number, document in enumerate(documents, 1)]
    changed = sum(bool(comparison.differences) for comparison in comparisons)
    title = f"{changed} of {len(documents)} answers differ"
    return Document(title, (*hops, *parts), sentence=True)


def comparison_in_short(comparison: Comparison) -> str:
    """Say in one sentence what changes, for what request, and which parts of the answers differ."""
    differing = [row.label for row in _rows(comparison) if row.differs]
    end = f"what differs: {', '.join(differing)}" if differing else "nothing that decides differs"
    return f"{_change_text(comparison)}: {_asked(comparison)}; {end}"


def comparison_to_dict(comparison: Comparison) -> dict[str, object]:
    """Turn one comparison into plain data: both answers whole, and what differs."""
    return {
        "before": answer_to_dict(comparison.before),
        "after": answer_to_dict(comparison.after),
        "differences": [_difference(difference) for difference in comparison.differences],
    }


def _difference(difference: AnswerDifference) -> dict[str, object]:
    entry: dict[str, object] = {"what": difference.aspect.value}
    if difference.layer is not None:
        entry["layer"] = difference.layer.value
        if difference.level is not None:
            entry["level"] = difference.level
    for name, side in (("before", difference.before), ("after", difference.after)):
        entry[name] = list(side) if isinstance(side, tuple) else side
    return entry


def _change_text(comparison: Comparison) -> str:
    before, after = (
        _verdict_text(answer.decision.verdict) for answer in (comparison.before, comparison.after)
    )
    if before != after:
        return f"from {before} to {after}"
    return f"{before} either way"


def _asked(comparison: Comparison) -> str:
    return request_text(comparison.before.request)


def _verdict_text(verdict: Verdict) -> str:
    kinds = {Verdict.EXPLICIT_DENY: " explicitly", Verdict.IMPLICIT_DENY: " implicitly"}
    return VERDICTS[verdict] + kinds.get(verdict, "")


def _rows(comparison: Comparison) -> list[Row]:
    """Everything that can differ, in the order of the short answer."""
    before, after = comparison.before, comparison.after
    differing = {difference.aspect for difference in comparison.differences}
    verdicts = before.decision.verdict, after.decision.verdict
    rows = [
        Row(
            "verdict",
            _verdict_text(verdicts[0]),
            _verdict_text(verdicts[1]),
            Aspect.VERDICT in differing,
            verdicts,
        )
    ]
    if Aspect.CALLER in differing:
        callers = [_caller(answer.request.principal) for answer in (before, after)]
        rows.append(_row("caller", callers, differs=True))
    if comparison.hop is not None:
        rows.append(_row("chain of roles", ("", f"breaks at hop {comparison.hop}"), differs=True))
    reasons = [_reason(before, "it"), _reason(after, "it" if same_request(before, after) else None)]
    decided = [_listed(deciding_statements(answer)) for answer in (before, after)]
    rows += [
        _row("why", reasons, differs=Aspect.DECIDED_BY in differing),
        _row("decided by", decided, differs=Aspect.DECIDED_BY in differing),
    ]
    if same_request(before, after):
        rows += _layer_rows(comparison)
        missing = [_listed(missing_keys(answer)) for answer in (before, after)]
        if any(missing):
            differs = Aspect.MISSING_CONTEXT in differing
            rows.append(_row("missing context", missing, differs=differs))
        sentences = [
            "" if answer.residual is None else answer.residual.sentence
            for answer in (before, after)
        ]
        if any(sentences):
            rows.append(_row("depends on", sentences, differs=Aspect.RESIDUAL in differing))
    return rows


def _caller(principal: str) -> str:
    """A caller in few words: what it is, and of which account."""
    arn = find_arn(principal)
    if arn is None:
        return shortened(principal)
    return shortened(f"{arn.resource} of {arn.account}")


def _row(label: str, sides: Sequence[str], *, differs: bool) -> Row:
    before, after = sides
    return Row(label, before, after, differs)


def _reason(answer: Answer, request: str | None) -> str:
    """Why; the request stands above the table, and needs one word in its sentence."""
    reason = summary(answer).partition(": ")[2]
    if request is None:
        return reason
    return reason.replace(request_text(answer.request), request, 1)


def _layer_rows(comparison: Comparison) -> list[Row]:
    """A row for each layer that is there on one side at least."""
    action = comparison.before.request.action
    differing = {
        layer_name(difference.layer, action)
        for difference in comparison.differences
        if difference.layer is not None
    }
    sides = _layer_texts(comparison.before), _layer_texts(comparison.after)
    return [
        _row(name, [side.get(name, "not there") for side in sides], differs=name in differing)
        for name in dict.fromkeys((*sides[0], *sides[1]))
    ]


def _layer_texts(answer: Answer) -> dict[str, str]:
    """What each layer says, its levels on lines of their own."""
    texts: dict[str, list[str]] = {}
    for row in layer_rows(answer):
        texts.setdefault(row.name, []).append(f"{OUTCOMES[row.outcome]}: {row.detail}")
    return {name: "\n".join(lines) for name, lines in texts.items()}


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(texts)
