"""Which context keys can influence requests, as a document and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.report.access_words import reference_data
from iamsim.report.document import EVERY_FORM, Badge, Column, Document, Form, Section, verdict_badge
from iamsim.words.wording import joined, place_text, statement_text

if TYPE_CHECKING:
    from iamsim.core.decision import StatementReference
    from iamsim.engine.question import ContextValue, Question
    from iamsim.symbolic.influence import InfluencingKey, TestValue

Asked = tuple["Question", "Sequence[InfluencingKey]"]
_WIDE = EVERY_FORM - {Form.TEXT}


class _Value(NamedTuple):
    key: InfluencingKey
    value: TestValue | None


class _Reader(NamedTuple):
    key: InfluencingKey
    statement: StatementReference


def influence_document(asked: Sequence[Asked]) -> Document:
    """Lay out, key by key, the values worth trying and the statements that read it."""
    titles = [
        f"`{request.principal}` `{request.action}` on `{request.resource}`" for request, _ in asked
    ]
    sections = [
        section
        for number, (title, (_, keys)) in enumerate(zip(titles, asked, strict=True), 1)
        for section in _sections(keys, number, f"{title}: " if len(asked) > 1 else "")
    ]
    subject = titles[0] if len(titles) == 1 else f"{len(titles)} requests"
    return Document(f"context keys that can influence {subject}", tuple(sections))


def _sections(
    keys: Sequence[InfluencingKey], number: int, before: str
) -> tuple[Section[_Value], Section[_Reader]]:
    """The sections about one request; `before` names it."""
    values: Section[_Value] = Section(
        f"values-{number}",
        f"{before}values worth trying",
        (
            Column("key", lambda row: row.key.key, _WIDE, code=True),
            Column("influence", lambda row: _influence(row.key), _WIDE),
            Column("tried with", lambda row: _beside(row.key), _WIDE),
            Column("value", lambda row: "" if row.value is None else _shown(row.value.value)),
            Column("decision", _decision),
        ),
        [_Value(key, value) for key in keys for value in key.values or (None,)],
        subject=lambda row: _title(row.key),
        empty=f"{before}no statement about this request reads a context key",
    )
    readers: Section[_Reader] = Section(
        f"readers-{number}",
        f"{before}statements that read them",
        (
            Column("key", lambda row: row.key.key, code=True),
            Column("statement", lambda row: _statement(row.statement)),
        ),
        [_Reader(key, statement) for key in keys for statement in key.statements],
    )
    return values, readers


def _title(key: InfluencingKey) -> str:
    beside = _beside(key)
    return f"{key.key}: {_influence(key)}{f' (tried with {beside})' if beside else ''}"


def _influence(key: InfluencingKey) -> str:
    if key.flips:
        return "alone gives another answer"
    if key.can_matter:
        return "matters only together with others"
    return "is read, but no value gives another answer"


def _beside(key: InfluencingKey) -> str:
    return joined([f"{name} = {_shown(value)}" for name, value in key.beside.items()])


def _shown(value: ContextValue | None) -> str:
    if value is None:
        return "(absent)"
    if isinstance(value, str):
        return value or "(empty)"
    return ", ".join(value) or "(no value)"


def _decision(row: _Value) -> str | Badge:
    return "" if row.value is None else verdict_badge(row.value.verdict)


def _statement(reference: StatementReference) -> str:
    name = statement_text(reference.index, reference.sid)
    return f"{reference.effect} {name} ({place_text(reference.span)})"


def influence_data(asked: Sequence[Asked]) -> list[dict[str, object]]:
    """The same as plain data."""
    return [
        {
            "request": {
                "principal": question.principal,
                "action": question.action,
                "resource": question.resource,
            },
            "keys": [
                {
                    "key": key.key,
                    "flips": key.flips,
                    "can_matter": key.can_matter,
                    "values": [
                        {"value": _plain(value.value), "decision": value.verdict.value}
                        for value in key.values
                    ],
                    "beside": {name: _plain(value) for name, value in key.beside.items()},
                    "statements": [reference_data(statement) for statement in key.statements],
                }
                for key in keys
            ],
        }
        for question, keys in asked
    ]


def _plain(value: ContextValue | None) -> object:
    return list(value) if isinstance(value, tuple) else value
