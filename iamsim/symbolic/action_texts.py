"""The actions that a document names, read from its plain data before it is compiled."""

from __future__ import annotations

from collections.abc import Mapping

from iamsim.compile.action import is_action_pattern


def action_texts(document: Mapping[str, object]) -> list[str] | None:
    """The entries of a document's Action elements; `None` where some statement has no such element
    of texts that the compiler can read: what it can't may mean any action."""
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        return None
    found: list[str] = []
    for statement in statements:
        entries = statement.get("Action") if isinstance(statement, Mapping) else None
        entries = [entries] if isinstance(entries, str) else entries
        if not isinstance(entries, list):
            return None
        for entry in entries:
            if not isinstance(entry, str) or not is_action_pattern(entry):
                return None
            found.append(entry)
    return found
