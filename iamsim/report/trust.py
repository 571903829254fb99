"""Who may assume which role, as text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.report.access_words import condition_of
from iamsim.report.columns import table
from iamsim.report.sentences import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.query.batch import BatchAnswer
    from iamsim.report.paint import Paint
    from iamsim.universe.candidates import Candidate

__all__ = ["TrustedRole", "trust_data", "trust_text"]


class TrustedRole(NamedTuple):
    """A role with everybody that can assume it, for certain or under conditions."""

    arn: str
    callers: tuple[tuple[Candidate, BatchAnswer], ...]


def trust_text(roles: Sequence[TrustedRole], paint: Paint, width: int) -> str:
    """Write a block a role: who can assume it, and under which condition."""
    blocks = []
    for role in roles:
        rows = [
            (
                candidate.principal,
                VERDICTS[answer.verdict],
                condition_of(answer) or candidate.kind.value,
            )
            for candidate, answer in role.callers
        ]
        lines = table(rows, width, indent=2) or [f"  {paint.quiet('nobody')}"]
        blocks.append("\n".join([paint.title(role.arn), *lines]))
    return "\n\n".join(blocks) + "\n" if blocks else "no roles\n"


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
