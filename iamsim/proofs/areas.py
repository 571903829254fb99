"""The resources of a world that decisions can tell apart: each listed one, what lies in it, and one
area for all that an account may have besides.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.wildcard import Wildcard
from iamsim.engine.question import NOTHING_ATTACHED, AttachedPolicies
from iamsim.proofs.formats import action_formats
from iamsim.proofs.globs import Glob, literal_glob
from iamsim.proofs.space import all_actions, find_resource
from iamsim.proofs.texts import find_text
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.budget import Budget
    from iamsim.proofs.search import Place
    from iamsim.world.model import Account, Resource, World

__all__ = ["FOREIGN_ACCOUNT", "Area", "AreaSpace", "find_areas"]

STAR = Wildcard.STAR
NO_RESOURCE = (literal_glob("*"), literal_glob("arn:aws:s3:::*"))
FOREIGN_ACCOUNT = "777788889999"
RETRIES = 64
OPEN_TO_ALL = AttachedPolicies(
    resource_policy=parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        },
        name="the resource's own account allows",
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """Resources that share all that decides about them but their ARNs.

    They fit some glob of `globs` and none of `avoided`. `listed` says that the world has them;
    `foreign`, that a stranger owns them and lets everybody in. `has_policies` says whether a
    resource-based policy or grant could let in callers of other accounts.
    """

    account: str
    globs: tuple[Glob, ...]
    avoided: tuple[Glob, ...] = ()
    listed: bool = False
    foreign: bool = False
    has_policies: bool = False
    partition: str = "aws"

    @property
    def attached(self) -> AttachedPolicies:
        """The policies that a question about it brings along."""
        return OPEN_TO_ALL if self.foreign else NOTHING_ATTACHED


class AreaSpace:
    """The actions on the resources of one area."""

    def __init__(self, area: Area, world: World) -> None:
        """Take an area of a world."""
        self.area = area
        self.world = world
        self.universe = all_actions()
        self._found: dict[Place, tuple[str, str] | None] = {}

    def number(self, action: str) -> int:
        """The bit of an action."""
        number = self.universe.number(action)
        if number is None:
            raise KeyError(action)
        return number

    def find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        """Find an action and a resource of the area on which it acts; remembered."""
        if place not in self._found:
            self._found[place] = self._find(place, budget)
        return self._found[place]

    def _find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        """Find them."""
        groups = (*place.groups, self.area.globs)
        avoided = (*place.avoided, *self.area.avoided)
        if find_text(groups, avoided, budget) is None:
            return None
        account = None if self.area.foreign else self.area.account
        tried: set[tuple[Glob, ...]] = set()
        for number in self.universe.numbers(place.actions):
            action = self.universe.names[number]
            formats = action_formats(action, account, self.area.partition)
            if formats in tried:
                continue
            tried.add(formats)
            text = self._unlisted((*groups, formats), avoided, budget)
            if text is not None:
                return action, text
        return None

    def _unlisted(
        self, groups: tuple[tuple[Glob, ...], ...], avoided: tuple[Glob, ...], budget: Budget
    ) -> str | None:
        """Find a resource; of an area of unlisted ones none that the world lists."""
        for _ in range(RETRIES):
            text = find_resource(groups, avoided, budget)
            if text is None or self.area.listed:
                return text
            listed = self.world.find_resource(text) or self.world.find_principal(text)
            if listed is None:
                return text
            avoided = (*avoided, *_globs_of(listed.arn))
        return text


def find_areas(
    world: CompiledWorld,
    wanted: tuple[Glob, ...],
    avoided: tuple[Glob, ...],
    budget: Budget,
    *,
    foreign: bool,
) -> list[Area]:
    """The areas that have resources which some globs describe."""
    model = world.model
    found = [
        area
        for account in model.accounts.values()
        for area in (*_listed(account), *_unlisted(account))
        if find_text((wanted, area.globs), (*avoided, *area.avoided), budget) is not None
    ]
    if foreign:
        found += [
            Area(
                _free_account(model),
                (Glob.of((STAR,)),),
                (*NO_RESOURCE, *_account_globs(model)),
                foreign=True,
                has_policies=True,
            )
        ]
    return found


def _globs_of(arn: str) -> tuple[Glob, ...]:
    """A resource, and what lies in it."""
    return (literal_glob(arn), *(Glob.of((arn, mark, STAR)) for mark in "/:"))


def _listed(account: Account) -> Iterator[Area]:
    """The resources that an account lists: each itself, and what lies in it."""
    arns = [resource.arn for resource in account.resources.values()]
    for resource in account.resources.values():
        arn = resource.arn.removesuffix(":*")
        inner = [
            glob
            for other in arns
            if other != resource.arn and other.startswith((f"{arn}/", f"{arn}:"))
            for glob in _globs_of(other)
        ]
        has_policies = _has_policies(resource)
        partition = account.partition
        itself, *inside = _globs_of(arn)
        yield Area(
            account.id, (itself,), (), listed=True, has_policies=has_policies, partition=partition
        )
        yield Area(
            account.id,
            tuple(inside),
            tuple(inner),
            listed=True,
            has_policies=has_policies,
            partition=partition,
        )
    for role in account.roles.values():
        yield Area(
            account.id,
            (literal_glob(role.arn),),
            listed=True,
            has_policies=role.trust is not None,
            partition=account.partition,
        )
    for user in account.users.values():
        yield Area(account.id, (literal_glob(user.arn),), listed=True, partition=account.partition)


def _has_policies(resource: Resource) -> bool:
    """Whether others than its account's principals could get at a resource."""
    lists = resource.grants, resource.buckets, resource.shared_with
    return resource.policy is not None or any(lists)


def _unlisted(account: Account) -> Iterator[Area]:
    """What an account may have besides: roles, keys, others; and calls about no resource."""
    start = f"arn:{account.partition}"
    roles = Glob.of((f"{start}:iam::{account.id}:role/", STAR))
    keys = Glob.of((f"{start}:kms:", Wildcard.SEGMENT_STAR, f":{account.id}:key/", STAR))
    yield Area(account.id, (Glob.of((STAR,)),), (*NO_RESOURCE, roles, keys))
    yield Area(account.id, (roles,))
    yield Area(account.id, (keys,))
    yield Area(account.id, NO_RESOURCE)


def _free_account(model: World) -> str:
    """An account that the world does not know."""
    number = int(FOREIGN_ACCOUNT)
    while f"{number:012}" in model.accounts or f"{number:012}" in model.index.nodes:
        number += 1
    return f"{number:012}"


def _account_globs(model: World) -> Iterator[Glob]:
    """All that is in the accounts of a world, as far as ARNs tell it."""
    for account in {*model.accounts, *model.index.nodes}:
        if is_account_id(account):
            segment = Wildcard.SEGMENT_STAR
            yield Glob.of(("arn:", segment, ":", segment, ":", segment, f":{account}:", STAR))
        for resource in (
            model.accounts[account].resources.values() if account in model.accounts else ()
        ):
            arn = find_arn(resource.arn)
            if arn is not None and not arn.account:
                yield from _globs_of(resource.arn)
