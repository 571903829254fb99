"""What failed last time, kept between runs in the user's cache folder.

That is the folder that ``IAMSIM_CACHE`` names, else ``iamsim`` below ``XDG_CACHE_HOME``, else
``~/.cache/iamsim`` (https://specifications.freedesktop.org/basedir-spec/latest/); in it each
working folder has a folder of its own, so that nothing is left beside the suites.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_folder

if TYPE_CHECKING:
    from iamsim.suites.cases import Case
    from iamsim.suites.runner import Outcome

_FILE = "last-failed.json"


def _cache_folder() -> Path | None:
    """The folder of this working folder; `None` where the user has no home."""
    own, shared = os.environ.get("IAMSIM_CACHE"), os.environ.get("XDG_CACHE_HOME", "")
    if own:
        base = Path(own)
    elif os.path.isabs(shared):  # noqa: PTH117 - an empty text is no path
        base = Path(shared) / "iamsim"
    else:
        try:
            base = Path.home() / ".cache" / "iamsim"
        except RuntimeError:
            return None
    return base / sha256(os.fsencode(Path.cwd())).hexdigest()[:16]


def _kept_id(case: Case) -> str:
    """The id of a case, its file as seen from the working folder."""
    return os.path.relpath(case.file) + case.id.removeprefix(case.file)


class LastFailed:
    """The ids of the cases that failed when they last ran. A cache that can't be read or written
    is as good as none."""

    def __init__(self) -> None:
        """Read what an earlier run in this folder left."""
        self._folder = _cache_folder()
        self.ids = self._stored()

    def _stored(self) -> frozenset[str]:
        if self._folder is None:
            return frozenset()
        try:
            data = json.loads(read_bytes(self._folder / _FILE))
        except (OSError, ValueError, RecursionError):
            return frozenset()
        if not isinstance(data, list):
            return frozenset()
        return frozenset(name for name in data if isinstance(name, str))

    def wanted(self) -> Callable[[Case], bool]:
        """Pick what failed; everything when nothing did."""
        return lambda case: not self.ids or _kept_id(case) in self.ids

    def store(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what failed now, and what failed before and did not run."""
        ran = {_kept_id(outcome.case) for outcome in outcomes}
        failed = {_kept_id(outcome.case) for outcome in outcomes if not outcome.passed}
        kept = sorted(failed | (self.ids - ran))
        if self._folder is None or (not kept and not self.ids):
            return
        try:
            write_folder(self._folder, {_FILE: json.dumps(kept, indent=1)})
        except (OSError, ValueError):
            return
