"""Statements that no request can reach, or that change nothing: no test could cover them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from iamsim.checks.validate import Validator
from iamsim.engine.inventory import policies_in_use
from iamsim.world.model import PolicyDocument

if TYPE_CHECKING:
    from iamsim.core.span import Source, Span
    from iamsim.engine.world import CompiledWorld

# The first is denied whatever it allows, the second has conditions that can't hold together.
CODES = ("IAMSIM_DEAD_STATEMENT", "IAMSIM_CONTRADICTORY_CONDITIONS")


class Placed(Protocol):
    """A statement, by its place."""

    @property
    def source(self) -> Source:
        """The text that it stands in."""
        ...

    @property
    def span(self) -> Span:
        """Where it stands there."""
        ...


def dead_statements(world: CompiledWorld) -> Callable[[Placed], bool]:
    """Check the policies of a world, and say of a statement whether it is dead."""
    validator = Validator(select=CODES)
    places: dict[int, set[int]] = {}
    for policy, policy_type in policies_in_use(world.model):
        if not isinstance(policy, PolicyDocument) or id(policy.source) in places:
            continue
        findings = validator.validate_data(policy.document, policy.source, policy_type)
        places[id(policy.source)] = {finding.spans[0].start for finding in findings}

    def is_dead(statement: Placed) -> bool:
        starts = places.get(id(statement.source))
        if not starts:
            return False
        span = statement.span
        return any(span.start <= start < span.end for start in starts)

    return is_dead
