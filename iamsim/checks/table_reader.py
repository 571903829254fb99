"""The tables of a project's configuration, value by value, with the place of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.core.span import Source, Span
from iamsim.core.suggest import did_you_mean

if TYPE_CHECKING:
    from typing import NoReturn


class TableReader:
    """Checks the values of a table; TOML gives no places, so a fault is looked up in the text."""

    def __init__(self, source: Source, table: str) -> None:
        """Take the text, and the name of the table as it stands there."""
        self.source = source
        self.start = max(source.text.find(table), 0)

    def table(self, data: object, name: str, fields: Sequence[str]) -> Mapping[str, object]:
        """A table with these fields and no others."""
        if not isinstance(data, dict):
            self.fail(name, f"`{name}` is a table")
        for key in data:
            if key not in fields:
                hint = did_you_mean(key, fields) or f"there are {', '.join(fields)}"
                self.fail(key, f"there is no setting {quote(key)} in `{name}`", hint)
        return data

    def texts(self, table: Mapping[str, object], name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self.list(table, name)
        if not all(isinstance(entry, str) for entry in found):
            self.fail(name, f"`{name}` is a list of texts")
        return tuple(str(entry) for entry in found)

    def list(self, table: Mapping[str, object], name: str) -> list[object]:
        """A list."""
        found = table.get(name, [])
        if not isinstance(found, list):
            self.fail(name, f"`{name}` is a list")
        return found

    def span(self, word: str) -> Span:
        """Where a word first stands in the table, else the table."""
        start = self.source.text.find(word, self.start)
        if start < 0:
            return Span(self.source, self.start, self.start)
        return Span(self.source, start, start + len(word))

    def fail(self, word: str, message: str, hint: str | None = None) -> NoReturn:
        """Raise an error at a word."""
        raise WorldError("configuration-field", message, span=self.span(word), hint=hint)
