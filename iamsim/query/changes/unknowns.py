"""What is not known, and could have changed what is found between two worlds."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from iamsim.core.unknown import is_open_key
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.unknowns import UnknownInWorld, unknowns_of
from iamsim.query.changes.unchanged import same_policies

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.changes.model import Changes
    from iamsim.world.model import AnyPolicy, World

Place = tuple[int, "PolicyType"]  # the id of a policy in memory, and what it is used as
Alike = dict[Place, str]  # with its name
MOST_READ = 1_000  # policies written alike that are compiled only to see if they can be read


def unknowns_between(
    changes: Changes, before: CompiledWorld, after: CompiledWorld, alike: Alike
) -> tuple[UnknownInWorld, ...]:
    """Give what only one of the worlds does not know, and what a change depends on; policies that
    are written `alike` are looked into only where one does.

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
    same = {place for place, name in alike.items() if name not in named}
    old, new = (
        [found for found in unknowns_of(world.model, world.policies, same) if found.decides]
        for world in (before, after)
    )
    reasons = [{_identity(unknown) for unknown in some} for some in (old, new)]
    unknowns = [unknown for unknown in old if _identity(unknown) not in reasons[1]]
    unknowns += [
        unknown
        for unknown in new
        if _identity(unknown) not in reasons[0] or unknown.policy in named
    ]
    return tuple(dict.fromkeys(unknowns))


def unread_alike(after: CompiledWorld, alike: Alike) -> tuple[str, ...]:
    """The names of policies that are written `alike` and can't be read whole, of the first
    thousand: they change nothing, and what they allow is not known."""
    found = (used for used in policies_in_use(after.model) if (id(used[0]), used[1]) in alike)
    return tuple(
        dict.fromkeys(
            policy.name
            for policy, use in islice(found, MOST_READ)
            if any(
                statement.unknowns for statement in after.policies.compiled(policy, use).statements
            )
        )
    )


def written_alike(before: World, after: World) -> Alike:
    """The policies in use of which both worlds have as many with one name, use and text: what is
    not known of them is the same, and they need not be compiled for it."""
    found: dict[Place, str] = {}
    if before is after:
        return found
    first, second = map(_by_name, (before, after))
    for (use, name), policies in first.items():
        mine, theirs = policies, second.get((use, name), [])
        if not same_policies(mine, theirs):
            texts = [[_text(policy) for policy in side] for side in (mine, theirs)]
            counts = [Counter(side) for side in texts]
            alike = {text for text, number in counts[0].items() if counts[1][text] == number}
            mine, theirs = (
                [policy for policy, text in zip(side, said, strict=True) if text in alike]
                for side, said in zip((mine, theirs), texts, strict=True)
            )
        found.update(((id(policy), use), name) for policy in (*mine, *theirs))
    return found


def _text(policy: AnyPolicy) -> str:
    """What a policy says, or which it is."""
    return str(getattr(policy, "document", policy.name))


def _by_name(model: World) -> dict[tuple[PolicyType, str], list[AnyPolicy]]:
    found: dict[tuple[PolicyType, str], list[AnyPolicy]] = {}
    for policy, use in policies_in_use(model):
        found.setdefault((use, policy.name), []).append(policy)
    return found


def _identity(unknown: UnknownInWorld) -> object:
    return unknown.use, unknown.policy, unknown.statement, unknown.unknown, unknown.fact
