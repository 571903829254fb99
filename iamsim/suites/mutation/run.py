"""Runs a suite against mutants: which of them it notices, and which it would never notice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import IamsimError
from iamsim.core.work import Work
from iamsim.engine.authorize import prepare
from iamsim.engine.world import CompiledWorld
from iamsim.suites.mutation.mutants import mutants_of
from iamsim.suites.mutation.surroundings import Surroundings
from iamsim.suites.mutation.witness import find_witness
from iamsim.suites.run import run_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iamsim.engine.authorize import Prepared
    from iamsim.suites.cases import Case, Shelf
    from iamsim.suites.mutation.mutants import Mutant
    from iamsim.suites.mutation.witness import Witness
    from iamsim.world.model import PolicyDocument

__all__ = ["MutationResult", "Verdict", "run_mutants", "score"]

MOST_ASKED = 500_000  # requests of one run, of cases and in the search for those that tell


class Verdict(Enum):
    """What became of a mutant.

    `KILLED`: a case failed. `SURVIVED`: none did, and a request is known that is decided otherwise.
    `EQUIVALENT`: none did, and no request was found that the change could touch. `UNTRIED`: there
    had been enough requests before all was asked that bears on it.
    """

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class MutationResult:
    """One mutant: the case that killed it, or the request that would have."""

    mutant: Mutant
    verdict: Verdict
    killed_by: Case | None = None
    witness: Witness | None = None


def score(results: Sequence[MutationResult]) -> float:
    """The share of mutants that were noticed, in percent; those that are equivalent or were
    not tried don't count."""
    killed = sum(result.verdict is Verdict.KILLED for result in results)
    survived = sum(result.verdict is Verdict.SURVIVED for result in results)
    return 100.0 * killed / (killed + survived) if killed + survived else 100.0


class _Played(NamedTuple):
    """A case that passes, its questions made ready, and the policies in play."""

    case: Case
    ready: tuple[Prepared, ...]
    sources: frozenset[int]


def run_mutants(
    cases: Sequence[Case],
    shelf: Shelf,
    *,
    wanted: Callable[[PolicyDocument], bool] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[MutationResult]:
    """Run the cases that pass against every mutant of their worlds.

    A case is run where the policy is in play and the changed statement is about its action. Cases
    without a world are left out: their policies are part of the test. After `MOST_ASKED` requests
    mutants are not tried. Raises what reading a world raises.
    """
    worlds: dict[int, tuple[CompiledWorld, list[Case]]] = {}
    for case in cases:
        world = shelf.compiled(case.scenario)
        if world is not None:
            worlds.setdefault(id(world), (world, []))[1].append(case)
    work = [
        (world, _playing(world, some), list(mutants_of(world.model, wanted)))
        for world, some in worlds.values()
    ]
    total = sum(len(mutants) for _, _, mutants in work)
    done = 0
    budget = Work(MOST_ASKED)
    for world, played, mutants in work:
        around = Surroundings(world)
        for mutant in mutants:
            yield _run(world, around, played, mutant, budget)
            done += 1
            if progress is not None:
                progress(done, total)


def _playing(world: CompiledWorld, cases: Sequence[Case]) -> list[_Played]:
    """The cases that pass unchanged, with what is in play for them."""
    played = []
    for case in cases:
        try:
            if not run_request(case.request, world).met:
                continue
            ready = tuple(prepare(question, world) for question in case.request.questions)
        except IamsimError:
            continue
        sources = frozenset(
            id(policy.source)
            for prepared in ready
            for station in prepared.situation.arrange(prepared.request.action).stations
            if station.policies is not None
            for policy in station.policies.policies
        )
        played.append(_Played(case, ready, sources))
    return played


def _run(
    world: CompiledWorld,
    around: Surroundings,
    played: Sequence[_Played],
    mutant: Mutant,
    budget: Work,
) -> MutationResult:
    if not budget.take():
        return MutationResult(mutant, Verdict.UNTRIED)
    changed = _Changed(world, mutant)
    source = id(mutant.subject.source)
    reached = [one for one in played if source in one.sources]
    touched = [
        one.case
        for one in reached
        if any(_can_differ(mutant, prepared, one.case) for prepared in one.ready)
    ]
    for case in touched:
        if not budget.take():
            return MutationResult(mutant, Verdict.UNTRIED)
        try:
            met = run_request(case.request, changed()).met
        except IamsimError:
            met = False
        if not met:
            return MutationResult(mutant, Verdict.KILLED, case)
    asked = [prepared.question for one in reached for prepared in one.ready]
    witness = find_witness(mutant, world, changed, around, asked, budget)
    if witness is None:
        return MutationResult(mutant, Verdict.UNTRIED if budget.refused else Verdict.EQUIVALENT)
    return MutationResult(mutant, Verdict.SURVIVED, witness=witness)


def _can_differ(mutant: Mutant, prepared: Prepared, case: Case) -> bool:
    """Whether a case has to run: completions fill keys in that are not known here."""
    return bool(case.request.completions) or mutant.differs(prepared)


class _Changed:
    """The changed world, made when first asked for: most mutants need none."""

    def __init__(self, world: CompiledWorld, mutant: Mutant) -> None:
        self._world = world
        self._mutant = mutant
        self._made: CompiledWorld | None = None

    def __call__(self) -> CompiledWorld:
        if self._made is None:
            self._made = CompiledWorld(self._mutant.apply(self._world.model))
            self._made.policies = self._world.policies  # what is the same is compiled already
        return self._made
