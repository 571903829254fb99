"""Answers laid out for a page: beside what other formats say, the gates, and the text of every
policy with marks at its clauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.overall import overall_verdict
from iamsim.report.document import (
    Badge,
    Block,
    Cell,
    Column,
    Document,
    Gates,
    Part,
    Prose,
    Section,
    verdict_badge,
)
from iamsim.report.edits import edits_blocks
from iamsim.report.explained import (
    depends_texts,
    hint_texts,
    missing_texts,
    note_texts,
    request_fields,
    warnings,
)
from iamsim.report.html.explained_policies import layer_parts, statement_names
from iamsim.report.html.gates import gate_rows
from iamsim.report.html.parts import outcome_badge
from iamsim.report.layers import LayerRow, layer_rows
from iamsim.report.message import denied_message
from iamsim.report.summary import because
from iamsim.report.trace import context_section
from iamsim.words.sentences import layer_name
from iamsim.words.wording import failure_text, joined, place_text, request_text, statement_text

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.explanation import Decider
    from iamsim.query.edits.model import EditReport


class AnswerReport(NamedTuple):
    """An answer, and what the page shows beside it: a `name` instead of the request, what would
    change the answer, the request as a scenario, and a `preface`: text as in a terminal."""

    answer: Answer
    name: str | None = None
    edits: EditReport | None = None
    scenario: str | None = None
    preface: str | None = None

    @property
    def title(self) -> str:
        """What the page calls it."""
        return self.name or request_text(self.answer.request)


def answers_document(reports: Sequence[AnswerReport], remarks: Sequence[str] = ()) -> Document:
    """Lay out answers as one page; the first thing on it is the verdict over all. `remarks` are
    about what has no answer."""
    told = Prose("told", "", tuple(remarks), bulleted=True)
    if len(reports) == 1:
        return answer_document(reports[0], "a1", told)
    names = [f"a{number}" for number in range(1, len(reports) + 1)]
    columns: tuple[Column[tuple[str, AnswerReport]], ...] = (
        Column("request", lambda row: Cell(row[1].title, href=f"#{row[0]}")),
        Column("decision", lambda row: verdict_badge(row[1].answer.decision.verdict)),
        Column("why", lambda row: because(row[1].answer)),
    )
    contents = Section("contents", "Requests", columns, list(zip(names, reports, strict=True)))
    passed = sum(report.answer.allowed for report in reports)
    verdict = overall_verdict(report.answer.decision.verdict for report in reports)
    return Document(
        f"{passed} of {len(reports)} requests are allowed",
        (
            told,
            contents,
            *(
                Part(name, report.title, answer_document(report, name), folded=True, named=True)
                for name, report in zip(names, reports, strict=True)
            ),
        ),
        verdict=verdict_badge(verdict) if reports else Badge("none", "no answer"),
    )


def answer_document(report: AnswerReport, name: str = "a1", *before: Block) -> Document:
    """Lay out one answer in full, behind other blocks; `name` is unique on the page."""
    answer = report.answer
    changes = Prose(
        f"{name}-change",
        "What would have to change",
        (*depends_texts(answer, in_full=True), *missing_texts(answer)),
        bulleted=True,
    )
    edits: tuple[Block, ...] = ()
    if report.edits is not None:
        edits = tuple(
            replace(block, caption=f"{block.caption[:1].upper()}{block.caption[1:]}")
            for block in edits_blocks(report.edits, f"{name}-")
        )
    notes = (*note_texts(answer), *(f"Hint: {text}" for text in hint_texts([answer])))
    message = tuple(filter(None, (denied_message(answer),)))
    policies = Document("", (_overview(answer, name), *layer_parts(answer, name)))
    scenario = () if report.scenario is None else _scenario(report.scenario, name)
    return Document(
        report.title,
        (
            *before,
            Prose(f"{name}-preface", "", tuple(filter(None, (report.preface,))), code=True),
            request_fields(answer, whole=True, name=f"{name}-request", caption="The request"),
            Prose(f"{name}-message", "AWS would say", message, quoted=True),
            Gates(
                f"{name}-gates", "What AWS looks at, in its order", lambda: gate_rows(answer, name)
            ),
            _deciders(answer, name),
            changes,
            *edits,
            Prose(f"{name}-notes", "Notes and hints", notes, bulleted=True),
            Part(f"{name}-policies", "Layers and policies", policies, unfolding=True, named=True),
            context_section(answer, whole=True, name=f"{name}-context", caption="Context"),
            *scenario,
        ),
        summary=because(answer),
        verdict=verdict_badge(answer.decision.verdict),
        warnings=warnings([answer]),
    )


def _overview(answer: Answer, name: str) -> Section[LayerRow]:
    """The layers, a row each level."""
    columns: tuple[Column[LayerRow], ...] = (
        Column("layer", lambda row: row.name),
        Column("outcome", lambda row: outcome_badge(row.outcome)),
        Column("why", lambda row: row.detail),
    )
    return Section(
        f"{name}-overview", "What each layer says", columns, layer_rows(answer, all_levels=True)
    )


class _Decider(NamedTuple):
    """A statement that decides, or the one that came closest; `statement` leads to its text."""

    part: Badge
    statement: Cell
    text: str


def _deciders(answer: Answer, name: str) -> Section[_Decider]:
    columns: tuple[Column[_Decider], ...] = (
        Column("statement", lambda row: row.statement),
        Column("here", lambda row: row.part),
        Column("why", lambda row: row.text),
    )
    names = statement_names(answer, name)
    rows = [
        row for decider in answer.explanation.decided_by for row in _decider(decider, answer, names)
    ]
    return Section(f"{name}-deciders", "What decided, and what came close", columns, rows)


def _decider(decider: Decider, answer: Answer, names: dict[int, str]) -> Iterator[_Decider]:
    """A deciding statement or a near miss; nothing for a layer that has neither."""
    layer = layer_name(decider.layer, answer.request.action, decider.level)
    if decider.statement is not None:
        statement, policy = decider.statement, decider.policy
        part = Badge("no" if statement.effect == "Deny" else "yes", "decides")
        text = f"{statement.effect} in {place_text(statement.span)}"
    elif decider.near is not None:
        statement, policy = decider.near.statement, decider.near.policy
        part = Badge("none", "closest")
        failures = joined([failure_text(statement, element) for element in decider.near.failed])
        text = f"{failures} ({place_text(statement.span)})"
    else:
        return
    title = f"{statement_text(statement.index, statement.sid)} of {layer} {policy or ''}".rstrip()
    name = names.get(id(statement))
    yield _Decider(part, Cell(title, href=None if name is None else f"#{name}"), text)


def _scenario(text: str, name: str) -> tuple[Block, ...]:
    """The request as a file, which asks it again."""
    said = (
        "A file that `iamsim explain` and `iamsim test` read; paths start at the folder in which"
        " this page was made."
    )
    return (
        Prose(f"{name}-scenario", "The request as a scenario", (said,)),
        Prose(
            f"{name}-scenario-text", "", (text,), code=True, language="yaml", copied="the scenario"
        ),
    )
