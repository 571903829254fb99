"""Permission sets of Identity Center in the accounts of an organization, and their ARNs.

https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetdelegation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.identity_center import ROLE_PATH, role_name
from iamsim.query.escalation.administrators import as_policy
from iamsim.query.escalation.targets import Statements, resources_like
from iamsim.universe.candidates import (
    NO_SUFFIX,
    Candidate,
    CandidateKind,
    permission_set_name,
)
from iamsim.world.model import PolicyDocument, World

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way
    from iamsim.syntax.ast import Policy


class Seat(NamedTuple):
    """A permission set in an account, or the account alone. `candidate` is its role, or `None`
    where it is not provisioned yet; `arn` is that of the permission set, where the world says it.
    """

    account: str
    name: str | None = None
    candidate: Candidate | None = None
    arn: str | None = None
    partition: str = "aws"

    @property
    def new(self) -> Candidate:
        """The role that Identity Center would make."""
        name = role_name(self.name or "", NO_SUFFIX)
        role = f"arn:{self.partition}:iam::{self.account}:role{ROLE_PATH}{name}"
        return Candidate(role, CandidateKind.IDENTITY_CENTER, self.account)


def all_seats(model: World, candidates: Iterable[Candidate], members: Sequence[str]) -> list[Seat]:
    """Every known permission set in every account of an organization, sorted."""
    arns = {
        name: permission_set.arn
        for account in model.accounts.values()
        for name, permission_set in account.permission_sets.items()
        if permission_set.arn is not None
    }
    seats: dict[tuple[str, str], Seat] = {}
    for candidate in candidates:
        if candidate.kind is not CandidateKind.IDENTITY_CENTER or candidate.entity is None:
            continue
        name = permission_set_name(candidate.entity)
        owner = candidate.account
        if name is not None and owner is not None and owner in members:
            partition = candidate.entity.partition
            seats[owner, name] = Seat(owner, name, candidate, arns.get(name), partition)
    names = sorted({name for _, name in seats})
    for account in members:
        for name in names:
            partition = model.accounts[account].partition
            seats.setdefault((account, name), Seat(account, name, None, arns.get(name), partition))
    return [seat for _, seat in sorted(seats.items())]


def places_of(seat: Seat, way: Way, statements: Statements, partition: str) -> dict[str, list[str]]:
    """The resources that steps are done to, by the names that ways have for them.

    Where no world says which ARN a permission set has, or who is assigned to it, it is any that
    policies name, and one that none does.
    """
    people = seat.candidate.people if seat.candidate is not None else ()
    groups = [text.partition("/")[2] for text in people if text.startswith("GROUP/")]
    places = {
        "target-account": [f"arn:{partition}:sso:::account/{seat.account}"],
        "target-root": [f"arn:{partition}:iam::{seat.account}:root"],
        "target-group": [f"arn:{partition}:identitystore:::group/{group}" for group in groups],
        "target-permission-set": [] if seat.arn is None else [seat.arn],
    }
    unknown = {
        "target-group": f"arn:{partition}:identitystore:::group/*",
        "target-permission-set": f"arn:{partition}:sso:::permissionSet/*",
    }
    for step in way.steps:
        form = unknown.get(step.resource)
        if form is not None and not places[step.resource]:
            patterns = [pattern.pattern for pattern in statements.patterns(step.action)]
            places[step.resource] = resources_like(form, patterns, partition, "", "")
    return places


def policies_elsewhere(model: World, seat: Seat) -> list[Policy] | None:
    """The policies of a permission set in an account that does not have it yet; `None` where the
    account lacks a customer managed policy that it refers to by name."""
    known = next(
        (
            account.permission_sets[seat.name]
            for account in model.accounts.values()
            if seat.name in account.permission_sets
        ),
        None,
    )
    if known is None or seat.name is None:
        return None
    policies = []
    own = model.accounts[seat.account].policies
    for policy in known.policies:
        if isinstance(policy, PolicyDocument) and policy.arn and ":aws:policy/" not in policy.arn:
            there = own.get(policy.arn.rpartition("/")[2])
            if there is None:
                return None
            policies.append(as_policy(there))
        else:
            policies.append(as_policy(policy))
    if known.inline is not None:
        policies.append(as_policy(known.inline))
    return policies
