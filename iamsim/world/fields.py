"""A small strict reader for records: one table of fields a record, read in several ways.

The same tables check a world file (with the place and a suggestion for each fault) and make its
JSON Schema. They are plain objects because a validation library costs more time to import than a
whole answer takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from iamsim.core.data_class import dataclass, field
from iamsim.core.errors import WorldError
from iamsim.core.json_places import KEY
from iamsim.core.span import Path, Source, Span
from iamsim.core.suggest import did_you_mean
from iamsim.core.unknown import Unknown, find_marker

SHOWN_LENGTH = 100
LEAVE_OUT = "write what it holds, or leave the key out"
TAGS = "tags"  # the field, and the kind of field, whose values may look like a marker


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a path inside a source; `folder` is where relative paths start."""

    source: Source
    path: Path = ()
    folder: str = ""

    def below(self, *steps: str | int) -> Place:
        """Give the place of a part."""
        return Place(self.source, self.path + steps, self.folder)

    @property
    def span(self) -> Span:
        """The stretch of the value."""
        return self.source.span(self.path)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing at all, as behind `alice:` in YAML; a null is something."""
        return not self.span.text.strip()

    @property
    def key_span(self) -> Span:
        """The stretch of the key of the value."""
        return self.source.span((*self.path, KEY))


@dataclass(slots=True)
class Problems:
    """Collects what is wrong, so that one fault does not hide the next.

    What is `lost` does not keep a world from being loaded: it is unknown there.
    """

    found: list[WorldError] = field(default_factory=list)
    lost: list[WorldError] = field(default_factory=list)

    def add(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Note a fault at a stretch of text."""
        self.found.append(WorldError(code, message, span=span, hint=hint))

    def lose(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Note a fault that makes something unknown, and keeps nothing from being loaded."""
        self.lost.append(WorldError(code, message, span=span, hint=hint))


class Fault(Exception):  # noqa: N818 - a signal inside this room, not an error
    """A value that does not fit: a code, a message and a hint; the reader knows the place."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be: how it is read, how it is called in errors, and its JSON Schema.

    `read` gives the value in its final form; it raises `Fault` when the value does not fit, or
    notes faults of parts in the problems and goes on without them. `empty` is what a null in a map
    stands for.
    """

    name: str
    read: Callable[[object, Place, Problems], object]
    schema: Mapping[str, object]
    empty: object = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its name, what it may be, what it is for, and its other names.

    A field with nothing behind it is an error, for what it held may be lost; `instead` says what to
    write. Where it may be `unknown`, the marker of something that is not known may stand for it.
    """

    name: str
    kind: Kind
    about: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    instead: str | None = None
    unknown: bool = False


class Table:
    """The fields of one kind of record; `name` is what an error calls it, with its article."""

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        """Keep the fields by all their names."""
        self.name = name
        self.fields = {entry.name: entry for entry in fields}
        self.by_name = dict(self.fields)
        for entry in self.fields.values():
            self.by_name.update(dict.fromkeys(entry.aliases, entry))

    def read(self, value: object, place: Place, problems: Problems) -> Fields:
        """Read a record; parts that don't fit are noted and left out."""
        if not isinstance(value, dict):
            raise Fault("wrong-type", f"{self.name} must be a map, not {describe(value)}")
        values: dict[str, object] = {}
        given: dict[str, str] = {}
        for key, part in value.items():
            entry = self.by_name.get(key)
            part_place = place.below(key)
            if entry is None:
                problems.add(
                    "unknown-key",
                    f"{self.name} has no key `{key}`",
                    part_place.key_span,
                    did_you_mean(key, self.fields) or f"its keys are {', '.join(self.fields)}",
                )
            elif entry.name in given:
                problems.add(
                    "duplicate-key",
                    f"`{key}` says the same as `{given[entry.name]}`, which stands here already",
                    part_place.key_span,
                )
            elif part is None:  # what stood there may be lost
                message = f"`{key}` has nothing behind it"
                problems.add(
                    "nothing-said", message, part_place.key_span, entry.instead or LEAVE_OUT
                )
            else:
                given[entry.name] = key
                unknown = find_marker(part) if entry.unknown else None
                # What may be a map of any texts needs both members of the marker to be one.
                if unknown is not None and (unknown.source or entry.kind.name != TAGS):
                    values[entry.name] = unknown
                    continue
                try:
                    values[entry.name] = entry.kind.read(part, part_place, problems)
                except Fault as fault:
                    problems.add(
                        fault.code, f"`{key}`: {fault.message}", part_place.span, fault.hint
                    )
        for entry in self.fields.values():
            if entry.required and entry.name not in given:
                problems.add("missing-key", f"{self.name} needs `{entry.name}`", place.span)
        return Fields(place, values)


@dataclass(slots=True)
class Fields:
    """A record that was read: its values by field name, each asked for as what it is.

    Every question has an answer: a field left out, or one that did not fit, gives `None` or the
    empty form.
    """

    place: Place
    values: dict[str, object]

    def has(self, name: str) -> bool:
        """Say whether a field was given."""
        return name in self.values

    def text(self, name: str) -> str | None:
        """Give a text, or `None`."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def unknown(self) -> dict[str, Unknown]:
        """Give the fields that are not known, with why; a tag by `tags/` and its key."""
        unknowns = {
            name: value for name, value in self.values.items() if isinstance(value, Unknown)
        }
        tags = self.map(TAGS).items()
        return unknowns | {
            f"{TAGS}/{key}": entry for key, entry in tags if isinstance(entry, Unknown)
        }

    def number(self, name: str, default: int = 0) -> int:
        """Give a whole number."""
        value = self.values.get(name)
        return value if isinstance(value, int) else default

    def flag(self, name: str) -> bool:
        """Give a truth value, false when left out."""
        return self.values.get(name) is True

    def optional_flag(self, name: str) -> bool | None:
        """Give a truth value, `None` when left out."""
        return self.flag(name) if self.has(name) else None

    def optional_number(self, name: str) -> int | None:
        """Give a whole number, `None` where nobody says."""
        return self.number(name) if self.has(name) else None

    def optional_items(self, name: str) -> tuple[object, ...] | None:
        """Give the items of a list, `None` where nobody says."""
        return self.items(name) if self.has(name) else None

    def optional_texts(self, name: str) -> tuple[str, ...] | None:
        """Give the texts of a list, `None` where nobody says."""
        return self.texts(name) if self.has(name) else None

    def items(self, name: str) -> tuple[object, ...]:
        """Give the items of a list."""
        value = self.values.get(name)
        return value if isinstance(value, tuple) else ()

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the texts of a list."""
        return tuple(item for item in self.items(name) if isinstance(item, str))

    def record(self, name: str) -> Fields | None:
        """Give a record inside this one, or `None`."""
        value = self.values.get(name)
        return value if isinstance(value, Fields) else None

    def records(self, name: str) -> Iterator[tuple[str, Fields]]:
        """Go through a map of records (or a list of them, numbered)."""
        value = self.values.get(name)
        if isinstance(value, dict):
            yield from ((key, item) for key, item in value.items() if isinstance(item, Fields))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, Fields):
                    yield str(index), item

    def text_map(self, name: str) -> dict[str, str] | None:
        """Give a map of texts, or `None`."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            return None
        return {key: item for key, item in value.items() if isinstance(item, str)}

    def map(self, name: str) -> dict[str, object]:
        """Give a map of whatever its kind makes of the values."""
        value = self.values.get(name)
        return value if isinstance(value, dict) else {}


def describe(value: object) -> str:
    """Name a value in an error: what kind of thing it is, or the text itself."""
    match value:
        case dict():
            return "a map"
        case list():
            return "a list"
        case None:
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            shown = " ".join(str(value).split())
            if len(shown) > SHOWN_LENGTH:
                shown = shown[: SHOWN_LENGTH - 3] + "..."
            return f"`{shown}`"
