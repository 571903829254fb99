"""Assuming roles: of all accounts, from wherever their trust policies let somebody in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.engine.question import AttachedPolicies
from iamsim.query.batch.answers import decide_one
from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS, probe_resource
from iamsim.query.escalation.home import EVERYONE, Home
from iamsim.query.escalation.model import Taken, administrator_of
from iamsim.query.escalation.steps import StepTaker
from iamsim.query.escalation.targets import classes_of, trusted_names
from iamsim.query.role_chains import assume_action
from iamsim.universe.candidates import CandidateKind, named_candidates

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way
    from iamsim.query.batch import Batch, Candidate
    from iamsim.query.escalation.growth import Growth
    from iamsim.world.model import Role

ASSUME_ROLE = "sts-assume-role"
ACTION = "sts:AssumeRole"
NAMED_FROM_OUTSIDE = frozenset(
    {
        CandidateKind.ANONYMOUS,
        CandidateKind.EXTERNAL,
        CandidateKind.EXTERNAL_ACCOUNT,
        CandidateKind.IDENTITY_PROVIDER,
    }
)


class Assuming:
    """The search for who assumes the roles of one account after the other.

    `homes` are the accounts, `beside` those once more in which somebody has got something besides.
    Callers of other accounts that trust policies name are put into `candidates`.
    """

    def __init__(
        self,
        batch: Batch,
        homes: Mapping[str, Home],
        beside: Sequence[Home],
        candidates: dict[str, Candidate],
        region: str,
    ) -> None:
        """Take everybody who might assume a role."""
        self._batch = batch
        self._homes = homes
        about = batch.universe.mask_of([ACTION])
        # Without what they have got they are asked anyway.
        self._beside = [home for home in beside if home.added is not None and home.added & about]
        self._candidates = candidates
        self._region = region

    def run(self, way: Way, home: Home, growth: Growth) -> None:
        """Assuming the roles of one account."""
        roles = [
            entry for _, entry in sorted(home.account.roles.items()) if not entry.service_linked
        ]
        by_names: dict[frozenset[str], list[Role]] = {}
        for role in roles:
            by_names.setdefault(trusted_names(self._batch.world, role), []).append(role)
        takers = [self._taker(other_home, home) for other_home in self._beside]
        for names, some in by_names.items():
            callers = self._named(names, home)
            trusted = [home for home in self._homes if {EVERYONE, f"account:{home}"} & names]
            others = [
                (other, taker, named)
                for other, taker in zip(self._beside, takers, strict=True)
                if (named := _named_beside(names, other))
            ]
            if not callers and not trusted and not others:
                continue
            asking = {home.account.id, *(caller.account or "" for caller in callers), *trusted}
            seen = [self._homes[text] for text in sorted(asking) if text in self._homes]
            patterns = {
                pattern.pattern: pattern
                for party in (*seen, *(other for other, _, _ in others))
                for pattern in party.taker.statements.patterns(ACTION)
            }
            for alike in classes_of(some, patterns.values()):
                arns = [role.arn for role in alike]
                growth.hub(way, _take(way, home.taker, callers, alike), arns)
                for other, taker, named in others:
                    taken = _take(way, taker, named, alike)
                    growth.hub(way, {other.node(key): how for key, how in taken.items()}, arns)
                for account in trusted:
                    if account != home.account.id:
                        self._administrator(way, account, None, alike, growth)
                for caller in callers:
                    account = caller.account or ""
                    if account in self._homes and account not in {home.account.id, *trusted}:
                        self._administrator(way, account, caller.principal, alike, growth)

    def _taker(self, other: Home, home: Home) -> StepTaker:
        """Who decides steps on the roles of an account for those of another world."""
        return StepTaker(
            other.batch, home.account, other.taker.statements, self._region, blocked=False
        )

    def _named(self, names: frozenset[str], home: Home) -> list[Candidate]:
        """Who might assume a role that trusts these names: those named, and those of a named
        account whose own policies are about it. Naming everyone is a grant to each principal of the
        own account."""
        candidates: dict[str, Candidate] = {}
        if EVERYONE in names:
            candidates.update((candidate.principal, candidate) for candidate in home.candidates)
        for account, other in self._homes.items():
            if {EVERYONE, f"account:{account}"} & names:
                able = other.sources.able([ACTION])
                candidates.update((candidate.principal, candidate) for candidate in able)
        for name in names:
            candidate = self._candidates.get(name.removeprefix("aws:"))
            if candidate is not None:
                candidates[candidate.principal] = candidate
        for candidate in named_candidates(names, self._batch.world.model):
            if candidate.kind in NAMED_FROM_OUTSIDE:
                candidates[candidate.principal] = candidate
                self._candidates.setdefault(candidate.principal, candidate)
        return list(candidates.values())

    def _administrator(
        self,
        way: Way,
        account: str,
        named: str | None,
        alike: Sequence[Role],
        growth: Growth,
    ) -> None:
        """Who becomes an administrator of a trusted account may make a principal for it, and give
        one that is trusted by its name the permission it lacks."""
        partition = self._batch.world.model.accounts[account].partition
        principal = named or probe_resource(
            "arn:{partition}:iam::{account}:role/iamsim-probe", partition, account, ""
        )
        question = replace(
            self._batch.question(principal, ACTION, alike[0].arn),
            attached=AttachedPolicies(identity_policies=(ADMINISTRATOR_ACCESS,)),
        )
        answer = decide_one(question, self._batch.world)
        if answer.possible:
            taken = (Taken(way.steps[0], alike[0].arn, answer),)
            growth.hub(way, {administrator_of(account): taken}, [role.arn for role in alike])


def _named_beside(names: frozenset[str], other: Home) -> list[Candidate]:
    """Who of those with something besides might assume a role."""
    if {EVERYONE, f"account:{other.account.id}"} & names:
        return other.sources.able([ACTION])
    return [candidate for candidate in other.candidates if f"aws:{candidate.principal}" in names]


def _take(
    way: Way, taker: StepTaker, callers: Sequence[Candidate], alike: Sequence[Role]
) -> dict[str, tuple[Taken, ...]]:
    """Who of them may assume roles of one class, each with the call that is theirs."""
    by_action: dict[str, list[Candidate]] = {}
    for caller in callers:
        by_action.setdefault(assume_action(caller), []).append(caller)
    found: dict[str, tuple[Taken, ...]] = {}
    for some in by_action.values():
        found |= taker.take(way, some, alike[0], len(alike) - 1)
    return found
