"""The statements of attached policies of which one of two worlds has more than the other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from iamsim.engine.inventory import policies_in_use
from iamsim.universe.contents import content_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.decision import PolicyType
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import AnyPolicy

__all__ = ["Differing", "differing_statements"]


class Differing(NamedTuple):
    """What only the world before has, and only the one after."""

    gone: tuple[CompiledStatement, ...]
    new: tuple[CompiledStatement, ...]


def differing_statements(before: CompiledWorld, after: CompiledWorld) -> Differing:
    """Compare the attached policies of two worlds: what is attached once more counts as new."""
    first, second = _of_world(before), _of_world(after)
    sides: list[Counter[object]] = []
    statements: dict[object, CompiledStatement] = {}
    for world, mine, theirs in ((before, first, second), (after, second, first)):
        side: Counter[object] = Counter()
        for text, (number, policy, use) in mine.items():
            more = number - (theirs[text][0] if text in theirs else 0)
            for statement in world.policies.compiled(policy, use).statements if more > 0 else ():
                key = use, content_of(statement)
                side[key] += more
                statements[key] = statement
        sides.append(side)
    old, new = sides
    return Differing(*(tuple(statements[key] for key in side) for side in (old - new, new - old)))


def _of_world(world: CompiledWorld) -> dict[str, tuple[int, AnyPolicy, PolicyType]]:
    """The policies of a world by what they say and are used for, each with how often."""
    found: dict[str, tuple[int, AnyPolicy, PolicyType]] = {}
    for policy, use in policies_in_use(world.model):
        document = getattr(policy, "document", None)
        text = f"{use.value} {policy.name if document is None else document}"
        number = found[text][0] if text in found else 0
        found[text] = number + 1, policy, use
    return found
