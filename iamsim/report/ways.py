"""The ways in, in words: which layers each leads through, and whether these allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Layer
from iamsim.report.layers import is_absent
from iamsim.report.sentences import WAYS, layer_name

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.explanation import WayExplanation

__all__ = ["way_text", "ways_of_caller"]

_CALLERS = {
    "resource-based-policy-to-role": (":role/", ":assumed-role/"),
    "resource-based-policy-to-source-user": (":federated-user/",),
}


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


def way_text(way: WayExplanation, answer: Answer) -> str:
    """Name the layers on a way in, each open or closed; those that are not there are left out."""
    action = answer.request.action
    absent = {entry.layer for entry in answer.explanation.layers if is_absent(entry)}
    steps = []
    for number, layer in enumerate(way.requires):
        name = layer_name(layer, action)
        if number == 0:
            resource = layer_name(Layer.RESOURCE_BASED_POLICY, action)
            name = WAYS.get(way.name, way.name.replace("-", " ")).format(resource=resource)
        elif layer in absent and layer not in way.blocked_by:
            continue
        steps.append(f"{name} ({'closed' if layer in way.blocked_by else 'open'})")
    return " + ".join(steps) or way.name
