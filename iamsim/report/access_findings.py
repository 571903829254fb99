"""Findings of access as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer
from iamsim.core.unknown import origin_words
from iamsim.query.analyzer.finding import AccessFinding, FindingKind, Kept, Status, UnusedService
from iamsim.query.analyzer.unused import Unjudged
from iamsim.report.access_words import decided_by
from iamsim.report.document import (
    EVERY_FORM,
    GROUPED,
    SEPARATE,
    Badge,
    Column,
    Document,
    Form,
    Remark,
    Section,
)
from iamsim.report.unknowns import unknown_remarks
from iamsim.words.sentences import layer_name
from iamsim.words.wording import joined

if TYPE_CHECKING:
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.world.model import World

FEW = 5  # actions that are named
NOTHING_UNJUDGED = Unjudged()


@dataclass(frozen=True, slots=True)
class FindingsAnswer:
    """Everything to be said. `zone` is `account` or the id of the organization; `at` the time of
    the analysis, where one was given; archived findings stand apart unless `show_archived`.
    `unknowns` are parts of policies that could have made other findings. With `unused` nothing but
    what nobody used was asked for, in the time that `zone` says; `notes` say what logs tell of it,
    `lost` what of them can't be read, and `unjudged` counts those of whom nobody says what they
    used."""

    findings: Sequence[AccessFinding]
    kept: Sequence[Kept]
    zone: str
    looked_at: int
    model: World
    at: str | None = None
    show_archived: bool = False
    unknowns: Sequence[UnknownInWorld] = ()
    unused: bool = False
    notes: Sequence[str] = ()
    lost: Sequence[str] = ()
    unjudged: Unjudged = NOTHING_UNJUDGED

    @property
    def shown(self) -> list[AccessFinding]:
        """The findings that are listed."""
        return [
            finding
            for finding in self.findings
            if self.show_archived or finding.status is Status.ACTIVE
        ]


class FindingRow(NamedTuple):
    """A finding, and for unused permissions one of its services."""

    finding: AccessFinding
    service: UnusedService | None = None


def access_findings_document(answer: FindingsAnswer) -> Document:
    """Findings by account and resource; what guardrails keep inside at the end."""
    rows = [
        FindingRow(finding, service)
        for finding in answer.shown
        for service in finding.services or (None,)
    ]

    def account(row: FindingRow) -> str:
        owner = answer.model.accounts.get(row.finding.account)
        return f"{row.finding.account} {owner.name or '' if owner is not None else ''}".rstrip()

    findings = Section(
        "findings",
        "Findings",
        _COLUMNS,
        sorted(rows, key=account),
        account,
        lambda row: row.finding.resource,
        empty="no findings",
    )
    blocked: Section[Kept] = Section(
        "blocked",
        "granted to somebody outside, but blocked",
        (
            Column("resource", lambda kept: kept.resource, EVERY_FORM - {Form.TEXT}, code=True),
            Column("who", _kept_caller),
            Column("what", lambda kept: _few(kept.actions), GROUPED),
            Column("what", lambda kept: ", ".join(kept.actions), SEPARATE),
            Column("blocked by", _kept_by),
        ),
        answer.kept,
        subject=lambda kept: kept.resource,
    )
    title = f"findings; zone of trust: {answer.zone}"
    if answer.unused:
        title = f"not used in the {answer.zone}"
    sections = (findings,) if answer.unused else (findings, blocked)
    remarks = (
        *(Remark("note", text) for text in answer.notes),
        *(Remark("warning", f"not read: {text}") for text in answer.lost),
        *(Remark("unknown", text) for text in answer.unjudged.sentences()),
        *unknown_remarks(answer.unknowns),
    )
    return Document(title, sections, remarks, _count(answer), _verdict(answer))


def _verdict(answer: FindingsAnswer) -> Badge:
    active = [finding for finding in answer.findings if finding.status is Status.ACTIVE]
    if any(finding.is_public for finding in active):
        return Badge("no", "public access")
    if active:
        return Badge("open", "to be looked at")
    if answer.unknowns or answer.lost or answer.unjudged.sentences():
        return Badge("open", "not all is known")
    return Badge("yes", "nothing to look at")


def _kind(row: FindingRow) -> Badge:
    if row.finding.is_public:
        return Badge("no", "public")
    return Badge("open", row.finding.kind.value)


def _caller(row: FindingRow) -> str:
    return who(row.finding) if row.service is None else f"service {row.service.namespace}"


def _done(row: FindingRow) -> str:
    """What can be done, or since when nothing was."""
    if row.service is None:
        return _what(row.finding)
    if row.service.actions:
        return f"{_few([name for name, _ in row.service.actions])} not used"
    return _last_use(row.service.last_accessed)


def _all_done(row: FindingRow) -> str:
    """The same, with every action."""
    if row.service is not None and row.service.actions:
        return f"{', '.join(name for name, _ in row.service.actions)} not used"
    return ", ".join(row.finding.actions) or _done(row)


def _about(row: FindingRow) -> str:
    if row.service is None:
        return _remark(row.finding)
    return _service_remark(row.service, row.finding)


def _place(row: FindingRow) -> str:
    span = row.finding.span
    return "" if span is None else str(span.place)


_COLUMNS: tuple[Column[FindingRow], ...] = (
    Column("resource", lambda row: row.finding.resource, EVERY_FORM - {Form.TEXT}, code=True),
    Column("who", _caller),
    Column("finding", _kind, SEPARATE),
    Column("status", lambda row: row.finding.status.value, SEPARATE),
    Column("what", _done, GROUPED),
    Column("what", _all_done, SEPARATE),
    Column("remark", _about, conditions=lambda row: row.finding.depends_on),
    Column("place", _place, SEPARATE, code=True),
)


def _service_remark(service: UnusedService, finding: AccessFinding) -> str:
    """Whether more is granted of a service, and what a guardrail denies anyway."""
    if service.actions:
        remark = f"{_number(len(service.untracked), 'granted action')} not tracked"
    else:
        remark = f"{_number(service.granted, 'action')} granted" if service.granted else ""
    parts = [remark] if remark else []
    if service.blocked:
        parts.append(f"{len(service.blocked)} blocked by a guardrail anyway")
    if finding.archived_by is not None:
        parts.append(f"archived by {finding.archived_by}")
    return ", ".join(parts)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def who(finding: AccessFinding) -> str:
    """The principal, or what was not used."""
    if finding.kind is FindingKind.UNUSED_PERMISSION:
        return "permissions"
    if finding.kind is FindingKind.UNUSED_KEY:
        name = finding.details["accessKeyId"]
        return f"access {name}" if name.startswith("key ") else f"access key {name}"
    if finding.kind is FindingKind.UNUSED_PASSWORD:
        return "password"
    if finding.kind is FindingKind.UNUSED_ROLE:
        return "role"
    if finding.kind is FindingKind.UNKNOWN:
        return "not known"
    kind, name = next(iter(finding.principal.items()))
    if name == "*":
        return "anyone"
    return name if kind == "AWS" else f"{kind} {name}"


def _what(finding: AccessFinding) -> str:
    """What can be done, since when nothing was, or why it is not known."""
    if finding.kind is FindingKind.UNKNOWN:
        return finding.details["why"] + origin_words(finding.details["source"])
    return (
        _few(finding.actions) if finding.actions else _last_use(finding.details.get("lastAccessed"))
    )


def _last_use(last: str | None) -> str:
    return f"last used {last}" if last else "no use is known"


def _few(actions: Sequence[str]) -> str:
    """Actions, the first ones where they are many."""
    if len(actions) > FEW:
        return f"{', '.join(actions[: FEW - 1])} and {len(actions) - FEW + 1} more"
    return ", ".join(actions)


def _remark(finding: AccessFinding) -> str:
    """Public, internal, archived; through what."""
    parts = []
    if finding.is_public:
        parts.append("public")
    if finding.access_point is not None:
        parts.append(f"through {finding.access_point}")
    if finding.kind is FindingKind.INTERNAL:
        parts.append(finding.details["accessType"].lower().replace("_", "-"))
    if finding.archived_by is not None:
        parts.append(f"archived by {finding.archived_by}")
    if finding.kind is FindingKind.EXTERNAL and finding.condition and not finding.depends_on:
        given = ", ".join(f"{key}: {value}" for key, value in sorted(finding.condition.items()))
        parts.append(f"under {given}")
    return ", ".join(parts)


def _kept_caller(kept: Kept) -> str:
    name = next(iter(kept.principal.values()))
    return "anyone" if name == "*" else name


def _kept_by(kept: Kept) -> str:
    decision = kept.decision
    if decision.layer is Layer.S3_BLOCK_PUBLIC_ACCESS:
        return layer_name(decision.layer, kept.actions[0])
    return decided_by(decision, kept.actions[0])


def _count(answer: FindingsAnswer) -> str:
    active = [finding for finding in answer.findings if finding.status is Status.ACTIVE]
    public = sum(finding.is_public for finding in active)
    archived = len(answer.findings) - len(active)
    parts = [f"{len(active)} {'finding' if len(active) == 1 else 'findings'}"]
    if public:
        parts.append(f"{public} public")
    if archived:
        parts.append(f"{archived} archived")
    if answer.kept:
        parts.append(f"{len(answer.kept)} blocked")
    noun = "principal" if answer.unused else "resource"
    resources = noun if answer.looked_at == 1 else f"{noun}s"
    return f"{', '.join(parts)}; {answer.looked_at} {resources} looked at"


def finding_sentence(finding: AccessFinding) -> str:
    """One finding in a sentence."""
    if finding.kind is FindingKind.UNUSED_PERMISSION:
        parts = [
            _few([name for name, _ in service.actions]) or f"all of {service.namespace}"
            for service in finding.services
        ]
        return f"{finding.resource} has not used what it may do: {'; '.join(parts)}"
    if finding.kind is FindingKind.UNKNOWN:
        return f"whom {finding.resource} lets in is not known: {_what(finding)}"
    if not finding.actions:
        return f"{who(finding)} of {finding.resource}: {_what(finding)}"
    depends = f" {'; or '.join(finding.depends_on)}" if finding.depends_on else ""
    caller = "anyone" if finding.principal.get("AWS") == "*" else who(finding)
    return f"{caller} can {joined(list(finding.actions))} on {finding.resource}{depends}"


def access_findings_lines(answer: FindingsAnswer) -> list[str]:
    """A line for each finding: type, resource and principal."""
    return [f"{finding.kind.value} {finding.resource} {who(finding)}" for finding in answer.shown]
