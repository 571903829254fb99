"""What statements say, as values to compare: statements of many policies say the same.

Who can't differ is decided once in several queries; what tells callers, principals or two worlds
apart there is what their statements say, wherever these stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer
from iamsim.engine.formula import Slot

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement, ResourceTest

# The layers whose statements are a user's or role's own.
OWN_SLOTS = {
    Layer.IDENTITY_BASED_POLICY: Slot.IDENTITY,
    Layer.PERMISSIONS_BOUNDARY: Slot.BOUNDARY,
}


class Content(NamedTuple):
    """The meaning of a statement as a value: equal ones match the same and have one effect."""

    denies: object
    principals: object
    actions: object
    resources: object
    conditions: object


def content_of(statement: CompiledStatement) -> Content:
    """Read what a statement means."""
    principals = statement.principals
    return Content(
        statement.denies,
        None
        if principals is None
        else (
            type(principals).__name__,
            tuple([(pattern.kind, pattern.text) for pattern in principals.patterns]),
        ),
        (
            statement.actions.negated,
            tuple([pattern.pattern.lower() for pattern in statement.actions.patterns]),
        ),
        resources_of(statement.resources),
        conditions_of(statement),
    )


def resources_of(resources: ResourceTest | None) -> object:
    """What a Resource or NotResource element says; `None` where there is none."""
    if resources is None:
        return None
    return resources.negated, tuple(
        [(pattern.template, pattern.is_short) for pattern in resources.patterns]
    )


def conditions_of(statement: CompiledStatement) -> object:
    """What the Condition element of a statement says."""
    return tuple(
        [
            (condition.written_operator, condition.written_key, condition.values.templates)
            for condition in statement.conditions
        ]
    )


def reads_context(resources: ResourceTest | None) -> bool:
    """Whether policy variables make a Resource element depend on the context."""
    return resources is not None and any(pattern.test is None for pattern in resources.patterns)
