"""What dangles in a world, as a document and as plain data."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.query.world_lint import LintFinding, LintSeverity
from iamsim.report.document import EVERY_FORM, Badge, Column, Document, Form, Json, Section

_TEXT = frozenset({Form.TEXT})
_WIDE = EVERY_FORM - _TEXT
_KINDS = {LintSeverity.ERROR: "no", LintSeverity.WARNING: "open", LintSeverity.NOTE: "none"}


def lint_document(found: Sequence[LintFinding]) -> Document:
    """Lay out the findings by place, as compilers write them."""
    columns: tuple[Column[LintFinding], ...] = (
        Column("place", _head, _TEXT),
        Column("place", _place, _WIDE, code=True),
        Column("severity", lambda row: Badge(_KINDS[row.severity], row.severity.value), _WIDE),
        Column("code", lambda row: row.code, _WIDE, code=True),
        Column("", lambda row: row.message, _TEXT),
        Column("message", lambda row: row.message, _WIDE),
        Column("hint", lambda row: row.hint or ""),
    )
    section = Section("findings", "", columns, found, cards=True)
    verdict = Badge("no", "something dangles") if found else Badge("yes", "nothing dangles")
    return Document("the world, looked through", (section,), (), _count(found), verdict)


def _place(finding: LintFinding) -> str:
    return "" if finding.span is None else finding.span.place


def _head(finding: LintFinding) -> str:
    return ": ".join(filter(None, (_place(finding), finding.severity.value, finding.code)))


def _count(found: Sequence[LintFinding]) -> str:
    """How many there are of each kind."""
    counts = [
        (sum(1 for finding in found if finding.severity is severity), severity.value)
        for severity in LintSeverity
    ]
    words = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in counts if number]
    return ", ".join(words)


def lint_lines(found: Sequence[LintFinding]) -> list[str]:
    """A line for each, for `--quiet`."""
    return [
        f"{_place(finding) or '-'} {finding.severity.value} {finding.code}" for finding in found
    ]


def lint_data(found: Sequence[LintFinding]) -> Json:
    """The findings as plain data."""
    return {
        "findings": [
            {
                "severity": finding.severity.value,
                "code": finding.code,
                "message": finding.message,
                "hint": finding.hint,
                "file": None if finding.span is None else finding.span.source.name,
                "line": None if finding.span is None else finding.span.line,
                "column": None if finding.span is None else finding.span.column,
            }
            for finding in found
        ]
    }
