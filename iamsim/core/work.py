"""A bound on how much is tried: counted and not timed, so that the same input gives the same."""

from __future__ import annotations


class Work:
    """Counts what is done, and says when it is enough; what was left undone is to be told."""

    __slots__ = ("done", "most", "refused")

    def __init__(self, most: int) -> None:
        """Allow so many steps."""
        self.most = most
        self.done = 0
        self.refused = 0

    def take(self) -> bool:
        """Ask for one more step; false where there have been enough."""
        if self.done >= self.most:
            self.refused += 1
            return False
        self.done += 1
        return True
