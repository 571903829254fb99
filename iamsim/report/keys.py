"""The context of a request key by key: where each comes from, and which statements read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.explanation import Element
from iamsim.core.reason import Reason
from iamsim.report.columns import table, wrapped
from iamsim.report.sentences import layer_name
from iamsim.report.wording import place_text, shortened, statement_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.core.answer import Answer
    from iamsim.core.decision import Layer
    from iamsim.core.explanation import (
        ClauseExplanation,
        ContextEntry,
        StatementExplanation,
    )
    from iamsim.report.paint import Paint

__all__ = [
    "KeyRow",
    "Reading",
    "is_about",
    "key_rows",
    "keys_data",
    "keys_text",
    "unresolved_variables",
]

Json = dict[str, object]

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


def keys_text(answer: Answer, rows: Sequence[KeyRow], paint: Paint, width: int) -> str:
    """Write the keys, first those that statements read and then the others, with their values."""
    request = answer.request
    lines = [
        paint.title(f"{request.action} on {shortened(request.resource, 160)}"),
        f"  principal  {shortened(request.principal, 300)}",
    ]
    for title, some in (
        ("read by a statement", [row for row in rows if row.read_by]),
        ("read by none", [row for row in rows if not row.read_by]),
    ):
        if some:
            lines += ["", paint.title(title)]
            lines += _block(some, answer, paint, width)
    if not rows:
        lines += ["", "the request has no context keys, and no statement reads one"]
    return "\n".join([*lines, ""])


def _block(rows: Sequence[KeyRow], answer: Answer, paint: Paint, width: int) -> list[str]:
    """Align the keys, and put the statements that read one below it."""
    longest = max(len(row.key) for row in rows)
    sources = max(len(_source(row)) for row in rows)
    lines: list[str] = []
    for row in rows:
        cells = [(f"{row.key:<{longest}}", f"{_source(row):<{sources}}", _value(row))]
        first, *rest = table(cells, width, indent=2)
        lines += [first, *rest]
        lines += _read_by(row, answer, paint, width)
    return lines


def _read_by(row: KeyRow, answer: Answer, paint: Paint, width: int) -> list[str]:
    """A line for each statement that reads the key, wrapped where it is long."""
    lines: list[str] = []
    for reading in row.read_by:
        layer = layer_name(reading.layer, answer.request.action, reading.level)
        place = place_text(reading.statement.span)
        name = statement_text(reading.statement.index, reading.statement.sid)
        policy = "" if reading.policy in place else f" of `{shortened(reading.policy, 60)}`"
        lines += wrapped(f"{layer}: {name}{policy} ({place})", width, "    ", "      ")
    return [paint.quiet(line) for line in lines]


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
        "file": statement.source.name,
        "line": span.line,
        "column": span.column,
    }
