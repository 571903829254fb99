"""What failed last time, kept between runs in the folder `.iamsim_cache`, or the one that the
environment variable `IAMSIM_CACHE` names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.suites.cases import Case
    from iamsim.suites.runner import Outcome

__all__ = ["LastFailed"]

_FOLDER = ".iamsim_cache"
_FILE = "last-failed.json"


class LastFailed:
    """The ids of the cases that failed when they last ran. A cache that can't be read or written
    is as good as none."""

    def __init__(self) -> None:
        """Read what an earlier run in this folder left."""
        self._folder = Path(os.environ.get("IAMSIM_CACHE") or _FOLDER)
        self.ids = self._stored()

    def _stored(self) -> frozenset[str]:
        try:
            data = json.loads(read_bytes(self._folder / _FILE))
        except (OSError, ValueError, RecursionError):
            return frozenset()
        if not isinstance(data, list):
            return frozenset()
        return frozenset(name for name in data if isinstance(name, str))

    def wanted(self) -> Callable[[Case], bool]:
        """Pick what failed; everything when nothing did."""
        return lambda case: not self.ids or case.id in self.ids

    def store(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what failed now, and what failed before and did not run."""
        ran = {outcome.case.id for outcome in outcomes}
        failed = {outcome.case.id for outcome in outcomes if not outcome.passed}
        kept = sorted(failed | (self.ids - ran))
        if not kept and not self.ids:
            return
        try:
            write_folder(self._folder, {".gitignore": "*\n", _FILE: json.dumps(kept, indent=1)})
        except OSError:
            return
