"""What people predict: the decision and the layer, as they type them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from iamsim.core.decision import Layer, Verdict


class NoLayer(Enum):
    """The choice that no layer decides: what AWS does without asking a policy."""

    NONE = "none"


LayerChoice = Layer | NoLayer

VERDICT_CHOICES: Mapping[str, Verdict] = {
    "a": Verdict.ALLOWED,
    "e": Verdict.EXPLICIT_DENY,
    "i": Verdict.IMPLICIT_DENY,
}
_WORDS = {
    "allow": Verdict.ALLOWED,
    "allowed": Verdict.ALLOWED,
    "explicit": Verdict.EXPLICIT_DENY,
    "explicitdeny": Verdict.EXPLICIT_DENY,
    "implicit": Verdict.IMPLICIT_DENY,
    "implicitdeny": Verdict.IMPLICIT_DENY,
}
# All layers, always: which of them are there is part of the question.
LAYER_CHOICES: tuple[LayerChoice, ...] = (
    Layer.IDENTITY_BASED_POLICY,
    Layer.RESOURCE_BASED_POLICY,
    Layer.PERMISSIONS_BOUNDARY,
    Layer.SESSION_POLICY,
    Layer.SERVICE_CONTROL_POLICY,
    Layer.RESOURCE_CONTROL_POLICY,
    Layer.VPC_ENDPOINT_POLICY,
    Layer.S3_BLOCK_PUBLIC_ACCESS,
    NoLayer.NONE,
)
_SHORT: Mapping[str, LayerChoice] = {
    "none-of-these": NoLayer.NONE,
    "trust": Layer.RESOURCE_BASED_POLICY,
    "key": Layer.RESOURCE_BASED_POLICY,
    "bucket": Layer.RESOURCE_BASED_POLICY,
    "scp": Layer.SERVICE_CONTROL_POLICY,
    "rcp": Layer.RESOURCE_CONTROL_POLICY,
    "boundary": Layer.PERMISSIONS_BOUNDARY,
    "endpoint": Layer.VPC_ENDPOINT_POLICY,
}
_SHORTEST = 2  # letters of a name


def read_verdict(text: str) -> Verdict | None:
    """Read a predicted verdict: its letter or its word; `None` for anything else."""
    word = "".join(text.lower().split())
    return VERDICT_CHOICES.get(word) or _WORDS.get(word.replace("-", "").replace("denied", "deny"))


def read_layer(text: str) -> LayerChoice | None:
    """Read a predicted layer: its number in `LAYER_CHOICES`, or the start of its name."""
    word = "-".join(text.lower().split())
    if word.isascii() and word.isdecimal():
        number = int(word[:6])
        return LAYER_CHOICES[number - 1] if 1 <= number <= len(LAYER_CHOICES) else None
    if word in _SHORT:
        return _SHORT[word]
    if len(word) < _SHORTEST:
        return None
    close = [layer for layer in LAYER_CHOICES if layer.value.startswith(word)]
    return close[0] if len(close) == 1 else None
