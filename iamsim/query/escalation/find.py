"""Finds all ways of all principals of a world, as a graph.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.engine.question import AttachedPolicies
from iamsim.query.batch.answers import decide_one
from iamsim.query.batch.candidates import CandidateKind, named_candidates
from iamsim.query.escalation.administrators import (
    ADMINISTRATOR_ACCESS,
    find_administrators,
    is_administrator_with,
    probe_resource,
)
from iamsim.query.escalation.gains import Gains, parsed_policies
from iamsim.query.escalation.model import Blocked, Edge, Escalations, Taken, administrator_of
from iamsim.query.escalation.steps import Sources, StepTaker, is_lacking
from iamsim.query.escalation.targets import (
    Statements,
    classes_of,
    customer_managed,
    trusted_names,
)
from iamsim.query.escalation.ways import known_ways
from iamsim.query.role_chains import assume_action
from iamsim.world.model import Group, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamsim.query.batch import Batch, BatchAnswer, Candidate
    from iamsim.query.escalation.ways import Way
    from iamsim.world.model import Account

__all__ = ["ASSUME_ROLE", "find_escalations"]

ASSUME_ROLE = "sts-assume-role"
REGION = "us-east-1"
EVERYONE = "*"
SOMEBODY = "iamsim-outside"
NAMED_FROM_OUTSIDE = frozenset(
    {
        CandidateKind.ANONYMOUS,
        CandidateKind.EXTERNAL,
        CandidateKind.EXTERNAL_ACCOUNT,
        CandidateKind.IDENTITY_PROVIDER,
    }
)
KINDS = frozenset({CandidateKind.USER, CandidateKind.ROLE, CandidateKind.IDENTITY_CENTER})


class Home(NamedTuple):
    """An account with who in it might take ways."""

    account: Account
    candidates: tuple[Candidate, ...]
    sources: Sources
    taker: StepTaker


def find_escalations(
    batch: Batch,
    *,
    region: str = REGION,
    blocked: bool = False,
    ways: Sequence[Way] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Escalations:
    """Find every way of every principal that is not an administrator already.

    Resources that a way makes are asked for in `region`, unless policies name another. With
    `blocked` what denies a way is kept, too. Raises what the engine raises for a broken policy.
    """
    return _Search(batch, region, blocked, known_ways() if ways is None else ways).run(progress)


class _Search:
    """One search: the graph as it grows."""

    def __init__(self, batch: Batch, region: str, blocked: bool, ways: Sequence[Way]) -> None:
        from networkx import DiGraph

        self.batch = batch
        self.region = region
        self.keep_blocked = blocked
        self.ways = ways
        self.found = Escalations(DiGraph())
        self._trusts: dict[tuple[str, str], list[Role]] = {}
        self.gains = Gains(batch, region)
        self._hubs = 0

    def run(self, progress: Callable[[int, int], None]) -> Escalations:
        """Go through the accounts, then through the roles that trust somebody."""
        accounts = self.batch.world.model.accounts
        by_account: dict[str, list[Candidate]] = {}
        for candidate in self.batch.candidates:
            if candidate.kind in KINDS and candidate.account is not None:
                by_account.setdefault(candidate.account, []).append(candidate)
        total = 2 * len(by_account)
        homes: dict[str, Home] = {}
        for number, (id_, candidates) in enumerate(sorted(by_account.items())):
            progress(number, total)
            homes[id_] = self._account(accounts[id_], candidates)
        assume = [way for way in self.ways if way.id == ASSUME_ROLE]
        for number, home in enumerate(homes.values()):
            progress(len(homes) + number, total)
            for way in assume:
                self._assume(way, home, homes)
        for home in homes.values():
            self.found.blocked += home.taker.blocked
        return self.found

    def _account(self, account: Account, candidates: list[Candidate]) -> Home:
        """The ways inside one account, but for assuming roles."""
        found = self.found
        found.candidates.update((one.principal, one) for one in candidates)
        everybody = Sources(self.batch, candidates)
        might = everybody.able(["iam:AttachUserPolicy", "s3:DeleteBucketPolicy"])
        administrators = find_administrators(self.batch, account.id, might, self.region)
        found.administrators.update(administrators)
        node = administrator_of(account.id)
        for candidate in candidates:
            principal = candidate.principal
            # Who is everything in an account can become anybody in it.
            found.graph.add_edge(node, principal, weight=0)
            if principal in administrators:
                found.graph.add_edge(principal, node, weight=0)
        sources = Sources(self.batch, ())
        sources.masks = {one: everybody.masks[one] for one in candidates}
        statements = Statements(self.batch, account.id, candidates)
        taker = StepTaker(self.batch, account, statements, self.region, blocked=self.keep_blocked)
        home = Home(account, tuple(candidates), sources, taker)
        for way in self.ways:
            if way.id == ASSUME_ROLE:
                continue
            # A role may trust somebody whose own policies say nothing about it.
            actions = [step.action for step in way.steps if step.action != "sts:AssumeRole"]
            able = [one for one in sources.able(actions) if one.principal not in administrators]
            if not able:
                continue
            if way.about_self:
                self._own(way, home, able)
            else:
                self._others(way, home, able)
        return home

    def _own(self, way: Way, home: Home, able: list[Candidate]) -> None:
        """A way by which one's own permissions grow."""
        kind = {"user": User, "role": Role}.get(way.target.partition(":")[2])
        some = [one for one in able if kind is None or isinstance(one.entity, kind)]
        if way.reaches == "without-boundary":
            some = [one for one in some if one.entity is not None and one.entity.boundary]
        for principal, taken in home.taker.take(way, some).items():
            candidate = self.found.candidates[principal]
            if way.reaches == "without-boundary":
                own = parsed_policies(home.account, candidate.entity)
                gained = is_administrator_with(
                    self.batch, candidate, own, self.region, without_boundary=True
                )
            else:
                gained = self.gains.with_everything(home.taker.statements, candidate)
            self._gain(way, home, principal, taken, gained)

    def _gain(
        self,
        way: Way,
        home: Home,
        principal: str,
        taken: tuple[Taken, ...],
        gained: BatchAnswer,
        target: str | None = None,
    ) -> None:
        """Become an administrator, or note why not."""
        if gained.possible:
            node = administrator_of(home.account.id)
            self._edge(principal, node, Edge(way, taken, gained))
        elif way.reaches == "administrator" or not is_lacking(gained.decision):
            # A group or the own policies that give little are no way that something blocks.
            home.taker.blocked.append(
                Blocked(principal, way, target, 0, None, taken[-1].resource, gained.decision)
            )

    def _others(self, way: Way, home: Home, able: list[Candidate]) -> None:
        """A way to one of the other principals of the account."""
        account = home.account
        targets = [
            one
            for one in sorted(self._pool(way, account), key=lambda entity: entity.name)
            if not (isinstance(one, Role) and one.service_linked)
            and not (way.reaches == "administrator" and one.arn in self.found.administrators)
        ]
        if not targets:
            return
        on_target = [step for step in way.steps if step.about_target]
        if not on_target:
            self._hub(way, home.taker.take(way, able), [one.arn for one in targets])
            return
        statements = home.taker.statements
        patterns = [one for step in on_target for one in statements.patterns(step.action)]
        by_trust = any(step.action == "sts:AssumeRole" for step in on_target)
        if way.reaches == "target":
            for some in classes_of(targets, patterns, by_trust=by_trust):
                takers = home.taker.take(way, able, some[0], len(some) - 1)
                self._hub(way, takers, [one.arn for one in some])
            return
        named = way.target == "group" or statements.tells_names_apart
        policies = any(step.resource == "target-policies" for step in on_target)

        def besides(target: User | Role | Group) -> object:
            """What of a target bears on what its policies would give."""
            own = customer_managed(account, target) if policies else ()
            return target.arn if named else tuple(own)

        for some in classes_of(targets, patterns, by_trust=by_trust, besides=besides):
            for target in some[:2]:  # the second one for whoever is the first
                wanted = [one for one in able if target is some[0] or one.principal == some[0].arn]
                if wanted:
                    takers = home.taker.take(way, wanted, target, len(some) - 1)
                    self._changed(way, home, takers, target)

    def _pool(self, way: Way, account: Account) -> Sequence[User | Role | Group]:
        """What a way could lead to by its kind, and by whom it trusts."""
        if way.trusts is not None:
            return self._trusting(way.trusts, account)
        if way.target == "user":
            return list(account.users.values())
        if way.target == "group":
            return list(account.groups.values())
        return list(account.roles.values())

    def _changed(
        self,
        way: Way,
        home: Home,
        takers: dict[str, tuple[Taken, ...]],
        target: User | Role | Group,
    ) -> None:
        """What becomes of changed policies of the target, or of its policies for oneself."""
        for principal, taken in takers.items():
            candidate = self.found.candidates[principal]
            if principal == target.arn:
                continue
            if isinstance(target, Group):
                if not self.gains.enough(home.sources.masks[candidate], target):
                    continue
                own = parsed_policies(home.account, candidate.entity, target)
                gained = is_administrator_with(self.batch, candidate, own, self.region)
                self._gain(way, home, principal, taken, gained, target.arn)
                continue
            known = self.gains.with_everything(
                home.taker.statements, self.found.candidates[target.arn]
            )
            self._gain(way, home, principal, taken, known, target.arn)

    def _trusting(self, service: str, account: Account) -> list[Role]:
        """The roles that a service may assume, for certain or under conditions; roles that differ
        in nothing that is asked are asked for once."""
        known = self._trusts.get((service, account.id))
        if known is not None:
            return known
        world = self.batch.world
        some = [
            role
            for role in account.roles.values()
            if not role.service_linked
            and not trusted_names(world, role).isdisjoint({EVERYONE, f"service:{service}"})
        ]
        patterns = Statements(self.batch, account.id, ()).patterns("sts:AssumeRole")
        found = [
            role
            for alike in classes_of(some, patterns, by_trust=True)
            if self.batch.decide(service, "sts:AssumeRole", alike[0].arn).possible
            for role in alike
            if isinstance(role, Role)
        ]
        self._trusts[service, account.id] = found
        return found

    def _assume(self, way: Way, home: Home, homes: dict[str, Home]) -> None:
        """Assuming the roles of one account, from wherever they are trusted."""
        roles = [one for _, one in sorted(home.account.roles.items()) if not one.service_linked]
        by_names: dict[frozenset[str], list[Role]] = {}
        for role in roles:
            by_names.setdefault(trusted_names(self.batch.world, role), []).append(role)
        for names, some in by_names.items():
            callers = self._named(names, homes, home)
            trusted = [one for one in homes if {EVERYONE, f"account:{one}"} & names]
            if not callers and not trusted:
                continue
            patterns = {
                pattern.pattern: pattern
                for id_ in sorted(
                    {home.account.id, *(one.account or "" for one in callers), *trusted}
                )
                if id_ in homes
                for pattern in homes[id_].taker.statements.patterns("sts:AssumeRole")
            }
            for alike in classes_of(some, patterns.values(), by_trust=True):
                arns = [one.arn for one in alike]
                self._hub(way, self._callers(way, home, callers, alike), arns)
                for account in trusted:
                    if account != home.account.id:
                        self._administrator_assumes(way, account, alike)

    def _named(self, names: frozenset[str], homes: dict[str, Home], home: Home) -> list[Candidate]:
        """Who might assume a role that trusts these names: those named, and those of a named
        account whose own policies are about it. Naming everyone is a grant to each principal of the
        own account."""
        found: dict[str, Candidate] = {}
        if EVERYONE in names:
            found.update((one.principal, one) for one in home.candidates)
        for account, other in homes.items():
            if {EVERYONE, f"account:{account}"} & names:
                able = other.sources.able(["sts:AssumeRole"])
                found.update((one.principal, one) for one in able)
        for name in names:
            candidate = self.found.candidates.get(name.removeprefix("aws:"))
            if candidate is not None:
                found[candidate.principal] = candidate
        for candidate in named_candidates(names, self.batch.world.model):
            if candidate.kind in NAMED_FROM_OUTSIDE:
                found[candidate.principal] = candidate
                self.found.candidates.setdefault(candidate.principal, candidate)
        return list(found.values())

    def _callers(
        self, way: Way, home: Home, callers: list[Candidate], alike: Sequence[User | Role | Group]
    ) -> dict[str, tuple[Taken, ...]]:
        """Who of them may assume roles of one class."""
        by_action: dict[str, list[Candidate]] = {}
        named: dict[str, str] = {}
        for caller in callers:
            asked = caller
            if caller.kind is CandidateKind.EXTERNAL_ACCOUNT:
                # A root user can't assume roles: the account stands for some principal of it.
                role = f"{caller.principal.removesuffix('root')}role/{SOMEBODY}"
                asked = caller._replace(principal=role, kind=CandidateKind.EXTERNAL)
                named[role] = caller.principal
            by_action.setdefault(assume_action(asked), []).append(asked)
        found: dict[str, tuple[Taken, ...]] = {}
        for some in by_action.values():
            found |= home.taker.take(way, some, alike[0], len(alike) - 1)
        return {named.get(principal, principal): taken for principal, taken in found.items()}

    def _administrator_assumes(
        self, way: Way, account: str, alike: Sequence[User | Role | Group]
    ) -> None:
        """Who becomes an administrator of a trusted account may make a principal for it."""
        partition = self.batch.world.model.accounts[account].partition
        principal = probe_resource(
            "arn:{partition}:iam::{account}:role/iamsim-probe", partition, account, ""
        )
        question = replace(
            self.batch.question(principal, "sts:AssumeRole", alike[0].arn),
            attached=AttachedPolicies(identity_policies=(ADMINISTRATOR_ACCESS,)),
        )
        answer = decide_one(question, self.batch.world)
        if answer.possible:
            taken = (Taken(way.steps[0], alike[0].arn, answer),)
            self._hub(way, {administrator_of(account): taken}, [one.arn for one in alike])

    def _hub(self, way: Way, takers: dict[str, tuple[Taken, ...]], targets: Iterable[str]) -> None:
        """Everybody who can take a way can reach every target: by a node in between."""
        some = list(targets)
        if not takers or not some:
            return
        if len(some) == 1 or len(takers) == 1:
            for principal, taken in takers.items():
                for target in some:
                    self._edge(principal, target, Edge(way, taken))
            return
        self._hubs += 1
        node = (way.id, self._hubs)
        for principal, taken in takers.items():
            self._edge(principal, node, Edge(way, taken))
        for target in some:
            self.found.graph.add_edge(node, target, weight=0)

    def _edge(self, source: object, target: object, edge: Edge) -> None:
        """Keep the nearer of two ways between the same."""
        graph = self.found.graph
        if source == target:
            return
        if graph.has_edge(source, target) and graph[source][target]["weight"] <= edge.weight:
            return
        graph.add_edge(source, target, weight=edge.weight, edge=edge)
