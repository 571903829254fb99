"""Permissions that their holders have not used for long, where a world says when services were
last called.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-unused-access-analysis.html. What
counts is what identity-based policies grant, as in the data of IAM: other policy types are not
asked (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html).
The engine decides it, by these policies alone. An action is called unused only where IAM tracks it
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-action-last-accessed.html).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from iamsim.core.collector import CollectLater
from iamsim.core.request import Request
from iamsim.engine.authorize import prepare
from iamsim.engine.relations import ResourceKind
from iamsim.engine.singular_actions import kin_of
from iamsim.engine.situation import Situation
from iamsim.engine.terms import decision_terms
from iamsim.query.analyzer.finding import AccessFinding, FindingKind, UnusedService
from iamsim.query.analyzer.known import Known, NamedPlace, Outcome, policies_alone
from iamsim.query.analyzer.since import find_limit, is_old
from iamsim.query.analyzer.unused import ROLE, USER, is_new, unused_roles
from iamsim.query.batch.answers import GUARDRAIL_LAYERS
from iamsim.query.batch.classes import action_classes, refine
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.what_can.places import EVERYTHING, Place, find_families
from iamsim.symbolic.lists import Shapes, listed_keys
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.solve import Modality
from iamsim.universe.alike import Member, outcomes, untold
from iamsim.universe.contents import reads_context
from iamsim.world.model import Role, ServiceAccess, User, World

if TYPE_CHECKING:
    from datetime import datetime

    from iamsim.compile.policy import PolicySet
    from iamsim.compile.residual import Term
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.question import Question
    from iamsim.query.batch import Batch

OPEN = -1  # stands for whatever a statement says that allows something in any context
EVERYWHERE = Place(EVERYTHING, EVERYTHING, ())


def find_unused_permissions(
    batch: Batch,
    now: str,
    days: int,
    progress: Callable[[int, int], None] = no_progress,
    *,
    processes: Processes = ALONE,
) -> list[AccessFinding]:
    """One finding for each user and each role in use that has not used some of its permissions for
    `days` before `now` (ISO 8601), with all services in which that is so.

    Service-linked roles, and who was made within this time, are left out, as AWS leaves them out.
    """
    limit = find_limit(now, days)
    holders = list(_holders(batch.world.model, limit))
    chunks = [tuple(holders[chunk.start : chunk.stop]) for chunk in processes.chunks(holders)]
    with CollectLater():
        parts = list(processes.spread(batch, _Looking, limit, chunks, progress))
    return [finding for part in parts for finding in part]


class _Looking:
    """Looks at holders of permissions, some at a time."""

    def __init__(self, batch: Batch, limit: datetime) -> None:
        self._batch = batch
        self._limit = limit
        self._known = Known(batch.universe)

    def __call__(self, holders: Sequence[User | Role]) -> list[AccessFinding]:
        found = []
        for holder in holders:
            services = tuple(Holder(self._batch, holder, self._limit, self._known).services())
            if services:
                found.append(
                    AccessFinding(
                        FindingKind.UNUSED_PERMISSION,
                        holder.arn,
                        USER if isinstance(holder, User) else ROLE,
                        holder.account,
                        services=services,
                        span=holder.span,
                    )
                )
        return found


def _holders(model: World, limit: datetime) -> Iterator[User | Role]:
    """Those of whom something is known, by account; of an unused role it says enough that it is
    one."""
    for account in sorted(model.accounts.values(), key=lambda account: account.id):
        unused = {role.name for role in unused_roles(account, limit)}
        items: list[User | Role] = [*account.users.values(), *account.roles.values()]
        for item in sorted(items, key=lambda item: item.arn):
            if not item.last_accessed or is_new(item.created, limit):
                continue
            if isinstance(item, Role) and (item.service_linked or item.name in unused):
                continue
            yield item


class Holder:
    """What one user or role was granted and has not used."""

    def __init__(self, batch: Batch, holder: User | Role, limit: datetime, known: Known) -> None:
        self.batch = batch
        self.universe = batch.universe
        self.holder = holder
        self.limit = limit
        self.known = known
        prepared = prepare(batch.question(holder.arn, "sts:GetCallerIdentity"), batch.world)
        facts = batch.world.caller_facts(prepared.question)
        self.facts, self.probe = facts, prepared.question
        self.caller = facts.caller
        self.identity = facts.identity
        self.statements = known.alike.own(facts.identity).members
        self.bounds = known.alike.own(facts.boundary).members
        self.context = prepared.request.context
        self.values = facts.context.values
        self.limited = facts.boundary is not None
        self.guarded = self.limited or bool(facts.scp_levels)
        self.kind = isinstance(holder, User), holder.account
        self.may = 0  # what some Allow is about, at most
        for statement in self.statements:
            if not statement.statement.denies:
                self.may |= statement.actions

    def services(self) -> Iterator[UnusedService]:
        """The services with unused permissions, by name."""
        universe = self.universe
        known = set(universe.services)
        for name, access in sorted((self.holder.last_accessed or {}).items()):
            if name not in known:
                # What the service reference does not list can't be asked; IAM's data lists only
                # services that the policies grant.
                if is_old(access.at, self.limit):
                    yield UnusedService(name, access.at)
                continue
            granted = self._granted(universe.service_mask(name) & self.may)
            if granted:
                unused_service = self._of_service(name, access, granted)
                if unused_service is not None:
                    yield unused_service

    def _of_service(self, name: str, access: ServiceAccess, granted: int) -> UnusedService | None:
        """What is unused of one service: all of it, or actions that are tracked."""
        universe = self.universe
        if access.whole and is_old(access.at, self.limit):
            blocked = tuple(universe.actions(self._blocked(granted)))
            return UnusedService(name, access.at, (), granted.bit_count(), (), blocked)
        tracked = 0
        unused = 0
        times: dict[int, str | None] = {}
        for action, at in access.actions.items():
            number = universe.number(f"{name}:{action}")
            if number is not None:
                tracked |= 1 << number
                if is_old(at, self.limit):
                    unused |= 1 << number
                    times[number] = at
        unused &= granted
        if not unused:
            return None
        return UnusedService(
            name,
            access.at,
            tuple((universe.written[number], times[number]) for number in universe.numbers(unused)),
            granted.bit_count(),
            tuple(universe.actions(granted & ~tracked)),
            tuple(universe.actions(self._blocked(unused))),
        )

    def _granted(self, mask: int) -> int:
        """The actions of one service that the identity-based policies, taken alone, allow on some
        resource."""
        own = [statement for statement in self.statements if statement.actions & mask]
        together = 0  # what only several statements decide
        for member in own:
            if member.statement.denies or member.listed:
                together |= member.actions
        found = 0
        for member in own:
            here = member.actions & mask & ~together & ~found
            for part in self._apart(here):
                if self._is_granted((member,), part):
                    found |= part
        for part in refine(mask & together, [member.actions for member in own]):
            some = tuple([member for member in own if member.actions & part])
            for inner in (
                self._apart(part) if any(not member.statement.denies for member in some) else ()
            ):
                if self._is_granted(some, inner):
                    found |= inner
        return found

    def _apart(self, mask: int) -> Iterator[int]:
        """A set of actions of one service, and one by one those that are unlike the others."""
        return self.universe.kins_of(mask)

    def _is_granted(self, some: tuple[Member, ...], part: int) -> bool:
        """Whether statements that are about the same actions, alone, allow these somewhere."""
        action = self.universe.first(part)
        read = self.read(some)
        contents = tuple(dict.fromkeys([member.content for member in some]))
        keys = any(member.statement.keys for member in some)
        # Context keys have values by service, account and kind of caller; all else is the same.
        about = kind_of(action, "" if not keys else action.partition(":")[0])
        alike = kin_of(action) is None
        key = self.kind if keys or not alike else (), about, contents, read

        def decide() -> bool:
            places = self._places(some, (contents, read))
            if keys or not alike or len(some) > 1:
                alone = self.alone(policies_alone(some))
                return any(self._allows(alone, action, place) for place in places)
            # The only statement, whatever the context is: it allows what it is about.
            return any(self._is_about(some[0].statement, action, place) for place in places)

        return self.known.alike.once(("granted", *key), decide)

    def _is_about(self, statement: CompiledStatement, action: str, place: Place) -> bool:
        return statement.matches(Request(self.caller, action, place.sample, {}))

    def read(self, some: Iterable[Member]) -> Hashable:
        """What some statements read of what is known of the holder."""
        members = tuple(some)
        keys = frozenset(key for member in members for key in member.statement.keys)
        return (
            outcomes((reading for member in members for reading in member.reading), self.values),
            untold(self.probe, self.facts, keys, self.batch.world) if keys else (),
        )

    def _places(self, some: tuple[Member, ...], key: Hashable) -> Iterator[Place]:
        """The places that some statements tell apart, all resources first."""
        yield EVERYWHERE

        def find() -> tuple[Place, ...]:
            statements = [member.statement for member in some]
            families, _ = find_families(statements, (), self.universe, self.context)
            return tuple([place for family in families for place in family.places()])

        yield from self.known.alike.once(("places", key), find)

    def named_places(self, mask: int) -> Iterator[NamedPlace]:
        """The places that the statements about some actions tell apart, all resources first."""
        yield NamedPlace(EVERYWHERE, mask)
        some = tuple(
            [statement.statement for statement in self.statements if statement.actions & mask]
        )
        patterns = [
            pattern
            for statement in some
            for pattern in (statement.resources.patterns if statement.resources is not None else ())
        ]
        if all(pattern.everything for pattern in patterns):
            return
        own = self.holder.arn if any(pattern.keys for pattern in patterns) else ""

        def find() -> tuple[tuple[CompiledStatement, ...], list[NamedPlace]]:
            """The statements are kept beside it, so that their ids stay theirs."""
            families, _ = find_families(some, (), self.universe, self.context)
            found = [
                NamedPlace(place, family.actions)
                for family in families
                for place in family.places()
            ]
            return some, found

        _, named_places = self.known.alike.once(("named_places", own, *map(id, some)), find)
        yield from (named_place for named_place in named_places if named_place.actions & mask)

    def alone(self, identity: PolicySet | None) -> Situation:
        """The holder with nothing but identity-based policies."""
        return Situation(self.caller, ResourceKind.OTHER, self.caller.account, identity=identity)

    def request(self, action: str, place: Place) -> Request:
        """A request of the holder at a place."""
        return prepare(self._question(action, place), self.batch.world).request

    def _allows(self, alone: Situation, action: str, place: Place) -> bool:
        request = self.request(action, place)
        return may_hold(alone, decision_terms(alone, request).allowed, request.action)

    def _blocked(self, mask: int) -> int:
        """The actions of one service that a guardrail denies wherever the policies grant them."""
        usable = stopped = 0
        for named_place in self.named_places(mask) if self.guarded else ():
            here = mask & named_place.actions & ~usable
            for part, outcome in self._outcomes(here, named_place.place) if here else ():
                if outcome.possible:
                    usable |= part
                elif outcome.stopped:
                    stopped |= part
        return stopped & ~usable

    def _outcomes(self, mask: int, place: Place) -> Iterator[tuple[int, Outcome]]:
        """Decide actions of one service at a place with all that meets there, in parts."""
        universe = self.universe
        for apart in self._apart(mask):
            action = universe.first(apart)
            where = kind_of(action, action.partition(":")[0]), place.sample, place.values
            ask = partial(self._question, action, place)
            met = self.known.met(where, self.kind, ask, self.batch)
            if met is None:
                continue
            own, bounds = (
                [member for member in some if member.actions & apart and met.fits(member.statement)]
                for some in (self.statements, self.bounds)
            )
            masks = [
                *(member.actions for member in own),
                *(bound.actions for bound in bounds),
                *(actions for actions, _ in met.others),
            ]
            for part in refine(apart, masks):
                first = part & -part
                about, others = met.about(first, self.known.alike)
                granting = decisive([member for member in own if member.actions & first])
                limiting = [bound for bound in bounds if bound.actions & first]
                mine = [*granting, *limiting]
                keys = others.keys.union(*[member.statement.keys for member in mine])
                bound = met.bound or any(
                    reads_context(member.statement.resources) for member in mine
                )
                given = met.meeting.context
                key = (
                    "outcome",
                    self.kind[0],
                    kind_of(action, ""),
                    met.meeting.number,
                    (place.sample, place.values) if bound else None,
                    about,
                    others.seen(self.caller, self.values),
                    frozenset([OPEN if member.open else member.content for member in granting]),
                    frozenset([OPEN if member.open else member.content for member in limiting])
                    if self.limited
                    else None,
                    self.read(mine),
                    untold(self.probe, self.facts, others.keys, self.batch.world),
                    frozenset([(name, given[name]) for name in keys if name in given]),
                )
                outcome = self.known.alike.once(key, partial(self._decide, action, place, first))
                if outcome is not None:
                    yield part, outcome

    def _question(self, action: str, place: Place) -> Question:
        return self.batch.question(self.holder.arn, action, place.sample, dict(place.values))

    def _decide(self, name: str, place: Place, action: int) -> Outcome | None:
        """Decide one action (a bit); `None` where it can't be asked about such a resource."""
        asked = self._question(name, place)
        for action_group in action_classes(asked, self.batch.world, self.universe, action):
            answer = action_group.answer
            return Outcome(answer.possible, answer.decision.layer in GUARDRAIL_LAYERS)
        return None


def kind_of(action: str, others: str) -> Hashable:
    """An action's service and its kin there, or what stands for the plain actions of all."""
    kin = kin_of(action)
    return others if kin is None else (action.partition(":")[0], kin)


def decisive(some: list[Member]) -> list[Member]:
    """Of statements about an action and a place, those that matter: where one allows it whatever
    the context is, and none denies it, the others do not."""
    for member in some:
        if member.statement.denies or member.listed:
            return some
    return next(([member] for member in some if member.open), some)


def may_hold(alone: Situation, term: Term, action: str) -> bool:
    """Whether a term is true in some context."""
    if isinstance(term, bool):
        return term
    shapes = Shapes(listed_keys(alone, action))
    return remembered_solution(term, shapes).modality is not Modality.NEVER
