"""Log files counted in several processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from iamsim.replay.counting import Count, count_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.replay.alike import Alike

__all__ = ["count_in_processes"]

SHARES = 8  # of the work, for each process: large files then do not keep the others waiting


def count_in_processes(
    files: Sequence[str],
    alike: Alike,
    processes: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Count:
    """Deal the files out and add the counts up.

    Where a record stands in files of two shares, it would count twice: then the files are read
    again, one after the other.
    """
    shares = [list(files[start :: processes * SHARES]) for start in range(processes * SHARES)]
    done = 0
    parts = {}
    with ProcessPoolExecutor(processes) as pool:
        running = {pool.submit(count_logs, share, alike): len(share) for share in shares if share}
        for future in as_completed(running):
            done += running[future]
            progress(done, len(files))
            parts[future] = future.result()
    count = Count()
    for future in running:  # in one order, whoever is first
        if not count.seen.isdisjoint(parts[future].seen):
            return count_logs(files, alike, lambda read: progress(read, len(files)))
        count.add(parts[future])
    return count
