"""Facts of principals and resources that a world does not know, as decisions meet them.

They are context keys without known values. What settings, grants, shares and the buckets behind an
access point do is in `iamsim.engine.unknown_policies`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.tag_keys import tag_key_starts
from iamsim.core.unknown import UnknownPart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.core.unknown import Unknown
    from iamsim.engine.target import Target
    from iamsim.world.model import Resource, Role, User

__all__ = [
    "UntoldKeys",
    "untold_of_caller",
    "untold_of_resource",
]

ORIGIN_KEY = "s3:accesspointnetworkorigin"
TAG_FACTS = ("tags", "abac")
ORIGIN_FACTS = ("network_origin", "vpc")


class UntoldKeys(NamedTuple):
    """Context keys that begin in one of some ways, whose values are not known, and why."""

    starts: tuple[str, ...]
    part: UnknownPart


def untold_of_caller(entity: User | Role | None) -> tuple[UntoldKeys, ...]:
    """The keys of a user or role whose tags are not known."""
    unknown = None if entity is None else entity.unknown.get("tags")
    if entity is None or unknown is None:
        return ()
    return (UntoldKeys(("aws:principaltag/",), _part("principal", entity.arn, "tags", unknown)),)


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


def _tags(holder: Resource | User | Role, starts: tuple[str, ...]) -> Iterator[UntoldKeys]:
    """The keys that hold tags of a holder, where those are not known."""
    for fact in TAG_FACTS:
        unknown = holder.unknown.get(fact)
        if unknown is not None and starts:
            yield UntoldKeys(starts, _part("resource", holder.arn, fact, unknown))


def _part(layer: str, name: str, fact: str, unknown: Unknown) -> UnknownPart:
    return UnknownPart(layer, name, None, unknown.why, unknown.source, fact)
