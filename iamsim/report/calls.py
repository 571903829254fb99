"""What a call asks of IAM, and how that is answered: as documents and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.calls.model import ALWAYS, Reading, Requested
from iamsim.report.data import answer_to_dict
from iamsim.report.document import Block, Column, Document, Prose, Remark, Section, verdict_badge
from iamsim.report.summary import summary
from iamsim.words.wording import joined

if TYPE_CHECKING:
    from iamsim.query.calls import AnsweredCall, AnsweredRequest

SECTIONS = (
    ("always", "Asked in any case", True),
    ("depends", "Asked only if it comes to that", False),
)


def call_document(reading: Reading) -> Document:
    """Lay out what a call asks."""
    columns: tuple[Column[Requested], ...] = (
        Column("action", lambda row: row.action, code=True),
        Column("resource", lambda row: row.resource, code=True),
        Column("context", _context, code=True),
        Column("not known", lambda row: joined(row.unknown)),
        Column("because", lambda row: row.because),
    )
    blocks: list[Block] = [
        Section(
            name,
            caption,
            columns,
            [requested for requested in reading.asked if (requested.needed == ALWAYS) is always],
            headed=True,
        )
        for name, caption, always in SECTIONS
    ]
    if reading.skipped is not None:
        blocks = [Prose("skipped", "Nothing is asked", (reading.skipped,))]
    return Document("what the call asks of IAM", tuple(blocks), _remarks(reading))


def _remarks(reading: Reading) -> tuple[Remark, ...]:
    return tuple(Remark("note", note) for note in reading.notes)


def _context(requested: Requested) -> str:
    values = (
        f"{key}={text}"
        for key, value in requested.context.items()
        for text in (value if isinstance(value, list) else [value])
    )
    via = requested.via.get("service") or ()
    return " ".join((*values, *(f"via={entry}" for entry in via)))


def answered_document(call: AnsweredCall) -> Document:
    """Lay out the answers, with the one that fails first explained."""
    columns: tuple[Column[AnsweredRequest], ...] = (
        Column("decision", lambda row: verdict_badge(row.verdict)),
        Column("action", lambda row: row.requested.action, code=True),
        Column("resource", lambda row: row.requested.resource, code=True),
        Column("because", lambda row: row.requested.because),
    )
    blocks: list[Block] = [
        Section("always", "Asked in any case", columns, call.always, headed=True),
        Section("depends", "Asked only if it comes to that", columns, call.depends, headed=True),
    ]
    failing = call.failing
    if call.reading.skipped is not None:
        blocks = [Prose("skipped", "Nothing is asked", (call.reading.skipped,))]
    elif failing is not None:
        blocks.append(Prose("why", "What fails first", (summary(failing.answer),)))
    title = f"the call is {_WORDS.get(call.verdict.value, call.verdict.value)}"
    if call.reading.skipped is not None:
        title = "no policy of IAM decides the call"
    return Document(title, tuple(blocks), _remarks(call.reading))


_WORDS = {
    "allowed": "allowed",
    "explicitDeny": "denied explicitly",
    "implicitDeny": "denied",
    "conditional": "allowed or denied, as it comes",
}


def answered_data(call: AnsweredCall) -> dict[str, object]:
    """The answers as JSON-ready data: each request with its answer."""
    decision = None if call.reading.skipped is not None else call.verdict.value
    return {
        "decision": decision,
        "requests": [
            {
                **answer.requested.to_dict(),
                "decision": answer.verdict.value,
                "answer": answer_to_dict(answer.answer),
            }
            for answer in call.answers
        ],
        "skipped": call.reading.skipped,
        "notes": list(call.reading.notes),
    }
