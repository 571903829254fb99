"""Layers that are not known: what such a layer says stands in for its policies.

An unknown layer is written as a key of the request whose name is that of the layer. Its values are
``allow``, ``explicitDeny`` and, absent or anything else, nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.core.request import ContextValue

__all__ = ["ALLOW", "EXPLICIT_DENY", "NOTHING", "SAYS", "LayerSays"]

ALLOW = "allow"
EXPLICIT_DENY = "explicitDeny"
NOTHING = "nothing"
SAYS = "Says"  # stands for an operator where a residual that reads a layer is put into words


@dataclass(frozen=True, slots=True)
class LayerSays:
    """An open test: what an unknown layer says of the request."""

    key: str
    word: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The key that stands for the layer."""
        return (self.key,)

    def holds(self, _resource: str, context: Mapping[str, ContextValue]) -> bool:
        """Whether the layer says this word."""
        return context.get(self.key) == self.word
