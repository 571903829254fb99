"""Runs something again whenever a file changes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from iamsim.core.caret import render_error
from iamsim.core.errors import IamsimError

_PAUSE = 0.3  # seconds between two looks
_SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".py")
_INTERRUPTED = 130  # the exit code of a program that was told to stop


def watch(run: Callable[[], int], paths: Iterable[str], *, rounds: int | None = None) -> int:
    """Run once, and again after every change below the folders of `paths`, until interrupted.

    Gives the exit code of the last run; an error is written and waited out as well. `rounds` ends
    it after so many runs.
    """
    folders = sorted({path if os.path.isdir(path) else os.path.dirname(path) for path in paths})  # noqa: PTH112, PTH120 - pathlib costs start-up time
    done = 0
    code = 0
    try:
        while True:
            seen = _state(folders)
            code = _run_once(run)
            done += 1
            if rounds is not None and done >= rounds:
                return code
            sys.stderr.write("waiting for changes; Ctrl-C ends\n")
            while _state(folders) == seen:
                time.sleep(_PAUSE)
    except KeyboardInterrupt:
        return code or _INTERRUPTED


def _run_once(run: Callable[[], int]) -> int:
    try:
        return run()
    except IamsimError as error:
        sys.stderr.write(f"{render_error(error)}\n")
        return 2


def _state(folders: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Give time and size of every file that a run may read."""
    state = {}
    for file in _files(folders):
        try:
            stat = os.stat(file)  # noqa: PTH116 - as above
        except OSError:
            continue
        state[file] = stat.st_mtime_ns, stat.st_size
    return state


def _files(folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        for place, inner, files in os.walk(folder or "."):
            inner[:] = [name for name in inner if not name.startswith(".")]
            for name in files:
                if name.endswith(_SUFFIXES):
                    yield os.path.join(place, name)  # noqa: PTH118 - as above
