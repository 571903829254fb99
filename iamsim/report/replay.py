"""What a replayed trail says, as a document and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.replay.alike import ANY_SESSION
from iamsim.replay.counting import is_untold
from iamsim.report.document import (
    EVERY_FORM,
    Badge,
    Column,
    Document,
    Form,
    Json,
    Remark,
    Section,
    verdict_badge,
)
from iamsim.report.summary import because

if TYPE_CHECKING:
    from iamsim.replay.run import ChangedCall, Disagreement, Replay

_READ = EVERY_FORM - {Form.CSV}
_TEXT = frozenset({Form.TEXT})
_WIDE = EVERY_FORM - _TEXT
TITLES = {Verdict.ALLOWED: "Newly allowed", Verdict.CONDITIONAL: "No longer certain"}
UNTOLD = "what the trail or the world does not tell"
OTHER_CONDITIONS = "Not certain, and under other conditions than before"


def replay_document(result: Replay, *, changed: bool) -> Document:
    """Lay out what would change first, then where AWS answered otherwise, then what was skipped."""
    changes: Section[ChangedCall] = Section(
        "changes",
        "What would change",
        (
            Column("call", _call, _TEXT),
            Column("calls", lambda row: str(row.count), _WIDE),
            Column("principal", _principal, _WIDE, code=True),
            Column("action", lambda row: row.requested.action, _WIDE, code=True),
            Column("resource", lambda row: row.requested.resource, _WIDE, code=True),
            Column("from", lambda row: verdict_badge(row.before), _WIDE, lambda row: row.before),
            Column("to", lambda row: verdict_badge(row.after), _WIDE, lambda row: row.after),
            Column("first", lambda row: row.first, _WIDE),
            Column("last", lambda row: row.last, _WIDE),
            Column("event", lambda row: row.event, _WIDE, code=True),
            Column("because", lambda row: because(row.answer), _WIDE),
            Column("because", _since, _TEXT),
        ),
        result.changes,
        _title,
        _principal,
        empty="no call of the trail would be decided otherwise" if changed else "",
    )
    disagree: Section[Disagreement] = Section(
        "disagree",
        "Answered otherwise by AWS",
        (
            Column("call", _call, _TEXT),
            Column("calls", lambda row: str(row.count), _WIDE),
            Column("principal", _principal, _WIDE, code=True),
            Column("action", lambda row: row.requested.action, _WIDE, code=True),
            Column("resource", lambda row: row.requested.resource, _WIDE, code=True),
            Column("AWS", lambda row: "denied" if row.denied else "allowed", _WIDE),
            Column("the world", lambda row: verdict_badge(row.answer.decision.verdict), _WIDE),
            Column("not told by the trail", lambda row: ", ".join(_missing(row)), _WIDE),
            Column("because", lambda row: because(row.answer)),
        ),
        result.disagree,
        lambda row: f"{'Denied' if row.denied else 'Allowed'} by AWS, and not by the world",
        _principal,
        forms=_READ,
    )
    skipped: Section[tuple[str, int]] = Section(
        "skipped",
        "Not asked of IAM, or not told",
        (Column("records", lambda row: str(row[1])), Column("why", lambda row: row[0])),
        [*result.count.skipped.most_common(), *result.unasked.items()],
        forms=_READ,
    )
    remarks = [
        Remark("warning", f"`{problem.file}` was not read whole: {problem.reason}")
        for problem in result.count.problems
    ]
    verdict = None
    if changed:
        denied = any(row.after is not Verdict.ALLOWED for row in result.changes)
        certain = any(row.is_certain and row.after is not Verdict.ALLOWED for row in result.changes)
        verdict = Badge("yes", "no call breaks")
        if uncertain(result, undecided=False):
            verdict = Badge("open", "not every call could be asked")
        if denied:
            words = "calls would be denied" if certain else "calls may be denied"
            verdict = Badge("no" if certain else "open", words)
    return Document(
        "the trail, replayed", (changes, disagree, skipped), tuple(remarks), _count(result), verdict
    )


def _title(row: ChangedCall) -> str:
    return OTHER_CONDITIONS if row.before is row.after else TITLES.get(row.after, "Newly denied")


def _principal(row: ChangedCall | Disagreement) -> str:
    """Who called: of sessions that nothing tells apart, their role."""
    principal = row.requested.principal or ""
    role = row.requested.context.get("aws:PrincipalArn")
    alike = principal.endswith(f"/{ANY_SESSION}") and isinstance(role, str)
    return role if alike and isinstance(role, str) else principal


def _call(row: ChangedCall | Disagreement) -> str:
    times = "once" if row.count == 1 else f"{row.count} times"
    return f"{times} {row.requested.action} on {row.requested.resource}"


def _since(row: ChangedCall) -> str:
    when = row.first if row.first == row.last else f"{row.first} to {row.last}"
    return f"{when}: {because(row.answer)}"


def _missing(row: Disagreement) -> list[str]:
    return [*(row.answer.decision.missing_context or ()), *row.requested.unknown]


def _count(result: Replay) -> str:
    count = result.count
    parts = [
        f"{count.events} records, {count.asked} asked of IAM",
        f"{result.agree} as AWS answered",
        f"{sum(row.count for row in result.disagree)} otherwise",
        f"{result.undecided} undecided",
    ]
    if result.changes:
        parts.append(f"{sum(row.count for row in result.changes)} would change")
    return ", ".join(parts)


def uncertain(result: Replay, *, undecided: bool) -> list[str]:
    """What could not be held against the worlds, in sentences; `undecided` records count where what
    AWS answered is compared."""
    found = [f"`{problem.file}` was not read whole" for problem in result.count.problems]
    skipped = result.count.skipped.items()
    reasons = {**{why: number for why, number in skipped if is_untold(why)}, **result.unasked}
    found += [f"{number} records were not asked: {why}" for why, number in reasons.items()]
    hanging = sum(row.count for row in result.changes if not row.is_certain)
    if hanging:
        found.append(f"{hanging} calls hang on {UNTOLD}, after the change")
    if undecided and result.undecided:
        found.append(f"{result.undecided} records hang on {UNTOLD}")
    return found


def replay_lines(result: Replay) -> list[str]:
    """A line for each request that would change."""
    return [
        f"{row.count} {_principal(row)} {row.requested.action} {row.requested.resource}"
        f" {row.before.value} {row.after.value}"
        for row in result.changes
    ]


def replay_data(result: Replay) -> Json:
    """Everything as plain data."""
    return {
        "events": result.count.events,
        "asked": result.count.asked,
        "skipped": dict(result.count.skipped.most_common()),
        "agree": result.agree,
        "disagree": [
            {
                "principal": _principal(row),
                "action": row.requested.action,
                "resource": row.requested.resource,
                "count": row.count,
                "trail": "denied" if row.denied else "allowed",
                "world": row.answer.decision.verdict.value,
                "not_told": _missing(row),
                "event": row.group.event,
                "because": because(row.answer),
            }
            for row in result.disagree
        ],
        "undecided": result.undecided,
        "changes": [
            {
                "principal": _principal(row),
                "action": row.requested.action,
                "resource": row.requested.resource,
                "count": row.count,
                "from": row.before.value,
                "to": row.after.value,
                "first": row.first,
                "last": row.last,
                "event": row.event,
                "because": because(row.answer),
            }
            for row in result.changes
        ],
        "not_asked": dict(result.unasked),
        "problems": [
            {"file": problem.file, "reason": problem.reason} for problem in result.count.problems
        ],
    }
