"""Grades what somebody wrote for an exercise: cases, a limit, and changes that must be noticed.

The test runner runs the cases. When all pass and the limit is kept, each policy that was written is
changed a little, as `iamsim test --mutate` does: a change that no case notices is a part that the
goal does not need, or one that is wider than it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.core.errors import IamsimError, PolicyError, WorldError
from iamsim.core.json_text import load_json, locate_json
from iamsim.core.span import Source
from iamsim.engine.inventory import policies_in_use
from iamsim.lessons.exercise import HIDDEN
from iamsim.proofs.same_access import same_access
from iamsim.suites.cases import Case, Shelf
from iamsim.suites.mutation.run import MutationResult, Verdict, run_mutants
from iamsim.suites.runner import Outcome, run_case
from iamsim.syntax.problem import did_you_mean
from iamsim.syntax.read import parse_policy
from iamsim.world.model import PolicyDocument
from iamsim.world.replacing import replace_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.lessons.exercise import Exercise
    from iamsim.suites.scenario import Scenario

__all__ = ["Broken", "Grade", "grade", "is_hidden"]

_DEAD = frozenset({Verdict.KILLED, Verdict.EQUIVALENT})


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
        return tuple(one for one in self.outcomes if not one.passed)

    @property
    def fits(self) -> bool:
        """Whether the statements are within the limit."""
        return self.statements <= self.exercise.limit

    @property
    def survivors(self) -> tuple[MutationResult, ...]:
        """The changes that nobody notices, or of which that is not known."""
        return tuple(one for one in self.mutants or () if one.verdict not in _DEAD)

    @property
    def passed(self) -> bool:
        """Whether the goal is reached."""
        return self.mutants is not None and not self.survivors


def is_hidden(outcome: Outcome) -> bool:
    """Whether a case is shown only when it fails."""
    return HIDDEN in outcome.case.request.tags


def grade(exercise: Exercise, files: Mapping[str, str]) -> Grade:
    """Grade the texts of an exercise's files, by their names; raises nothing for what is in them.

    A file that is missing, that has another name, or that does not read is in `broken`.
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
    scenario = _with_policies(exercise, policies)
    shelf = Shelf()
    try:
        _check(scenario, policies)
        shelf.compiled(scenario)
    except IamsimError as error:
        return Grade(exercise, (Broken(_file_of(error, exercise), error),))
    cases = [
        Case(f"{exercise.name}::{one.title}", exercise.name, scenario, one)
        for one in scenario.requests
    ]
    outcomes = tuple(Outcome(case, run_case(case, shelf)) for case in cases)
    graded = Grade(exercise, (), outcomes, sum(map(_statements, policies.values())))
    if graded.failing or not graded.fits:
        return graded
    own = {id(one.document) for one in policies.values()}
    mutants = run_mutants(
        cases, shelf, wanted=lambda policy: id(policy.document) in own, prove=same_access
    )
    return replace(graded, mutants=tuple(mutants))


def _check(scenario: Scenario, policies: Mapping[str, PolicyDocument]) -> None:
    """Refuse a policy that AWS would refuse where it is used; a world keeps it as not known."""
    own = {id(one.document) for one in policies.values()}
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
    return replace(exercise.scenario, world=world)


def _file_of(error: IamsimError, exercise: Exercise) -> str:
    """The file that an error is about; the first where it has no place."""
    span = getattr(error, "span", None)
    name = "" if span is None else span.source.name
    return name if name in exercise.start else next(iter(exercise.start))


def _statements(policy: PolicyDocument) -> int:
    written = policy.document.get("Statement")
    return len(written) if isinstance(written, list) else 1
