"""Worker processes: each gets an item of work whenever it is free, and answers over a pipe.

Where a process can be forked, a worker starts with all that this one knows, and memory is shared
until somebody writes to it. Elsewhere (Windows, macOS, a program with several threads) it starts
afresh and is sent the worlds. A worker ends with the process that started it, however that ends.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, cast

from iamsim.core.errors import IamsimError
from iamsim.query.batch.shipping import Shipper, subject_bytes, subject_of

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    from iamsim.query.batch.batch import Batch

    Task = Callable[[object], object]
    Subject: TypeAlias = "Batch | tuple[Batch, ...]"

FORK, SPAWN = "fork", "spawn"
LOOK_AHEAD = 100  # items
PATIENCE = 5.0  # seconds for a worker to end by itself
WORK, ITEM, DONE, FAILED = b"w", b"i", b"d", b"f"  # the first byte of a message


def best_method() -> str:
    """How workers start here: a copy of a process with threads could wait for a lock for ever."""
    return FORK if sys.platform == "linux" and threading.active_count() == 1 else SPAWN


class Described(Protocol):
    """Work: `make(subject, common)` gives the function that does one item of it."""

    make: object
    common: object


class Worker(NamedTuple):
    """A process with the pipe to it."""

    process: BaseProcess
    pipe: Connection


class Pool:
    """So many workers that know one subject: a batch, or several."""

    def __init__(self, subject: Subject, number: int, method: str) -> None:
        """Start them."""
        self.subject = subject
        self._shipper = Shipper(_batches(subject))
        self._workers: list[Worker] = []
        self._told_of: Described | None = None
        self._told: set[Connection] = set()  # the workers that know what to do
        self._did: dict[str, Connection] = {}  # who did items that are names
        context = multiprocessing.get_context(method)
        inherited = (subject, self._shipper) if method == FORK else None
        written = subject_bytes(subject) if inherited is None else b""
        try:
            for _ in range(number):
                self._start(context, inherited)
            for worker in self._workers if inherited is None else ():
                _send(worker, written)
        except BaseException:
            self.stop()
            raise

    def _start(self, context: BaseContext, inherited: tuple[Subject, Shipper] | None) -> None:
        ours, theirs = context.Pipe()
        # A forked worker has our ends of all pipes, and must let go of them to see them closed.
        others = [worker.pipe for worker in self._workers] + [ours] if inherited else []
        process = context.Process(  # type: ignore[attr-defined]  # every context has it
            target=_work, args=(theirs, others, inherited), daemon=True, name="iamsim"
        )
        process.start()
        theirs.close()
        self._workers.append(Worker(process, ours))

    def run(self, work: Described, items: Sequence[object]) -> Iterator[tuple[int, object]]:
        """Give the results with the numbers of their items, as they come.

        Raises the error of the first item that has one, as a loop over the items would.
        """
        if self._told_of is not work:
            self._told_of = work
            self._told.clear()
        described = WORK + self._shipper.pack((work.make, work.common))
        busy: dict[Connection, tuple[Worker, int]] = {}
        idle = list(reversed(self._workers))
        failed: tuple[int, BaseException] | None = None
        waiting = dict.fromkeys(range(len(items)))
        while True:
            while idle and waiting:
                worker = idle.pop()
                position = self._choose(worker, items, waiting)
                del waiting[position]
                if worker.pipe not in self._told:
                    _send(worker, described)
                    self._told.add(worker.pipe)
                _send(worker, ITEM + self._shipper.pack(items[position]))
                busy[worker.pipe] = worker, position
                if isinstance(name := items[position], str):
                    self._did[name] = worker.pipe
            # An item before the one that failed may fail as well, and then it is the first.
            open_ = (failed is None or number < failed[0] for _, number in busy.values())
            if not waiting and not any(open_):
                break
            for pipe in cast("list[Connection]", wait(list(busy))):
                worker, number = busy.pop(pipe)
                content = _receive(worker)
                idle.append(worker)
                value = self._shipper.unpack(content[1:])
                if content[:1] == DONE:
                    yield number, value
                elif failed is None or number < failed[0]:
                    failed = number, cast("BaseException", value)
                    waiting = {
                        other_number: None for other_number in waiting if other_number < number
                    }
        if failed is not None:
            raise failed[1]

    def _choose(self, worker: Worker, items: Sequence[object], waiting: Iterable[int]) -> int:
        """The next item for a worker: one by a name that it has done before, and knows something
        about, else the first that no other has."""
        some = list(islice(waiting, LOOK_AHEAD if self._did else 1))
        names = {number: item for number in some if isinstance(item := items[number], str)}
        by = {number: self._did.get(names.get(number, "")) for number in some}
        own = (number for number in some if by[number] is worker.pipe)
        nobody = (number for number in some if by[number] is None)
        return next(own, next(nobody, some[0]))

    def close(self) -> None:
        """Let the workers end: a closed pipe tells them to."""
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join(PATIENCE)
        self.stop()

    def stop(self) -> None:
        """End the workers at once, whatever they do."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(PATIENCE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.pipe.close()
        self._workers.clear()


def _batches(subject: Subject) -> tuple[Batch, ...]:
    return subject if isinstance(subject, tuple) else (subject,)


def _send(worker: Worker, content: bytes) -> None:
    try:
        worker.pipe.send_bytes(content)
    except OSError:
        raise _died(worker) from None


def _receive(worker: Worker) -> bytes:
    try:
        return worker.pipe.recv_bytes()
    except (EOFError, OSError):
        raise _died(worker) from None


def _died(worker: Worker) -> IamsimError:
    """What became of a worker that does not answer any more."""
    worker.process.join(PATIENCE)
    code = worker.process.exitcode
    how = "without a word"
    if code is not None and code < 0:
        try:
            how = f"by the signal {signal.Signals(-code).name}"
        except ValueError:
            how = f"by signal {-code}"
    return IamsimError(
        "worker-died",
        f"a process that did part of the work was ended {how}",
        hint="when memory ran out, ask with fewer processes (`-n`), or with one",
    )


def _work(
    pipe: Connection, others: Sequence[Connection], inherited: tuple[Subject, Shipper] | None
) -> None:
    """What a worker does: items of work, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for us hears it, and stops us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()  # what was inherited stays
    try:
        if inherited is None:
            subject = cast("Subject", subject_of(pipe.recv_bytes()))
            shipper = Shipper(_batches(subject))
        else:
            subject, shipper = inherited
        task: Task = _nothing
        while True:
            content = pipe.recv_bytes()
            answer, task = _answer(content, task, subject, shipper)
            if answer is not None:
                pipe.send_bytes(answer)
    except (EOFError, OSError):
        pass  # nobody is there who wants an answer


def _answer(
    content: bytes, task: Task, subject: Subject, shipper: Shipper
) -> tuple[bytes | None, Task]:
    """Do what a message says: begin work, or do an item of it. An error is an answer as well."""
    try:
        value = shipper.unpack(content[1:])
        if content[:1] == WORK:
            make, common = cast("tuple[Callable[[Subject, object], Task], object]", value)
            try:
                return None, make(subject, common)
            except Exception as error:  # noqa: BLE001 - told with the first item
                return None, _failing(error)
        return DONE + shipper.pack(task(value)), task
    except Exception as error:  # noqa: BLE001 - raised again where somebody waits
        return FAILED + _packed_error(error, shipper), task


def _nothing(_item: object) -> object:
    """The work before there is any."""
    raise AssertionError("work comes before its items")


def _failing(error: Exception) -> Task:
    """Work that could not be begun."""

    def fail(_item: object) -> object:
        raise error

    return fail


def _packed_error(error: Exception, shipper: Shipper) -> bytes:
    """An error as it is, with where it was raised; only its text where it can't be sent."""
    lines = "".join(traceback.format_exception(error))
    if not isinstance(error, IamsimError):
        error.add_note(f"in a worker process:\n{lines}")
    try:
        content = shipper.pack(error)
        shipper.unpack(content)
    except Exception:  # noqa: BLE001 - whatever an error may hold
        return shipper.pack(RuntimeError(lines))
    return content


def _end_with_parent() -> None:
    """Wait for the end of the process that started this one, and end as well."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
