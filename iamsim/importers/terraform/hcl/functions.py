"""Terraform's functions, those of texts, files and encodings; `collections` has the others.

https://developer.hashicorp.com/terraform/language/functions. Those that are not here, or that a
day or a machine decides, are not known.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import posixpath
import re
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote_plus

from iamsim.core.span import Span
from iamsim.importers.terraform.hcl.collections import COLLECTIONS
from iamsim.importers.terraform.hcl.refused import Refused
from iamsim.importers.terraform.hcl.values import (
    Encoded,
    EncodedPartly,
    ListOf,
    PartlyKnown,
    as_boolean,
    as_number,
    as_text,
    decode_text,
    join_pieces,
)
from iamsim.importers.unknown import Unknown, find_unknown

__all__ = ["FUNCTIONS", "Files", "Refused"]

MAX_CHARACTERS = 5_000_000
MAX_POWER, MAX_BASE = 64, 10**9
_verb = re.compile(r"%(?:\[(\d+)\])?(-?0?\d{0,3})(?:\.(\d{1,3}))?([sdvqgft%])")


class Files(Protocol):
    """Reads files beside the configuration; each gives an `Unknown` for one that it can't."""

    def text(self, path: str) -> object:
        """The text of a file."""

    def exists(self, path: str) -> object:
        """Whether a file is there."""

    def template(self, path: str, names: dict[str, object]) -> object:
        """A template, filled in."""


def _text(value: object) -> str:
    """Take a text; raises `Refused` for what has none."""
    unknown = as_text(value)
    if isinstance(unknown, Unknown):
        raise Refused(unknown.why)
    if unknown is None:
        raise Refused
    return unknown


def _known(function: Callable[..., object]) -> Callable[[Files, list[object]], object]:
    """Make a function of texts alone: what is not known in an argument is not known of it."""

    def call(_files: Files, arguments: list[object]) -> object:
        unknown = find_unknown(arguments)
        if unknown is not None:
            return Unknown(unknown.why, unknown.source)
        return function(*map(_text, arguments))

    return call


def _json_encode(_files: Files, arguments: list[object]) -> object:
    """Encode; a value of which not everything is known stays itself."""
    [value] = arguments
    unknown = find_unknown(value)
    if unknown is None:
        return Encoded.of(value)
    return EncodedPartly(unknown.why, unknown.source, value)


def _json_decode(_files: Files, arguments: list[object]) -> object:
    """Decode, with what is not known in it."""
    [value] = arguments
    if isinstance(value, EncodedPartly):
        return value.value
    if isinstance(value, dict):
        return value
    if isinstance(value, PartlyKnown | str):
        try:
            return decode_text(value)
        except RecursionError:
            raise Refused from None
    if isinstance(value, Unknown):
        return value
    raise Refused


def _yaml_decode(_files: Files, arguments: list[object]) -> object:
    """Decode YAML; numbers and booleans are texts, which convert where they are needed."""
    from iamsim.core.errors import InputError
    from iamsim.world.documents import parse_document

    [value] = arguments
    if isinstance(value, Unknown):
        return value
    try:
        return parse_document(_text(value), "yamldecode", language="yaml").data
    except InputError as error:
        raise Refused from error


def _format(_files: Files, arguments: list[object]) -> object:
    """Fill in a format; parts that are not known stay parts."""
    form, values = arguments[0], arguments[1:]
    if isinstance(form, Unknown):
        return Unknown(form.why, form.source)
    text = _text(form)
    pieces: list[tuple[str | Unknown, Span | None]] = []
    at = count = 0
    for match in _verb.finditer(text):
        pieces.append((text[at : match.start()], None))
        at = match.end()
        index, width, precision, verb = match.groups()
        if verb == "%":
            pieces.append(("%", None))
            continue
        place = int(index) - 1 if index else count
        count = place + 1
        pieces.append((_formatted(values[place], width, precision, verb), None))
    if "%" in _verb.sub("", text):
        raise Refused
    pieces.append((text[at:], None))
    return join_pieces(pieces)


def _formatted(value: object, width: str, precision: str | None, verb: str) -> str | Unknown:
    if isinstance(value, Unknown):
        return value
    if verb == "d":
        number = as_number(value)
        if number is None:
            raise Refused
        return f"{int(number):{width.replace('-', '<')}d}"
    if verb in "fg":
        number = as_number(value)
        if number is None:
            raise Refused
        return f"{number:{width.replace('-', '<')}.{precision or 6}{verb}}"
    if verb == "q":
        return json.dumps(_text(value))
    if isinstance(value, list | dict):
        if verb == "v" and find_unknown(value) is None:
            return Encoded.of(value)
        raise Refused
    text = _text(value)
    size = width.lstrip("-")
    return text.ljust(int(size)) if width.startswith("-") else text.rjust(int(size or 0))


def _format_list(files: Files, arguments: list[object]) -> object:
    """Fill in a format for each item."""
    unknown = next((argument for argument in arguments if isinstance(argument, Unknown)), None)
    if unknown is not None:
        return Unknown(unknown.why, unknown.source)
    lengths = {len(argument) for argument in arguments[1:] if isinstance(argument, list)}
    if len(lengths) > 1:
        raise Refused
    count = lengths.pop() if lengths else 1
    list_of = ListOf()
    for index in range(count):
        row = [
            argument[index] if isinstance(argument, list) else argument
            for argument in arguments[1:]
        ]
        list_of.append(_format(files, [arguments[0], *row]))
    return list_of


def _join(_files: Files, arguments: list[object]) -> object:
    """Join; parts that are not known stay parts."""
    separator, *lists = arguments
    if isinstance(separator, Unknown):
        return Unknown(separator.why, separator.source)
    pieces: list[tuple[str | Unknown, Span | None]] = []
    for listing in lists:
        if isinstance(listing, Unknown):
            return Unknown(listing.why, listing.source)
        if not isinstance(listing, list):
            raise Refused
        for item in listing:
            if pieces:
                pieces.append((_text(separator), None))
            pieces.append((item if isinstance(item, Unknown) else _text(item), None))
    return join_pieces(pieces)


def _substr(text: object, start: object, length: object) -> object:
    first, count = int(_text(start)), int(_text(length))
    written = _text(text)
    first = first if first >= 0 else max(len(written) + first, 0)
    return written[first:] if count < 0 else written[first : first + count]


def _replace(text: str, old: str, new: str) -> object:
    """Replace a text; patterns are those of Go, and not known."""
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        raise Refused
    if (
        len(text) * (len(new) + 1) > MAX_CHARACTERS * 2
        and text.count(old) * len(new) > MAX_CHARACTERS
    ):
        raise Refused
    return text.replace(old, new)


def _title(text: str) -> str:
    return re.sub(r"(?:^|(?<=[^\w']))\w", lambda match: match.group().upper(), text)


def _indent(width: str, text: str) -> str:
    pad = " " * min(int(width), 1_000)
    return f"\n{pad}".join(text.split("\n"))


def _number(function: Callable[..., float | int]) -> Callable[[Files, list[object]], object]:
    def call(_files: Files, arguments: list[object]) -> object:
        unknown = find_unknown(arguments)
        if unknown is not None:
            return Unknown(unknown.why, unknown.source)
        numbers = [as_number(argument) for argument in arguments]
        if None in numbers:
            raise Refused
        found = function(*numbers)
        return int(found) if isinstance(found, float) and found.is_integer() else found

    return call


def _pow(base: float, power: float) -> float:
    if abs(power) > MAX_POWER or abs(base) > MAX_BASE:
        raise Refused
    return float(base**power)


def _file(files: Files, arguments: list[object]) -> object:
    [path] = arguments
    return path if isinstance(path, Unknown) else files.text(_text(path))


def _file_exists(files: Files, arguments: list[object]) -> object:
    [path] = arguments
    return path if isinstance(path, Unknown) else files.exists(_text(path))


def _template_file(files: Files, arguments: list[object]) -> object:
    path, names = arguments
    if isinstance(path, Unknown):
        return path
    if not isinstance(names, dict):
        raise Refused
    return files.template(_text(path), names)


def _to(convert: Callable[[object], object]) -> Callable[[Files, list[object]], object]:
    """Make a conversion; null stays null."""

    def call(_files: Files, arguments: list[object]) -> object:
        [value] = arguments
        if value is None or isinstance(value, Unknown):
            return value
        found = convert(value)
        if found is None:
            raise Refused
        return found

    return call


def _same(_files: Files, arguments: list[object]) -> object:
    [value] = arguments
    return value


def _digest(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


FUNCTIONS: dict[str, Callable[[Files, list[object]], object]] = {
    **COLLECTIONS,
    "abs": _number(abs),
    "abspath": _same,
    "base64decode": _known(lambda text: base64.b64decode(text).decode()),
    "base64encode": _known(lambda text: base64.b64encode(text.encode()).decode()),
    "basename": _known(posixpath.basename),
    "ceil": _number(math.ceil),
    "chomp": _known(lambda text: text.rstrip("\r\n")),
    "dirname": _known(posixpath.dirname),
    "endswith": _known(lambda text, end: text.endswith(end)),
    "file": _file,
    "fileexists": _file_exists,
    "floor": _number(math.floor),
    "format": _format,
    "formatlist": _format_list,
    "indent": _known(_indent),
    "join": _join,
    "jsondecode": _json_decode,
    "jsonencode": _json_encode,
    "lower": _known(str.lower),
    "max": _number(max),
    "md5": _known(_digest("md5")),
    "min": _number(min),
    "nonsensitive": _same,
    "parseint": _known(lambda text, base: int(text, int(base))),
    "pow": _number(_pow),
    "replace": _known(_replace),
    "sensitive": _same,
    "sha1": _known(_digest("sha1")),
    "sha256": _known(_digest("sha256")),
    "sha512": _known(_digest("sha512")),
    "signum": _number(lambda number: (number > 0) - (number < 0)),
    "split": _known(lambda separator, text: ListOf(text.split(separator) if separator else text)),
    "startswith": _known(lambda text, start: text.startswith(start)),
    "strcontains": _known(lambda text, part: part in text),
    "strrev": _known(lambda text: text[::-1]),
    "substr": _known(_substr),
    "templatefile": _template_file,
    "title": _known(_title),
    "tobool": _to(as_boolean),
    "tonumber": _to(as_number),
    "tostring": _to(as_text),
    "trim": _known(lambda text, cut: text.strip(cut)),
    "trimprefix": _known(lambda text, start: text.removeprefix(start)),
    "trimspace": _known(str.strip),
    "trimsuffix": _known(lambda text, end: text.removesuffix(end)),
    "upper": _known(str.upper),
    "urlencode": _known(quote_plus),
    "yamldecode": _yaml_decode,
}
