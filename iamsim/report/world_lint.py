"""What dangles in a world, as text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.query.world_lint import LintSeverity
from iamsim.report.columns import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.query.world_lint import LintFinding
    from iamsim.report.paint import Paint

__all__ = ["lint_data", "lint_lines", "lint_summary", "lint_text"]

Json = dict[str, object]


def lint_text(found: Sequence[LintFinding], paint: Paint, width: int) -> str:
    """The findings by place, as compilers write them."""
    lines: list[str] = []
    for one in found:
        place = f"{paint.name(one.span.place)}: " if one.span is not None else ""
        word = one.severity.value
        painted = paint.bad(word) if one.severity is LintSeverity.ERROR else word
        lines.append(f"{place}{painted}: {one.code}")
        lines += table([(one.message,)], width, indent=2)
        if one.hint:
            lines += table([("hint:", one.hint)], width, indent=2)
    lines += ["", lint_summary(found), ""] if found else [lint_summary(found), ""]
    return "\n".join(lines)


def lint_summary(found: Sequence[LintFinding]) -> str:
    """How many there are of each kind."""
    counts = [
        (sum(1 for one in found if one.severity is severity), severity.value)
        for severity in LintSeverity
    ]
    words = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in counts if number]
    return ", ".join(words) or "nothing dangles"


def lint_lines(found: Sequence[LintFinding]) -> str:
    """A line for each, for `--quiet`."""
    return "".join(
        f"{one.span.place if one.span is not None else '-'} {one.severity.value} {one.code}\n"
        for one in found
    )


def lint_data(found: Sequence[LintFinding]) -> Json:
    """The findings as plain data."""
    return {
        "findings": [
            {
                "severity": one.severity.value,
                "code": one.code,
                "message": one.message,
                "hint": one.hint,
                "file": None if one.span is None else one.span.source.name,
                "line": None if one.span is None else one.span.line,
                "column": None if one.span is None else one.span.column,
            }
            for one in found
        ]
    }
