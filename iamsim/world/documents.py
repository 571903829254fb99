"""Reading JSON and YAML files to plain data whose every part has a place.

Data first, places when asked: a `Document` holds what `json` or the YAML parser gave, and finds
the line of an element from its path. YAML scalars are text, except that a plain null is `None`.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Mapping

from iamsim.core.data_class import dataclass, field
from iamsim.core.errors import WorldError
from iamsim.core.json_places import KEY
from iamsim.core.json_text import check_depth, load_json, locate_json
from iamsim.core.span import Path, Source, Span
from iamsim.core.span_parts import part_of
from iamsim.files.reading import read_bytes

MAX_DEPTH = 100
# How YAML begins and ends that was written whole: without its last line, more of it is missing.
WRITTEN = "# Written by `iamsim import`, to the line of dots: the next import writes it anew.\n"
END = "..."
Offsets = Mapping[Path, tuple[int, int]]

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(eq=False, slots=True)
class _Locator:
    """Finds all places of a text once, and keeps them for the sources of its parts too."""

    text: str
    locate: Callable[[str], Offsets]
    _offsets: Offsets | None = field(default=None, repr=False)

    def __call__(self, _text: str) -> Offsets:
        if self._offsets is None:
            self._offsets = self.locate(self.text)
        return self._offsets


@dataclass(eq=False, slots=True)
class Document:
    """Plain data that was read from `source`; relative paths in it start from `folder`."""

    data: object
    source: Source
    folder: str = ""

    def span(self, path: Path) -> Span:
        """Find the place of the value at `path`."""
        return self.source.span(path)

    def key_span(self, path: Path) -> Span:
        """Find the place of the key whose value is at `path`."""
        return self.source.span((*path, KEY))

    def sub_source(self, path: Path) -> Source:
        """Give a source of the same name and text whose paths start at the element at `path`."""
        return part_of(self.source, path)

    def sub_document(self, path: Path) -> Document:
        """Give the part at `path` as a document of its own; raises `KeyError` where none is."""
        data = self.data
        for step in path:
            if not isinstance(data, dict | list):
                raise KeyError(path)
            parts = data if isinstance(data, dict) else dict(enumerate(data))
            if step not in parts:
                raise KeyError(path)
            data = parts[step]
        return Document(data, self.sub_source(path), self.folder)


def read_document(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    read_tag: Callable[[str, object], object] | None = None,
) -> Document:
    """Read a JSON or YAML file.

    The ending of the name says which (`.json`, `.yaml`, `.yml`); for other names the text does.
    `name` stands in errors, instead of the path; `read_tag` as in `parse_document`. Raises
    `WorldError`.
    """
    file = os.fspath(path)
    try:
        content = read_bytes(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        message = f"can't read `{file}`: {(reason or 'not a file name').lower()}"
        code = "file-not-found" if isinstance(error, FileNotFoundError) else "file-not-readable"
        raise WorldError(code, message) from error
    language = os.path.splitext(file)[1].lower().removeprefix(".")  # noqa: PTH122
    folder = os.path.dirname(file)  # noqa: PTH120
    return parse_document(
        content, name or file, folder=folder, language=language, read_tag=read_tag
    )


def parse_document(
    text: str | bytes,
    name: str,
    *,
    folder: str = "",
    language: str | None = None,
    read_tag: Callable[[str, object], object] | None = None,
) -> Document:
    """Read JSON or YAML text; `name` stands for it in errors.

    `language` is `json`, `yaml` or `yml`; otherwise a text that starts with a bracket is JSON.
    Tags of YAML are errors, unless `read_tag` makes a value of a tag and what it stands before.
    Bytes are UTF-8, or UTF-16 with a byte order mark. Raises `WorldError`.
    """
    text = (_decode(text, name) if isinstance(text, bytes) else text).removeprefix("\ufeff")
    if language not in ("json", "yaml", "yml"):
        language = "json" if text.lstrip()[:1] in ("{", "[") else "yaml"
    source = Source(name, text)
    if language == "json":
        source.locate_all = _Locator(text, locate_json)
        data: object = load_json(source, WorldError, maximum_depth=None)
        # What nests has brackets, and most texts have few.
        if text.count("{") + text.count("[") > MAX_DEPTH and _is_deeper(data, MAX_DEPTH):
            check_depth(source, WorldError, MAX_DEPTH)
        return Document(data, source, folder)
    from iamsim.world.yaml_text import read_yaml

    if text.startswith(WRITTEN) and not text.rstrip().endswith(f"\n{END}"):
        raise WorldError(
            "file-breaks-off",
            f"the file breaks off: it was written to end with a line of `{END}`",
            span=Span(source, len(text), len(text)),
            hint="import the world again",
        )
    data, locate = read_yaml(source, max_depth=MAX_DEPTH, read_tag=read_tag)
    source.locate_all = _Locator(text, locate)
    return Document(data, source, folder)


def document_of_data(data: object, text: str, name: str) -> Document:
    """Make the document of a YAML text whose data is known: the text is read only for places."""
    source = Source(name, text, _Locator(text, _locate_yaml))
    return Document(data, source, os.path.dirname(name))  # noqa: PTH120


def _locate_yaml(text: str) -> Offsets:
    """Find the places of a YAML text that was read before."""
    from iamsim.world.yaml_text import read_yaml

    return read_yaml(Source("", text), max_depth=MAX_DEPTH)[1](text)


def _is_deeper(data: object, depth: int) -> bool:
    """Say whether data nests deeper; far quicker than counting the brackets of a large text."""
    level = [data]
    for _ in range(depth):
        level = [
            part
            for value in level
            if isinstance(value, dict | list)
            for part in (value.values() if isinstance(value, dict) else value)
        ]
    return any(isinstance(value, dict | list) for value in level)


def _decode(content: bytes, name: str) -> str:
    """Turn bytes into text, or say at which byte they are none."""
    encoding = "utf-8"
    for mark, marked_encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            encoding = marked_encoding
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        source = Source(name, before)
        raise WorldError(
            "invalid-encoding",
            f"the file is not {encoding.upper()} text: byte {error.start} does not belong",
            span=Span(source, len(before), len(before)),
            hint="save the file as UTF-8",
        ) from error
