"""Requests with the decision that each must get, asked in a world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from iamsim.suites.meaning import MeaningCheck
from iamsim.suites.run import CaseResult, run_request
from iamsim.suites.scenario import load_scenario

if TYPE_CHECKING:
    import os

    from iamsim.engine.world import CompiledWorld


class TestRun:
    """What came out of the requests of some files: `results` has one for each."""

    __test__ = False  # for pytest: this is none of its classes

    def __init__(self, results: Iterable[CaseResult]) -> None:
        """Wrap the results; use `World.test` to run files."""
        self.results = tuple(results)

    @property
    def failed(self) -> list[CaseResult]:
        """Those that did not get what they expect, with their `failures` in words."""
        return [result for result in self.results if not result.met]

    @property
    def passed(self) -> bool:
        """Whether every request got what it expects, and there is one."""
        return bool(self.results) and not self.failed

    def to_dict(self) -> dict[str, Any]:
        """The results as JSON-ready data."""
        return {
            "passed": self.passed,
            "requests": [
                {
                    "name": result.request.title,
                    "decision": None if result.verdict is None else result.verdict.value,
                    "met": result.met,
                    "failures": list(result.failures),
                }
                for result in self.results
            ],
        }

    def __str__(self) -> str:
        """A line for each request that failed, and the count."""
        lines = [
            f"FAIL {result.request.title}: {'; '.join(result.failures)}" for result in self.failed
        ]
        lines.append(f"{len(self.results) - len(self.failed)} of {len(self.results)} as expected")
        return "\n".join(lines)

    def __repr__(self) -> str:
        """The count."""
        return f"<TestRun: {str(self).splitlines()[-1]}>"

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        message = "a TestRun has no truth value: use `run.passed`"
        raise TypeError(message)


def run_files(
    files: Iterable[str | os.PathLike[str]], world: CompiledWorld, *, allow_unknown_names: bool
) -> TestRun:
    """Ask the requests of scenario files in a world, whatever worlds they name.

    A request without an expectation fails, as one does that can't be meant. Raises what reading a
    file raises.
    """
    return TestRun(
        _results(files, world, MeaningCheck(world.model, allow_unknown_names=allow_unknown_names))
    )


def _results(
    files: Iterable[str | os.PathLike[str]], world: CompiledWorld, check: MeaningCheck
) -> Iterator[CaseResult]:
    for file in files:
        scenario = load_scenario(file, lambda *_paths: world.model)
        for request in scenario.requests:
            yield check.of_result(run_request(request, world), must_expect=True)
