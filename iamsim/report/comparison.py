"""What differs from a record of decisions, as text, as plain data and as Markdown: what decided
then, what decides now, and the change of a policy that is the cause."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from iamsim.core.caret import printable
from iamsim.report.cleaning import for_markdown_lines
from iamsim.report.paint import Paint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.suites.comparison import Comparison, DecisionChange, PolicyChange
    from iamsim.suites.record import PolicyText, RecordedDecision, RecordedStatement

__all__ = ["comparison_to_dict", "comparison_to_markdown", "count_changes", "render_comparison"]

_INDENT = "     "
_MOST = 40  # lines of one difference


def count_changes(found: Comparison) -> str:
    """Count what changed, what did not, and what only one side has."""
    changed = len(found.changes)
    parts = [f"{changed} decision{'s' * (changed != 1)} changed", f"{found.same} as recorded"]
    parts += [f"{len(found.new)} cases are new"] if found.new else []
    parts += [f"{len(found.gone)} recorded cases are gone"] if found.gone else []
    return ", ".join(parts)


def render_comparison(found: Comparison, *, color: bool = False) -> str:
    """Write out each decision that changed, with its cause, and the count."""
    paint = Paint(color)
    lines = [paint.title("compared with the record")]
    shown: set[int] = set()
    for change in found.changes:
        case = change.case
        place = paint.name(f"{case.file}:{case.line}")
        lines += ["", f"{paint.bad('CHANGED')} {place}  {paint.title(case.request.title)}"]
        turns = f"{change.before.decision} becomes {change.after.decision}"
        lines.append(f"{_INDENT}{change.after.action} on {change.after.resource}: {turns}")
        lines += [f"{_INDENT}{line}" for line in _deciding(change)]
        lines += [f"{_INDENT}{line}" for line in _causes(change)]
        for policy in _told(change):
            known = hash((policy.place, json.dumps(_pair(policy), sort_keys=True, default=str)))
            if known not in shown:
                shown.add(known)
                lines += [f"{_INDENT}  {_painted(line, paint)}" for line in _difference(policy)]
    count = count_changes(found)
    lines += ["", paint.bad(count) if found.changes else paint.good(count)]
    return "\n".join(lines) + "\n"


def _deciding(change: DecisionChange) -> Iterator[str]:
    """What decided then, and what decides now."""
    for word, one in (("then", change.before), ("now", change.after)):
        told = [_statement_text(statement) for statement in one.statements]
        if not told and one.layer is not None:
            told = [f"the layer {one.layer}, where nothing allows it"]
        if told:
            yield f"{word} by {'; '.join(told)}"


def _statement_text(one: RecordedStatement) -> str:
    name = f"`{one.sid}`" if one.sid else f"{one.number + 1}"
    return f"statement {name} ({one.effect}) of {one.name}"


def _causes(change: DecisionChange) -> Iterator[str]:
    """Say which changes of policies made the difference."""
    if change.asked:
        yield "the request itself is another than the recorded one"
    if not change.causes:
        if change.differing:
            yield "these policies differ, and none of them alone or together is the cause:"
            yield from (f"- {_change_text(one)}" for one in change.differing)
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
    yield from (f"- {_change_text(one)}" for cause in change.causes for one in cause)


def _change_text(change: PolicyChange) -> str:
    """Say what became of a policy."""
    known = change.after or change.before
    name = change.place.name if known is None else f"{known.name} ({known.file})"
    place = change.place.layer + (f" of {change.place.level}" if change.place.level else "")
    if change.kind == "changed":
        if change.before and change.after and change.before.name != change.after.name:
            return f"the {place} is {name} instead of {change.before.name}"
        return f"the {place} {name} changed"
    return f"the {place} {name} " + ("is new" if change.kind == "added" else "is gone")


def _told(change: DecisionChange) -> Sequence[PolicyChange]:
    return [one for cause in change.causes for one in cause]


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


def _painted(line: str, paint: Paint) -> str:
    if line.startswith("+"):
        return paint.good(line)
    if line.startswith("-"):
        return paint.bad(line)
    return paint.quiet(line)


def comparison_to_dict(found: Comparison) -> dict[str, Any]:
    """Turn a comparison into plain data."""
    return {
        "changed": [_change_data(change) for change in found.changes],
        "asRecorded": found.same,
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
        "requestChanged": change.asked,
        "causes": [[_policy_data(one) for one in cause] for cause in change.causes],
        "differing": [_policy_data(one) for one in change.differing],
    }


def _decision_data(one: RecordedDecision) -> dict[str, Any]:
    return {
        "decision": one.decision,
        "layer": one.layer,
        "statements": [
            {
                "layer": statement.layer,
                "policy": statement.name,
                "statement": statement.number,
                "sid": statement.sid,
                "effect": statement.effect,
            }
            for statement in one.statements
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


def comparison_to_markdown(found: Comparison) -> str:
    """Summarize a comparison for a pull request."""
    mark = "❌" if found.changes else "✅"
    lines = [f"### {mark} Compared with the record: {count_changes(found)}", ""]
    if found.changes:
        lines += ["| case | was | is | cause |", "|---|---|---|---|"]
    for change in found.changes:
        cells = (
            f"{printable(change.case.request.title)}\n`{change.case.file}:{change.case.line}`",
            change.before.decision,
            change.after.decision,
            "\n".join(map(printable, _causes(change))),
        )
        lines.append(f"| {' | '.join(map(for_markdown_lines, cells))} |")
    return "\n".join([*lines, ""])
