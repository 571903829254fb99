"""Where the parts of a policy stand: of values that were written out, of documents, of texts."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from iamsim.core.json_places import KEY
from iamsim.core.json_text import locate_json
from iamsim.core.span import Path, Span
from iamsim.importers.terraform.configuration import part
from iamsim.importers.terraform.documents import CONDITIONS, ELEMENTS, PRINCIPALS, Stated
from iamsim.importers.terraform.hcl.blocks import Values
from iamsim.importers.terraform.hcl.values import (
    MARK,
    ListOf,
    MapOf,
    PartlyKnown,
    Written,
    decode_text,
)
from iamsim.importers.unknown import Unknown

NAMES = (("sid", "Sid"), ("effect", "Effect"))


class Places:
    """The places of the parts of a policy, by their paths in it."""

    def __init__(self, spans: dict[Path, Span] | None = None) -> None:
        """Start with what is known."""
        self.spans: dict[Path, Span] = {} if spans is None else spans

    @classmethod
    def of_value(cls, value: object) -> Places:
        """Find the places of a value that was written out."""
        places = cls()
        places.add_value(value, ())
        return places

    @classmethod
    def of_document(cls, document: dict[str, object]) -> Places:
        """Find the places of a document that blocks state."""
        places = cls()
        statements = document.get("Statement")
        for index, statement in enumerate(statements if isinstance(statements, list) else ()):
            if isinstance(statement, Stated):
                places.add_statement(statement, ("Statement", index))
            else:
                places.add_value(statement, ("Statement", index))
        return places

    def put(self, path: Path, span: Span | None) -> None:
        """Note the place of a part, if there is one."""
        if span is not None:
            self.spans[path] = span

    def add_value(self, value: object, path: Path) -> None:
        """Note the places of a value's parts."""
        if isinstance(value, MapOf):
            self.put(path, value.place)
            for key, item in value.items():
                self.add_value(item, (*path, key))
                self.put((*path, key), value.places.get(key))
                self.put((*path, key, KEY), value.key_places.get(key))
        elif isinstance(value, ListOf):
            self.put(path, value.place)
            for index, item in enumerate(value):
                self.add_value(item, (*path, index))
                if index < len(value.places):
                    self.put((*path, index), value.places[index])

    def add_statement(self, statement: Stated, path: Path) -> None:
        """Note the places of a statement's elements, which its block has under other names."""
        values = statement.instance.values
        blocks = values.written("statement") if isinstance(values, Values) else None
        block = part(blocks, statement.number)
        if not isinstance(block, MapOf):
            return
        self.put(path, block.place)
        for name, element in NAMES:
            self.put((*path, element), block.places.get(name))
        for name, element in ELEMENTS:
            self.put((*path, element, KEY), block.key_places.get(name))
            self.add_entries(block.get(name), block.places.get(name), (*path, element))
        for name, element in PRINCIPALS:
            for inner in _blocks(block, name):
                self.put((*path, element), inner.place)
                place = (*path, element, str(inner.get("type")))
                self.add_entries(inner.get("identifiers"), inner.places.get("identifiers"), place)
        for inner in _blocks(block, CONDITIONS):
            place = (*path, "Condition", str(inner.get("test")))
            self.put((*place, KEY), inner.places.get("test"))
            place = (*place, str(inner.get("variable")))
            self.put((*place, KEY), inner.places.get("variable"))
            self.add_entries(inner.get("values"), inner.places.get("values"), place)

    def add_entries(self, value: object, span: Span | None, path: Path) -> None:
        """Note the places of a list, of which a document writes a single item alone."""
        self.put(path, span)
        if not isinstance(value, ListOf):
            return
        for index, place in enumerate(value.places):
            self.put((*path, index), place)
        if len(value) == 1 and value.places:
            self.put(path, value.places[0])


def _blocks(block: MapOf, name: str) -> list[MapOf]:
    value = block.get(name)
    return [entry for entry in value if isinstance(entry, MapOf)] if isinstance(value, list) else []


class Decoded(NamedTuple):
    """The data of a JSON text, with the places of its parts and of all of it."""

    data: object
    places: dict[Path, Span]
    span: Span | None


def decoded(text: str | PartlyKnown) -> Decoded | None:
    """Read a JSON text, and find where its parts were written; `None` for what is none."""
    pieces = text.pieces if isinstance(text, PartlyKnown | Written) else ((text, None),)
    first = next((entry for entry, _ in pieces if isinstance(entry, str) and entry.strip()), "")
    if first.lstrip()[:1] != "{":
        return None
    try:
        data = decode_text(text)
    except (ValueError, RecursionError):
        return None
    shown: list[str] = []
    unknown = 0
    for piece, _ in pieces:
        shown.append(f"{MARK}{unknown}{MARK}" if isinstance(piece, Unknown) else piece)
        unknown += isinstance(piece, Unknown)
    starts = [0]
    for name in shown:
        starts.append(starts[-1] + len(name))
    spans = [span for _, span in pieces]
    written = "".join(shown)
    places: dict[Path, Span] = {}
    for path, (start, end) in locate_json(written).items():
        found = _across(_at(start, starts, spans, shown), _at(end - 1, starts, spans, shown))
        if found is not None:
            places[path] = found
    return Decoded(data, places, places.get(()))


def _at(offset: int, starts: list[int], spans: list[Span | None], shown: list[str]) -> Span | None:
    """Where a character of a text was written."""
    number = min(bisect_right(starts, offset) - 1, len(spans) - 1)
    span = spans[number]
    if span is None or span.text != shown[number]:
        return span
    start = span.start + offset - starts[number]
    return Span(span.source, start, start + 1)


def _across(first: Span | None, last: Span | None) -> Span | None:
    """The stretch between two places of one file."""
    if first is None or last is None or first.source is not last.source:
        return first
    return Span(first.source, first.start, max(last.end, first.end))
