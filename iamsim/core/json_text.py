"""JSON texts: read fast, and places found when someone asks.

`json.loads` reads; this module adds what it lacks: duplicate keys are errors, depth has a limit,
and every value has a place. A second reader, by hand and without recursion, finds the places, and
what is wrong with a text that `json` refused. Both accept the same texts: https://www.rfc-editor.org/rfc/rfc8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from json import decoder as json_decoder
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from iamsim.core.caret import quote
from iamsim.core.data_class import dataclass
from iamsim.core.json_fault import Expected, Fault, explain_fault, explain_string_fault
from iamsim.core.json_places import NO_KEY, JsonPlaces
from iamsim.core.span import Path, Source, Span

if TYPE_CHECKING:
    from iamsim.core.errors import InputError

MAXIMUM_DEPTH = 200
MOST_VALUES = 4_000_000  # of a text, and lines: a value that was read takes some 120 bytes
BYTE_ORDER_MARK = "\ufeff"

T = TypeVar("T")

# The reader of strings that `json` itself uses: (text, offset behind the quote, strict).
_scan_string: Callable[[str, int, bool], tuple[str, int]] = json_decoder.scanstring  # type: ignore[attr-defined]
# It always matches, if only nothing.
_skip_blanks: Callable[[str, int], re.Match[str]] = re.compile(r"[ \t\n\r]*+").match  # type: ignore[assignment]
_match_scalar = re.compile(
    r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?|true|false|null"
).match


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number as it is written, for formats in which ``1.0`` and ``1`` are different texts."""

    text: str


class _DuplicateKeyError(ValueError):
    """Some object has a key twice; where is found out by the second reader."""


class _Broken(Exception):  # noqa: N818 - a signal inside this module, not an error
    """The second reader stopped here: the text is not JSON, too deep, or has a key twice."""

    def __init__(self, code: str, fault: Fault) -> None:
        super().__init__(code, fault)
        self.code = code
        self.fault = fault


def _unique(pairs: list[tuple[str, T]]) -> dict[str, T]:
    """Make an object of its members, unless two have the same name."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateKeyError
    return members


def _refuse_constant(_name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's reader knows and JSON does not."""
    raise ValueError


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
_number_decoder = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_refuse_constant,
    parse_int=JsonNumber,
    parse_float=JsonNumber,
)


def load_json(
    source: Source,
    error: type[InputError],
    *,
    maximum_depth: int | None = MAXIMUM_DEPTH,
    keep_numbers: bool = False,
) -> Any:  # noqa: ANN401 - JSON can be anything
    """Read the text of a source as one JSON value.

    `keep_numbers` gives `JsonNumber` for numbers. `maximum_depth` is the number of brackets that
    may be open at once; with `None` the caller looks after depth with `check_depth`. Raises `error`
    with the code ``invalid-json``, ``duplicate-key``, ``nested-too-deep``, ``number-too-long`` or
    ``text-too-large``.
    """
    text = source.text
    if has_too_much(text):
        message = f"the text has more than {MOST_VALUES:,} values or lines: it is not read"
        raise error("text-too-large", message, span=Span(source, 0, 0))
    decoder = _number_decoder if keep_numbers else _decoder
    deepest = MAXIMUM_DEPTH if maximum_depth is None else maximum_depth
    try:
        value, end = decoder.raw_decode(text, _start(text))
    except RecursionError:
        check_depth(source, error, deepest)
        raise error("nested-too-deep", "lists and objects are nested too deep") from None
    except ValueError:
        _find_trouble(source, error, deepest)
    if _skip_blanks(text, end).end() != len(text):
        _find_trouble(source, error, deepest)
    if maximum_depth is not None and _is_deeper(value, maximum_depth):
        check_depth(source, error, maximum_depth)
    return value


def has_too_much(text: str) -> bool:
    """Whether a text has so many commas and brackets, or lines, that it takes too much memory."""
    if len(text) <= MOST_VALUES:
        return False
    return sum(map(text.count, ",{[")) > MOST_VALUES or text.count("\n") > MOST_VALUES


def check_depth(
    source: Source, error: type[InputError], maximum_depth: int = MAXIMUM_DEPTH
) -> None:
    """Raise `error` (``nested-too-deep``) when more brackets are open at once than allowed."""
    try:
        _Scanner(source.text, None, maximum_depth).run()
    except _Broken as broken:
        _raise(source, error, broken)


def locate_json(text: str) -> Mapping[Path, tuple[int, int]]:
    """Find the offsets of every value, and of every key, of a valid JSON text.

    The result maps the path of a value to its (start, end); the path of its value with `KEY`
    behind gives the place of a key, quotes included. Of a text that is not valid JSON, or nested
    deeper than `MAXIMUM_DEPTH`, what stands in front of the fault is found.
    """
    places = JsonPlaces(text)
    try:
        _Scanner(text, places, MAXIMUM_DEPTH).run()
    except _Broken:
        return places
    return places


def _start(text: str) -> int:
    """Find the first character behind a byte order mark and blanks."""
    return _skip_blanks(text, 1 if text.startswith(BYTE_ORDER_MARK) else 0).end()


def _is_deeper(value: object, depth: int) -> bool:
    """Whether more than `depth` lists and objects stand inside each other, level by level."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    while level and depth > 0:
        depth -= 1
        level = [
            child
            for part in level
            for child in (part.values() if type(part) is dict else part)
            if type(child) is dict or type(child) is list
        ]
    return bool(level)


def _find_trouble(source: Source, error: type[InputError], maximum_depth: int) -> NoReturn:
    """Say why `json` refused a text."""
    try:
        _Scanner(source.text, None, maximum_depth).run()
    except _Broken as broken:
        _raise(source, error, broken)
    # The second reader has no limit for the digits of a number; Python has.
    digits = max(re.finditer(r"[0-9]++", source.text), key=lambda found: len(found.group()))
    raise error(
        "number-too-long",
        f"a number of {len(digits.group())} digits is too long",
        span=Span(source, digits.start(), digits.end()),
    )


def _raise(source: Source, error: type[InputError], broken: _Broken) -> NoReturn:
    """Turn what the second reader found into an error."""
    fault = broken.fault
    span = Span(source, fault.start, fault.end)
    raise error(broken.code, fault.message, span=span, hint=fault.hint) from None


class _Frame:
    """An object or a list that is not closed yet."""

    __slots__ = ("closing", "keys", "number", "start")

    def __init__(self, closing: str, start: int, number: int) -> None:
        self.closing = closing
        self.start = start
        self.number = number
        self.keys: dict[str, int] = {}


class _Scanner:
    """Reads a whole text and notes the place of every value in `places`, where they are given.

    Iterative, so that no text can exhaust the stack. `run` raises `_Broken` at the first fault.
    """

    def __init__(self, text: str, places: JsonPlaces | None, maximum_depth: int) -> None:
        self.text = text
        self.places = places
        self.maximum_depth = maximum_depth
        self.frames: list[_Frame] = []
        self.number = 0  # of the value that comes next
        self.comma = -1  # offset of the comma in front of it, if there is one

    def run(self) -> None:
        """Read values until the text ends."""
        text = self.text
        places = self.places
        position = _start(text)
        if places is not None:
            places.begin()
        while True:
            number = self.number
            end = self.read_value(position)
            if end < 0:
                position = self.enter(self.frames[-1], -end)
                continue
            if places is not None:
                places.finish(number, position, end)
            position = self.close(end)
            if position < 0:
                return
            self.comma = position
            position = self.enter(self.frames[-1], _skip_blanks(text, position + 1).end())

    def read_value(self, position: int) -> int:
        """Read the value at `position`: gives the offset behind it.

        Of an object or list that has members it gives the offset of the first, made negative.
        """
        text = self.text
        character = text[position : position + 1]
        if character == '"':
            return _read_string(text, position)[1]
        if character in ("{", "["):
            if len(self.frames) >= self.maximum_depth:
                raise _Broken("nested-too-deep", _too_deep(position, self.maximum_depth))
            frame = _Frame("}" if character == "{" else "]", position, self.number)
            end = _skip_blanks(text, position + 1).end()
            if text[end : end + 1] == frame.closing:
                return end + 1
            self.frames.append(frame)
            self.comma = -1
            return -end
        scalar = _match_scalar(text, position)
        if scalar is None:
            raise self.broken(position, Expected.VALUE, self.comma)
        return scalar.end()

    def close(self, end: int) -> int:
        """Close what closes behind a value: gives the offset of the comma that follows.

        At the end of the text it gives -1.
        """
        text = self.text
        while True:
            position = _skip_blanks(text, end).end()
            if not self.frames:
                if position == len(text):
                    return -1
                raise self.broken(position, Expected.END, end)
            frame = self.frames[-1]
            character = text[position : position + 1]
            if character == ",":
                return position
            if character != frame.closing:
                raise self.broken(position, Expected.SEPARATOR, end)
            self.frames.pop()
            end = position + 1
            if self.places is not None:
                self.places.finish(frame.number, frame.start, end)

    def enter(self, frame: _Frame, position: int) -> int:
        """Go to the next value of a list or an object: gives its offset, and sets `number`."""
        text = self.text
        if frame.closing == "]":
            self._begin(NO_KEY)
            return position
        if text[position : position + 1] != '"':
            raise self.broken(position, Expected.KEY, self.comma)
        key, end = _read_string(text, position)
        first = frame.keys.setdefault(key, position)
        if first != position:
            raise _Broken("duplicate-key", _duplicate(text, key, first, (position, end)))
        colon = _skip_blanks(text, end).end()
        if text[colon : colon + 1] != ":":
            raise self.broken(colon, Expected.COLON, end)
        self._begin(position)
        self.comma = -1
        return _skip_blanks(text, colon + 1).end()

    def _begin(self, key: int) -> None:
        """Number the value that comes next, whose key stands there."""
        if self.places is not None:
            self.number = self.places.begin(key)

    def broken(self, position: int, expected: Expected, before: int) -> _Broken:
        """Find the words for what is wrong at `position`."""
        opened = [frame.start for frame in self.frames]
        return _Broken("invalid-json", explain_fault(self.text, position, expected, opened, before))


def _read_string(text: str, position: int) -> tuple[str, int]:
    """Read the string that opens at `position`; gives it and the offset behind it."""
    try:
        return _scan_string(text, position + 1, True)
    except json.JSONDecodeError as broken:
        raise _Broken("invalid-json", explain_string_fault(text, position, broken.pos)) from None


def _duplicate(text: str, key: str, first: int, second: tuple[int, int]) -> Fault:
    """Find the words for a key that stands twice in one object."""
    line = text.count("\n", 0, first) + 1
    message = f"{quote(key)} stands twice in one object, first on line {line}"
    return Fault(message, "keep one of the two", *second)


def _too_deep(position: int, maximum_depth: int) -> Fault:
    """Find the words for one bracket too many."""
    message = f"more than {maximum_depth} brackets are open here"
    return Fault(message, "no document needs lists or objects this deep", position, position + 1)
