"""Findings as a document: place and message, the line of policy with a caret, a hint, a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.codes import FindingType
from iamsim.core.caret import caret_block
from iamsim.core.span import Span
from iamsim.report.document import (
    EVERY_FORM,
    Badge,
    Block,
    Cell,
    Column,
    Document,
    Form,
    Marked,
    Section,
)
from iamsim.report.html.page import anchor
from iamsim.report.html.policy_text import Anchor, Remark, TextMark, policy_blocks
from iamsim.report.unknowns import unchecked_remarks

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.suppression import SuppressedFinding
    from iamsim.report.unknowns import Unchecked

_TEXT = frozenset({Form.TEXT})
_WIDE = EVERY_FORM - _TEXT
_OPEN = 3  # policies with findings whose texts are open on a page
_KINDS = {
    FindingType.ERROR: "no",
    FindingType.SECURITY_WARNING: "no",
    FindingType.WARNING: "open",
    FindingType.SUGGESTION: "none",
}

_WORDS = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "security warning",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "suggestion",
}


class CheckedPolicy(NamedTuple):
    """A policy that was checked: the name of its file, what was found, and what of it somebody
    accepts. Findings about a file of suppressions have no policy."""

    name: str
    findings: tuple[Finding, ...]
    suppressed: tuple[SuppressedFinding, ...] = ()
    is_policy: bool = True


def type_word(kind: FindingType) -> str:
    """The word for a finding type."""
    return _WORDS[kind]


class _Row(NamedTuple):
    finding: Finding
    anchor: str


def findings_document(
    checked: Sequence[CheckedPolicy],
    *,
    verbose: bool = False,
    without: Sequence[str] = (),
    unknowns: Sequence[Unchecked] = (),
) -> Document:
    """Lay out all findings, file by file in the order of the text, and how many there are.

    `verbose` adds to the text where AWS explains each finding, the findings that are suppressed,
    and the names of the files `without` a policy; other formats have them in any case. Remarks say
    what no check could look at: `unknowns`, of which the text counts what a deployment tells.
    """
    told = EVERY_FORM if verbose else _WIDE
    rows = [
        _Row(finding, anchor("p", number, start))
        for number, policy in enumerate(checked, 1)
        for finding, start in zip(policy.findings, _starts(policy.findings), strict=True)
    ]
    columns: tuple[Column[_Row], ...] = (
        Column("place", lambda row: Cell(_place(row.finding), href=f"#{row.anchor}", code=True)),
        Column("", lambda row: Cell(_message(row.finding), badge_of(row.finding)), _TEXT),
        Column("type", lambda row: badge_of(row.finding), _WIDE),
        Column("code", lambda row: row.finding.code, _WIDE, code=True),
        Column("message", lambda row: row.finding.details, _WIDE),
        Column("", lambda row: _quote(row.finding), _TEXT),
        Column("also at", lambda row: ", ".join(_others(row.finding))),
        Column("hint", lambda row: row.finding.hint or ""),
        Column(
            "shown by", _witness, plain=lambda row: row.finding.witness and row.finding.witness.text
        ),
        Column("see", lambda row: row.finding.learn_more, told),
    )
    accepted: tuple[Column[SuppressedFinding], ...] = (
        Column("place", lambda row: _place(row.finding), code=True),
        Column("message", lambda row: Cell(_message(row.finding), _suppressed(row))),
        Column("because", _reason),
    )
    suppressed = [suppressed for policy in checked for suppressed in policy.suppressed]
    nothing: tuple[Column[str], ...] = (
        Column("place", lambda name: name, code=True),
        Column("message", lambda _: "no policy"),
    )
    blocks: tuple[Block, ...] = (
        Section("findings", "Findings", columns, rows, lambda _: "", lines=True),
        Section(
            "suppressed", "suppressed", accepted, suppressed, lambda _: "", lines=True, forms=told
        ),
        Section(
            "without", "without a policy", nothing, without, lambda _: "", lines=True, forms=told
        ),
        *_texts(checked),
    )
    kinds = {badge_of(row.finding).kind for row in rows}
    verdict = Badge("no", "to be mended") if "no" in kinds else Badge("yes", "nothing found")
    if (kinds or unknowns) and "no" not in kinds:
        verdict = Badge("open", "to be looked at")
    count = count_line(checked, len(without), unknowns)
    shown = [unknown for unknown in unknowns if verbose or not unknown.at_deployment]
    remarks = unchecked_remarks(shown)
    return Document("policies, checked", blocks, remarks, count, verdict, plain=True)


def _place(found: Finding) -> str:
    return found.spans[0].place if found.spans else found.policy


def _message(found: Finding) -> str:
    return f"{found.code}: {found.details}"


def badge_of(found: Finding) -> Badge:
    """The type of a finding."""
    return Badge(_KINDS[found.finding_type], _WORDS[found.finding_type])


def _suppressed(suppressed: SuppressedFinding) -> Badge:
    return Badge("none", f"suppressed {_WORDS[suppressed.finding.finding_type]}")


def _reason(suppressed: SuppressedFinding) -> str:
    by = suppressed.suppression
    where = "in its Sid" if by.in_policy else f"in {by.source.span(by.path).place}"
    until = f" until {by.until}" if by.until else ""
    return f"{by.reason} ({where}{until})"


def _quote(found: Finding) -> str:
    """The line of policy with a caret, where there is one."""
    spans = found.spans
    shown = spans and spans[0].source.text.strip() and (found.places[0].path or found.fault)
    return caret_block(spans[0]) if shown else ""


def _others(found: Finding) -> list[str]:
    if not found.spans:
        return []
    first, *others = found.spans
    return [
        f"{other.line}:{other.column}" if other.source.name == first.source.name else other.place
        for other in others
    ]


def _witness(row: _Row) -> str:
    """The request that shows a fault, a line for each context key."""
    witness = row.finding.witness
    if witness is None:
        return ""
    return "\n".join((witness.call, *(f"  {key} = {value}" for key, value in witness.context)))


def _texts(checked: Sequence[CheckedPolicy]) -> Iterator[Marked]:
    """The texts of the policies, with what was found at its place."""
    some = [(number, policy) for number, policy in enumerate(checked, 1) if policy.findings]
    for number, policy in some:
        ranked = sorted(policy.findings, key=lambda found: found.finding_type.rank)
        counts = Counter(_WORDS[found.finding_type] for found in ranked)
        words = ", ".join(f"{count} {word}{'s' * (count > 1)}" for word, count in counts.items())
        name = anchor("p", number)
        yield Marked(
            name,
            policy.name,
            lambda policy=policy, name=name: _lines(policy.findings, name),  # type: ignore[misc]  # bound at once
            Badge(badge_of(ranked[0]).kind, words),
            opened=len(some) <= _OPEN,
        )


def _lines(findings: Sequence[Finding], name: str) -> Sequence[object]:
    """The text of the policy; broken text is shown whole."""
    source, whole = findings[0].source, _whole(findings)
    marks, remarks = [], []
    anchors: dict[int, Anchor] = {}
    for finding, start in zip(findings, _starts(findings), strict=True):
        kind = _KINDS[finding.finding_type]
        spans = [span for span in finding.spans if span.source.text == source.text] or [whole]
        text = f"{type_word(finding.finding_type)} {_message(finding)}"
        marks += [
            TextMark(span.start, max(span.end, span.start + 1), kind, text)
            for span in spans
            if span.start > whole.start or span.end < whole.end
        ]
        remarks.append(Remark(source.line_column(start)[0], kind, text))
        anchors.setdefault(start, Anchor(start, start, anchor(name, start), kind))
    return policy_blocks(whole, marks, remarks, list(anchors.values()))


def _whole(findings: Sequence[Finding]) -> Span:
    """What of the text is shown: all of it where it is broken, else the policy."""
    source = findings[0].source
    if all(finding.fault is None for finding in findings):
        return source.span(())
    return Span(source, 0, len(source.text))


def _starts(findings: Sequence[Finding]) -> list[int]:
    """Where in the text each finding stands; a text that breaks off is at fault behind its last
    character."""
    if not findings:
        return []
    whole = _whole(findings)
    last = max(whole.end - 1, whole.start)
    source = findings[0].source
    return [
        next(
            (min(span.start, last) for span in finding.spans if span.source.text == source.text),
            whole.start,
        )
        for finding in findings
    ]


def count_line(
    checked: Sequence[CheckedPolicy], without: int = 0, unknowns: Sequence[Unchecked] = ()
) -> str:
    """Say how many findings of which type there are, in how many policies; `without` counts files
    that hold no policy, `unknowns` are what no check could look at."""
    later = sum(unknown.at_deployment for unknown in unknowns)
    counted = {"not known": len(unknowns) - later, "known only at deployment": later}
    parts_open = [
        f"{_number(count, 'part is', 'parts are')} {words}"
        for words, count in counted.items()
        if count
    ]
    if parts_open:
        return "; ".join([count_line(checked, without), *parts_open])
    if without:
        files = _number(without, "file holds", "files hold")
        return f"{count_line(checked)}; {files} no policy"
    counts = Counter(finding.finding_type for policy in checked for finding in policy.findings)
    suppressed = sum(len(policy.suppressed) for policy in checked)
    policies = _number(sum(policy.is_policy for policy in checked), "policy", "policies")
    if suppressed:
        policies += f" ({suppressed} suppressed)"
    if not counts:
        return f"no findings in {policies}"
    parts = [
        _number(counts[kind], _WORDS[kind], f"{_WORDS[kind]}s")
        for kind in FindingType
        if counts[kind]
    ]
    return f"{', '.join(parts)} in {policies}"


def _number(count: int, text: str, several: str) -> str:
    return f"{count} {text if count == 1 else several}"
