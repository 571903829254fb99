"""Python's collector of reference cycles, put off while much is made that stays."""

from __future__ import annotations

import gc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class CollectLater:
    """In its block no reference cycles are collected; such blocks may lie in each other.

    Who compiles thousands of policies, or runs many cases, makes hundreds of thousands of objects
    that live on. The collector would look at all of them again and again, for half of the time, and
    find nothing.
    """

    def __enter__(self) -> None:
        """Switch the collector off, if it is on."""
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave it as it was."""
        if self._was_on:
            gc.enable()
