"""Where what a template comes to is written in its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from iamsim.core.errors import InputError
from iamsim.core.span import Path, Source
from iamsim.importers.misspelt import Properties
from iamsim.importers.placed import PlacesByPath
from iamsim.importers.places import Place
from iamsim.importers.short_forms import read_short_form
from iamsim.world.documents import parse_document

STATEMENT = "Statement"
LOOP = "Fn::ForEach::"


class Entries(Properties):
    """What a map of a template comes to; `written` is that map."""

    __slots__ = ("written",)
    written: object


class Items(list[object]):
    """What a list of a template comes to; `written` is that list, `numbers` are those of the items
    that are left."""

    __slots__ = ("numbers", "written")
    written: object
    numbers: list[int]


@dataclass(frozen=True, slots=True)
class Locator:
    """Finds the places of what was evaluated: `paths` are those that its parts have in the text."""

    paths: Mapping[Path, Path]

    def __call__(self, text: str) -> Mapping[Path, tuple[int, int]]:
        """Read the text for places; none are known where it can't be read."""
        try:
            document = parse_document(text, "", read_tag=read_short_form)
            locate = document.source.locate_all
            whole = {} if locate is None else locate(text)
        except InputError:
            whole = {}
        return PlacesByPath(whole, self.paths)


@dataclass(eq=False, slots=True)
class TemplateText:
    """The text of a template, and the paths of its maps and lists by their identity.

    `data` is what the file holds, `template` the template in it, `read` gives the text.
    """

    name: str
    data: object
    template: Mapping[str, object]
    read: Callable[[], str]
    _text: str | None = None
    _paths: dict[int, Path] = field(default_factory=dict)

    def resource(self, logical_id: str) -> Place | None:
        """The place of a resource; of one that a transform made, that of what it is made of."""
        path = self._resources
        if path is None:
            return None
        resources = self.template.get("Resources")
        names = [str(name) for name in resources] if isinstance(resources, dict) else []
        loops = [name for name in names if name.startswith(LOOP)]
        origin = max((name for name in names if logical_id.startswith(name)), key=len, default=None)
        origin = origin or (loops[0] if len(loops) == 1 else None)
        return self._place({(): path if origin is None else (*path, origin)})

    def place(self, value: object, logical_id: str, properties: object) -> Place | None:
        """The place of a value in the evaluated properties of a resource; `None` where the template
        does not write it."""
        resources = self.template.get("Resources")
        above = self._resources if isinstance(resources, dict) and logical_id in resources else None
        path = None
        if above is not None:
            path = _path_within(properties, value, (*above, logical_id, "Properties"))
        paths: dict[Path, Path] = {}
        self._walk(value, (), path, paths)
        if () not in paths:
            return None
        if isinstance(value, dict) and not isinstance(value.get(STATEMENT), list):
            # A statement that stands alone is the only one of a list afterwards.
            paths |= {
                (STATEMENT, 0, *path[1:]): written
                for path, written in paths.items()
                if path[:1] == (STATEMENT,)
            }
        return self._place(paths)

    @property
    def _resources(self) -> Path | None:
        """The path of the resources; `None` for a template that is a text inside of its file."""
        return self._written_at(self.template.get("Resources"))

    def _place(self, paths: Mapping[Path, Path]) -> Place:
        if self._text is None:
            self._text = self.read()
        source = Source(self.name, self._text, Locator(paths))
        return Place(source, (self.name, paths[()]))

    def _walk(self, value: object, at: Path, path: Path | None, paths: dict[Path, Path]) -> None:
        """Note the paths of a value and of its parts."""
        if isinstance(value, Entries | Items):
            path = self._written_at(value.written) or path
        if path is not None:
            paths[at] = path
        if isinstance(value, dict):
            known = isinstance(value, Entries) and path is not None
            for key, item in value.items():
                self._walk(item, (*at, key), (*path, key) if known and path else None, paths)
        elif isinstance(value, Items):
            for number, (index, item) in enumerate(zip(value.numbers, value, strict=True)):
                self._walk(item, (*at, number), None if path is None else (*path, index), paths)

    def _written_at(self, part: object) -> Path | None:
        """The path of a map or a list."""
        if not self._paths:
            waiting: list[tuple[Path, object]] = [((), self.data)]
            while waiting:
                path, found = waiting.pop()
                if isinstance(found, dict):
                    self._paths[id(found)] = path
                    waiting += [((*path, key), item) for key, item in found.items()]
                elif isinstance(found, list):
                    self._paths[id(found)] = path
                    waiting += [((*path, index), item) for index, item in enumerate(found)]
        return self._paths.get(id(part))


def _path_within(holder: object, value: object, path: Path) -> Path | None:
    """Find a value, such as a text, in what holds it."""
    if holder is value:
        return path
    if isinstance(holder, dict):
        parts = list(holder.items())
    elif isinstance(holder, Items):
        parts = list(zip(holder.numbers, holder, strict=True))
    else:
        return None
    for step, item in parts:
        found = _path_within(item, value, (*path, step))
        if found is not None:
            return found
    return None
