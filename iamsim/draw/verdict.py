"""How a verdict stands in pictures."""

from __future__ import annotations

from iamsim.core.decision import Verdict
from iamsim.draw.style import State

__all__ = ["VERDICT_STATES"]

VERDICT_STATES = {
    Verdict.ALLOWED: State.OPEN,
    Verdict.EXPLICIT_DENY: State.CLOSED,
    Verdict.IMPLICIT_DENY: State.CLOSED,
    Verdict.CONDITIONAL: State.DEPENDS,
}
