"""How values are written into a text that has a form already: its indents, its line ends, its
blanks behind commas and colons; JSON or YAML."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.:-]*(?<!:)").fullmatch
# What other YAML readers take for something else than text.
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_INDENT = re.compile(r"\n([ \t]+)[^\s]").search


def indentation(text: str, offset: int) -> str:
    """Give the blanks at the start of the line of an offset."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    return line[: len(line) - len(line.lstrip())]


class Layout:
    """The habits of a text."""

    def __init__(self, text: str) -> None:
        """Look at the text once."""
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.is_json = text.lstrip()[:1] in ("{", "[")
        compact = self.is_json and '":' in text and '": ' not in text and '" :' not in text
        self.comma = "," if compact else ", "
        self.colon = ":" if compact else ": "
        match = _INDENT(text)
        self.unit = match[1] if match is not None else "  "
        self._text = text

    def is_flow(self, offset: int) -> bool:
        """Whether the list or object at an offset stands in brackets."""
        return self._text[offset : offset + 1] in ("[", "{")

    def flow(self, value: object, base: str, *, lines: bool = False) -> str:
        """Write a value as JSON, in lines that start with `base` where `lines` are wanted."""
        if lines and isinstance(value, list | dict):
            written = json.dumps(value, indent=self.unit, ensure_ascii=False)
            return written.replace("\n", f"{self.newline}{base}")
        return json.dumps(value, ensure_ascii=False, separators=(self.comma, self.colon))

    def inline(self, value: object) -> str:
        """Write a value on one line of YAML in block style, without quotes where they can go."""
        if isinstance(value, str) and _PLAIN(value) and value.lower() not in _RESERVED:
            return value
        return self.flow(value, "")

    def quoted(self, written: str) -> str:
        """Give a single value as it stands in the text so that it may stand in a list."""
        if written.startswith(('"', "'")):
            return written
        return self.flow(written, "")

    def block(self, value: object, column: str) -> str:
        """Write a value as YAML in block style; its lines, but the first, start with `column`."""
        if isinstance(value, dict) and value:
            lines = [self.member(name, member).block(column) for name, member in value.items()]
        elif isinstance(value, list) and value:
            lines = [self.item(entry).block(column) for entry in value]
        else:
            return self.inline(value)
        return f"{self.newline}{column}".join(lines)

    def item(self, value: object) -> WrittenItem:
        """Make an entry of a list."""
        return WrittenItem(self, None, value)

    def member(self, name: str, value: object) -> WrittenItem:
        """Make a member of an object."""
        return WrittenItem(self, name, value)


class WrittenItem(NamedTuple):
    """An entry of a list (`name` is `None`) or a member of an object, to be written."""

    layout: Layout
    name: str | None
    value: object

    def flow(self, base: str, *, lines: bool = False) -> str:
        """Write it for a place between brackets."""
        written = self.layout.flow(self.value, base, lines=lines)
        if self.name is None:
            return written
        return f"{self.layout.flow(self.name, '')}{self.layout.colon}{written}"

    def block(self, column: str) -> str:
        """Write it for a place in a block that starts in `column`."""
        deeper = f"{column}  "
        written = self.layout.block(self.value, deeper)
        if self.name is None:
            return f"- {written}"
        name = self.layout.inline(self.name)
        if isinstance(self.value, list | dict) and self.value:
            return f"{name}:{self.layout.newline}{deeper}{written}"
        return f"{name}: {written}"
