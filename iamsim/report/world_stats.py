"""How much is in a world and how near it is to quotas: tables and plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.caret import printable
from iamsim.query.world_stats import COUNTED
from iamsim.report.columns import table

if TYPE_CHECKING:
    from iamsim.query.world_stats import Counts, Usage, WorldStats
    from iamsim.report.paint import Paint

__all__ = ["stats_data", "stats_text"]

Json = dict[str, object]
SHOWN = 10  # quotas, and accounts
HEADS = {"permission_sets": "permission sets", "vpc_endpoints": "VPC endpoints"}
NEAR = 0.8


def stats_text(stats: WorldStats, paint: Paint, width: int, *, verbose: bool = False) -> str:
    """Counts in all and by account, then the quotas that are fullest."""
    kinds = [one for one in COUNTED if any(account.numbers[one] for account in stats.accounts)]
    totals = [(HEADS.get(one, one), f"{_total(stats, one):,}") for one in kinds]
    rows = [
        ("accounts", f"{len(stats.accounts):,}"),
        *([("organization nodes", f"{stats.nodes:,}")] if stats.nodes else []),
        *totals,
        ("attachments", f"{stats.attachments:,} of {stats.documents:,} documents"),
        ("statements", f"{stats.statements:,}"),
    ]
    lines = [paint.title("in all"), *table(rows, width, indent=2)]
    if len(stats.accounts) > 1:
        shown = stats.accounts if verbose else _largest(stats.accounts)
        head = ("account", *(HEADS.get(one, one) for one in kinds), "name")
        body = [
            (one.account, *(f"{one.numbers[kind]:,}" for kind in kinds), printable(one.name or ""))
            for one in shown
        ]
        lines += ["", paint.title("by account"), *table([head, *body], width, indent=2)]
        if len(shown) < len(stats.accounts):
            lines.append(f"  and {len(stats.accounts) - len(shown)} more: -v lists them")
    usages = stats.usages if verbose else stats.usages[:SHOWN]
    if usages:
        lines += ["", paint.title("nearest to a quota")]
        lines += table([_usage(one) for one in usages], width, indent=2)
    return "\n".join([*lines, ""])


def _total(stats: WorldStats, kind: str) -> int:
    return sum(one.numbers[kind] for one in stats.accounts)


def _largest(accounts: list[Counts]) -> list[Counts]:
    """The accounts that hold most, in the order of their ids."""
    some = sorted(accounts, key=lambda one: (-sum(one.numbers.values()), one.account))[:SHOWN]
    return sorted(some)


def _usage(one: Usage) -> tuple[str, ...]:
    mark = "over" if one.share > 1 else "near" if one.share >= NEAR else ""
    limit = f"{one.used:,} of {one.limit:,}" + (" (adjustable)" if one.adjustable else "")
    return f"{one.share:.0%}", mark, f"{one.what}: {limit} {one.quota}"


def stats_data(stats: WorldStats) -> Json:
    """Everything as plain data."""
    return {
        "accounts": [
            {"id": one.account, "name": one.name, **one.numbers} for one in stats.accounts
        ],
        "nodes": stats.nodes,
        "attachments": stats.attachments,
        "documents": stats.documents,
        "statements": stats.statements,
        "quotas": [
            {
                "what": one.what,
                "quota": one.quota,
                "used": one.used,
                "limit": one.limit,
                "adjustable": one.adjustable,
            }
            for one in stats.usages
        ],
    }
