"""The page of `iamsim explain --format html`: answers with all that led to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.overall import overall_verdict
from iamsim.report.edit_sentences import (
    blocker_sentence,
    edit_sentence,
    guard_sentence,
    reach_sentence,
    who_sentence,
)
from iamsim.report.edits import (
    GOALS,
    UNTRIED,
    documents_to_add,
    grant_sentence,
    way_sentence,
)
from iamsim.report.explained import (
    depends_texts,
    hint_texts,
    missing_texts,
    note_texts,
    request_fields,
    warnings,
)
from iamsim.report.html.explained_policies import layer_views, statement_names
from iamsim.report.html.gates import gate_rows
from iamsim.report.html.page import render_fragment, render_page
from iamsim.report.html.parts import Badge, Cell, outcome_badge, table_of, verdict_badge
from iamsim.report.layers import layer_rows
from iamsim.report.message import denied_message
from iamsim.report.summary import summary
from iamsim.report.trace import context_section
from iamsim.words.sentences import layer_name
from iamsim.words.wording import failure_text, joined, place_text, request_text, statement_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.core.answer import Answer
    from iamsim.core.explanation import Decider
    from iamsim.query.edits.model import EditReport, EditSet
    from iamsim.report.document import Remark
    from iamsim.report.html.explained_policies import LayerView
    from iamsim.report.html.gates import GateRow
    from iamsim.report.html.parts import Table

__all__ = [
    "AnswerReport",
    "AnswerView",
    "answer_view",
    "edits_fragment",
    "explain_fragment",
    "explain_page",
]


class AnswerReport(NamedTuple):
    """An answer, and what the page shows beside it: a `name` instead of the request, what would
    change the answer, the request as a scenario, and a `preface`: text as in a terminal."""

    answer: Answer
    name: str | None = None
    edits: EditReport | None = None
    scenario: str | None = None
    preface: str | None = None


class DeciderView(NamedTuple):
    """A statement that decides, or the one that came closest; `href` leads to its text."""

    part: str
    title: str
    text: str
    href: str | None


class EditSetView(NamedTuple):
    """Edits that together change the answer."""

    edits: tuple[tuple[str, str | None], ...]
    facts: tuple[str, ...]
    guardrail: bool
    documents: tuple[str, ...]
    patches: tuple[tuple[tuple[str, str], ...], ...]


class EditsView(NamedTuple):
    """What would change an answer."""

    title: str
    grants: tuple[str, ...]
    sets: tuple[EditSetView, ...]
    blockers: tuple[str, ...]


class AnswerView(NamedTuple):
    """All that the page shows of one answer; `name` starts the ids of its elements."""

    name: str
    title: str
    badge: Badge
    summary: str
    request: tuple[tuple[str, Cell], ...]
    gates: tuple[GateRow, ...]
    overview: Table
    deciders: tuple[DeciderView, ...]
    missing: tuple[str, ...]
    depends: tuple[str, ...]
    edits: EditsView | None
    message: str | None
    notes: tuple[str, ...]
    hints: tuple[str, ...]
    warnings: tuple[Remark, ...]
    layers: tuple[LayerView, ...]
    context: Table
    scenario: str | None
    preface: str | None


def explain_page(reports: Sequence[AnswerReport], remarks: Sequence[str] = ()) -> str:
    """Write answers as one HTML file; the first thing on it is the verdict over all. `remarks` are
    about what has no answer."""
    views = [answer_view(report, f"a{number}") for number, report in enumerate(reports, 1)]
    answers = [report.answer for report in reports]
    verdicts = [answer.decision.verdict for answer in answers]
    passed = sum(answer.allowed for answer in answers)
    rows = [
        (Cell(view.title, href=f"#{view.name}"), Cell(badge=view.badge), view.summary)
        for view in views
    ]
    title = views[0].title if len(views) == 1 else f"{passed} of {len(views)} requests are allowed"
    return render_page(
        "explain",
        title,
        badge=verdict_badge(overall_verdict(verdicts)) if verdicts else Badge("none", "no answer"),
        remarks=remarks,
        answers=views,
        level=2,
        contents=table_of("contents", "All requests", ("request", "decision", "why"), rows),
    )


def explain_fragment(report: AnswerReport, level: int) -> str:
    """Write one answer in full for a page that is there already; `level` is that of headings."""
    view = answer_view(report, "a1")
    return render_fragment("explain", answers=[view], level=level, remarks=())


def edits_fragment(report: EditReport, level: int) -> str:
    """Write what would change an answer, for a page that is there already."""
    return render_fragment("edits", found=_edits(report), level=level)


def answer_view(report: AnswerReport, name: str) -> AnswerView:
    """Make the view of one answer; `name` is unique on the page."""
    answer = report.answer
    names = statement_names(answer, name)
    return AnswerView(
        name=name,
        title=report.name or request_text(answer.request),
        badge=verdict_badge(answer.decision.verdict),
        summary=summary(answer).partition(": ")[2],
        request=tuple(request_fields(answer, whole=True).known),
        gates=gate_rows(answer, name),
        overview=_overview(answer, name),
        deciders=tuple(
            view
            for decider in answer.explanation.decided_by
            if (view := _decider(decider, answer, names)) is not None
        ),
        missing=tuple(missing_texts(answer)),
        depends=tuple(depends_texts(answer, in_full=True)),
        edits=None if report.edits is None else _edits(report.edits),
        message=denied_message(answer),
        notes=tuple(note_texts(answer)),
        hints=tuple(hint_texts([answer])),
        warnings=warnings([answer]),
        layers=layer_views(answer, name),
        context=_context(answer, name),
        scenario=report.scenario,
        preface=report.preface,
    )


def _overview(answer: Answer, name: str) -> Table:
    """The layers, a row each level."""
    rows = [
        (row.name, Cell(badge=outcome_badge(row.outcome)), row.detail)
        for row in layer_rows(answer, all_levels=True)
    ]
    return table_of(f"{name}-overview", "What each layer says", ("layer", "outcome", "why"), rows)


def _decider(decider: Decider, answer: Answer, names: dict[int, str]) -> DeciderView | None:
    """A deciding statement or a near miss; `None` for a layer that has neither."""
    layer = layer_name(decider.layer, answer.request.action, decider.level)
    if decider.statement is not None:
        statement, policy = decider.statement, decider.policy
        text = f"{statement.effect} in {place_text(statement.span)}"
        part = "decided by"
    elif decider.near is not None:
        statement, policy = decider.near.statement, decider.near.policy
        failures = joined([failure_text(statement, element) for element in decider.near.failed])
        text = f"{failures} ({place_text(statement.span)})"
        part = "closest"
    else:
        return None
    name = statement_text(statement.index, statement.sid)
    href = names.get(id(statement))
    return DeciderView(
        part,
        f"{name} of {layer} {policy or ''}".rstrip(),
        text,
        None if href is None else f"#{href}",
    )


def _edits(report: EditReport) -> EditsView:
    title = GOALS[report.goal] + ("" if report.sets else ": nothing was found")
    title += f" ({UNTRIED})" if report.untried else ""
    return EditsView(
        title[:1].upper() + title[1:],
        tuple(grant_sentence(grant, report) for grant in report.grants),
        tuple(_edit_set(edit_set, report) for edit_set in report.sets),
        tuple(blocker_sentence(blocker, report) for blocker in report.blockers),
    )


def _edit_set(found: EditSet, report: EditReport) -> EditSetView:
    request = report.answer.request
    way = way_sentence(found, report)
    return EditSetView(
        tuple(
            (
                f"{edit_sentence(edit, request)}; {who_sentence(edit, report)}",
                guard_sentence(edit, request),
            )
            for edit in found.edits
        ),
        (reach_sentence(found.reach, report.goal, request), *([] if way is None else [way])),
        found.guardrail,
        tuple(documents_to_add(found)),
        tuple(
            tuple((_patch_kind(line), line) for line in patch.diff.splitlines())
            for patch in found.patches
        ),
    )


def _patch_kind(line: str) -> str:
    """How a line of a patch looks: added, taken out, a name, or as it was."""
    if line.startswith(("---", "+++", "@@")):
        return "head"
    return {"+": "added", "-": "removed"}.get(line[:1], "same")


def _context(answer: Answer, name: str) -> Table:
    """The context keys with their values, and where each comes from."""
    section = context_section(answer, whole=True)
    rows = [[column.cell(entry) for column in section.columns] for entry in section.rows]
    header = [column.name for column in section.columns]
    return table_of(f"{name}-context", "Context of the request", header, rows)
