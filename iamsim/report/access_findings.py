"""Findings of access as text and Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.decision import Layer
from iamsim.query.analyzer.finding import FindingKind, Status
from iamsim.report.access_words import decided_by
from iamsim.report.columns import table
from iamsim.report.conditions import Conditions
from iamsim.report.sentences import layer_name
from iamsim.report.wording import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.query.analyzer.finding import AccessFinding, Kept, UnusedService
    from iamsim.report.paint import Paint
    from iamsim.world.model import World

__all__ = [
    "FindingsAnswer",
    "access_findings_lines",
    "access_findings_markdown",
    "access_findings_text",
    "finding_sentence",
]

FEW = 5  # actions that are named


@dataclass(frozen=True, slots=True)
class FindingsAnswer:
    """Everything to be said. `zone` is `account` or the id of the organization; `at` the time of
    the analysis, where one was given; archived findings stand apart unless `show_archived`."""

    findings: Sequence[AccessFinding]
    kept: Sequence[Kept]
    zone: str
    looked_at: int
    model: World
    at: str | None = None
    show_archived: bool = False

    @property
    def shown(self) -> list[AccessFinding]:
        """The findings that are listed."""
        return [one for one in self.findings if self.show_archived or one.status is Status.ACTIVE]


def access_findings_text(answer: FindingsAnswer, paint: Paint, width: int) -> str:
    """Findings by account and resource; what guardrails keep inside at the end."""
    conditions = Conditions()
    lines = [paint.title(f"zone of trust: {answer.zone}"), ""]
    for heading, rows in _by_account(answer, conditions):
        lines.append(paint.title(heading))
        for resource, some in rows.items():
            lines += [f"  {resource}", *_rows(some, width)]
        lines.append("")
    if not answer.shown:
        lines += ["no findings", ""]
    if answer.kept:
        lines.append(paint.title("granted to somebody outside, but blocked"))
        for kept in answer.kept:
            resource, text = _kept_row(kept)
            lines += [f"  {resource}", *table([(text,)], width, indent=4)]
        lines.append("")
    if conditions.legend:
        lines += [paint.title("conditions"), *table(conditions.legend, width, indent=2), ""]
    return "\n".join([*lines, _count(answer), ""])


def _rows(rows: list[tuple[str, ...]], width: int) -> list[str]:
    """The findings of a resource in columns; below each other where these would be too wide."""
    lines = table(rows, width, indent=4)
    if all(len(line) <= width for line in lines):
        return lines
    return [
        line
        for caller, *rest in rows
        for line in (f"    {caller}", *table([("  ".join(filter(None, rest)),)], width, indent=6))
    ]


def _by_account(
    answer: FindingsAnswer, conditions: Conditions
) -> Iterator[tuple[str, dict[str, list[tuple[str, ...]]]]]:
    """The rows of each resource, by account."""
    found: dict[str, dict[str, list[tuple[str, ...]]]] = {}
    for one in answer.shown:
        account = answer.model.accounts.get(one.account)
        name = account.name if account is not None and account.name else ""
        marks = conditions.mark(one.depends_on)
        heading = f"{one.account} {name}".rstrip()
        rows = found.setdefault(heading, {}).setdefault(one.resource, [])
        if one.kind is FindingKind.UNUSED_PERMISSION:
            rows += [_service_row(service, one) for service in one.services]
        else:
            rows.append((who(one), _what(one), f"{_remark(one)} {marks}".strip()))
    yield from sorted(found.items())


def _service_row(service: UnusedService, one: AccessFinding) -> tuple[str, ...]:
    """What was not used of a service; whether more is granted of it, and what a guardrail denies
    anyway."""
    if service.actions:
        names = [name for name, _ in service.actions]
        what = f"{_few(names)} not used"
        remark = f"{_number(len(service.untracked), 'granted action')} not tracked"
    else:
        what = _last_use(service.last_accessed)
        remark = f"{_number(service.granted, 'action')} granted" if service.granted else ""
    parts = [remark] if remark else []
    if service.blocked:
        parts.append(f"{len(service.blocked)} blocked by a guardrail anyway")
    if one.archived_by is not None:
        parts.append(f"archived by {one.archived_by}")
    return (f"service {service.namespace}", what, ", ".join(parts))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def who(one: AccessFinding) -> str:
    """The principal, or what was not used."""
    if one.kind is FindingKind.UNUSED_PERMISSION:
        return "permissions"
    if one.kind is FindingKind.UNUSED_KEY:
        name = one.details["accessKeyId"]
        return f"access {name}" if name.startswith("key ") else f"access key {name}"
    if one.kind is FindingKind.UNUSED_PASSWORD:
        return "password"
    if one.kind is FindingKind.UNUSED_ROLE:
        return "role"
    kind, name = next(iter(one.principal.items()))
    if name == "*":
        return "anyone"
    return name if kind == "AWS" else f"{kind} {name}"


def _what(one: AccessFinding) -> str:
    """What can be done, or since when nothing was."""
    return _few(one.actions) if one.actions else _last_use(one.details.get("lastAccessed"))


def _last_use(last: str | None) -> str:
    return f"last used {last}" if last else "no use is known"


def _few(actions: Sequence[str]) -> str:
    """Actions, the first ones where they are many."""
    if len(actions) > FEW:
        return f"{', '.join(actions[: FEW - 1])} and {len(actions) - FEW + 1} more"
    return ", ".join(actions)


def _remark(one: AccessFinding) -> str:
    """Public, internal, archived; through what."""
    parts = []
    if one.is_public:
        parts.append("public")
    if one.access_point is not None:
        parts.append(f"through {one.access_point}")
    if one.kind is FindingKind.INTERNAL:
        parts.append(one.details["accessType"].lower().replace("_", "-"))
    if one.archived_by is not None:
        parts.append(f"archived by {one.archived_by}")
    if one.kind is FindingKind.EXTERNAL and one.condition and not one.depends_on:
        given = ", ".join(f"{key}: {value}" for key, value in sorted(one.condition.items()))
        parts.append(f"under {given}")
    return ", ".join(parts)


def _kept_row(one: Kept) -> tuple[str, str]:
    name = next(iter(one.principal.values()))
    actions = f"{', '.join(one.actions[:FEW])}{' ...' if len(one.actions) > FEW else ''}"
    caller = "anyone" if name == "*" else name
    decision = one.decision
    by = decided_by(decision, one.actions[0])
    if decision.layer is Layer.S3_BLOCK_PUBLIC_ACCESS:
        by = layer_name(decision.layer, one.actions[0])
    return one.resource, f"{caller}: {actions}: {by}"


def _count(answer: FindingsAnswer) -> str:
    active = [one for one in answer.findings if one.status is Status.ACTIVE]
    public = sum(one.is_public for one in active)
    archived = len(answer.findings) - len(active)
    parts = [f"{len(active)} {'finding' if len(active) == 1 else 'findings'}"]
    if public:
        parts.append(f"{public} public")
    if archived:
        parts.append(f"{archived} archived")
    if answer.kept:
        parts.append(f"{len(answer.kept)} blocked")
    resources = "resource" if answer.looked_at == 1 else "resources"
    return f"{', '.join(parts)}; {answer.looked_at} {resources} looked at"


def finding_sentence(one: AccessFinding) -> str:
    """One finding in a sentence."""
    if one.kind is FindingKind.UNUSED_PERMISSION:
        parts = [
            _few([name for name, _ in service.actions]) or f"all of {service.namespace}"
            for service in one.services
        ]
        return f"{one.resource} has not used what it may do: {'; '.join(parts)}"
    if not one.actions:
        return f"{who(one)} of {one.resource}: {_what(one)}"
    depends = f" {'; or '.join(one.depends_on)}" if one.depends_on else ""
    caller = "anyone" if one.principal.get("AWS") == "*" else who(one)
    return f"{caller} can {joined(list(one.actions))} on {one.resource}{depends}"


def access_findings_lines(answer: FindingsAnswer) -> str:
    """A line for each finding: type, resource and principal."""
    return "".join(f"{one.kind.value} {one.resource} {who(one)}\n" for one in answer.shown)


def access_findings_markdown(answer: FindingsAnswer) -> str:
    """A table for each account."""
    conditions = Conditions()
    lines = ["# Findings", "", f"Zone of trust: {answer.zone}."]
    for heading, rows in _by_account(answer, conditions):
        lines += ["", f"## {heading}", ""]
        lines += ["| resource | who | what | remark |", "|---|---|---|---|"]
        lines += [
            f"| `{resource}` | {' | '.join(map(_cell, row))} |"
            for resource, some in rows.items()
            for row in some
        ]
    if answer.kept:
        lines += ["", "## blocked", "", "| resource | blocked |", "|---|---|"]
        lines += [f"| {' | '.join(map(_cell, _kept_row(one)))} |" for one in answer.kept]
    if conditions.legend:
        lines += ["", "## conditions", ""]
        lines += [f"* {number} {_cell(sentence)}" for number, sentence in conditions.legend]
    return "\n".join([*lines, "", f"{_count(answer)}.", ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
