"""Which decisions differ between two worlds, asked only where the difference can reach.

Policies that differ tell the principals and resources that are concerned, their changed statements
the actions, and all patterns in play the resources. Every decision is the engine's.
"""

from __future__ import annotations

from iamsim.query.changes.find import find_changes
from iamsim.query.changes.model import Change, Changes, Direction, Reached

__all__ = ["Change", "Changes", "Direction", "Reached", "find_changes"]
