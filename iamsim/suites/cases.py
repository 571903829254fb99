"""Test cases: the requests of scenario files, each with an id of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.core.errors import IamsimError, RequestError, WorldError
from iamsim.suites.scenario import Scenario, ScenarioRequest, load_scenario

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.suites.meaning import MeaningCheck
    from iamsim.world.model import World

# The names by which a folder's suites are found.
SUFFIXES = (".iamtest.yaml", ".iamtest.yml", ".iamtest.json")
_NOT_ENTERED = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Case:
    """One request of a scenario file. The id is `FILE::NAME [LABEL]`, unique in a run."""

    id: str
    file: str
    scenario: Scenario
    request: ScenarioRequest

    @property
    def line(self) -> int:
        """The line of the file where the request stands."""
        return self.request.span.line


class Shelf:
    """Worlds by their paths: a world that many files name is read and compiled once.

    `fallback` are the paths of the world for scenarios that name none, `overlay` those of sources
    that are laid over each world that is read.
    """

    def __init__(
        self,
        fallback: Iterable[str] = (),
        overlay: Iterable[str] = (),
        *,
        allow_unknown_names: bool = False,
        recording: bool = False,
    ) -> None:
        """Start empty. `allow_unknown_names` lets cases speak of what nobody knows; when
        `recording`, cases need not expect anything."""
        self.fallback = tuple(fallback)
        self.overlay = tuple(overlay)
        self.allow_unknown_names = allow_unknown_names
        self.recording = recording
        self._meanings: dict[int, MeaningCheck] = {}
        self._models: dict[tuple[str, ...], World] = {}
        self._compiled: dict[int, tuple[World, CompiledWorld]] = {}
        self._refused: dict[int, tuple[World | None, IamsimError]] = {}

    def __reduce__(self) -> tuple[Callable[..., Shelf], tuple[object, ...]]:
        """Send to another process what it was made of."""
        return _shelf, (self.fallback, self.overlay, self.allow_unknown_names, self.recording)

    def meaning(self, world: World | None) -> MeaningCheck:
        """What checks whether questions about a world can be meant; the shelf keeps its worlds, so
        that their ids stay their own."""
        from iamsim.suites.meaning import MeaningCheck

        known = self._meanings.get(id(world))
        if known is None:
            known = MeaningCheck(world, allow_unknown_names=self.allow_unknown_names)
            self._meanings[id(world)] = known
        return known

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the first world that was read; none where no file names one."""
        return next(iter(self._models), ())

    @property
    def models(self) -> Collection[World]:
        """The worlds that were read."""
        return self._models.values()

    def load(self, *paths: str) -> World:
        """Load the world at some paths; raises what `load_world` raises."""
        try:
            key = tuple(os.path.realpath(path) for path in paths)
        except ValueError as error:  # a null byte
            raise WorldError(
                "file-not-readable", f"can't read {quote(' '.join(paths))}: not a file name"
            ) from error
        if key not in self._models:
            from iamsim.importers.load import load_worlds

            self._models[key] = load_worlds(*paths, overlay=self.overlay, on_demand=True)
        return self._models[key]

    def compiled(self, scenario: Scenario) -> CompiledWorld | None:
        """Give the compiled world of a scenario; raises what a broken policy raises, for every
        scenario of this world without reading it again."""
        known = self._refused.get(id(scenario.world))
        if known is not None:
            raise known[1].with_traceback(None)
        try:
            return self._compile(scenario.world)
        except IamsimError as error:
            # As with worlds that are well, the model is kept so that its id stays its own.
            self._refused[id(scenario.world)] = scenario.world, error
            raise

    def _compile(self, model: World | None) -> CompiledWorld | None:
        if model is None and self.fallback:
            model = self.load(*self.fallback)
        if model is None:
            return None
        if id(model) not in self._compiled:
            from iamsim.engine.world import CompiledWorld

            # The model is kept beside it, so that its id stays its own.
            made = CompiledWorld if model.is_read_on_demand else CompiledWorld.checked
            self._compiled[id(model)] = model, made(model)
        return self._compiled[id(model)][1]


def _shelf(
    fallback: tuple[str, ...],
    overlay: tuple[str, ...],
    allow_unknown_names: bool,
    recording: bool,
) -> Shelf:
    return Shelf(fallback, overlay, allow_unknown_names=allow_unknown_names, recording=recording)


def find_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Give the scenario files at some paths: files as they are, folders searched for suites.

    Folders whose name starts with a dot are left out. Raises `RequestError` for a path that is not
    there, and for a folder without suites.
    """
    found: dict[str, None] = {}
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - pathlib costs start-up time
            files = sorted(_suites_below(path))
            if not files:
                raise RequestError(
                    "no-test-files",
                    f"there is no suite below `{path}`",
                    hint=f"suites are files whose names end in {SUFFIXES[0]}",
                )
            found.update(dict.fromkeys(files))
        elif os.path.exists(path):  # noqa: PTH110 - as above
            found[os.path.normpath(path)] = None
        else:
            raise RequestError("file-not-readable", f"there is no file or folder `{path}`")
    return tuple(found)


def _suites_below(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = [
            name for name in folders if not name.startswith(".") and name not in _NOT_ENTERED
        ]
        for name in files:
            if name.endswith(SUFFIXES):
                yield os.path.normpath(os.path.join(place, name))  # noqa: PTH118 - as above


def cases_of(file: str, shelf: Shelf) -> tuple[Case, ...]:
    """Read one scenario file; raises `WorldError` or `PolicyError` for what does not fit."""
    scenario = load_scenario(file, shelf.load)
    seen: dict[str, int] = {}
    cases = []
    for request in scenario.requests:
        name = f"{file}::{request.title}"
        seen[name] = count = seen.get(name, 0) + 1
        cases.append(Case(name if count == 1 else f"{name} #{count}", file, scenario, request))
    return tuple(cases)
