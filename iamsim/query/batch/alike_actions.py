"""Actions that nobody's decision tells apart: no statement of the world, and no rule of a service.

Actions of one service and of like rules meet the same places and the same context; where every
statement of the world is about both or about neither, every caller gets the same for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.engine.inventory import policies_in_use
from iamsim.engine.singular_actions import SINGULAR_ACTIONS
from iamsim.query.batch.classes import refine
from iamsim.symbolic.actions import catalog_actions

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld

FEW = 8  # actions that are asked for one by one: looking at the whole world would take longer


def alike_actions(
    actions: Sequence[str], world: CompiledWorld, *, nowhere: bool = False, apart: bool = False
) -> list[tuple[str, ...]]:
    """Cut actions, each given once, into such parts, in the order of their first ones. `nowhere`
    says that no resource is named and no VPC endpoint is on the way; `apart` that each action is a
    part of its own."""
    if apart or len(actions) <= FEW:
        return [(action,) for action in actions]
    universe = catalog_actions()
    masks = {
        universe.mask(statement.actions)
        for policy, policy_type in policies_in_use(world.model)
        for statement in world.policies.compiled(policy, policy_type).statements
    }
    singular = universe.mask_of(SINGULAR_ACTIONS)
    part_of: dict[int, int] = {}
    asked = universe.mask_of(actions) & ~singular
    kins = universe.kins_of(asked)
    if nowhere:
        kins = universe.kins_without_resource(asked, world.rcp_services)
    for kin in kins:
        for part in refine(kin, {mask & kin for mask in masks}):
            part_of.update(dict.fromkeys(universe.numbers(part), part))
    parts: dict[object, list[str]] = {}
    for action in actions:
        number = universe.number(action)
        known = None if number is None else part_of.get(number)
        parts.setdefault(action if known is None else known, []).append(action)
    return [tuple(part) for part in parts.values()]
