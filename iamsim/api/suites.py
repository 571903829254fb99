"""Suites of requests run as `iamsim test` runs them: with coverage, mutants and records."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.api.results import Result
from iamsim.query.batch.processes import no_progress
from iamsim.report import suite as layout
from iamsim.suites.cases import Case, Shelf, find_files
from iamsim.suites.runner import Outcome, collect, run_cases

if TYPE_CHECKING:
    from iamsim.report.document import Document
    from iamsim.suites.mutation.run import MutationResult
    from iamsim.suites.record import Record
    from iamsim.suites.selection import Wanted
    from iamsim.world.model import PolicyDocument, World


class Mutation(NamedTuple):
    """The mutants of policies, the share that was noticed in percent, and whether there was any
    policy to change."""

    results: Sequence[MutationResult]
    score: float
    any_policy: bool


class SuiteRun(Result):
    """What came of suites: `report` has all of it, `mutation` what became of changed policies."""

    def __init__(
        self, report: layout.SuiteReport, shelf: Shelf, mutation: Mutation | None = None
    ) -> None:
        """Wrap a run; use `run_suites` to make one."""
        self.report = report
        self.mutation = mutation
        self._shelf = shelf

    @property
    def failed(self) -> list[Outcome]:
        """The cases that did not get what they expect."""
        return [outcome for outcome in self.report.outcomes if not outcome.passed]

    @property
    def open(self) -> list[Outcome]:
        """Those of them that depend on parts of policies that are not known."""
        return [outcome for outcome in self.failed if outcome.result.depends_on_unknown]

    @property
    def models(self) -> Sequence[World]:
        """The worlds that were asked: those of files, and those that stand in suites."""
        written = (case.scenario.world for case in self.report.collected.cases)
        found = (*self._shelf.models, *(model for model in written if model is not None))
        return list({id(model): model for model in found}.values())

    @property
    def _models(self) -> Sequence[World]:
        return self.models

    def missing_tests(self, file: str) -> str:
        """The cases that would have noticed the mutants which survived, as a suite for a file."""
        from iamsim.suites.mutation.cases import suite_text

        results = () if self.mutation is None else self.mutation.results
        return suite_text(results, self._shelf.paths, file)

    def record(self) -> Record:
        """All decisions, with the policies in play, for a later run to compare with."""
        from iamsim.suites.record import Recorder

        if self.report.compared is not None:
            return self.report.compared.after
        return Recorder(self._shelf).add(self.report.collected.cases)

    def _laid_out(self, *, verbose: bool = False) -> Document:
        return layout.run_document(self.report, verbose=verbose)

    def _data(self) -> dict[str, Any]:
        """The run as `iamsim test --format json` has it."""
        return layout.run_to_dict(self.report, verbose=False)

    def to_dict(self, *, verbose: bool = False) -> dict[str, Any]:
        """The run as JSON-ready data; with `verbose` with the answers to all cases."""
        plain = super().to_dict()
        return {**plain, **layout.run_to_dict(self.report, verbose=True)} if verbose else plain

    def lines(self) -> list[str]:
        """The counts."""
        return list(layout.counts_of(self.report))


def run_suites(  # noqa: PLR0913 - the arguments are the options of the command
    *paths: str,
    worlds: Sequence[str] = (),
    overlays: Sequence[str] = (),
    wanted: Sequence[Wanted] = (),
    allow_unknown_names: bool = False,
    coverage: bool = False,
    mutate: bool = False,
    policies: Callable[[str, str], bool] | None = None,
    unchanged: frozenset[str] = frozenset(),
    compare: Record | None = None,
    recording: bool = False,
    workers: int = 1,
    most_failures: int | None = None,
    progress: Callable[[int, int], None] = no_progress,
) -> SuiteRun:
    """Run the suites in some files and folders, by default in this folder.

    `worlds` are for suites that name none. `policies` picks those that are covered and mutated by
    name and file; those of `unchanged` files are not mutated. When `recording`, cases need not
    expect anything. A file that can't be read is part of the outcome.
    """
    shelf = Shelf(
        worlds,
        overlays,
        allow_unknown_names=allow_unknown_names,
        recording=recording or compare is not None,
    )
    counter = None
    if coverage:
        from iamsim.suites.coverage import Coverage

        counter = Coverage()
    collected = collect(find_files(paths or (".",)), shelf, wanted)
    outcomes = run_cases(
        collected.cases,
        shelf,
        workers=workers,
        most_failures=most_failures,
        progress=progress,
        coverage=counter,
    )
    covered = None if counter is None else counter.policies(policies)
    mutation = None
    if mutate:
        mutation = _mutate((collected.cases, shelf), policies, unchanged, progress)
    compared = None
    if compare is not None:
        from iamsim.suites.comparison import compare as compare_with

        compared = compare_with(compare, collected.cases, shelf)
    mutants = None if mutation is None else mutation.results
    report = layout.SuiteReport(collected, outcomes, covered, mutants, compared)
    return SuiteRun(report, shelf, mutation)


def _mutate(
    run: tuple[Sequence[Case], Shelf],
    policies: Callable[[str, str], bool] | None,
    unchanged: frozenset[str],
    progress: Callable[[int, int], None],
) -> Mutation:
    """Run the cases against mutants of the policies that are picked and have changed."""
    from iamsim.proofs.same_access import same_access
    from iamsim.suites.mutation.run import run_mutants, score

    fitting: set[str] = set()

    def picked(policy: PolicyDocument) -> bool:
        file = policy.source.name
        if policies is not None and not policies(policy.name, file):
            return False
        fitting.add(policy.name)
        return os.path.realpath(file) not in unchanged

    results = list(run_mutants(*run, wanted=picked, progress=progress, prove=same_access))
    return Mutation(results, score(results) if fitting else 0.0, bool(fitting))
