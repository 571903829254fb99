"""The page of `iamsim validate --format html`: findings, and the texts with what was found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.codes import FindingType
from iamsim.core.span import Span
from iamsim.report.findings import count_line, type_word
from iamsim.report.html.page import anchor, render_page
from iamsim.report.html.parts import Badge, Cell, table_of
from iamsim.report.html.policy_text import Anchor, Remark, TextMark, policy_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.checks.finding import Finding
    from iamsim.report.findings import CheckedPolicy
    from iamsim.report.html.policy_text import Block

__all__ = ["findings_page"]

_KINDS = {
    FindingType.ERROR: "no",
    FindingType.SECURITY_WARNING: "no",
    FindingType.WARNING: "open",
    FindingType.SUGGESTION: "none",
}


class FindingView(NamedTuple):
    """One finding with all that is said about it."""

    href: str
    badge: Badge
    code: str
    text: str
    place: str
    hint: str | None
    learn_more: str
    witness: tuple[str, ...]


class PolicyFindings(NamedTuple):
    """A policy in which something was found, its text with the findings at their places."""

    name: str
    title: str
    badge: Badge
    findings: tuple[FindingView, ...]
    suppressed: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]


def findings_page(checked: Sequence[CheckedPolicy]) -> str:
    """Write what was found as one HTML file."""
    views = [
        _policy(policy, anchor("p", number))
        for number, policy in enumerate(checked, 1)
        if policy.findings or policy.suppressed
    ]
    rows = [
        (
            Cell(one.place, href=one.href),
            Cell(badge=one.badge),
            Cell(one.code, code=True),
            one.text,
        )
        for view in views
        for one in view.findings
    ]
    header = ("place", "type", "code", "what was found")
    count = count_line(checked)
    grave = any(one.badge.kind == "no" for view in views for one in view.findings)
    return render_page(
        "findings",
        count[:1].upper() + count[1:],
        badge=Badge("no", "to be mended")
        if grave
        else Badge("open", "to be looked at")
        if rows
        else Badge("yes", "nothing found"),
        contents=table_of("findings", "Findings", header, rows),
        policies=views,
        clean=[one.name for one in checked if one.is_policy and not one.findings],
    )


def _policy(policy: CheckedPolicy, name: str) -> PolicyFindings:
    findings = policy.findings
    ranked = sorted(findings, key=lambda found: found.finding_type.rank)
    gravest = ranked[0].finding_type if ranked else None
    counts = Counter(type_word(found.finding_type) for found in ranked)
    words = ", ".join(f"{count} {word}{'s' * (count > 1)}" for word, count in counts.items())
    return PolicyFindings(
        name,
        policy.name,
        Badge("none" if gravest is None else _KINDS[gravest], words or "only suppressed findings"),
        tuple(_finding(found, anchor(name, number)) for number, found in enumerate(findings, 1)),
        tuple(
            (f"{one.finding.code}: {one.finding.details}", one.suppression.reason)
            for one in policy.suppressed
        ),
        _lines(findings, name),
    )


def _finding(found: Finding, name: str) -> FindingView:
    spans = found.spans
    witness = found.witness
    shown = () if witness is None else (witness.call, *(f"{k} = {v}" for k, v in witness.context))
    kind = found.finding_type
    return FindingView(
        f"#{name}",
        Badge(_KINDS[kind], type_word(kind)),
        found.code,
        found.details,
        spans[0].place if spans else found.policy,
        found.hint,
        found.learn_more,
        shown,
    )


def _lines(findings: Sequence[Finding], name: str) -> tuple[Block, ...]:
    """The text of the policy; broken text is shown whole."""
    if not findings:
        return ()
    source = findings[0].source
    whole = Span(source, 0, len(source.text))
    if all(found.fault is None for found in findings):
        whole = source.span(())
    marks, remarks, anchors = [], [], []
    for number, found in enumerate(findings, 1):
        kind = _KINDS[found.finding_type]
        spans = [span for span in found.spans if span.source.text == source.text] or [whole]
        text = f"{type_word(found.finding_type)} {found.code}: {found.details}"
        marks += [
            TextMark(span.start, max(span.end, span.start + 1), kind, text)
            for span in spans
            if span.start > whole.start or span.end < whole.end
        ]
        # A text that breaks off is at fault behind its last character.
        start = min(spans[0].start, max(whole.end - 1, whole.start))
        remarks.append(Remark(source.line_column(start)[0], kind, text))
        anchors.append(Anchor(start, start, anchor(name, number), kind))
    return policy_blocks(whole, marks, remarks, anchors)
