"""The texts of a step on a copy: to be edited, and asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.core.errors import PolicyError
from iamsim.core.json_text import load_json, locate_json
from iamsim.core.span import Source
from iamsim.files.reading import read_text
from iamsim.files.writing import write_text
from iamsim.lessons.lesson import Lesson, Outcome, Step
from iamsim.lessons.pages import WORLD, Pages, page_name, policy_json, world_text
from iamsim.suites.run import compiled_world, run_request
from iamsim.suites.scenario import scenario_from_data
from iamsim.world.documents import parse_document

if TYPE_CHECKING:
    from pathlib import Path

    Place = tuple[str | int, ...]

_EXPECTED = frozenset({"expect", "because", "completions", "expect_error"})


class EditedCopy:
    """The policies of one step, and its world, as files in a folder; the lesson stays as it
    is."""

    def __init__(self, lesson: Lesson, step: Step, folder: Path) -> None:
        """Write the files, under the names by which the lesson shows them."""
        self.files: list[Path] = []
        self._folder = folder
        self._document = lesson.document
        data = lesson.document.data
        if not isinstance(data, dict):  # a scenario is a map: it was read as one
            raise TypeError(type(data))
        request = data["requests"][step.index]
        kept = {key: value for key, value in request.items() if key not in _EXPECTED}
        # What the request says itself comes in the place of what all share.
        shared = {key: value for key, value in data.items() if key not in {*kept, "lesson"}}
        said = {key: value for key, value in kept.items() if value is not None}
        self._data = {**shared, "requests": [said]}
        if "world" in shared:
            self._write(WORLD, world_text(shared["world"]))
        self._lay_out(self._data, ())

    def _write(self, name: str, text: str) -> None:
        file = self._folder / name
        write_text(file, text if text.endswith("\n") else f"{text}\n")
        self.files.append(file)

    def _lay_out(self, value: object, path: Place) -> None:
        """Write each policy that does not stand in the world."""
        if isinstance(value, dict) and "Statement" in value:
            self._write(page_name(path), policy_json(value))
            return
        if isinstance(value, dict):
            for key, member in value.items():
                if key != "world":
                    self._lay_out(member, (*path, key))
        elif isinstance(value, list):
            for number, entry in enumerate(value):
                self._lay_out(entry, (*path, number))

    def outcome(self) -> Outcome:
        """Ask with the texts as they are now.

        Raises `PolicyError` and `WorldError` for what does not read any more, with its place.
        """
        texts = {file.name: read_text(file) for file in self.files}
        data = self._read(self._data, (), texts)
        pages = Pages(data, self._document.source, self._document.folder, texts)
        scenario = scenario_from_data(pages)
        result = run_request(scenario.requests[0], compiled_world(scenario))
        if result.verdict is None:  # only where an error is expected: none is
            raise TypeError(result.error)
        layer = None if result.verdict is Verdict.ALLOWED else result.layer
        return Outcome(result.verdict, layer, result.answers)

    def _read(self, value: object, path: Place, texts: dict[str, str]) -> object:
        """The data with what the files say in the place of what they said."""
        if path == ("world",):
            return parse_document(texts[WORLD], WORLD, language="yaml").data
        if isinstance(value, list):
            return [self._read(entry, (*path, number), texts) for number, entry in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if "Statement" in value:
            name = page_name(path)
            return load_json(Source(name, texts[name], locate_json), PolicyError)
        return {key: self._read(member, (*path, key), texts) for key, member in value.items()}
