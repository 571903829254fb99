"""Log files counted, in one process or in several, from where an earlier run left off."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from iamsim.files.reading import file_state
from iamsim.replay.copies import Ids
from iamsim.replay.counting import Count, Counting
from iamsim.replay.logs import records_of

if TYPE_CHECKING:
    from iamsim.replay.alike import Alike
    from iamsim.replay.state import State

SHARES = 8  # of the work, for each process: large files then do not keep the others waiting
PATIENCE = 2.0  # seconds between two looks at whether the parent is there
MOST_BYTES = 32_000_000  # of files, packed or not, that are counted before the count is added up
KEPT_BYTES = 16_000_000  # of freed memory that a worker keeps: the next file goes there
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as glibc's malloc.h numbers them

_counting: Counting | None = None  # of a worker: what it learned of one share serves the next


def count_logs(
    files: Sequence[str],
    alike: Alike,
    processes: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    state: State | None = None,
) -> Count:
    """Count the records of some files, each id once; `progress` is told how many files are done,
    and how many there are.

    With a `state`, files that it has counted are not read again, and it is kept up to date.
    """
    with Ids() as ids:
        count = Count() if state is None else state.begin(files, ids)
        left = files if state is None else [file for file in files if file not in state.done]
        done = len(files) - len(left)
        shares = _shares(left, processes)
        with _counted(shares, alike, processes) as parts:
            for share, part in parts:
                count.add(part)
                for file, packed in part.ids:
                    ids.add(file, packed)
                done += len(share)
                progress(done, len(files))
                if state is not None:
                    state.note(share, part.ids, count)
        if state is not None:
            state.save(count)
        _take_back(count, ids, files, alike)
    places = {file: place for place, file in enumerate(files)}
    count.problems.sort(key=lambda problem: places.get(problem.file, len(places)))
    return count


@contextmanager
def _counted(
    shares: list[list[str]], alike: Alike, processes: int
) -> Iterator[Iterator[tuple[list[str], Count]]]:
    """Each share with its count, in any order."""
    if processes == 1 or len(shares) == 1:
        counting = Counting(alike)
        yield ((share, counting.files(share)) for share in shares)
        return
    with ProcessPoolExecutor(processes, initializer=_start, initargs=(alike,)) as pool:
        running = {pool.submit(_count, share): share for share in shares}
        try:
            yield ((running.pop(future), future.result()) for future in as_completed(list(running)))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start(alike: Alike) -> None:
    """Begin the life of a worker."""
    global _counting  # noqa: PLW0603 - a process of its own
    _keep_freed_memory()
    _counting = Counting(alike)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()


def _keep_freed_memory() -> None:
    """Let glibc keep what a file took: given back, its pages are made anew for the next, which
    takes a tenth of the time. Elsewhere there is nothing to do.

    https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            for option in (TRIM_THRESHOLD, MMAP_THRESHOLD):
                ctypes.CDLL(None).mallopt(option, KEPT_BYTES)


def _end_with_parent(parent: int) -> None:
    """A worker whose parent was killed has nobody to count for, and would wait for ever."""
    while os.getppid() == parent:
        time.sleep(PATIENCE)
    os._exit(1)


def _count(files: list[str]) -> Count:
    """Count a share, in a worker."""
    assert _counting is not None  # noqa: S101 - `_start` ran
    return _counting.files(files)


def _shares(files: Sequence[str], processes: int) -> list[list[str]]:
    """Deal files out, in order: never too much at once, and enough shares for all."""
    sizes = [(file_state(file) or (0, 0))[1] for file in files]
    most = min(MOST_BYTES, sum(sizes) // (processes * SHARES) + 1)
    shares: list[list[str]] = []
    size = most
    for file, own in zip(files, sizes, strict=True):
        if size >= most:
            shares.append([])
            size = 0
        shares[-1].append(file)
        size += own
    return shares


def _take_back(count: Count, ids: Ids, files: Sequence[str], alike: Alike) -> None:
    """Count records that stand in several files once: those that the later files have are read
    again, and subtracted."""
    copies = ids.copies(files)
    if not copies:
        return
    counting = Counting(alike)
    for file, again in copies.items():
        counting.records(records_of(file, []), file, again)
    count.take_back(counting.count)
