"""A generated policy, as a document and as plain data."""

from __future__ import annotations

import json
from dataclasses import asdict
from difflib import unified_diff
from typing import TYPE_CHECKING

from iamsim.report.document import Badge, Column, Document, Json, Prose, Remark, Section
from iamsim.report.snippets import snippet

if TYPE_CHECKING:
    from iamsim.replay.counting import Count
    from iamsim.replay.generate import Generated
    from iamsim.replay.grouping import Trade

PROOFS = {
    "PASS": Badge("yes", "proved: nothing new"),
    "FAIL": Badge("no", "grants more than today"),
    "UNKNOWN": Badge("open", "not proved"),
}


def generated_document(
    generated: Generated, principal: str, count: Count, form: str = "policy"
) -> Document:
    """Lay out the policy in a form of `snippet`, how it differs from today's, and what was left
    out of it."""
    text = "\n".join(snippet(generated.policy, principal, form))
    policy = Prose("policy", "Policy", (text,), code=True)
    blocks = [policy]
    if generated.today is not None:
        lines = "\n".join(_difference(generated))
        blocks.append(Prose("difference", "Beside today's policies", (lines,), code=True))
    left_out: Section[dict[str, object]] = Section(
        "left-out",
        "Left out",
        (
            Column("calls", lambda row: str(row["count"])),
            Column("action", lambda row: str(row["action"]), code=True),
            Column("resource", lambda row: str(row["resource"]), code=True),
            Column("why", lambda row: str(row["why"])),
        ),
        generated.left_out,
    )
    trade: Section[Trade] = Section(
        "trade",
        "Size against what is granted beyond the seen",
        (
            Column("most resources", lambda row: _limit(row, generated)),
            Column("statements", lambda row: str(row.statements)),
            Column("characters", lambda row: str(row.characters)),
            Column("resources", lambda row: str(row.resources)),
            Column("patterns", lambda row: str(row.patterns)),
        ),
        generated.trades,
        headed=True,
    )
    remarks = [Remark("note", text) for text in generated.assumptions]
    if generated.why_unknown is not None:
        remarks.append(Remark("unknown", generated.why_unknown))
    remarks += [
        Remark("warning", f"`{problem.file}` was not read whole: {problem.reason}")
        for problem in count.problems
    ]
    return Document(
        f"what `{principal}` needs, by what it did",
        (*blocks, trade, left_out),
        tuple(remarks),
        _summary(generated),
        None if generated.proof is None else PROOFS[generated.proof],
    )


def _limit(row: Trade, generated: Generated) -> str:
    words = "exact" if row.most == 0 else str(row.most)
    return f"{words} (this policy)" if row.most == generated.most else words


def _difference(generated: Generated) -> list[str]:
    """A unified diff of today's statements, all in one policy, to the new policy."""
    today, new = (
        json.dumps(entry, indent=2).splitlines() for entry in (generated.today, generated.policy)
    )
    return list(unified_diff(today, new, "today", "generated", lineterm=""))


def _summary(generated: Generated) -> str:
    return (
        f"{generated.calls} calls that succeeded, {generated.denied} denied,"
        f" {generated.statements} statements, {generated.beyond} patterns beyond what was seen"
    )


def generated_data(generated: Generated, count: Count) -> Json:
    """Everything as plain data."""
    return {
        "policy": generated.policy,
        "left_out": generated.left_out,
        "today": generated.today,
        "coverage": {
            "events": count.events,
            "calls": generated.calls,
            "denied": generated.denied,
            "requests_covered": generated.covered,
            "statements": generated.statements,
            "patterns": generated.beyond,
            "most_resources": generated.most,
            "characters": generated.size,
            "skipped": dict(count.skipped.most_common()),
            "problems": [
                {"file": problem.file, "reason": problem.reason} for problem in count.problems
            ],
        },
        "trade": [asdict(trade) for trade in generated.trades],
        "proof": generated.proof,
        "why_unknown": generated.why_unknown,
        "assumptions": generated.assumptions,
    }
