"""Facts of principals and resources that a world does not know, as decisions meet them.

They are context keys without known values. What settings, grants, shares and the buckets behind an
access point do is in `iamsim.engine.unknown_policies`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.tag_keys import tag_key_starts
from iamsim.core.data_class import NamedTuple
from iamsim.core.unknown import Unknown, UnknownPart

if TYPE_CHECKING:
    from iamsim.engine.target import Target
    from iamsim.world.model import Resource, Role, User, World

ORIGIN_KEY = "s3:accesspointnetworkorigin"
TAG_FACTS = ("tags", "abac")
NO_ID = Unknown("the world does not say the id of the organization")
NO_PLACE = Unknown("the world does not say the ids of the root and the units above it")


class UntoldKeys(NamedTuple):
    """Context keys that begin in one of some ways, or, `exact`, are called so, whose values are not
    known, and why."""

    starts: tuple[str, ...]
    part: UnknownPart
    exact: bool = False

    def include(self, key: str) -> bool:
        """Whether a key (in lower case) is one of them."""
        return key in self.starts if self.exact else key.startswith(self.starts)


def untold_of_caller(entity: User | Role | None) -> tuple[UntoldKeys, ...]:
    """The keys of a user or role whose tags are not known."""
    return () if entity is None else tuple(_tags(entity, ("aws:principaltag/",), "principal"))


def untold_of_organization(model: World, account: str | None, whose: str) -> Iterator[UntoldKeys]:
    """The keys of the organization of an account (a principal's, a resource's, a VPC endpoint's)
    that is in one, or may be, where the id or the account's place in it is not known: AWS sends
    both with each call.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
    """
    organization = model.organization
    if organization is None or account is None:
        return
    place, member = model.lost_place(account), model.in_organization(account)
    if place is None and not member:
        return
    id_key, paths_key = f"aws:{whose}orgid", f"aws:{whose}orgpaths"
    layer = "principal" if whose == "principal" else "resource"
    if organization.id is None:
        lost = organization.unknown.get("id", NO_ID)
        part = _part(layer, "the organization", "id", lost)
        yield UntoldKeys((id_key, paths_key), part, exact=True)
    elif model.organization_path_text(account) is None:
        keys = (paths_key,) if member else (id_key, paths_key)
        yield UntoldKeys(keys, _part(layer, account, "parent", place or NO_PLACE), exact=True)


def untold_of_resource(service: str, target: Target) -> Iterator[UntoldKeys]:
    """The keys of a resource, its container and its access point whose values are not known."""
    known, holder = target.known, target.container or target.listed
    if known is not None and (target.itself or known.arn == target.access_point):
        kind = known.arn.split(":", 5)[-1].partition("/")[0].partition(":")[0]
        starts = ("aws:resourcetag/", *tag_key_starts(service, "resource", kind))
        yield from _tags(known, starts)
    if holder is None:
        return
    if holder.arn == target.access_point:
        yield from _tags(holder, tag_key_starts(service, "access-point"))
        if (unknown := holder.unknown.get("network_origin")) is not None:
            yield UntoldKeys(
                (ORIGIN_KEY,), _part("resource", holder.arn, "network_origin", unknown)
            )
    else:
        yield from _tags(holder, tag_key_starts(service, "container"))


def _tags(
    holder: Resource | User | Role, starts: tuple[str, ...], layer: str = "resource"
) -> Iterator[UntoldKeys]:
    """The keys that hold tags of a holder, where those are not known."""
    for fact, unknown in holder.unknown.items() if starts else ():
        name, _, key = fact.partition("/")
        if name in TAG_FACTS:
            keys = tuple(start + key.lower() for start in starts)
            yield UntoldKeys(keys, _part(layer, holder.arn, fact, unknown), exact=bool(key))


def _part(layer: str, name: str, fact: str, unknown: Unknown) -> UnknownPart:
    return UnknownPart(layer, name, None, unknown.why, unknown.source, fact)
