"""Findings as text: place and message, the line of policy with a caret, a hint, and a count."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.codes import FindingType
from iamsim.core.caret import caret_block
from iamsim.report.paint import Paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.checks.finding import Finding
    from iamsim.checks.suppression import SuppressedFinding

__all__ = ["CheckedPolicy", "count_line", "render_findings", "type_word"]

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


def render_findings(
    checked: Sequence[CheckedPolicy],
    *,
    verbose: bool = False,
    color: bool = False,
    without: Sequence[str] = (),
) -> str:
    """Write all findings, file by file in the order of the text, and how many there are.

    `verbose` adds where AWS explains each finding, the findings that are suppressed, and the names
    of the files `without` a policy.
    """
    paint = Paint(color)
    blocks = [_block(found, paint, verbose) for policy in checked for found in policy.findings]
    if verbose:
        blocks += [_accepted(one, paint) for policy in checked for one in policy.suppressed]
    if verbose and without:
        blocks.append("".join(f"{paint.title(name)}: no policy\n" for name in without))
    return "\n".join([*blocks, f"{count_line(checked, len(without))}\n"])


def count_line(checked: Sequence[CheckedPolicy], without: int = 0) -> str:
    """Say how many findings of which type there are, in how many policies; `without` counts files
    that hold no policy."""
    if without:
        files = _number(without, "file holds", "files hold")
        return f"{count_line(checked)}; {files} no policy"
    counts = Counter(found.finding_type for policy in checked for found in policy.findings)
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


def _block(found: Finding, paint: Paint, verbose: bool) -> str:
    """Write one finding."""
    kind = found.finding_type
    word = _WORDS[kind]
    grave = kind in (FindingType.ERROR, FindingType.SECURITY_WARNING)
    head = paint.bad(word) if grave else paint.name(word)
    spans = found.spans
    place = spans[0].place if spans else found.policy
    lines = [f"{paint.title(place)}: {head} {found.code}: {found.details}"]
    if spans and spans[0].source.text.strip():
        first = spans[0]
        if found.places[0].path or found.fault is not None:
            lines.append(caret_block(first))
        if len(spans) > 1:
            others = ", ".join(f"{span.line}:{span.column}" for span in spans[1:])
            lines.append(paint.quiet(f"also at {others}"))
    if found.hint:
        lines.append(f"hint: {found.hint}")
    if found.witness is not None:
        lines.append(f"shown by: {found.witness.call}")
        lines += [f"  {key} = {value}" for key, value in found.witness.context]
    if verbose:
        lines.append(paint.quiet(f"see {found.learn_more}"))
    return "\n".join(lines) + "\n"


def _accepted(one: SuppressedFinding, paint: Paint) -> str:
    """Write one finding that is suppressed, with the reason."""
    found, by = one
    place = found.spans[0].place if found.spans else found.policy
    where = "in its Sid" if by.in_policy else f"in {by.source.span(by.path).place}"
    until = f" until {by.until}" if by.until else ""
    head = paint.quiet(f"suppressed {_WORDS[found.finding_type]}")
    return (
        f"{paint.title(place)}: {head} {found.code}: {found.details}\n"
        f"because: {by.reason} ({where}{until})\n"
    )


def _number(count: int, one: str, several: str) -> str:
    """Count something."""
    return f"{count} {one if count == 1 else several}"
