"""The values of HCL: plain data, with the places of what was written out, and what is not known.

Texts, numbers, booleans and null are Python's own. What an expression could not tell is an
`Unknown`, which says why and where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from iamsim.core.span import Span
from iamsim.importers.terraform.hcl.refused import Refused
from iamsim.importers.unknown import Unknown, find_unknown

MAX_PIECES = 10_000  # of a text of which not all is known
MAX_SIZE = 5_000_000  # parts and characters of a value
MARK = "\ue000"  # around what is not known in a text, which no policy has
Json = dict[str, object]


class MapOf(dict[str, object]):
    """A map or an object: `places` are those of the values, `key_places` those of the keys."""

    __slots__ = ("key_places", "place", "places", "size")

    def __init__(
        self, values: Iterable[tuple[str, object]] = (), place: Span | None = None
    ) -> None:
        """Take the entries; their places come later."""
        super().__init__(values)
        self.places: dict[str, Span] = {}
        self.key_places: dict[str, Span] = {}
        self.place = place
        self.size = 0


class ListOf(list[object]):
    """A list or a tuple: `places` are those of the items that were written out."""

    __slots__ = ("place", "places", "size")

    def __init__(
        self,
        values: Iterable[object] = (),
        places: Iterable[Span | None] = (),
        place: Span | None = None,
    ) -> None:
        """Take the items with their places."""
        super().__init__(values)
        self.places: list[Span | None] = list(places)
        self.place = place
        self.size = 0


class SetOf(ListOf):
    """A set, in the order of its items."""

    __slots__ = ()


class Encoded(str):
    """The JSON text of a value, and the value with its places."""

    __slots__ = ("value",)
    value: object

    @classmethod
    def of(cls, value: object) -> Encoded:
        """Encode a value as `jsonencode` does."""
        encoded = cls(json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False))
        encoded.value = value
        return encoded


@dataclass(frozen=True, slots=True)
class EncodedPartly(Unknown):
    """The JSON text of a value of which not everything is known."""

    value: object = None


# Parts of a text: known ones with the place where they are written, if they are, and others.
Pieces = tuple[tuple["str | Unknown", "Span | None"], ...]


class Written(str):
    """A text that a template wrote, with the places of its parts."""

    __slots__ = ("pieces",)
    pieces: Pieces

    @classmethod
    def of(cls, text: str, place: Span) -> Written:
        """A text that stands as a whole at a place."""
        written = cls(text)
        written.pieces = ((text, place),)
        return written


@dataclass(frozen=True, slots=True)
class PartlyKnown(Unknown):
    """A text of which not all parts are known."""

    pieces: Pieces = ()


class Handle:
    """Something with attributes that are found when asked for: a resource, or a module."""

    __slots__ = ("attribute", "shown")

    def __init__(self, shown: str, attribute: Callable[[str, Span | None], object]) -> None:
        """Take the address, and what finds an attribute."""
        self.shown = shown
        self.attribute = attribute


def bounded(value: object) -> object:
    """Give a value whose parts and characters are not too many: what stands in it several times
    counts as often. Raises `Refused` for another one."""
    _size_of(value)
    return value


def _size_of(value: object) -> int:
    """Count the parts and characters of a value."""
    if isinstance(value, str):
        if len(value) > MAX_SIZE:
            raise Refused("a text, which is too long")
        return 1 + len(value)
    if isinstance(value, EncodedPartly):
        return 1 + _size_of(value.value)
    if isinstance(value, PartlyKnown):
        return 1 + sum(len(part) for part, _ in value.pieces if isinstance(part, str))
    if not isinstance(value, list | dict):
        return 1
    known = value.size if isinstance(value, ListOf | MapOf) else 0
    if known:
        return known
    total = 1
    for item in value.values() if isinstance(value, dict) else value:
        total += _size_of(item)
        if total > MAX_SIZE:
            raise Refused("a value, which is too large")
    if isinstance(value, ListOf | MapOf):
        value.size = total
    return total


def join_pieces(pieces: Iterable[tuple[str | Unknown, Span | None]]) -> object:
    """Make a text of parts; it is partly known where some are."""
    listed = tuple(pieces)
    if sum(len(part) for part, _ in listed if isinstance(part, str)) > MAX_SIZE:
        raise Refused("a text, which is too long")
    unknown = next((part for part, _ in listed if isinstance(part, Unknown)), None)
    if unknown is None:
        written = Written("".join(str(part) for part, _ in listed))
        written.pieces = listed
        return written
    flat: list[tuple[str | Unknown, Span | None]] = []
    for part, place in listed:
        flat += part.pieces if isinstance(part, PartlyKnown) else [(part, place)]
        if len(flat) > MAX_PIECES:
            raise Refused("a text, which is too long")
    return PartlyKnown(unknown.why, unknown.source, tuple(flat))


def as_text(value: object) -> str | Unknown | None:
    """Convert a value to text as templates do; `None` for what has none."""
    if isinstance(value, str | Unknown):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict) and "Statement" in value:
        # A document of the provider, of which the text is meant.
        unknown = find_unknown(value)
        return Encoded.of(value) if unknown is None else _partly(value, unknown)
    return None


def _partly(value: object, unknown: Unknown) -> EncodedPartly:
    return EncodedPartly(unknown.why, unknown.source, value)


def as_number(value: object) -> int | float | None:
    """Convert a value to a number; `None` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str):
        return value
    try:
        return int(value) if value.lstrip("-").isdecimal() else float(value)
    except (ValueError, OverflowError):
        return None


def as_boolean(value: object) -> bool | None:
    """Convert a value to a boolean; `None` for what is none."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def decode_text(text: str | PartlyKnown) -> object:
    """Decode a JSON text; what is not known in it is an `Unknown` where it stands.

    Raises `ValueError` and `RecursionError` for what is no JSON.
    """
    if isinstance(text, Encoded):
        return text.value
    if isinstance(text, str):
        return json.loads(text)
    unknown: list[Unknown] = []
    written: list[str] = []
    for part, _ in text.pieces:
        if isinstance(part, Unknown):
            written.append(f"{MARK}{len(unknown)}{MARK}")
            unknown.append(part)
        else:
            written.append(part)
    return _unmarked(json.loads("".join(written)), unknown)


def _unmarked(value: object, unknown: list[Unknown]) -> object:
    """Put what is not known in place of the texts that hold its mark."""
    if isinstance(value, dict):
        return {
            key: unknown[0] if MARK in key else _unmarked(item, unknown)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_unmarked(item, unknown) for item in value]
    if isinstance(value, str) and MARK in value:
        return unknown[int(value.split(MARK)[1])]
    return value


def plain(value: object) -> object:
    """Make plain data of a value, as the readers of resources take it."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, EncodedPartly):
        return plain(value.value)
    if isinstance(value, PartlyKnown):
        return _decoded(value)
    return Unknown(f"`{value.shown}`") if isinstance(value, Handle) else value


def _decoded(text: PartlyKnown) -> object:
    """Decode a text that is JSON all but what is not known; another stays unknown."""
    first = next((part for part, _ in text.pieces if isinstance(part, str) and part.strip()), "")
    if first.lstrip()[:1] not in ("{", "["):
        return Unknown(text.why, text.source)
    try:
        return plain(decode_text(text))
    except (ValueError, RecursionError):
        return Unknown(text.why, text.source)
