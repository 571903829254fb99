"""What differs from a record of decisions, for a document and as plain data: what decided then,
what decides now, and the change of a policy that is the cause."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from iamsim.report.document import Badge, Document, Entry

if TYPE_CHECKING:
    from iamsim.suites.comparison import Comparison, DecisionChange, PolicyChange
    from iamsim.suites.record import PolicyText, RecordedDecision, RecordedStatement

_MOST = 40  # lines of one difference


def count_changes(found: Comparison) -> str:
    """Count what changed, what did not, and what only one side has."""
    changed = len(found.changes)
    parts = [f"{changed} decision{'s' * (changed != 1)} changed", f"{found.same} as recorded"]
    parts += [f"{len(found.new)} cases are new"] if found.new else []
    parts += [f"{len(found.gone)} recorded cases are gone"] if found.gone else []
    return ", ".join(parts)


def comparison_document(found: Comparison) -> Document:
    """A comparison alone."""
    blocks = tuple(comparison_blocks(found))
    return Document("compared with the record", blocks, (), count_changes(found))


def comparison_blocks(found: Comparison) -> list[Entry]:
    """Each decision that changed, with its cause; a difference of policies stands once."""
    shown: set[int] = set()
    entries = []
    for number, change in enumerate(found.changes, 1):
        turns = f"{change.before.decision} becomes {change.after.decision}"
        asked = f"{change.after.action} on {change.after.resource}: {turns}"
        code: list[str] = []
        for policy in _told(change):
            known = hash((policy.place, json.dumps(_pair(policy), sort_keys=True, default=str)))
            if known not in shown:
                shown.add(known)
                code += _difference(policy)
        case = change.case
        entries.append(
            Entry(
                f"changed-{number}",
                Badge("no", "changed"),
                f"{case.file}:{case.line}",
                case.request.title,
                (asked, *_deciding(change), *_causes(change)),
                code="\n".join(code),
                language="diff",
            )
        )
    return entries


def _deciding(change: DecisionChange) -> Iterator[str]:
    """What decided then, and what decides now."""
    for word, entry in (("then", change.before), ("now", change.after)):
        told = [_statement_text(statement) for statement in entry.statements]
        if not told and entry.layer is not None:
            told = [f"the layer {entry.layer}, where nothing allows it"]
        if told:
            yield f"{word} by {'; '.join(told)}"


def _statement_text(recorded_statement: RecordedStatement) -> str:
    name = (
        f"`{recorded_statement.sid}`"
        if recorded_statement.sid
        else f"{recorded_statement.number + 1}"
    )
    return f"statement {name} ({recorded_statement.effect}) of {recorded_statement.name}"


def _causes(change: DecisionChange) -> Iterator[str]:
    """Say which changes of policies made the difference."""
    if change.asked:
        yield "the request itself is another than the recorded one"
    if not change.causes:
        if change.differing:
            yield "these policies differ, and none of them alone or together is the cause:"
            yield from (f"- {_change_text(policy_text)}" for policy_text in change.differing)
        elif not change.asked:
            yield "no policy differs; a fact of the world must, such as a tag or an account's place"
        return
    if len(change.causes) == 1 and len(change.causes[0]) == 1:
        yield f"because {_change_text(change.causes[0][0])}"
        return
    if len(change.causes) > 1:
        yield "because of any one of these: without it, all would be as it was"
    else:
        yield "because of these together"
    yield from (
        f"- {_change_text(policy_text)}" for cause in change.causes for policy_text in cause
    )


def _change_text(change: PolicyChange) -> str:
    known = change.after or change.before
    name = change.place.name if known is None else f"{known.name} ({known.file})"
    place = change.place.layer + (f" of {change.place.level}" if change.place.level else "")
    if change.kind == "changed":
        if change.before and change.after and change.before.name != change.after.name:
            return f"the {place} is {name} instead of {change.before.name}"
        return f"the {place} {name} changed"
    return f"the {place} {name} " + ("is new" if change.kind == "added" else "is gone")


def _told(change: DecisionChange) -> Sequence[PolicyChange]:
    return [policy_text for cause in change.causes for policy_text in cause]


def _pair(change: PolicyChange) -> tuple[object, object]:
    return (
        None if change.before is None else change.before.document,
        None if change.after is None else change.after.document,
    )


def _difference(change: PolicyChange) -> list[str]:
    """The lines of both texts that differ, written alike."""
    before, after = _lines(change.before), _lines(change.after)
    if not before or not after:
        return []
    found = list(unified_diff(before, after, lineterm="", n=1))[3:]
    lines = ["..." if line.startswith("@@") else line for line in found]
    if len(lines) > _MOST:
        lines[_MOST:] = [f"... {len(lines) - _MOST} more lines"]
    return lines


def _lines(text: PolicyText | None) -> list[str]:
    if text is None:
        return []
    return json.dumps(text.document, indent=2, ensure_ascii=False).splitlines()


def comparison_to_dict(found: Comparison) -> dict[str, Any]:
    """Turn a comparison into plain data."""
    return {
        "changed": [_change_data(change) for change in found.changes],
        "as_recorded": found.same,
        "new": list(found.new),
        "gone": list(found.gone),
    }


def _change_data(change: DecisionChange) -> dict[str, Any]:
    return {
        "id": change.case.id,
        "file": change.case.file,
        "line": change.case.line,
        "action": change.after.action,
        "resource": change.after.resource,
        "before": _decision_data(change.before),
        "after": _decision_data(change.after),
        "request_changed": change.asked,
        "causes": [[_policy_data(policy_text) for policy_text in cause] for cause in change.causes],
        "differing": [_policy_data(policy_text) for policy_text in change.differing],
    }


def _decision_data(recorded: RecordedDecision) -> dict[str, Any]:
    return {
        "decision": recorded.decision,
        "layer": recorded.layer,
        "statements": [
            {
                "layer": statement.layer,
                "policy": statement.name,
                "statement": statement.number,
                "sid": statement.sid,
                "effect": statement.effect,
            }
            for statement in recorded.statements
        ],
    }


def _policy_data(change: PolicyChange) -> dict[str, Any]:
    known = change.after or change.before
    return {
        "kind": change.kind,
        "layer": change.place.layer,
        "level": change.place.level,
        "policy": change.place.name if known is None else known.name,
        "file": None if known is None else known.file,
        "before": None if change.before is None else change.before.document,
        "after": None if change.after is None else change.after.document,
    }
