"""Coverage of policies on a page: a table, and the texts with what was exercised marked in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.report.coverage import missing_of, percent, percent_of
from iamsim.report.html.page import anchor, render_page
from iamsim.report.html.parts import Badge, Cell, table_of
from iamsim.report.html.policy_text import Anchor, Remark, TextMark, policy_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.report.html.parts import Table
    from iamsim.report.html.policy_text import Block
    from iamsim.suites.covered import ClauseCoverage, PolicyCoverage, StatementCoverage

__all__ = ["CoverageView", "coverage_page", "coverage_view"]


class CoveredPolicy(NamedTuple):
    """A policy with its text, each part marked as exercised or not."""

    name: str
    title: str
    file: str
    badge: Badge
    blocks: tuple[Block, ...]


class CoverageView(NamedTuple):
    """What of the policies the cases exercised."""

    share: int
    table: Table
    policies: tuple[CoveredPolicy, ...]


def coverage_page(policies: Sequence[PolicyCoverage]) -> str:
    """Write coverage alone as one HTML file."""
    whole = all(policy.covered == policy.units for policy in policies)
    return render_page(
        "coverage",
        "Coverage of policies",
        badge=Badge("yes" if whole else "open", "all covered" if whole else "not all covered"),
        coverage=coverage_view(policies),
    )


def coverage_view(policies: Sequence[PolicyCoverage]) -> CoverageView:
    """Lay out the table, and the texts of the policies with their marks."""
    views, rows = [], []
    for number, policy in enumerate(policies, 1):
        name = anchor("c", number)
        share = int(percent(policy.covered, policy.units))
        alive = [statement for statement in policy.statements if not statement.dead]
        matched = sum(statement.matched > 0 for statement in alive)
        whole = policy.covered == policy.units
        badge = Badge("yes" if whole else "open" if policy.covered else "no", f"{share} %")
        missing = missing_of(policy)
        lines = ", ".join(dict.fromkeys(str(line) for line, _ in missing))
        rows.append(
            (
                Cell(policy.name, href=f"#{name}"),
                f"{matched} of {len(alive)}",
                Cell(badge=badge),
                lines,
                Cell(policy.file, code=True),
            )
        )
        marks = [_clause(clause, one) for one in policy.statements for clause in one.clauses]
        remarks = [Remark(line, "no", text) for line, text in missing]
        anchors = [_statement(statement, name) for statement in policy.statements]
        text = policy_blocks(policy.source.span(()), marks, remarks, anchors)
        views.append(CoveredPolicy(name, policy.name, policy.file, badge, text))
    header = ("policy", "statements that matched", "covered", "missing lines", "file")
    table = table_of("coverage", "Coverage of policies", header, rows)
    return CoverageView(int(percent_of(policies)), table, tuple(views))


def _clause(clause: ClauseCoverage, statement: StatementCoverage) -> TextMark:
    """How a clause was exercised."""
    span = clause.span
    if statement.dead:
        return TextMark(span.start, span.end, "none", "no request can reach this statement")
    title = f"held {clause.held} times, alone kept the statement from matching {clause.blocked}"
    kind = "yes" if clause.covered == clause.units else "open" if clause.covered else "no"
    return TextMark(span.start, span.end, kind, title)


def _statement(statement: StatementCoverage, name: str) -> Anchor:
    span = statement.span
    kind = "none" if statement.dead else "yes" if statement.matched else "no"
    return Anchor(span.start, span.end, anchor(name, statement.index + 1), kind)
