"""Policy coverage as a document and as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.report.document import (
    EVERY_FORM,
    SEPARATE,
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
from iamsim.words.wording import shortened

if TYPE_CHECKING:
    from iamsim.suites.covered import ClauseCoverage, PolicyCoverage, StatementCoverage

_LONGEST = 60


def percent(covered: int, units: int) -> float:
    """Give the share in percent; nothing to cover is all covered."""
    return 100.0 * covered / units if units else 100.0


def percent_of(policies: Sequence[PolicyCoverage]) -> float:
    """Give the share of all policies together, in percent."""
    covered = sum(policy.covered for policy in policies)
    return percent(covered, sum(policy.units for policy in policies))


def coverage_document(policies: Sequence[PolicyCoverage]) -> Document:
    """Coverage alone."""
    whole = all(policy.covered == policy.units for policy in policies)
    verdict = Badge("yes", "all covered") if whole else Badge("open", "not all covered")
    blocks = coverage_blocks(policies)
    return Document("coverage of policies", blocks, (), share_line(policies), verdict)


def coverage_blocks(
    policies: Sequence[PolicyCoverage], *, verbose: bool = False
) -> tuple[Block, ...]:
    """A row a policy: statements that matched, what is covered, and the lines that are not; then
    what is missing in words, everywhere with `verbose`; and the texts with their marks."""
    files = Counter(policy.file for policy in policies)
    names = {id(p): p.file if files[p.file] == 1 else f"{p.file} ({p.name})" for p in policies}
    anchors = {id(policy): anchor("c", number) for number, policy in enumerate(policies, 1)}
    columns: tuple[Column[PolicyCoverage], ...] = (
        Column("policy", lambda row: Cell(names[id(row)], href=f"#{anchors[id(row)]}")),
        Column("statements", _matched),
        Column("covered", _share),
        Column("missing lines", _missing_lines),
    )
    table = Section("coverage", "coverage", columns, policies, headed=True)
    gaps: tuple[Column[_Gap], ...] = (
        Column("policy", lambda gap: gap.policy, EVERY_FORM - {Form.TEXT}),
        Column("line", lambda gap: str(gap.line)),
        Column("missing", lambda gap: gap.what),
    )
    missing = Section(
        "missing",
        "What is not covered",
        gaps,
        [_Gap(names[id(policy)], *gap) for policy in policies for gap in missing_of(policy)],
        lambda gap: gap.policy,
        forms=EVERY_FORM if verbose else SEPARATE,
    )
    return table, missing, *(_text(policy, anchors[id(policy)]) for policy in policies)


class _Gap(NamedTuple):
    policy: str
    line: int
    what: str


def _matched(policy: PolicyCoverage) -> str:
    alive = [statement for statement in policy.statements if not statement.dead]
    return f"{sum(statement.matched > 0 for statement in alive)} of {len(alive)}"


def _share(policy: PolicyCoverage) -> Badge:
    whole = policy.covered == policy.units
    kind = "yes" if whole else "open" if policy.covered else "no"
    return Badge(kind, f"{_floor(percent(policy.covered, policy.units))} %")


def _missing_lines(policy: PolicyCoverage) -> str:
    return ", ".join(dict.fromkeys(str(line) for line, _ in missing_of(policy)))


def _text(policy: PolicyCoverage, name: str) -> Marked:
    """The text of a policy, each part marked as exercised or not."""

    def blocks() -> Sequence[object]:
        marks = [
            _mark(clause, statement)
            for statement in policy.statements
            for clause in statement.clauses
        ]
        remarks = [Remark(line, "no", text) for line, text in missing_of(policy)]
        anchors = [_anchor(statement, name) for statement in policy.statements]
        return policy_blocks(policy.source.span(()), marks, remarks, anchors)

    note = "" if policy.file == policy.name else policy.file
    return Marked(name, policy.name, blocks, _share(policy), note)


def _mark(clause: ClauseCoverage, statement: StatementCoverage) -> TextMark:
    """How a clause was exercised."""
    span = clause.span
    if statement.dead:
        return TextMark(span.start, span.end, "none", "no request can reach this statement")
    title = f"held {clause.held} times, alone kept the statement from matching {clause.blocked}"
    kind = "yes" if clause.covered == clause.units else "open" if clause.covered else "no"
    return TextMark(span.start, span.end, kind, title)


def _anchor(statement: StatementCoverage, name: str) -> Anchor:
    span = statement.span
    kind = "none" if statement.dead else "yes" if statement.matched else "no"
    return Anchor(span.start, span.end, anchor(name, statement.index + 1), kind)


def share_line(policies: Sequence[PolicyCoverage]) -> str:
    """Say how much of everything is covered, in whole percent."""
    if not policies:
        return "no policy was in play: there is nothing to cover"
    return f"{_floor(percent_of(policies))} % of all statements and clauses are covered"


def shortfall(policies: Sequence[PolicyCoverage], limit: float) -> str | None:
    """Say by how much coverage misses a limit in percent; `None` when it is enough. Where no policy
    was in play nothing was measured, which is not enough."""
    share = percent_of(policies) if policies else 0.0
    if share >= limit:
        return None
    found = f"coverage is {share:.2f} %" if policies else "no policy was in play"
    return f"{found}, and {limit:g} % is asked for"


def _floor(share: float) -> str:
    """Round down: what is not all covered never reads as 100 %."""
    return str(int(share))


def missing_of(policy: PolicyCoverage) -> list[tuple[int, str]]:
    """What is not covered, with its line, in the order of the text."""
    return sorted(
        (line, what) for statement in policy.statements for line, what in _missing(statement)
    )


def _missing(statement: StatementCoverage) -> Iterator[tuple[int, str]]:
    line = statement.span.line
    name = f"statement {statement.index + 1}" + (f" `{statement.sid}`" if statement.sid else "")
    if statement.dead:
        yield line, f"{name} is dead: no request can reach it"
        return
    if not statement.matched:
        blocked = " (one clause alone kept it from matching)" if statement.blocked else ""
        yield line, f"{name} never matched{blocked}"
    for clause in statement.clauses:
        if clause.covered < clause.units and (statement.matched or clause.blocked):
            yield clause.span.line, f"{_clause(clause)} {_lack(clause)}"


def _clause(clause: ClauseCoverage) -> str:
    return f"{clause.element.value} {shortened(clause.text, _LONGEST)}"


def _lack(clause: ClauseCoverage) -> str:
    if clause.is_condition and clause.held:
        return "never kept the statement from matching"
    return "never matched" if not clause.is_condition else "never held"


def coverage_to_dict(policies: Sequence[PolicyCoverage]) -> dict[str, Any]:
    """Turn coverage into plain data."""
    return {
        "percent": round(percent_of(policies), 2),
        "policies": [
            {
                "policy": policy.name,
                "file": policy.file,
                "percent": round(percent(policy.covered, policy.units), 2),
                "statements": [_statement_data(statement) for statement in policy.statements],
            }
            for policy in policies
        ],
    }


def _statement_data(statement: StatementCoverage) -> dict[str, Any]:
    return {
        "index": statement.index,
        "sid": statement.sid,
        "effect": statement.effect,
        "line": statement.span.line,
        "matched": statement.matched,
        "decided": statement.decided,
        "blocked": statement.blocked,
        "dead": statement.dead,
        "clauses": [
            {
                "element": clause.element.value,
                "text": clause.text,
                "line": clause.span.line,
                "held": clause.held,
                "blocked": clause.blocked,
            }
            for clause in statement.clauses
        ],
    }
