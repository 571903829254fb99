"""Who may assume which role, as a document and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.report.access_words import condition_of
from iamsim.report.document import GROUPED, SEPARATE, Column, Document, Section, verdict_badge

if TYPE_CHECKING:
    from iamsim.query.batch import BatchAnswer
    from iamsim.query.role_chains import TrustedRole
    from iamsim.report.document import Badge
    from iamsim.universe.candidates import Candidate


class _Row(NamedTuple):
    role: str
    caller: Candidate | None
    answer: BatchAnswer | None


def trust_document(roles: Sequence[TrustedRole]) -> Document:
    """Lay out, role by role, who can assume it, and under which condition."""
    rows = [_Row(role.arn, *pair) for role in roles for pair in (role.callers or ((None, None),))]
    columns: tuple[Column[_Row], ...] = (
        Column("role", lambda row: row.role, SEPARATE, code=True),
        Column(
            "principal", lambda row: row.caller.principal if row.caller else "nobody", code=True
        ),
        Column("kind", lambda row: row.caller.kind.value if row.caller else "", SEPARATE),
        Column("decision", _decision),
        Column("condition", _condition, SEPARATE),
        Column(
            "remark",
            lambda row: _condition(row) or (row.caller.kind.value if row.caller else ""),
            GROUPED,
        ),
    )
    section = Section("roles", "Roles", columns, rows, lambda row: row.role, empty="no roles")
    return Document("who may assume which role", (section,))


def _decision(row: _Row) -> str | Badge:
    return "" if row.answer is None else verdict_badge(row.answer.verdict)


def _condition(row: _Row) -> str:
    return "" if row.answer is None else condition_of(row.answer) or ""


def trust_data(roles: Sequence[TrustedRole]) -> dict[str, Any]:
    """Turn it into plain data."""
    return {
        "roles": [
            {
                "role": role.arn,
                "callers": [
                    {
                        "principal": candidate.principal,
                        "kind": candidate.kind.value,
                        "decision": answer.verdict.value,
                        "condition": condition_of(answer),
                    }
                    for candidate, answer in role.callers
                ],
            }
            for role in roles
        ]
    }
