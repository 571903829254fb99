"""Where the policies of a draft are written in templates and configurations.

Each document, and each statement of it, is known by its identity: importers put statements of
several resources together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from iamsim.core.json_places import KEY
from iamsim.core.span import Path, Source, Span
from iamsim.importers.placed import ScatteredSource

STATEMENT = "Statement"


@dataclass(eq=False, slots=True)
class _JoinedSource(Source):
    """A source of what was evaluated: `statements` say where each of them stands, by its number,
    and `whole` where all else does. Parts of a statement that are written elsewhere, such as in a
    local value, stand where the statement refers to them."""

    whole: Source | None = field(default=None, repr=False)
    statements: Mapping[int, Source] = field(default_factory=dict, repr=False)

    def span(self, path: Path) -> Span:
        """Find the place of an element; the nearest known parent if it has none."""
        number = path[1] if path[:1] == (STATEMENT,) and len(path) > 1 else None
        part = self.statements.get(number) if isinstance(number, int) else None
        if part is not None:
            return _span_inside(part, path[2:])
        return Span(self, 0, 0) if self.whole is None else self.whole.span(path)


@dataclass(eq=False, slots=True)
class _PartSource(Source):
    """The part of a source that stands at `prefix`."""

    whole: Source | None = field(default=None, repr=False)
    prefix: Path = ()

    def span(self, path: Path) -> Span:
        """Find the place of an element of the part."""
        return Span(self, 0, 0) if self.whole is None else self.whole.span((*self.prefix, *path))


def _span_inside(part: Source, path: Path) -> Span:
    """The place of an element of a statement; of one that is written elsewhere, that of its key, or
    of the nearest parent."""
    outer = part.span(())
    while path:
        for parts in (path, (*path, KEY)):
            span = part.span(parts)
            same = span.source.name == outer.source.name
            if same and outer.start <= span.start and span.end <= outer.end:
                return span
        path = path[:-1]
    return outer


class Place(NamedTuple):
    """Where something is written; equal keys are one place in a text."""

    source: Source
    key: object


class Places:
    """The places of documents and statements that were evaluated."""

    def __init__(self) -> None:
        """Start with nothing known; `here` is where what is being read stands."""
        self.here: Place | None = None
        self._known: dict[int, tuple[object, Place]] = {}

    def put(self, document: object, place: Place | None) -> None:
        """Say where a document stands, whose paths are those of the source; where its own place is
        not known, it stands `here`."""
        place = place or self.here
        if place is None or not isinstance(document, dict):
            return
        self._known[id(document)] = document, place
        whole = place.source
        statements = document.get(STATEMENT)
        for number, statement in enumerate(statements if isinstance(statements, list) else ()):
            path = (STATEMENT, number)
            part = _PartSource(whole.name, whole.text, whole=whole, prefix=path)
            self._known[id(statement)] = statement, Place(part, (place.key, number))

    def put_statement(self, statement: object) -> None:
        """Say that a statement stands `here`, unless its place is known."""
        if self.here is not None:
            self._known.setdefault(id(statement), (statement, self.here))

    def key_of(self, document: object) -> object:
        """What tells the place of a document from others; `None` for what stands in no template."""
        place = self.of(document)
        return None if place is None else place.key

    def of(self, document: object) -> Place | None:
        """Give the place of a document; `None` for what stands in no template."""
        if not isinstance(document, dict):
            return None
        listed = document.get(STATEMENT)
        parts = {
            number: self._known[id(statement)][1]
            for number, statement in enumerate(listed if isinstance(listed, list) else ())
            if id(statement) in self._known
        }
        _, whole = self._known.get(id(document), (None, None))
        whole = whole or next(iter(parts.values()), None)
        if whole is None:
            return None
        source = _JoinedSource(
            whole.source.name,
            whole.source.text,
            evaluated=document,
            whole=whole.source,
            statements={number: part.source for number, part in parts.items()},
        )
        return Place(source, (whole.key, *(part.key for part in parts.values())))

    def rename(self, change: Callable[[str], str]) -> None:
        """Call the texts otherwise, such as those of a folder that is there for a while only."""
        waiting = [place.source for _, place in self._known.values()]
        done: set[int] = set()
        while waiting:
            source = waiting.pop()
            if id(source) in done:
                continue
            done.add(id(source))
            source.name = change(source.name)
            if isinstance(source, ScatteredSource):
                waiting += [span.source for span in source.spans.values()]
            elif isinstance(source, _PartSource) and source.whole is not None:
                waiting.append(source.whole)
