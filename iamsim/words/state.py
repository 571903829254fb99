"""How a gate of a decision stands, and a decision itself."""

from __future__ import annotations

from enum import Enum

from iamsim.core.decision import Verdict


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


VERDICT_STATES = {
    Verdict.ALLOWED: State.OPEN,
    Verdict.EXPLICIT_DENY: State.CLOSED,
    Verdict.IMPLICIT_DENY: State.CLOSED,
    Verdict.CONDITIONAL: State.DEPENDS,
}
