"""Runs a suite against mutants: which of them it notices, and which it would never notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from iamsim.catalog import find_action
from iamsim.core.errors import IamsimError
from iamsim.core.work import Work
from iamsim.engine.authorize import Prepared, prepare
from iamsim.engine.world import CompiledWorld
from iamsim.suites.mutation.mutants import Mutant, mutants_of
from iamsim.suites.mutation.surroundings import Surroundings
from iamsim.suites.mutation.witness import Witness, find_witness
from iamsim.suites.run import run_request
from iamsim.symbolic.partial import decide

if TYPE_CHECKING:
    from iamsim.compile.statement import ActionTest
    from iamsim.engine.question import Question
    from iamsim.suites.cases import Case, Shelf
    from iamsim.world.model import PolicyDocument

MOST_ASKED = 500_000  # requests of one run, of cases and in the search for those that tell


class Verdict(Enum):
    """What became of a mutant.

    `KILLED`: a case failed. `SURVIVED`: none did, and a request is known that is decided otherwise.
    `EQUIVALENT`: it is proved that the change allows the same requests. `NO_WITNESS`: no case
    failed, no request was found, and nothing is proved. `UNTRIED`: there had been enough requests
    before all was asked that bears on it.
    """

    KILLED = "killed"
    SURVIVED = "survived"
    NO_WITNESS = "no-witness"
    EQUIVALENT = "equivalent"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class MutationResult:
    """One mutant: the case that killed it, or the request that would have; `why` says why neither
    is known."""

    mutant: Mutant
    verdict: Verdict
    killed_by: Case | None = None
    witness: Witness | None = None
    why: str | None = None


class Proof(Protocol):
    """What is proved of two worlds: that they allow the same requests, or a request that only one
    of them allows, or why neither is known."""

    @property
    def proved(self) -> bool:
        """Whether they allow the same."""

    @property
    def question(self) -> Question | None:
        """A request that only one of them allows."""

    @property
    def why(self) -> str | None:
        """Why neither is known."""


class Prove(Protocol):
    """Compares two worlds for the requests of some actions (of all by default)."""

    def __call__(
        self, before: CompiledWorld, after: CompiledWorld, actions: Iterable[ActionTest] = ()
    ) -> Proof:
        """Prove that they allow the same."""


def score(results: Sequence[MutationResult]) -> float:
    """The share of mutants that were noticed, in percent; those that are proved equivalent or were
    not tried don't count."""
    killed = sum(result.verdict is Verdict.KILLED for result in results)
    survived = sum(result.verdict in {Verdict.SURVIVED, Verdict.NO_WITNESS} for result in results)
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
    prove: Prove | None = None,
) -> Iterator[MutationResult]:
    """Run the cases that pass against every mutant of their worlds. Where nobody notices one and no
    request is found, `prove` settles it.

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
            yield _run(world, around, played, mutant, budget, prove)
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
    prove: Prove | None,
) -> MutationResult:
    if not budget.take():
        return MutationResult(mutant, Verdict.UNTRIED)
    changed = _Changed(world, mutant)
    source = id(mutant.subject.source)
    reached = [case_played for case_played in played if source in case_played.sources]
    touched = [
        played.case
        for played in reached
        if any(_can_differ(mutant, prepared, played.case) for prepared in played.ready)
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
    asked = [prepared.question for played in reached for prepared in played.ready]
    witness = find_witness(mutant, world, changed, around, asked, budget)
    if witness is None:
        return _settled(mutant, world, changed(), prove, untried=bool(budget.refused))
    return MutationResult(mutant, Verdict.SURVIVED, witness=witness)


def _settled(
    mutant: Mutant,
    world: CompiledWorld,
    changed: CompiledWorld,
    prove: Prove | None,
    *,
    untried: bool,
) -> MutationResult:
    """Settle by a proof what no search found."""
    why = None
    if prove is not None:
        proof = prove(world, changed, mutant.telling_actions)
        if proof.proved:
            return MutationResult(mutant, Verdict.EQUIVALENT)
        why = proof.why
        if proof.question is not None:
            if find_action(proof.question.action) is not None:
                asked = proof.question
                before, after = (
                    decide(asked, compiled_world).verdict for compiled_world in (world, changed)
                )
                return MutationResult(
                    mutant, Verdict.SURVIVED, witness=Witness(asked, before, after)
                )
            why = "only actions that the service reference does not list tell it"
    return MutationResult(mutant, Verdict.UNTRIED if untried else Verdict.NO_WITNESS, why=why)


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
