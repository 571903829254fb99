"""Ways from one account into the others of its organization: Identity Center, stack sets, root.

They are open to the management account, and to the member account that administers the service for
the organization; an administrator of Identity Center there can do everything but for what is in
the management account:
https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin-how-to-register.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS, is_administrator_with
from iamsim.query.escalation.beside import batch_after
from iamsim.query.escalation.denials import Replaced
from iamsim.query.escalation.gains import Gain, Gains, parsed_policies
from iamsim.query.escalation.home import Home, make_home
from iamsim.query.escalation.model import Blocked, Edge, Escalations, administrator_of
from iamsim.query.escalation.seats import Seat, all_seats, places_of, policies_elsewhere
from iamsim.query.escalation.steps import StepTaker
from iamsim.universe.candidates import Candidate, CandidateKind
from iamsim.world.model import ManagedPolicyReference, Role

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way
    from iamsim.query.batch import Batch, BatchAnswer
    from iamsim.query.escalation.growth import Growth

ROOT_SESSIONS = "iam.amazonaws.com"
IDENTITY_CENTER = "sso.amazonaws.com"
PROBE = "iamsim-probe"
PUT_INLINE = "sso:PutInlinePolicyToPermissionSet"
MANAGEMENT = "management"
NEW_IN_MANAGEMENT = "new-in-management"
End: TypeAlias = "tuple[str | None, Gain | None]"


class AcrossAccounts:
    """The search for ways into other accounts of the organization."""

    def __init__(
        self,
        batch: Batch,
        homes: Mapping[str, Home],
        found: Escalations,
        beside: Sequence[Home],
        gains: Gains,
        region: str,
    ) -> None:
        """Take the accounts, with those once more in which somebody has got something besides;
        without a management account there are no such ways."""
        self._batch = batch
        self._homes = homes
        self._found = found
        self._beside = beside
        self._gains = gains
        self._region = region
        self._model = batch.world.model
        organization = self._model.organization
        self._management = organization.management_account if organization is not None else None
        self._members = [
            account
            for account in sorted(self._model.accounts)
            if self._model.in_organization(account)
        ]
        self._seats = all_seats(self._model, found.candidates.values(), self._members)
        self._probes: dict[str, Home] = {}
        self._ends: dict[tuple[str, str, str | None], End] = {}
        self._reached: dict[tuple[str, str], BatchAnswer] = {}

    def run(self, ways: Sequence[Way], growth: Growth) -> None:
        """Try ways from every account that is in a position to take them."""
        for way in ways:
            for account in self._starts(way.administers or ""):
                others = [home for home in self._beside if home.account.id == account]
                for home in (self._homes[account], *others):
                    able = [
                        candidate
                        for candidate in home.able(way)
                        if candidate.principal not in self._found.administrators
                    ]
                    self._take(way, home, able, growth, None)
                home = self._homes[account]
                probe = self._probes.get(account)
                if probe is None:
                    probe = self._probes[account] = self._administrator_home(home)
                self._take(way, probe, probe.candidates, growth, administrator_of(account))

    def _starts(self, service: str) -> list[str]:
        """The management account, and who administers a service for the organization."""
        organization = self._model.organization
        if organization is None or self._management is None:
            return []
        starts = [self._management]
        if service == ROOT_SESSIONS:
            starts += organization.delegated_administrators
        starts += [
            account
            for account, services in organization.delegated_services.items()
            if service in services
        ]
        return [text for text in dict.fromkeys(starts) if text in self._homes]

    def _administrator_home(self, home: Home) -> Home:
        """Whoever becomes an administrator of an account: a role with everything, in a world in
        which there is one."""
        account = home.account
        policy = ManagedPolicyReference(
            f"arn:{account.partition}:iam::aws:policy/AdministratorAccess"
        )
        role = Role(account=account.id, name=PROBE, partition=account.partition, policies=(policy,))
        after = replace(account, roles={**account.roles, PROBE: role})
        batch = batch_after(self._batch, after)
        candidate = Candidate(role.arn, CandidateKind.ROLE, account.id, role)
        return make_home(batch, after, [candidate], self._gains, self._region)

    def _take(
        self,
        way: Way,
        home: Home,
        able: Sequence[Candidate],
        growth: Growth,
        node: str | None,
    ) -> None:
        """Try a way on all its targets; with `node` that is where it starts."""
        if not able:
            return
        keep = node is None and home.taker.keeps_blocked
        statements = home.taker.statements
        taker = StepTaker(home.batch, home.account, statements, self._region, blocked=keep)
        blocked: list[Blocked] = []
        for seat in self._targets(way, home.account.id):
            places = places_of(seat, way, statements, home.account.partition)
            asked = self._here(way, seat)
            takers = taker.take(asked, able, None, 0, places)
            if not takers and not taker.blocked:
                continue
            end, gained = self._end(way, seat)
            if end is not None:
                for principal, taken in takers.items():
                    edge = Edge(way, taken) if gained is None else gained.edge(way, taken)
                    growth.edge(node or home.node(principal), end, edge)
                blocked += [step._replace(way=way, target=end) for step in taker.blocked]
            taker.blocked.clear()
        self._found.blocked += _each_once(blocked)

    def _here(self, way: Way, seat: Seat) -> Way:
        """The way with the steps that a target needs.

        Identity Center makes roles by itself in all accounts but the management account, where it
        needs the permissions of who calls it:
        https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSSSOServiceRolePolicy.html
        """
        needed: set[str | None] = {None}
        if seat.account == self._management:
            needed.add(MANAGEMENT)
            if seat.candidate is None:
                needed.add(NEW_IN_MANAGEMENT)
        return way._replace(steps=tuple(step for step in way.steps if step.only in needed))

    def _targets(self, way: Way, start: str) -> list[Seat]:
        """What a way leads to from an account."""
        delegated = start != self._management
        spares = way.spares == MANAGEMENT or (delegated and way.spares is not None)
        spared = {self._management} if spares else set()
        if way.target == "account":
            return [Seat(member) for member in self._members if member not in spared]
        # What the management account has is managed from there alone, wherever else it is.
        names = {seat.name for seat in self._seats if seat.account in spared and seat.candidate}
        return [
            seat
            for seat in self._seats
            if seat.account not in spared
            and seat.name not in names
            and (seat.candidate is not None or way.assigns)
        ]

    def _end(self, way: Way, seat: Seat) -> End:
        """What is reached, with the answer that says so where it is an administrator."""
        key = way.id, seat.account, seat.name
        known = self._ends.get(key)
        if known is None:
            known = self._ends[key] = self._find_end(way, seat)
        return known

    def _find_end(self, way: Way, seat: Seat) -> End:
        """The same, when it is first asked for."""
        node = administrator_of(seat.account)
        if way.target == "account":
            gained = Gain(self._account_with_everything(way.administers or "", seat.account))
        elif seat.candidate is None:
            policies = policies_elsewhere(self._model, seat)
            if policies is None:
                return None, None
            gained = Gain(is_administrator_with(self._batch, seat.new, policies, self._region))
        elif way.reaches == "target":
            people = seat.candidate.people
            grouped = not people or any(text.startswith("GROUP/") for text in people)
            return (seat.candidate.principal, None) if grouped or not way.joins else (None, None)
        elif seat.candidate.principal in self._found.administrators:
            return None, None
        elif way.reaches == "without-boundary":
            entity = seat.candidate.entity
            if entity is None or entity.boundary is None:
                return None, None
            own = parsed_policies(self._homes[seat.account].account, entity)
            gained = Gain(
                is_administrator_with(
                    self._batch, seat.candidate, own, self._region, without_boundary=True
                )
            )
        else:
            statements = self._homes[seat.account].taker.statements
            inline = any(step.action == PUT_INLINE for step in way.steps)
            # There is one inline policy of a permission set, which is written over.
            entity = seat.candidate.entity
            arns = {entity.arn} if inline and entity is not None else ()
            replaced = Replaced(frozenset(arns))
            gained = self._gains.with_everything(statements, seat.candidate, replaced)
        return (node, gained) if gained.possible else (None, None)

    def _account_with_everything(self, service: str, account: str) -> BatchAnswer:
        """Whether somebody new in an account, who is allowed everything, is an administrator."""
        known = self._reached.get((service, account))
        if known is None:
            partition = self._model.accounts[account].partition
            if service == ROOT_SESSIONS:
                root = f"arn:{partition}:iam::{account}:root"
                candidate = Candidate(root, CandidateKind.ROOT_USER, account)
                known = is_administrator_with(self._batch, candidate, None, self._region)
            else:
                seat = Seat(account, PROBE, partition=partition)
                role = f"arn:{partition}:iam::{account}:role/{PROBE}"
                candidate = (
                    seat.new
                    if service == IDENTITY_CENTER
                    else Candidate(role, CandidateKind.ROLE, account)
                )
                known = is_administrator_with(
                    self._batch, candidate, [ADMINISTRATOR_ACCESS], self._region
                )
            self._reached[service, account] = known
        return known


def _each_once(blocked: Sequence[Blocked]) -> list[Blocked]:
    """One of those that say the same of somebody: targets by the dozen are blocked alike."""
    found: dict[object, Blocked] = {}
    for other_step in blocked:
        step = (
            None if other_step.step is None else (other_step.step.action, other_step.step.resource)
        )
        key = other_step.source, other_step.way.id, step, other_step.decision.layer
        first = found.setdefault(key, other_step)
        if first is not other_step:
            found[key] = first._replace(others=first.others + 1)
    return list(found.values())
