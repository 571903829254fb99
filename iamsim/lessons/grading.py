"""Grades what somebody wrote for an exercise: cases, a limit, and changes that must be noticed.

The test runner runs the cases. When all pass and the limit is kept, each policy that was written is
changed a little, as `iamsim test --mutate` does: a change that no case notices is a part that the
goal does not need, or one that is wider than it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from iamsim.core.decision import PolicyType
from iamsim.core.errors import IamsimError, PolicyError, WorldError
from iamsim.core.hint import HintKind
from iamsim.core.json_text import load_json, locate_json
from iamsim.core.span import Source
from iamsim.core.suggest import did_you_mean
from iamsim.engine.inventory import policies_in_use
from iamsim.lessons.exercise import HIDDEN, Exercise
from iamsim.suites.cases import Case, Shelf
from iamsim.suites.mutation.changes import changes_of
from iamsim.suites.mutation.mutants import Mutant, Subject
from iamsim.suites.mutation.run import MutationResult, Prove, Verdict, run_mutants
from iamsim.suites.runner import Outcome, run_case
from iamsim.suites.scenario import Scenario, scenario_from_data
from iamsim.syntax.read import parse_policy
from iamsim.world.documents import Document
from iamsim.world.model import PolicyDocument, World
from iamsim.world.replacing import replace_policy

if TYPE_CHECKING:
    from iamsim.suites.meaning import MeaningCheck


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that can't be graded, and why."""

    file: str
    error: IamsimError


@dataclass(frozen=True, slots=True)
class Grade:
    """What came of the files: those that do not read; the cases; the number of statements; and the
    mutants, which are tried when everything else is well."""

    exercise: Exercise
    broken: tuple[Broken, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    statements: int = 0
    mutants: tuple[MutationResult, ...] | None = None

    @property
    def failing(self) -> tuple[Outcome, ...]:
        """The cases that did not come out."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def fits(self) -> bool:
        """Whether the statements are within the limit."""
        return self.statements <= self.exercise.limit

    @property
    def survivors(self) -> tuple[MutationResult, ...]:
        """The changes that no case notices, though a request is decided otherwise."""
        return tuple(mutant for mutant in self.mutants or () if mutant.verdict is Verdict.SURVIVED)

    @property
    def unsettled(self) -> tuple[MutationResult, ...]:
        """The changes for which no request was found that they matter to, without a proof."""
        open_ends = {Verdict.NO_WITNESS, Verdict.UNTRIED}
        return tuple(mutant for mutant in self.mutants or () if mutant.verdict in open_ends)

    @property
    def passed(self) -> bool:
        """Whether the goal is reached."""
        return self.mutants is not None and not self.survivors


def is_hidden(outcome: Outcome) -> bool:
    """Whether a case is shown only when it fails."""
    return HIDDEN in outcome.case.request.tags


def grade(exercise: Exercise, files: Mapping[str, str], *, prove: Prove | None = None) -> Grade:
    """Grade the texts of an exercise's files, by their names; raises nothing for what is in them.

    A file that is missing, that has another name, or that does not read is in `broken`. `prove`
    settles changes that make no difference to any request that a search finds; it can take long.
    """
    broken: list[Broken] = []
    policies: dict[str, PolicyDocument] = {}
    for name in exercise.start:
        try:
            policies[name] = _read(name, files)
        except IamsimError as error:
            broken.append(Broken(name, error))
    for name in files.keys() - exercise.start.keys():
        hint = did_you_mean(name, exercise.start)
        unknown = WorldError("unknown-file", f"the exercise has no file `{name}`", hint=hint)
        broken.append(Broken(name, unknown))
    if broken:
        return Grade(exercise, tuple(broken))
    shelf = Shelf()
    try:
        scenario = _with_policies(exercise, policies)
        _check(scenario, policies)
        shelf.compiled(scenario)
    except IamsimError as error:
        return Grade(exercise, (Broken(_file_of(error, exercise), error),))
    cases = _cases(exercise, scenario)
    outcomes = tuple(Outcome(case, run_case(case, shelf)) for case in cases)
    graded = Grade(exercise, (), outcomes, sum(map(_statements, policies.values())))
    if graded.failing or not graded.fits:
        return graded
    own = {id(policy.document) for policy in policies.values()}
    mutants = run_mutants(
        cases, shelf, wanted=lambda policy: id(policy.document) in own, prove=prove
    )
    told = tuple(_as_sent(mutant, shelf.meaning(scenario.world)) for mutant in mutants)
    return replace(graded, mutants=(*told, *_session_mutants(exercise, scenario, policies)))


def _as_sent(result: MutationResult, meaning: MeaningCheck) -> MutationResult:
    """The result; a request with a key that AWS never sends with it tells nothing."""
    if result.witness is None:
        return result
    problems = meaning.problems([result.witness.question], result.witness.before)
    if all(problem.kind is not HintKind.CONTEXT_KEY_NOT_SENT for problem in problems):
        return result
    why = "only a request that AWS never sends would tell it"
    return replace(result, verdict=Verdict.NO_WITNESS, witness=None, why=why)


def _session_mutants(
    exercise: Exercise, scenario: Scenario, policies: Mapping[str, PolicyDocument]
) -> Iterator[MutationResult]:
    """The mutants of policies that only sessions are made with: a world attaches them to nobody."""
    world = scenario.world
    if world is None:  # as above
        raise TypeError(exercise.name)
    used = {
        id(entry.document)
        for entry, _ in policies_in_use(world)
        if isinstance(entry, PolicyDocument)
    }
    for policy in policies.values():
        if id(policy.document) in used:
            continue
        for change in changes_of(policy.document):
            changed = replace(policy, document=change.document or _NO_STATEMENT)
            mutant = Mutant(
                change.kind,
                change.text,
                Subject(policy, PolicyType.SESSION),
                change.path,
                None,
                None,
                (),
                partial(replace_policy, old=policy, new=changed),
            )
            yield _noticed(exercise, mutant, mutant.apply(world))


_NO_STATEMENT = {"Version": "2012-10-17", "Statement": []}


def _noticed(exercise: Exercise, mutant: Mutant, world: World) -> MutationResult:
    """Whether a case fails in a changed world; one that can't be read is noticed as well."""
    shelf = Shelf()
    try:
        scenario = _in_world(exercise, world)
    except PolicyError:
        return MutationResult(mutant, Verdict.EQUIVALENT)
    for case in _cases(exercise, scenario):
        if not run_case(case, shelf).met:
            return MutationResult(mutant, Verdict.KILLED, case)
    return MutationResult(mutant, Verdict.SURVIVED)


def _cases(exercise: Exercise, scenario: Scenario) -> list[Case]:
    return [
        Case(f"{exercise.name}::{request.title}", exercise.name, scenario, request)
        for request in scenario.requests
    ]


def _check(scenario: Scenario, policies: Mapping[str, PolicyDocument]) -> None:
    """Refuse a policy that AWS would refuse where it is used; a world keeps it as not known."""
    own = {id(policy.document) for policy in policies.values()}
    world = scenario.world
    for policy, policy_type in policies_in_use(world) if world is not None else ():
        if isinstance(policy, PolicyDocument) and id(policy.document) in own:
            parse_policy(
                policy.document, name=policy.name, source=policy.source, policy_type=policy_type
            )


def _read(name: str, files: Mapping[str, str]) -> PolicyDocument:
    if name not in files:
        raise WorldError("file-not-found", f"the file `{name}` is missing")
    source = Source(name, files[name], locate_json)
    data = load_json(source, PolicyError)
    if not isinstance(data, dict):
        raise PolicyError("not-a-policy", "a policy is a map", span=source.span(()))
    return PolicyDocument(name.removesuffix(".json"), data, source)


def _with_policies(exercise: Exercise, policies: Mapping[str, PolicyDocument]) -> Scenario:
    """The scenario with what was written in the place of what it started with."""
    world = exercise.scenario.world
    if world is None:  # an exercise edits policies of its world: it was read so
        raise TypeError(exercise.name)
    for name, policy in policies.items():
        world = replace_policy(world, world.policies[name.removesuffix(".json")], policy)
    return _in_world(exercise, world)


def _in_world(exercise: Exercise, world: World) -> Scenario:
    """The scenario in another world; session policies that it names are those of that world."""
    document = exercise.document
    data = document.data
    if not isinstance(data, dict):  # a scenario is a map: it was read as one
        raise TypeError(exercise.name)
    named = Document({**data, "world": "world.yaml"}, document.source, document.folder)
    return scenario_from_data(named, lambda *_: world)


def _file_of(error: IamsimError, exercise: Exercise) -> str:
    """The file that an error is about; the first where it has no place."""
    span = getattr(error, "span", None)
    name = "" if span is None else span.source.name
    return name if name in exercise.start else next(iter(exercise.start))


def _statements(policy: PolicyDocument) -> int:
    written = policy.document.get("Statement")
    return len(written) if isinstance(written, list) else 1
