"""A bar on standard error for work that takes more than a second, in a terminal only."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress, TaskID

_PATIENCE = 1.0  # seconds before anything is shown


class ProgressBar:
    """Shows how much is done; use it in a `with` block and call it with done and total.

    Nothing is shown when standard error is no terminal, or `quiet`.
    """

    def __init__(self, title: str, *, quiet: bool = False) -> None:
        """Wait; the bar comes when the work turns out to be long."""
        self._title = title
        self._start = monotonic()
        self._silent = quiet or not sys.stderr.isatty()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __call__(self, done: int, total: int) -> None:
        """Take note of the state of the work."""
        if self._silent or monotonic() - self._start < _PATIENCE:
            return
        if self._bar is None or self._task is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self._title, total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
