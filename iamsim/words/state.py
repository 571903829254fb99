"""How a gate of a decision stands."""

from __future__ import annotations

from enum import Enum

__all__ = ["State"]


class State(Enum):
    """How a gate stands; the values are the words that pictures show."""

    OPEN = "open"
    CLOSED = "closed"
    BYPASSED = "bypassed"
    NOT_APPLICABLE = "does not apply"
    DEPENDS = "depends"

    @property
    def css(self) -> str:
        """The name as a class of a style sheet."""
        return self.name.lower().replace("_", "-")
