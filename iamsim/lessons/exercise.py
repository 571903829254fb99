"""Exercises: a world with policies to write, a goal, cases that must come out, a limit.

An exercise is a scenario file with a block `exercise` (docs/how-to/teach-with-lessons.md). The
policies that one writes are those of the world's top-level `policies` that the block names; each is
a JSON file for the learner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamsim.core.errors import WorldError
from iamsim.core.suggest import did_you_mean
from iamsim.lessons.lesson import name_of_file, said
from iamsim.lessons.pages import WORLD, Pages, policy_json, world_text
from iamsim.suites.reading import read_scenario_model
from iamsim.suites.scenario import Scenario, ScenarioRequest, scenario_from_data
from iamsim.world.documents import Document, read_document
from iamsim.world.model import PolicyDocument

if TYPE_CHECKING:
    from iamsim.suites.models import ExerciseModel

HIDDEN = "hidden"  # the tag of cases that are not shown before they fail
_ENDING = ".json"


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: `name` is that of its file without the number, `start` are the files that a
    learner begins with, `given` further texts to read."""

    number: int
    name: str
    title: str
    topic: str
    goal: str
    text: str
    hints: tuple[str, ...]
    after: tuple[str, ...]
    see: tuple[str, ...]
    limit: int
    start: Mapping[str, str] = field(repr=False)
    given: Mapping[str, str] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)  # why a case is asked, by its name
    scenario: Scenario = field(repr=False)
    document: Document = field(repr=False)

    @property
    def edited(self) -> tuple[str, ...]:
        """The names of the policies that one writes."""
        return tuple(file.removesuffix(_ENDING) for file in self.start)

    @property
    def visible(self) -> tuple[ScenarioRequest, ...]:
        """The cases that one sees from the beginning."""
        return tuple(request for request in self.scenario.requests if HIDDEN not in request.tags)

    @property
    def world_text(self) -> str:
        """The world as YAML, with the names of files where policies are to be written."""
        files = {name: f"{name}{_ENDING}" for name in self.edited}
        return _shown_world(self.document, files)


def load_exercise(path: str) -> Exercise:
    """Read the file of an exercise.

    Raises `WorldError` for what does not fit the format and `PolicyError` for a broken policy, both
    with the place in the file.
    """
    import os

    file = os.path.basename(path)  # noqa: PTH119 - plain text goes on
    document = read_document(path, name=file)
    model = read_scenario_model(document)
    if model.exercise is None:
        raise WorldError(
            "not-an-exercise",
            f"`{file}` is a scenario without the key `exercise`",
            span=document.span(()),
            hint="an exercise needs `exercise` with `number`, `topic`, `goal`, `edit` and more",
        )
    pages = Pages(
        document.data, document.source, document.folder, {WORLD: _shown_world(document, {})}
    )
    scenario = scenario_from_data(pages)
    block = model.exercise
    return Exercise(
        number=block.number,
        name=name_of_file(file),
        title=said(model.title),
        topic=said(block.topic),
        goal=" ".join(said(block.goal).split()),
        text=said(block.text),
        hints=tuple(map(said, block.hints)),
        after=block.after,
        see=model.see,
        limit=block.statements,
        start=_start(block, scenario, document),
        given={name: said(text) for name, text in block.given.items()},
        reasons={
            request.name or f"request {number}": said(request.about)
            for number, request in enumerate(model.requests, 1)
            if request.about
        },
        scenario=scenario,
        document=document,
    )


def _shown_world(document: Document, files: Mapping[str, str]) -> str:
    """The world as text; its policies stand last, so that what is above them has the same lines
    whether these are written out or in files."""
    data = document.data
    world = data.get("world") if isinstance(data, dict) else None
    if not isinstance(world, dict):
        return world_text({})
    rest = {key: value for key, value in world.items() if key != "policies"}
    policies = world.get("policies")
    shared = {**policies, **files} if isinstance(policies, dict) else dict(files)
    return world_text({**rest, "policies": shared})


def _start(block: ExerciseModel, scenario: Scenario, document: Document) -> dict[str, str]:
    """The files that one begins with; each must be a policy that the world has."""
    policies = {} if scenario.world is None else scenario.world.policies
    files = {}
    for number, name in enumerate(block.edit):
        policy = policies.get(name)
        if not isinstance(policy, PolicyDocument):
            raise WorldError(
                "unknown-policy",
                f"the world has no policy `{name}` under its own `policies`",
                span=document.span(("exercise", "edit", number)),
                hint=did_you_mean(name, policies),
            )
        files[f"{name}{_ENDING}"] = policy_json(policy.document) + "\n"
    return files
