"""What is not known, and could have changed what is found between two worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.unknown import is_open_key

if TYPE_CHECKING:
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.changes.model import Changes

__all__ = ["unknowns_between"]


def unknowns_between(
    changes: Changes, before: CompiledWorld, after: CompiledWorld
) -> tuple[UnknownInWorld, ...]:
    """Give what only one of the worlds does not know, and what a change depends on.

    What neither knows, for the same reason, is the same in both: it changes nothing by itself.
    """
    if before is after:
        return ()
    old, new = before.unknowns(), after.unknowns()
    reasons = [{_identity(one) for one in some} for some in (old, new)]
    named = {
        key.partition(":")[2].rpartition(":")[0].partition("#")[0]
        for change in changes.found
        for answer in (change.before, change.after)
        if answer.residual is not None
        for key in answer.residual.stand_ins
        if is_open_key(key)
    }
    found = [one for one in old if _identity(one) not in reasons[1]]
    found += [one for one in new if _identity(one) not in reasons[0] or one.policy in named]
    return tuple(dict.fromkeys(found))


def _identity(one: UnknownInWorld) -> object:
    return one.use, one.policy, one.statement, one.unknown, one.fact
