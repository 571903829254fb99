"""Policy coverage as a table for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from iamsim.report.columns import table
from iamsim.report.paint import Paint
from iamsim.report.wording import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.suites.covered import ClauseCoverage, PolicyCoverage, StatementCoverage

__all__ = [
    "coverage_to_dict",
    "missing_of",
    "percent",
    "percent_of",
    "render_coverage",
    "share_line",
    "shortfall",
]

_LONGEST = 60


def percent(covered: int, units: int) -> float:
    """Give the share in percent; nothing to cover is all covered."""
    return 100.0 * covered / units if units else 100.0


def percent_of(policies: Sequence[PolicyCoverage]) -> float:
    """Give the share of all policies together, in percent."""
    covered = sum(policy.covered for policy in policies)
    return percent(covered, sum(policy.units for policy in policies))


def render_coverage(
    policies: Sequence[PolicyCoverage],
    *,
    verbose: bool = False,
    color: bool = False,
    width: int = 100,
) -> str:
    """Write a row a policy: statements that matched, what is covered, and the lines that are not;
    with `verbose`, what is missing in words."""
    paint = Paint(color)
    files = Counter(policy.file for policy in policies)
    titles = {id(p): p.file if files[p.file] == 1 else f"{p.file} ({p.name})" for p in policies}
    rows = [("policy", "statements", "covered", "missing lines")]
    for policy in policies:
        alive = [statement for statement in policy.statements if not statement.dead]
        matched = sum(statement.matched > 0 for statement in alive)
        lines = ", ".join(dict.fromkeys(str(line) for line, _ in missing_of(policy)))
        share = f"{_floor(percent(policy.covered, policy.units))} %"
        rows.append((titles[id(policy)], f"{matched} of {len(alive)}", share, lines))
    text = [paint.title("coverage"), *table(rows, width, indent=2)]
    if verbose:
        for policy in policies:
            missing = missing_of(policy)
            if missing:
                text += ["", paint.name(titles[id(policy)])]
                text += [f"  {line:>4}  {what}" for line, what in missing]
    whole = policies and percent_of(policies) == 100  # noqa: PLR2004 - percent
    line = share_line(policies)
    return "\n".join([*text, "", paint.good(line) if whole else line]) + "\n"


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
