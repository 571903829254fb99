"""Runs test cases: one after the other or in several processes, and says what came of each.

A file that can't be read and a question that can't be asked are results as well: they never keep
the rest from running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import IamsimError
from iamsim.suites.cases import Case, Shelf, cases_of
from iamsim.suites.meaning import expects_something
from iamsim.suites.run import CaseResult, run_request

if TYPE_CHECKING:
    from iamsim.core.decision import Layer, Verdict
    from iamsim.suites.coverage import Coverage

    Wanted = Callable[[Case], bool]
    Progress = Callable[[int, int], None]

_CHUNKS_PER_WORKER = 4


class _Word(NamedTuple):
    """What a worker sends back of a case."""

    verdict: Verdict | None
    layer: Layer | None
    failures: tuple[str, ...]
    error: IamsimError | None


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A scenario file that can't be read, and why."""

    file: str
    error: IamsimError


@dataclass(frozen=True, slots=True)
class Collected:
    """The cases that were found and wanted, the files that can't be read, and how many cases were
    left out."""

    cases: tuple[Case, ...]
    broken: tuple[BrokenFile, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case."""

    case: Case
    result: CaseResult

    @property
    def passed(self) -> bool:
        """Whether nothing came out in another way than expected."""
        return self.result.met

    @property
    def expected(self) -> bool:
        """Whether something was expected at all."""
        return expects_something(self.result)


def collect(files: Iterable[str], shelf: Shelf, wanted: Sequence[Wanted] = ()) -> Collected:
    """Read scenario files and pick the wanted cases."""
    cases: list[Case] = []
    broken: list[BrokenFile] = []
    left_out = 0
    for file in files:
        try:
            found = cases_of(file, shelf)
        except IamsimError as error:
            broken.append(BrokenFile(file, error))
            continue
        some = [case for case in found if all(test(case) for test in wanted)]
        cases += some
        left_out += len(found) - len(some)
    return Collected(tuple(cases), tuple(broken), left_out)


def run_cases(
    cases: Sequence[Case],
    shelf: Shelf,
    *,
    workers: int = 1,
    most_failures: int | None = None,
    progress: Progress | None = None,
    coverage: Coverage | None = None,
) -> tuple[Outcome, ...]:
    """Run cases in order; with `most_failures` only until so many have failed.

    `progress` is told how many are done, and of how many. With several workers each reads the files
    that it needs; the outcomes come in the order of the cases all the same. With `coverage` all
    run here, since counts live in one process.
    """
    outcomes: list[Outcome] = []
    failed = 0
    if workers > 1 and coverage is None:
        running = _run_apart(cases, shelf, workers)
    else:
        running = (Outcome(case, run_case(case, shelf, coverage)) for case in cases)
    for outcome in running:
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(cases))
        failed += not outcome.passed
        if most_failures is not None and failed >= most_failures:
            break
    return tuple(outcomes)


def run_case(case: Case, shelf: Shelf, coverage: Coverage | None = None) -> CaseResult:
    """Run one case. An error that it does not expect is a failure of it, and so is an expectation
    of a question that can't be meant."""
    try:
        world = shelf.compiled(case.scenario)
        result = run_request(case.request, world, coverage)
        check = shelf.meaning(None if world is None else world.model)
        return check.of_result(result, must_expect=not shelf.recording)
    except IamsimError as error:
        return CaseResult(case.request, None, None, (f"error: {error}",), error=error)


def _run_apart(cases: Sequence[Case], shelf: Shelf, workers: int) -> Iterator[Outcome]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    size = max(1, -(-len(cases) // (workers * _CHUNKS_PER_WORKER)))
    chunks = [cases[start : start + size] for start in range(0, len(cases), size)]
    # Workers start afresh: what the parent has loaded, threads included, is not copied.
    context = get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(chunks) or 1), context, _start_worker, (shelf,)
    ) as pool:
        parts = [pool.submit(_run_part, [(case.file, case.id) for case in part]) for part in chunks]
        try:
            for chunk, part in zip(chunks, parts, strict=True):
                for case, word in zip(chunk, part.result(), strict=True):
                    yield Outcome(case, _result(case, shelf, word))
        finally:
            pool.shutdown(cancel_futures=True)


def _result(case: Case, shelf: Shelf, word: _Word) -> CaseResult:
    """What a worker said of a case; its answer can be explained here."""
    verdict, layer, failures, error = word
    return CaseResult(
        case.request,
        verdict,
        layer,
        failures,
        error=error,
        _world=lambda: shelf.compiled(case.scenario),
    )


_worker: dict[str, Shelf] = {}
_read: dict[str, dict[str, Case]] = {}


def _start_worker(shelf: Shelf) -> None:
    import gc

    gc.disable()  # what a worker makes stays until its end
    _worker["shelf"] = shelf


def _run_part(wanted: Sequence[tuple[str, str]]) -> list[_Word]:
    """Run cases by file and id in a worker process."""
    shelf = _worker["shelf"]
    done = []
    for file, name in wanted:
        if file not in _read:
            _read[file] = {case.id: case for case in cases_of(file, shelf)}
        result = run_case(_read[file][name], shelf)
        done.append(_Word(result.verdict, result.layer, result.failures, result.error))
    return done
