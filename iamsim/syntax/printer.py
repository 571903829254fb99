"""Writes policies as data.

What is written reads back as the same policy; elements stand in the order of AWS's own examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.syntax.ast import Policy, Principals, Statement, Value


def to_document(policy: Policy) -> dict[str, object]:
    """Write a policy as an object that `json.dumps` takes.

    Statements are always a list. A value that stood alone stands alone, one in a list of one stays
    in its list; numbers and booleans in conditions become the text that AWS reads. What is not
    known becomes its marker: of a statement in part, of the whole statement.
    """
    unknown = next(
        (unknown for part in policy.statements for unknown in part.unknowns if unknown.whole), None
    )
    if unknown is not None:
        return {**unknown.to_marker()}
    document: dict[str, object] = {}
    if policy.version is not None:
        document["Version"] = policy.version
    if policy.id is not None:
        document["Id"] = policy.id
    # One statement of the text stands here several times where a part of it is not known.
    unknowns = {
        statement.index: statement.unknowns[0]
        for statement in policy.statements
        if statement.unknowns
    }
    written: dict[int, object] = {}
    for statement in policy.statements:
        unknown = unknowns.get(statement.index)
        written[statement.index] = _statement(statement) if unknown is None else unknown.to_marker()
    document["Statement"] = list(written.values())
    return document


def _statement(statement: Statement) -> dict[str, object]:
    written: dict[str, object] = {}
    if statement.sid is not None:
        written["Sid"] = statement.sid
    written["Effect"] = statement.effect
    if statement.principals is not None:
        written[statement.principals.name] = _principals(statement.principals)
    for entries in (statement.actions, statement.resources):
        if entries is not None:
            written[entries.name] = _values(entries.values)
    conditions: dict[str, dict[str, object]] = {}
    for condition in statement.conditions:
        keys = conditions.setdefault(condition.operator, {})
        keys[condition.key] = _values(condition.values)
    if conditions:
        written["Condition"] = conditions
    return written


def _principals(principals: Principals) -> object:
    """Write a Principal or NotPrincipal element."""
    by_kind: dict[str, list[Value]] = {}
    for kind, value in principals.entries:
        if kind == "*":
            return "*"
        by_kind.setdefault(kind, []).append(value)
    return {kind: _values(values) for kind, values in by_kind.items()}


def _values(values: Sequence[Value]) -> object:
    """Write values as they stood: alone or in a list, which the path of a value tells."""
    if len(values) == 1 and not isinstance(values[0].path[-1], int):
        return values[0].text
    return [value.text for value in values]
