"""How much is in a world and how near it is to quotas: a document and plain data."""

from __future__ import annotations

from iamsim.query.world_stats import COUNTED, Counts, Usage, WorldStats
from iamsim.report.document import Badge, Column, Document, Fields, Json, Remark, Section

SHOWN = 10  # quotas, and accounts
HEADS = {"permission_sets": "permission sets", "vpc_endpoints": "VPC endpoints"}
NEAR = 0.8


def stats_document(
    stats: WorldStats, unknowns: tuple[Remark, ...] = (), *, verbose: bool = False
) -> Document:
    """Counts in all and by account, then the quotas that are fullest."""
    kinds = [text for text in COUNTED if any(account.numbers[text] for account in stats.accounts)]
    totals = [
        ("accounts", f"{len(stats.accounts):,}"),
        *([("organization nodes", f"{stats.nodes:,}")] if stats.nodes else []),
        *((HEADS.get(kind, kind), f"{_total(stats, kind):,}") for kind in kinds),
        ("attachments", f"{stats.attachments:,} of {stats.documents:,} documents"),
        ("statements", f"{stats.statements:,}"),
    ]
    shown = stats.accounts if verbose else _largest(stats.accounts)
    usages = stats.usages if verbose else stats.usages[:SHOWN]
    by_kind: tuple[Column[Counts], ...] = tuple(
        Column(HEADS.get(kind, kind), lambda one, kind=kind: f"{one.numbers[kind]:,}")  # type: ignore[misc]  # bound at once
        for kind in kinds
    )
    accounts: Section[Counts] = Section(
        "accounts",
        "by account",
        (
            Column("account", lambda row: row.account, code=True),
            *by_kind,
            Column("name", lambda row: row.name or ""),
        ),
        shown if len(stats.accounts) > 1 else (),
        headed=True,
    )
    quotas: Section[Usage] = Section(
        "quotas",
        "nearest to a quota",
        (
            Column("used", lambda row: f"{row.share:.0%}"),
            Column("mark", _mark),
            Column("of", _usage),
        ),
        usages,
    )
    more = len(stats.accounts) - len(shown)
    remarks = (Remark("note", f"{more} more accounts: `-v` lists them"),) if more else ()
    return Document(
        "what is in the world",
        (Fields("totals", "in all", tuple(totals)), accounts, quotas),
        (*remarks, *unknowns),
    )


def _total(stats: WorldStats, kind: str) -> int:
    return sum(account.numbers[kind] for account in stats.accounts)


def _largest(accounts: list[Counts]) -> list[Counts]:
    """The accounts that hold most, in the order of their ids."""
    some = sorted(accounts, key=lambda account: (-sum(account.numbers.values()), account.account))[
        :SHOWN
    ]
    return sorted(some)


def _mark(usage: Usage) -> str | Badge:
    if usage.share > 1:
        return Badge("no", "over")
    return Badge("open", "near") if usage.share >= NEAR else ""


def _usage(usage: Usage) -> str:
    limit = f"{usage.used:,} of {usage.limit:,}" + (" (adjustable)" if usage.adjustable else "")
    return f"{usage.what}: {limit} {usage.quota}"


def stats_data(stats: WorldStats) -> Json:
    """Everything as plain data."""
    return {
        "accounts": [
            {"id": account.account, "name": account.name, **account.numbers}
            for account in stats.accounts
        ],
        "nodes": stats.nodes,
        "attachments": stats.attachments,
        "documents": stats.documents,
        "statements": stats.statements,
        "quotas": [
            {
                "what": usage.what,
                "quota": usage.quota,
                "used": usage.used,
                "limit": usage.limit,
                "adjustable": usage.adjustable,
            }
            for usage in stats.usages
        ],
    }
