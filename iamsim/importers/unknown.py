"""Values that a file does not tell, and what stays of a policy that holds some.

The rule: a policy never says more than what is known. An entry of `Action`, `Resource` or
`Principal` that is not known is left out of its list; a statement that has none left, or that
holds an unknown value elsewhere (in a condition, behind a `Not...`), is left out as a whole. Each
time it is reported, with the effect of the statement: an `Allow` less denies more, and a `Deny`
less allows more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Unknown", "find_unknown", "settle_document"]

Report = Callable[[str, str], None]

_LISTS = ("Action", "Resource")
_ENTRIES = (*_LISTS, "Principal")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known; `why` names what would have to be known, as the file writes it."""

    why: str


def find_unknown(value: object) -> Unknown | None:
    """Find the first unknown part of a value."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Unknown):
            return part
        if isinstance(part, dict):
            waiting.extend(reversed(list(part.values())))
        elif isinstance(part, list):
            waiting.extend(reversed(part))
    return None


def settle_document(value: object, report: Report) -> dict[str, object] | None:
    """Make a policy document of what is known; `None` where none is left.

    `value` may be a document, its JSON text, or hold `Unknown` anywhere. `report` takes what is
    left out: a code (``unknown-value`` or ``not-a-policy``) and a message.
    """
    if isinstance(value, Unknown):
        report("unknown-value", f"the policy is not known: it depends on {value.why}")
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            report("not-a-policy", "the policy is not JSON")
            return None
    if not isinstance(value, dict):
        report("not-a-policy", "the policy is not a JSON object")
        return None
    document: dict[str, object] = {}
    for key, item in value.items():
        if key == "Statement":
            kept = list(_statements(item, report))
            if not kept and find_unknown(item) is not None:
                return None
            document[key] = kept
        elif isinstance(item, Unknown):
            report("unknown-value", f"`{key}` is left out: it depends on {item.why}")
        else:
            document[key] = item
    return document


def _statements(value: object, report: Report) -> Iterator[object]:
    """Give the statements that can be kept."""
    for number, statement in enumerate(value if isinstance(value, list) else [value]):
        name = f"statement {number}"
        if isinstance(statement, Unknown):
            report("unknown-value", f"{name} is left out: it depends on {statement.why}")
        elif isinstance(statement, dict):
            kept = _statement(statement, name, report)
            if kept is not None:
                yield kept
        else:
            yield statement


def _statement(statement: dict[str, object], name: str, report: Report) -> dict[str, object] | None:
    """Keep what is known of a statement, `None` for one that has to go."""
    sid, effect = statement.get("Sid"), statement.get("Effect")
    if isinstance(sid, str) and sid:
        name = f"the statement `{sid}`"
    name = f"{name} ({effect})" if isinstance(effect, str) else name
    kept: dict[str, object] = {}
    for element, value in statement.items():
        unknown = find_unknown(value)
        if unknown is None:
            kept[element] = value
            continue
        if element == "Sid":
            continue
        left = _entries(value, element) if element in _ENTRIES else None
        if not left:
            report("unknown-value", f"{name} is left out: its {element} depends on {unknown.why}")
            return None
        report(
            "unknown-value",
            f"{name} loses an entry of its {element}, which depends on {unknown.why}",
        )
        kept[element] = left
    return kept


def _entries(value: object, element: str) -> object:
    """Give the known entries of an element, nothing (falsy) where there are none."""
    if isinstance(value, list):
        return [item for item in value if find_unknown(item) is None]
    if isinstance(value, dict) and element == "Principal":
        kinds = {kind: _entries(item, element) for kind, item in value.items()}
        return {kind: item for kind, item in kinds.items() if item}
    return None if find_unknown(value) is not None else value
