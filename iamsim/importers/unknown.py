"""Values that a file does not tell, and what a policy says that holds some.

Nothing is left out: what is not known is marked where it stands (see `iamsim.core.unknown`), so
that an unknown part of a Deny may deny, and of an Allow may allow. Each time it is reported, with
the effect of the statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iamsim.core import unknown as core
from iamsim.importers.salvage import UniqueKeys

IN_CONFLICT = "two records say different ones"
Report = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known; `why` names what would have to be known, as the file writes it,
    and `source` where it should have come from, if a place is known."""

    why: str
    source: str = ""


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


def marker(why: str, source: str = "") -> dict[str, object]:
    """Write what stands for something that is not known."""
    return dict(core.Unknown(why, source).to_marker())


def settle_document(value: object, report: Report) -> dict[str, object]:
    """Make a policy document in which every part that is not known is marked.

    `value` may be a document, its JSON text, or hold `Unknown` anywhere. `report` takes what is not
    known: a code (``unknown-value`` or ``not-a-policy``) and a message.
    """
    if isinstance(value, Unknown):
        report("unknown-value", f"the policy is not known: it depends on {value.why}")
        return mark_of(value)
    if isinstance(value, str):
        try:
            value = UniqueKeys().decoder.decode(value)
        except (ValueError, RecursionError):
            report("not-a-policy", "the policy is not JSON: it is not known")
            return marker("what stands in its place is not JSON")
    if not isinstance(value, dict):
        report("not-a-policy", "the policy is not a JSON object: it is not known")
        return marker("what stands in its place is no JSON object")
    document: dict[str, object] = {}
    for key, item in value.items():
        if key == "Statement":
            document[key] = _statements(item, report)
        elif isinstance(item, Unknown):
            if key == "Version":
                # Whether `${...}` is a variable hangs on it, in every statement.
                report("unknown-value", f"the policy is not known: its `Version` is {item.why}")
                return mark_of(item)
            report("unknown-value", f"`{key}` is left out: it depends on {item.why}")
        elif find_unknown(item) is not None:
            report("unknown-value", f"`{key}` is not known in whole")
            document[key] = marked(item)
        else:
            document[key] = item
    return document


def mark_of(unknown: Unknown) -> dict[str, object]:
    """Write the marker of a value that is not known."""
    return marker(f"it depends on {unknown.why}", unknown.source or unknown.why)


def _statements(value: object, report: Report) -> object:
    """Mark what is not known of the statements."""
    statements: list[object] = []
    for number, statement in enumerate(value if isinstance(value, list) else [value]):
        name = f"statement {number}"
        if isinstance(statement, Unknown):
            report("unknown-value", f"{name} is not known: it depends on {statement.why}")
            statements.append(mark_of(statement))
        elif isinstance(statement, dict):
            statements.append(_statement(statement, name, report))
        else:
            # No statement: the reader of worlds takes it for unknown, whatever it holds.
            statements.append(marked(statement))
    return statements


def _statement(statement: dict[str, object], name: str, report: Report) -> dict[str, object]:
    """Mark what is not known of a statement."""
    sid, effect = statement.get("Sid"), statement.get("Effect")
    if isinstance(sid, str) and sid:
        name = f"the statement `{sid}`"
    name = f"{name} ({effect})" if isinstance(effect, str) else name
    found: dict[str, object] = {}
    for element, value in statement.items():
        unknown = find_unknown(value)
        if unknown is None:
            found[element] = value
        elif element != "Sid":
            report(
                "unknown-value",
                f"{name}: its {element} is not known in whole: it depends on {unknown.why}",
            )
            found[element] = marked(value)
    return found


def marked(value: object) -> object:
    """Give a value with a marker for each part that is not known."""
    if isinstance(value, Unknown):
        return mark_of(value)
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item) for item in value]
    return value
