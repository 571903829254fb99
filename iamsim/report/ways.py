"""The ways in, in words: which layers each leads through, and whether these allow."""

from __future__ import annotations

from iamsim.core.answer import Answer
from iamsim.core.decision import Layer
from iamsim.core.explanation import WayExplanation
from iamsim.core.ways import is_absent, undecided_layers, way_depends, ways_of_caller
from iamsim.words.sentences import WAYS, layer_name

__all__ = ["way_depends", "way_text", "ways_of_caller"]


def way_text(way: WayExplanation, answer: Answer) -> str:
    """Name the layers on a way in, each open or closed; those that are not there are left out."""
    action = answer.request.action
    absent = {entry.layer for entry in answer.explanation.layers if is_absent(entry)}
    unknown = undecided_layers(answer)
    steps = []
    for number, layer in enumerate(way.requires):
        name = layer_name(layer, action)
        if number == 0:
            resource = layer_name(Layer.RESOURCE_BASED_POLICY, action)
            name = WAYS.get(way.name, way.name.replace("-", " ")).format(policy=resource)
        elif layer in absent and layer not in way.blocked_by:
            continue
        state = "closed" if layer in way.blocked_by else "open"
        steps.append(f"{name} ({'depends' if layer in unknown else state})")
    return " + ".join(steps) or way.name
