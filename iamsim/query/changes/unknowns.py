"""What is not known, and could have changed what is found between two worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.unknown import is_open_key
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.unknowns import unknowns_of
from iamsim.query.changes.unchanged import same_policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.core.decision import PolicyType
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.changes.model import Changes
    from iamsim.world.model import AnyPolicy, World

__all__ = ["unknowns_between", "unread_alike"]

MOST_READ = 1_000  # policies written alike that are compiled only to see if they can be read


def unknowns_between(
    changes: Changes, before: CompiledWorld, after: CompiledWorld
) -> tuple[UnknownInWorld, ...]:
    """Give what only one of the worlds does not know, and what a change depends on.

    What neither knows, for the same reason, is the same in both: it changes nothing by itself.
    """
    if before is after:
        return ()
    named = {
        key.partition(":")[2].rpartition(":")[0].partition("#")[0]
        for change in changes.found
        for answer in (change.before, change.after)
        if answer.residual is not None
        for key in answer.residual.stand_ins
        if is_open_key(key)
    }
    same = {place for place in _written_alike(before.model, after.model) if place[1] not in named}
    old, new = (unknowns_of(world.model, world.policies, same) for world in (before, after))
    reasons = [{_identity(unknown) for unknown in some} for some in (old, new)]
    unknowns = [unknown for unknown in old if _identity(unknown) not in reasons[1]]
    unknowns += [
        unknown
        for unknown in new
        if _identity(unknown) not in reasons[0] or unknown.policy in named
    ]
    return tuple(dict.fromkeys(unknowns))


def unread_alike(before: CompiledWorld, after: CompiledWorld) -> tuple[str, ...]:
    """The names of policies that both worlds write alike and that can't be read whole, of the first
    thousand: they change nothing, and what they allow is not known."""
    if before is after:
        return ()
    same = set(_written_alike(before.model, after.model))
    alike = [found for found in policies_in_use(after.model) if (found[1], found[0].name) in same]
    return tuple(
        dict.fromkeys(
            policy.name
            for policy, use in alike[:MOST_READ]
            if any(one.unknowns for one in after.policies.compiled(policy, use).statements)
        )
    )


def _written_alike(before: World, after: World) -> Iterator[tuple[PolicyType, str]]:
    """The policies in use, by use and name, of which both worlds have the same texts: what is not
    known of them is the same, and they need not be compiled for it."""
    first, second = map(_by_name, (before, after))
    for place, policies in first.items():
        if same_policies(policies, second.get(place, ())):
            yield place


def _by_name(model: World) -> dict[tuple[PolicyType, str], list[AnyPolicy]]:
    found: dict[tuple[PolicyType, str], list[AnyPolicy]] = {}
    for policy, use in policies_in_use(model):
        found.setdefault((use, policy.name), []).append(policy)
    return found


def _identity(unknown: UnknownInWorld) -> object:
    return unknown.use, unknown.policy, unknown.statement, unknown.unknown, unknown.fact
