"""Policies that no reader takes: they are remarked, so that none is lost without a word.

A policy is told by its form, in resources of every type; types that give access otherwise are rows
of `iamsim.catalog.resource_types` that say why they are not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.core.caret import quote

if TYPE_CHECKING:
    from iamsim.catalog.resource_types import ResourceType

MAX_DEPTH = 12
ACTIONS = ("Action", "NotAction")
PRINCIPALS = frozenset({"Principal", "NotPrincipal"})
is_service = re.compile(r"[a-z0-9-]+", re.ASCII).fullmatch


def policies_within(value: object) -> Iterator[str]:
    """Find the paths of policies in the properties of a resource: documents, and their texts."""
    return (path for path, _ in _walk(value, "", 0))


def documents_within(value: object) -> Iterator[dict[str, object]]:
    """Find the policies in a value: documents, and their texts."""
    return (document for _, document in _walk(value, "", 0))


def services_within(value: object) -> frozenset[str] | None:
    """The services on whose resources the policies in a value bear: those of their actions. `None`
    where a policy may bear on others, or may be attached to a principal."""
    found: set[str] = set()
    for document in documents_within(value):
        statements = document["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            if not isinstance(statement, dict) or PRINCIPALS.isdisjoint(statement):
                return None
            actions = statement.get("Action")
            for action in actions if isinstance(actions, list) else [actions]:
                service = action.partition(":")[0].lower() if isinstance(action, str) else ""
                if not is_service(service):
                    return None
                found.add(service)
    return frozenset(found) or None


def _walk(value: object, path: str, depth: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Go through the policies in a value, each with its path."""
    if isinstance(value, str):
        value = _parsed(value) if '"Statement"' in value and '"Effect"' in value else None
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        if _is_policy(value):
            yield path, value
            return
        for key, item in value.items():
            yield from _walk(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]", depth + 1)


def _parsed(text: str) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


def _is_policy(value: dict[str, object]) -> bool:
    """Say whether an object has statements of IAM's language."""
    statements = value.get("Statement")
    first = statements[0] if isinstance(statements, list) and statements else statements
    return isinstance(first, dict) and "Effect" in first and any(key in first for key in ACTIONS)


def unread_message(kind: str, row: ResourceType | None, values: object) -> str | None:
    """Say what is not read of a resource of a type that has no reader; `None` for nothing."""
    if row is not None and row.unread:
        return f"{quote(kind)} is not read: {row.unread}"
    paths = list(dict.fromkeys(policies_within(values)))
    if not paths:
        return None
    shown = ", ".join(map(quote, paths))
    return f"no reader takes policies of {quote(kind)}: {shown} is left out"
