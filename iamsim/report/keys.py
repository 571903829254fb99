"""The context of requests key by key: where each comes from, and which statements read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from iamsim.core.answer import Answer
from iamsim.core.decision import Layer
from iamsim.core.explanation import ClauseExplanation, ContextEntry, Element, StatementExplanation
from iamsim.core.reason import Reason
from iamsim.report.document import Block, Column, Document, Fields, Json, Section
from iamsim.words.sentences import layer_name
from iamsim.words.wording import place_text, request_text, shortened, statement_text

_VARIABLE = re.compile(r"\$\{\s*([^{}*?$,\s][^{},]*)")
_ORIGINS = {
    "given": "given",
    "principal": "from the principal",
    "resource": "from the resource",
    "organization": "from the organization",
    "session": "from the session",
    "network": "from the network",
    "call-chain": "from the call chain",
    "clock": "from the clock",
    "default": "by default",
}
_PATTERNS = frozenset({Element.RESOURCE, Element.NOT_RESOURCE, Element.CONDITION})
_RESOURCES = frozenset({Element.RESOURCE, Element.NOT_RESOURCE})
_ABOUT = frozenset({Element.ACTION, Element.NOT_ACTION, Element.PRINCIPAL, Element.NOT_PRINCIPAL})


class Reading(NamedTuple):
    """A statement that reads a key, in a condition or as a policy variable."""

    layer: Layer
    level: str | None
    policy: str
    statement: StatementExplanation


class KeyRow(NamedTuple):
    """One context key: `state` is ``given``, ``derived``, ``absent`` or ``unknown``."""

    key: str
    state: str
    entry: ContextEntry | None
    read_by: tuple[Reading, ...]


def key_rows(answer: Answer, unknown: frozenset[str], *, partial: bool) -> list[KeyRow]:
    """Give a row for each key that the request has or that a statement about it reads.

    `unknown` are keys
    in lower case; with `partial`, every key that the request lacks is unknown.
    """
    readings: dict[str, dict[int, Reading]] = {}
    written: dict[str, str] = {}
    for key, reading in _readings(answer):
        written.setdefault(key.lower(), key)
        readings.setdefault(key.lower(), {})[id(reading.statement)] = reading
    rows = []
    entries = {entry.key.lower(): entry for entry in answer.explanation.context}
    for lowered in sorted({*entries, *readings}):
        entry = entries.get(lowered)
        read_by = tuple(readings.get(lowered, {}).values())
        if entry is not None:
            state = "given" if entry.origin.kind == "given" else "derived"
            rows.append(KeyRow(entry.key, state, entry, read_by))
        else:
            state = "unknown" if partial or lowered in unknown else "absent"
            rows.append(KeyRow(written[lowered], state, None, read_by))
    return rows


def is_about(statement: StatementExplanation) -> bool:
    """Whether the actions and principals of a statement cover the request."""
    return not _ABOUT.intersection(statement.failed_elements)


def _readings(answer: Answer) -> Iterator[tuple[str, Reading]]:
    """Every key with a statement about the request that reads it."""
    for layer in answer.explanation.layers:
        for policy in layer.policies:
            for statement in policy.statements:
                if is_about(statement):
                    reading = Reading(layer.layer, layer.level, policy.name, statement)
                    for key in _keys_of(statement):
                        yield key, reading


def _keys_of(statement: StatementExplanation) -> Iterator[str]:
    """The keys of the conditions, and the policy variables of conditions and resources.

    Where the resource is another one, conditions don't count: nothing that they read matters.
    """
    unresolved = any(True for _ in unresolved_variables(statement))
    elsewhere = not unresolved and bool(_RESOURCES.intersection(statement.failed_elements))
    for clause in statement.clauses:
        if clause.element is Element.CONDITION and elsewhere:
            continue
        if clause.key is not None:
            yield clause.key
        if clause.element in _PATTERNS:
            yield from variables_of(clause)


def variables_of(clause: ClauseExplanation) -> list[str]:
    """The keys of the policy variables that stand in a pattern and mean a key."""
    if clause.resolved is None and clause.reason is not Reason.VARIABLE_UNRESOLVED:
        return []
    return [key.strip() for key in _VARIABLE.findall(clause.pattern)]


def unresolved_variables(statement: StatementExplanation) -> Iterator[str]:
    """The keys for want of which a resource pattern of a statement means nothing."""
    for clause in statement.clauses:
        if clause.element in _RESOURCES and clause.reason is Reason.VARIABLE_UNRESOLVED:
            yield from variables_of(clause)


def keys_document(asked: Sequence[tuple[Answer, Sequence[KeyRow], Sequence[str]]]) -> Document:
    """Lay out the keys of requests: those that statements read, the others, and what else such a
    request may carry."""
    titles = [request_text(answer.request) for answer, _, _ in asked]
    blocks = [
        block
        for number, (title, (answer, rows, others)) in enumerate(zip(titles, asked, strict=True), 1)
        for block in _blocks(answer, rows, others, number, f"{title}: " if len(asked) > 1 else "")
    ]
    subject = titles[0] if len(titles) == 1 else f"{len(titles)} requests"
    return Document(f"context keys: {subject}", tuple(blocks))


def _blocks(
    answer: Answer, rows: Sequence[KeyRow], others: Sequence[str], number: int, before: str
) -> Iterator[Block]:
    """What is said about one request; `before` names it."""
    who = (("principal", answer.request.principal),)
    yield Fields(f"request-{number}", before.removesuffix(": "), who)
    facts: tuple[Column[KeyRow], ...] = (
        Column("key", lambda row: row.key, code=True),
        Column("source", _source),
        Column("value", _value),
    )
    readers: Column[KeyRow] = Column("read by", lambda row: "; ".join(_read_by(row, answer)))
    read = [row for row in rows if row.read_by]
    unread = [row for row in rows if not row.read_by]
    caption = f"{before}read by a statement"
    nothing = "" if rows else f"{before}no context keys, and no statement reads one"
    yield Section(f"read-{number}", caption, (*facts, readers), read, empty=nothing, cards=True)
    yield Section(f"unread-{number}", f"{before}read by none", facts, unread)
    column: Column[str] = Column("key", lambda name: name, code=True)
    caption = f"{before}not knowable from here, and read by none"
    yield Section(f"others-{number}", caption, (column,), others, filled=True)


def _read_by(row: KeyRow, answer: Answer) -> Iterator[str]:
    """The statements that read the key, with their places."""
    for reading in row.read_by:
        layer = layer_name(reading.layer, answer.request.action, reading.level)
        place = place_text(reading.statement.span)
        name = statement_text(reading.statement.index, reading.statement.sid)
        policy = "" if reading.policy in place else f" of `{shortened(reading.policy, 60)}`"
        yield f"{layer}: {name}{policy} ({place})"


def _source(row: KeyRow) -> str:
    """Where the value comes from, in two or three words."""
    return row.state if row.entry is None else _ORIGINS[row.entry.origin.kind]


def _value(row: KeyRow) -> str:
    """The value; a list in brackets, the empty text in quotes."""
    if row.entry is None:
        return ""
    values = ", ".join(shortened(value, 120) for value in row.entry.values)
    return f"[{values}]" if row.entry.multivalued else values or '""'


def keys_data(answer: Answer, rows: Sequence[KeyRow]) -> Json:
    """Give the keys of a request as plain data."""
    request = answer.request
    return {
        "request": {
            "principal": request.principal,
            "action": request.action,
            "resource": request.resource,
        },
        "keys": [_row(row) for row in rows],
    }


def _row(row: KeyRow) -> Json:
    entry = row.entry
    value: object = None
    if entry is not None:
        value = list(entry.values) if entry.multivalued else ",".join(entry.values)
    return {
        "key": row.key,
        "state": row.state,
        "value": value,
        "origin": None if entry is None else entry.origin.kind,
        "from": None if entry is None else entry.origin.detail or None,
        "read_by": [_reading(reading) for reading in row.read_by],
    }


def _reading(reading: Reading) -> Json:
    statement = reading.statement
    span = statement.span
    return {
        "layer": reading.layer.value,
        "level": reading.level,
        "policy": reading.policy,
        "statement": statement.index,
        "sid": statement.sid,
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
    }
