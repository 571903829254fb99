"""Decoded authorization messages: the JSON that `aws sts decode-authorization-message` prints.

https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import json
import re
from typing import Any, TypedDict

MARK = "explicitDeny"
LONGEST = 200_000
_quote = re.compile(r'\\+"')


class DecodedDenial(TypedDict):
    """What a decoded message tells, by the names of `iamsim.syntax.denial.DenialMessage`."""

    principal: str | None
    action: str | None
    resource: str | None
    explicit: bool
    context: dict[str, str | tuple[str, ...]]
    statements: tuple[str, ...]
    text: str


def find_decoded(text: str) -> DecodedDenial | None:
    """Find a decoded message in a text, also inside the `DecodedMessage` of the AWS CLI."""
    mark = text.find(MARK)
    if mark < 0:
        return None
    start = text.rfind("{", 0, mark)
    if start < 0:
        return None
    window = text[start : start + LONGEST]
    for candidate in (window, _quote.sub('"', window)):
        try:
            data, end = json.JSONDecoder().raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict) and isinstance(data.get("context"), dict):
            return _read(data, candidate[:end])
    return None


def _read(data: dict[str, Any], text: str) -> DecodedDenial:
    """Take the parts that say something about the request."""
    context = data["context"]
    return DecodedDenial(
        principal=_text(_part(context, "principal").get("arn")),
        action=_text(context.get("action")),
        resource=_text(context.get("resource")),
        explicit=data.get(MARK) is True,
        context=_conditions(context),
        statements=tuple(
            read
            for statement in _items(_part(data, "matchedStatements"))
            if (read := _text(statement.get("statementId")))
        ),
        text=text,
    )


def _conditions(context: dict[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """The context keys with their values; several values make a multivalued key."""
    conditions: dict[str, str | tuple[str, ...]] = {}
    for item in _items(_part(context, "conditions")):
        key = _text(item.get("key"))
        entries = (entry.get("value") for entry in _items(_part(item, "values")))
        values = tuple(str(value) for value in entries if value is not None)
        if key and values:
            conditions[key] = values[0] if len(values) == 1 else values
    return conditions


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def _items(data: dict[str, Any]) -> list[dict[str, Any]]:
    items = data.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
