"""The resources of a world that decisions can tell apart: each listed one, what lies in it, and one
area for all that an account may have besides.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.remember import remember
from iamsim.core.wildcard import Wildcard
from iamsim.engine.question import NOTHING_ATTACHED, AttachedPolicies
from iamsim.engine.services.logs import names_in_policies
from iamsim.engine.services.s3 import ALL_BUCKETS
from iamsim.engine.services.sts import TRUST_ACTIONS
from iamsim.proofs.budget import Budget, OutOfBudgetError
from iamsim.proofs.common import OTHER_ACCOUNT
from iamsim.proofs.formats import action_formats
from iamsim.proofs.globs import Glob, literal_glob
from iamsim.proofs.space import find_resource
from iamsim.proofs.texts import Heads, find_text
from iamsim.symbolic.actions import all_actions
from iamsim.universe.candidates import partitions_of
from iamsim.universe.elsewhere import OPEN_TO_ALL
from iamsim.world.model import Account, Resource, Role, User, World

if TYPE_CHECKING:
    from iamsim.proofs.search import Place

STAR = Wildcard.STAR
NO_RESOURCE = (literal_glob("*"), *map(literal_glob, ALL_BUCKETS.values()))
RETRIES = 64
MOST_PLACES = 5_000  # whose example an area remembers


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

    @property
    def may_hold_root(self) -> bool:
        """Whether the root user of its account could be in it."""
        return any(
            glob.is_everything if glob.literal is None else glob.literal.endswith(":root")
            for glob in self.globs
        )


class AreaSpace:
    """The actions on the resources of one area."""

    def __init__(self, area: Area, world: World) -> None:
        """Take an area of a world."""
        self.area = area
        self.world = world
        self.universe = all_actions()
        self._concerned = _concerned(area.globs)
        self._found: dict[Place, tuple[str, str] | None] = {}

    def number(self, action: str) -> int:
        """The bit of an action."""
        number = self.universe.number(action)
        if number is None:
            raise KeyError(action)
        return number

    def may_have(self, actions: int) -> bool:
        """Whether some of the actions could act here, by the service of the ARNs."""
        return self._concerned is None or bool(self._concerned & actions)

    def example(self, place: Place) -> tuple[str, str] | None:
        """An action with a resource by which the policies of the area are looked up: quickly for
        one resource and for what lies in it, which have the same policy whatever their names."""
        action = self.universe.first(place.actions)
        for glob in self.area.globs:
            if glob.literal is not None:
                return action, glob.literal
            if self.area.listed and glob.head:
                return action, f"{glob.head}x"
        return self.find(place, Budget())

    def has(self, place: Place) -> bool:
        """Whether there is an action with a resource, as far as a short search tells."""
        try:
            return self.find(place, Budget()) is not None
        except OutOfBudgetError:
            return True

    def find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        """Find an action and a resource of the area on which it acts; remembered."""
        if place in self._found:
            return self._found[place]
        return remember(self._found, place, self._find(place, budget), MOST_PLACES)

    def _find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        if self._concerned is not None:
            place = place._replace(actions=place.actions & self._concerned)
        groups = (*place.groups, self.area.globs)
        avoided = (*place.avoided, *self.area.avoided)
        if find_text(groups, avoided, budget) is None:
            return None
        account = None if self.area.foreign else self.area.account
        heads = Heads(glob.head for glob in self.area.globs)
        tried: set[tuple[Glob, ...]] = set()
        for number in self.universe.listed_first(place.actions):
            action = self.universe.names[number]
            formats = action_formats(action, account, (self.area.partition,))
            if formats in tried:
                continue
            tried.add(formats)
            if not any(heads.meet(glob.head) for glob in formats):
                continue
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


class Areas:
    """The areas of a world; what is worked out for one set of actions helps with the next."""

    def __init__(self, model: World) -> None:
        """Take a world."""
        self.model = model
        self._spaces: dict[object, AreaSpace] = {}

    def find(self, actions: int, *, foreign: bool) -> list[AreaSpace]:
        """The areas that may have resources on which some actions act: whether they do takes a
        search (see `AreaSpace.has`)."""
        universe = all_actions()
        services = frozenset(universe.services_of(actions))
        trust = bool(universe.mask_of(TRUST_ACTIONS) & actions)
        area_spaces: list[AreaSpace] = []
        for account in self.model.accounts.values():
            area_spaces += self._listed(account, services, trust=trust)
            area_spaces += [
                self._space((account.id, number), area)
                for number, area in enumerate(_unlisted(account))
            ]
        if foreign:
            area_spaces += map(self._foreign, partitions_of(self.model))
        return [space for space in area_spaces if space.may_have(actions)]

    def _space(self, key: object, area: Area) -> AreaSpace:
        """The actions on an area; the same key gives the same."""
        known = self._spaces.get(key)
        if known is None:
            known = self._spaces[key] = AreaSpace(area, self.model)
        return known

    def _foreign(self, partition: str) -> AreaSpace:
        area = Area(
            _free_account(self.model),
            (Glob.of((STAR,)),),
            (*NO_RESOURCE, *_account_globs(self.model)),
            foreign=True,
            has_policies=True,
            partition=partition,
        )
        return self._space(("foreign", partition), area)

    def _listed(
        self, account: Account, services: frozenset[str], *, trust: bool
    ) -> Iterator[AreaSpace]:
        """The resources that an account lists, each itself and what lies in it, and its users and
        roles. Those that nothing but their ARNs tells apart are one area; with `trust`, trust
        policies tell roles apart."""
        arns = sorted(resource.arn for resource in account.resources.values())
        alike: dict[object, list[str]] = {}
        shown: list[str] = []
        for resource in account.resources.values():
            arn = resource.arn.removesuffix(":*")
            if not _may_concern(arn.split(":", 3), services):
                continue
            if not _has_policies(resource) and resource.public_access_block is None:
                alike.setdefault(("resource", *_tags(resource), resource.abac), []).append(arn)
                alike.setdefault("inside", []).append(arn)
                continue
            shown.append(arn)
            yield from self._of_resource(account, resource, arn, arns)
        entities: list[User | Role] = [*account.users.values(), *account.roles.values()]
        for entity in entities if services & {"iam", "sts"} else ():
            if trust and isinstance(entity, Role):
                known = self._spaces.get(entity.arn)
                yield known or self._space(
                    entity.arn,
                    _listed_area(
                        account, (literal_glob(entity.arn),), has_policies=entity.trust is not None
                    ),
                )
                continue
            linked = isinstance(entity, Role) and entity.service_linked
            kind = type(entity).__name__, linked, id(entity.boundary)
            alike.setdefault((*kind, *_tags(entity)), []).append(entity.arn)
        for kinds, listed in alike.items():
            inside = kinds == "inside"
            key = account.id, kinds, tuple(listed), tuple(shown) if inside else ()
            known = self._spaces.get(key)
            yield known or self._space(
                key,
                _listed_area(
                    account,
                    tuple(
                        glob for arn in listed for glob in (_inside_of if inside else _itself)(arn)
                    ),
                    tuple(glob for arn in shown for glob in _globs_of(arn)) if inside else (),
                ),
            )

    def _of_resource(
        self, account: Account, resource: Resource, arn: str, arns: list[str]
    ) -> Iterator[AreaSpace]:
        """A resource that has policies, and what lies in it."""
        known = self._spaces.get((arn, "itself")), self._spaces.get((arn, "inside"))
        if known[0] is not None and known[1] is not None:
            yield from (known[0], known[1])
            return
        has_policies = _has_policies(resource)
        inner = tuple(
            glob for other in _inside(arn, resource.arn, arns) for glob in _globs_of(other)
        )
        for name, globs, avoided in (
            ("itself", _itself(arn), ()),
            ("inside", _inside_of(arn), inner),
        ):
            area = _listed_area(account, globs, avoided, has_policies=has_policies)
            yield self._space((arn, name), area)


def _globs_of(arn: str) -> tuple[Glob, ...]:
    """A resource, and what lies in it."""
    return (*_itself(arn), *_inside_of(arn))


def _itself(arn: str) -> tuple[Glob, ...]:
    """A resource alone, by each ARN that policies have to match."""
    return tuple(literal_glob(name) for name in names_in_policies(arn))


def _inside_of(arn: str) -> tuple[Glob, ...]:
    """What lies in a resource."""
    return tuple([Glob.of((arn, mark, STAR)) for mark in "/:"])


def _listed_area(
    account: Account,
    globs: tuple[Glob, ...],
    avoided: tuple[Glob, ...] = (),
    *,
    has_policies: bool = False,
) -> Area:
    return Area(
        account.id,
        globs,
        avoided,
        listed=True,
        has_policies=has_policies,
        partition=account.partition,
    )


def _tags(tagged: Resource | User | Role) -> tuple[tuple[str, str], ...]:
    """The tags of something, to be compared."""
    return tuple(sorted(tagged.tags.items()))


def _may_concern(parts: list[str], services: frozenset[str]) -> bool:
    """Whether actions of some services could act on a resource, by the service of its ARN."""
    return len(parts) < 4 or _is_acted_on(parts[2], services)  # noqa: PLR2004 - no ARN


@lru_cache(maxsize=1024)
def _is_acted_on(name: str, services: frozenset[str]) -> bool:
    """Whether actions of some services could act on resources whose ARNs name a service."""
    universe = all_actions()
    acting = _acting_on(frozenset({name}))
    return any(universe.service_mask(service) & acting for service in services)


@lru_cache(maxsize=1024)
def _arn_services(service: str) -> frozenset[str]:
    """The services in the ARNs of a service's resource types."""
    facts = catalog.find_service(service)
    types = () if facts is None else facts.resource_types
    formats = [text.split(":", 3) for kind in types for text in kind.arn_formats]
    return frozenset({service, *(parts[2] for parts in formats if len(parts) > 3)})  # noqa: PLR2004


def _concerned(globs: tuple[Glob, ...]) -> int | None:
    """The actions that could act on resources, by the service of their ARNs; `None` where globs
    don't tell it."""
    services = set()
    for glob in globs:
        parts = glob.head.split(":", 3)
        if len(parts) < 4:  # noqa: PLR2004
            return None
        services.add(parts[2])
    return _acting_on(frozenset(services))


@lru_cache(maxsize=1024)
def _acting_on(arn_services: frozenset[str]) -> int:
    """The actions of all services whose resource types have ARNs of some services; a format may
    leave the service of its ARNs open."""
    universe = all_actions()
    mask = 0
    for service in universe.services:
        own = _arn_services(service)
        if own & arn_services or any(set(name) & set("$<*{") for name in own):
            mask |= universe.service_mask(service)
    return mask


def _inside(arn: str, itself: str, arns: list[str]) -> Iterator[str]:
    """The other listed resources that lie in one; `arns` are sorted."""
    for mark in "/:":
        start = bisect_left(arns, arn + mark)
        for other in arns[start:]:
            if not other.startswith(arn + mark):
                break
            if other != itself:
                yield other


def _has_policies(resource: Resource) -> bool:
    """Whether others than its account's principals could get at a resource."""
    lists = resource.grants, resource.buckets, resource.shared_with
    return resource.policy is not None or any(lists)


def _unlisted(account: Account) -> Iterator[Area]:
    """What an account may have besides: roles, keys, others; and calls about no resource."""
    start = f"arn:{account.partition}"
    roles = Glob.of((f"{start}:iam::{account.id}:role/", STAR))
    keys = Glob.of((f"{start}:kms:", Wildcard.SEGMENT_STAR, f":{account.id}:key/", STAR))
    managed = Glob.of((f"{start}:kms:", Wildcard.SEGMENT_STAR, f":{account.id}:alias/aws/", STAR))
    for globs, avoided in (
        ((Glob.of((STAR,)),), (*NO_RESOURCE, roles, keys, managed)),
        ((roles,), ()),
        ((keys, managed), ()),
        (NO_RESOURCE, ()),
    ):
        yield Area(account.id, globs, avoided, partition=account.partition)


def _free_account(model: World) -> str:
    """An account that the world does not know."""
    number = int(OTHER_ACCOUNT)
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
