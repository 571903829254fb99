"""Work on a world in several processes, with the same answers as in one.

    with Processes(2) as processes:
        found = processes.spread(batch, make, common, items)

`make(batch, common)` gives the function that does one item. It is called once in each process and
must be found by name in its module; what it gives may keep what it works out. Results come in the
order of the items. With one process all of it runs right here, and nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

from iamsim.core.collector import CollectLater
from iamsim.query.batch.batch import TOGETHER

if TYPE_CHECKING:
    from types import TracebackType

    from iamsim.query.batch.pool import Pool, Subject

MOST_PROCESSES = 60  # more than that Windows can't wait for
PIECES_EACH, CHUNKS_EACH = 4, 16  # so that nobody waits for long for the last one

Q = TypeVar("Q")
S = TypeVar("S", bound="Subject")
Common = TypeVar("Common")
Item = TypeVar("Item")
Result = TypeVar("Result")


def no_progress(_done: int, _total: int) -> None:
    """Show nothing."""


class Processes:
    """So many processes, started when there is work for several; use it in a `with` block.

    `method` is how they start, by default the best way here (see `iamsim.query.batch.pool`). There
    are never more than there are items of work when they start, nor than `MOST_PROCESSES`.
    """

    def __init__(self, number: int = 1, *, method: str | None = None) -> None:
        """Take the number of processes; none is started yet."""
        self.number = max(1, min(number, MOST_PROCESSES))
        self._method = method
        self._pool: Pool | None = None

    def __enter__(self) -> Self:
        """Start a block, at whose end the processes end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the processes; at once where an error came."""
        if error is None:
            self.close()
        else:
            self.stop()

    def close(self) -> None:
        """End the processes; they start again when there is more work."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def stop(self) -> None:
        """End the processes at once, whatever they do."""
        if self._pool is not None:
            self._pool.stop()
            self._pool = None

    def pieces(self, things: Sized) -> list[range]:
        """Cut things into pieces, each a range of neighbors: a few for each process, and a single
        one for one process."""
        total = len(things)
        if not total:
            return []
        size = total if self.number == 1 else -(-total // (self.number * PIECES_EACH))
        return [range(start, min(start + size, total)) for start in range(0, total, size)]

    def chunks(self, things: Sized) -> list[range]:
        """The same for things that are done one by one anyway: one each for one process, so that
        progress is seen, and more of them for several."""
        total = len(things)
        size = 1 if self.number == 1 else -(-total // (self.number * CHUNKS_EACH)) or 1
        return [range(start, min(start + size, total)) for start in range(0, total, size)]

    def groups(self, questions: Sequence[Q]) -> list[tuple[Q, ...]]:
        """Group questions that are asked about the same things: what is worked out for one serves
        for the others in the same process. One each for one process."""
        size = 1 if self.number == 1 else TOGETHER
        return [tuple(questions[start : start + size]) for start in range(0, len(questions), size)]

    def work(
        self, subject: S, make: Callable[[S, Common], Callable[[Item], Result]], common: Common
    ) -> Work[Item, Result]:
        """Work that may be given items several times, and keeps what it has worked out."""
        return Work(self, subject, make, common)

    def spread(
        self,
        subject: S,
        make: Callable[[S, Common], Callable[[Item], Result]],
        common: Common,
        items: Sequence[Item],
        progress: Callable[[int, int], None] = no_progress,
    ) -> list[Result]:
        """Do all items, and give the results in their order; see `Work.do`."""
        return self.work(subject, make, common).do(items, progress)

    def pool_for(self, subject: Subject, total: int) -> Pool:
        """The processes that know a subject, for so many items: those that run, or new ones."""
        if self._pool is not None and self._pool.subject is not subject:
            self.close()
        if self._pool is None:
            from iamsim.query.batch.pool import Pool, best_method

            method = self._method or best_method()
            self._pool = Pool(subject, min(self.number, total), method)
        return self._pool


class Work(Generic[Item, Result]):
    """One kind of work on one subject; `Processes.work` makes it."""

    def __init__(
        self,
        processes: Processes,
        subject: S,
        make: Callable[[S, Common], Callable[[Item], Result]],
        common: Common,
    ) -> None:
        """Take what is to be done; nothing is begun yet."""
        self.subject: Subject = subject
        self.make: object = make
        self.common: object = common
        self._processes = processes
        self._begin: Callable[[], Callable[[Item], Result]] = lambda: make(subject, common)
        self._here: Callable[[Item], Result] | None = None

    def do(
        self, items: Sequence[Item], progress: Callable[[int, int], None] = no_progress
    ) -> list[Result]:
        """Do all items, and give the results in their order.

        `progress` is told how many are done, and of how many. An error in another process is raised
        here as it would be in a loop over the items. Raises `IamsimError` where a process was ended
        from outside.
        """
        total = len(items)
        if self._processes.number == 1 or total < 2:  # noqa: PLR2004 - one item is for one process
            results = []
            for number, item in enumerate(items):
                progress(number, total)
                if self._here is None:
                    self._here = self._begin()
                results.append(self._here(item))
            return results
        found: dict[int, object] = {}
        try:
            pool = self._processes.pool_for(self.subject, total)
            progress(0, total)
            with CollectLater():  # results stay
                for number, result in pool.run(self, items):
                    found[number] = result
                    progress(len(found), total)
        except BaseException:
            self._processes.stop()
            raise
        return [cast("Result", found[number]) for number in range(total)]


ALONE = Processes()
