"""Which of an explanation's layers and ways in concern the caller at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Layer, Outcome
from iamsim.core.reason import Reason

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.explanation import LayerExplanation, WayExplanation

_ABSENT_REASONS = frozenset(
    {
        Reason.NOT_PRESENT,
        Reason.NO_POLICY,
        Reason.CALLER_NOT_IN_ORGANIZATION,
        Reason.RESOURCE_NOT_IN_ORGANIZATION,
    }
)
# Ways that only callers whose ARN has one of these parts can take.
_CALLERS = {
    "resource-based-policy-to-role": (":role/", ":assumed-role/"),
    "resource-based-policy-to-source-user": (":federated-user/",),
}


def is_absent(entry: LayerExplanation) -> bool:
    """Say whether there is nothing at this layer, so that a short form need not speak of it."""
    return entry.outcome is Outcome.NOT_APPLICABLE and entry.reason in _ABSENT_REASONS


def ways_of_caller(answer: Answer, *, every: bool = False) -> list[WayExplanation]:
    """Give the ways in that a caller of this kind can take, or `every` way of the relation."""
    principal = answer.request.principal
    return [
        way
        for way in answer.explanation.ways
        if every
        or way.name not in _CALLERS
        or any(mark in principal for mark in _CALLERS[way.name])
    ]


def undecided_layers(answer: Answer) -> set[Layer]:
    """The layers of which it is not known whether they allow."""
    return {
        entry.layer
        for entry in answer.explanation.layers
        if entry.outcome is Outcome.UNKNOWN
        and (entry.residual is None or entry.residual.allows is not None)
    }


def way_depends(way: WayExplanation, answer: Answer) -> bool:
    """Say whether it is not known if a way is open: nothing on it is closed for certain."""
    unknown = undecided_layers(answer)
    blocking = [layer for layer in way.blocked_by if layer not in unknown]
    return not blocking and not unknown.isdisjoint(way.requires)
