"""The things in a resource that policies tell apart: one for each way in which patterns meet there.

A bucket's objects need not all be granted, or denied, alike; what none of the patterns tells apart
stands for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.query.what_can.fits import is_prefix, is_whole
from iamsim.query.what_can.places import find_families

if TYPE_CHECKING:
    from iamsim.compile.resource import ResourcePattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.symbolic.actions import ActionUniverse


class Inside(NamedTuple):
    """ARNs of things in a resource; not `complete` where patterns meet in more ways."""

    names: tuple[str, ...]
    complete: bool


def find_inside(
    start: str,
    statements: Iterable[CompiledStatement],
    universe: ActionUniverse,
    context: Mapping[str, ContextValue],
) -> Inside:
    """The things whose ARNs begin with `start`; policy variables have the values of the context."""
    families, _ = find_families(statements, (), universe, context, [(start, 0)])
    names = [
        place.sample
        for family in families
        for place in (*family.places(), *family.met_by_value())
        if place.sample.startswith(start)
    ]
    complete = all(family.complete for family in families)
    return Inside(tuple(dict.fromkeys(names)), complete)


def keys_of_patterns(statements: Iterable[CompiledStatement]) -> list[str]:
    """The keys of the policy variables in Resource elements, in order."""
    found = {
        key
        for statement in statements
        if statement.resources is not None
        for pattern in statement.resources.patterns
        for key in pattern.keys
    }
    return sorted(found)


def tells_apart(statement: CompiledStatement, start: str) -> bool:
    """Whether a statement may be about some of what begins so, and not about the rest."""
    return statement.resources is not None and any(
        _tells_apart(pattern, start) for pattern in statement.resources.patterns
    )


def _tells_apart(pattern: ResourcePattern, start: str) -> bool:
    parts = pattern.parts
    if parts is None or pattern.everything:
        return False
    head = pattern.head
    if not pattern.keys and (is_whole(parts) or is_prefix(parts)):  # type: ignore[arg-type]  # no variables
        return head.startswith(start)
    return start.startswith(head) or head.startswith(start)
