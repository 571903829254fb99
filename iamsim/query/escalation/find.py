"""Finds all ways of all principals of a world, as a graph.

It goes through the accounts one by one; then through the roles that trust somebody, in whatever
account that is; then through what one account may do in all others of its organization.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.escalation_paths import Way, known_ways
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.escalation.administrators import find_administrators
from iamsim.query.escalation.assuming import ASSUME_ROLE, Assuming
from iamsim.query.escalation.beside import homes_beside
from iamsim.query.escalation.growth import Growth
from iamsim.query.escalation.homes import Beside, Homes
from iamsim.query.escalation.inside import Inside
from iamsim.query.escalation.model import Blocked, Escalations, administrator_of
from iamsim.query.escalation.organization import AcrossAccounts
from iamsim.query.escalation.visiting import visit

if TYPE_CHECKING:
    from iamsim.query.batch import Batch, BatchAnswer, Candidate

__all__ = ["ASSUME_ROLE", "find_escalations"]

REGION = "us-east-1"


class AccountEscalations(NamedTuple):
    """What was found in one account."""

    administrators: dict[str, BatchAnswer]
    growth: Growth
    blocked: list[Blocked]
    not_followed: list[str]
    not_tried: list[str]
    beside: list[Beside]


class Assumed(NamedTuple):
    """Who assumes the roles of one account. `candidates` are callers from other accounts."""

    growth: Growth
    blocked: list[Blocked]
    candidates: dict[str, Candidate]


class Asked(NamedTuple):
    """What the search in every account is about."""

    homes: Homes
    ways: Sequence[Way]
    beside: Sequence[Beside] = ()


def find_escalations(
    batch: Batch,
    *,
    region: str = REGION,
    blocked: bool = False,
    ways: Sequence[Way] | None = None,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> Escalations:
    """Find every way of every principal that is not an administrator already.

    Resources that a way makes are asked for in `region`, unless policies name another. With
    `blocked` what denies a way is kept, too. Raises what the engine raises for a broken policy.
    """
    from networkx import DiGraph

    some = tuple(known_ways() if ways is None else ways)
    escalations = Escalations(DiGraph())
    homes = Homes(batch, region, blocked=blocked)
    escalations.candidates = homes.candidates
    accounts = list(homes)
    total = 2 * len(accounts)
    in_the_way: dict[str, list[Blocked]] = {}

    inside = processes.spread(
        batch, InAccounts, Asked(homes, some), accounts, lambda done, _: progress(done, total)
    )
    beside: list[Beside] = []
    for account, entry in zip(accounts, inside, strict=True):
        escalations.administrators.update(entry.administrators)
        escalations.not_followed += entry.not_followed
        escalations.not_tried += entry.not_tried
        entry.growth.add_to(escalations.graph)
        in_the_way[account] = entry.blocked
        beside += entry.beside

    asked = Asked(homes, some, tuple(beside))
    assumed = processes.spread(
        batch, AssumingRoles, asked, accounts, lambda done, _: progress(len(accounts) + done, total)
    )
    for account, theirs in zip(accounts, assumed, strict=True):
        theirs.growth.add_to(escalations.graph)
        in_the_way[account] += theirs.blocked
        for principal, candidate in theirs.candidates.items():
            escalations.candidates.setdefault(principal, candidate)

    across = [way for way in some if way.administers is not None]
    if across:
        growth = Growth("organization")
        others = [homes.beside(other_beside) for other_beside in beside]
        AcrossAccounts(batch, homes, escalations, others, homes.gains, region).run(across, growth)
        growth.add_to(escalations.graph)
    for blocked_there in in_the_way.values():
        escalations.blocked += blocked_there
    return escalations


class InAccounts:
    """Finds the ways inside accounts, one by one, but for assuming roles."""

    def __init__(self, batch: Batch, asked: Asked) -> None:
        """Take what is asked."""
        self._batch = batch
        self._homes = asked.homes
        self._inside = [
            way for way in asked.ways if way.id != ASSUME_ROLE and way.administers is None
        ]
        others = [way for way in asked.ways if way.id == ASSUME_ROLE or way.administers is not None]
        # The ways that may go on from what somebody has got besides.
        self._beside = [way for way in (*self._inside, *others) if way.target != "group"]

    def __call__(self, account: str) -> AccountEscalations:
        """Search in one account."""
        homes, region = self._homes, self._homes.region
        home = homes[account]
        might = home.sources.able(["iam:AttachUserPolicy", "s3:DeleteBucketPolicy"])
        administrators = find_administrators(self._batch, account, might, region)
        growth = Growth(account)
        node = administrator_of(account)
        for candidate in home.candidates:
            principal = candidate.principal
            # Who is everything in an account can become anybody in it.
            growth.same(node, principal)
            if principal in administrators:
                growth.same(principal, node)
        inside = Inside(home, growth, administrators, homes.trusting, region)
        inside.run(self._inside)
        home.taker.forget()
        not_tried = set(home.taker.not_tried)
        not_followed: list[str] = []
        beside = []
        for other in homes_beside(home, inside.joined, growth, self._beside, region, not_followed):
            Inside(other, growth, administrators, homes.trusting, region).run(self._inside)
            other.taker.forget()
            not_tried |= other.taker.not_tried
            beside.append(homes.keep_beside(other))
        blocked = homes.take_blocked(account)
        calls = [f"{call} in {account}" for call in sorted(not_tried)]
        return AccountEscalations(administrators, growth, blocked, not_followed, calls, beside)


class AssumingRoles:
    """Finds who of other accounts becomes what the roles of accounts are, one by one: by assuming
    them, or by the workloads that run with them."""

    def __init__(self, batch: Batch, asked: Asked) -> None:
        """Take everybody who might."""
        homes = self._homes = asked.homes
        self._ways = [way for way in asked.ways if way.id == ASSUME_ROLE]
        beside = [homes.beside(beside) for beside in asked.beside]
        self._candidates = dict(homes.candidates)
        self._assuming = Assuming(batch, homes, beside, self._candidates, homes.region)
        self._visiting = [way for way in asked.ways if way.kind == "workloads"]
        self._batch = batch

    def __call__(self, account: str) -> Assumed:
        """Search among the roles of one account."""
        homes = self._homes
        growth = Growth(f"roles of {account}")
        for way in self._ways:
            self._assuming.run(way, homes[account], growth)
        visit(self._batch, homes, self._visiting, homes[account], growth)
        fresh = {
            name: candidate
            for name, candidate in self._candidates.items()
            if name not in homes.candidates
        }
        return Assumed(growth, homes.take_blocked(account), fresh)
