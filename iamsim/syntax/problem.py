"""Trouble found while a policy is read, and suggestions for what was meant."""

from __future__ import annotations

from iamsim.core.errors import PolicyError
from iamsim.core.json_text import JsonNumber
from iamsim.core.span import Path, Source


class Problem(Exception):  # noqa: N818 - becomes a PolicyError as soon as the source is known
    """A fault at a path of the document; the source that knows the place comes later."""

    def __init__(self, code: str, message: str, path: Path, hint: str | None = None) -> None:
        super().__init__(code, message, path, hint)
        self.code = code
        self.message = message
        self.path = path
        self.hint = hint

    def to_error(self, source: Source) -> PolicyError:
        """Make the error that users see, with its place in the source."""
        return PolicyError(self.code, self.message, span=source.span(self.path), hint=self.hint)


def kind_of(value: object) -> str:
    """Say in words of JSON what a value is."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case int() | float() | JsonNumber():
            return "a number"
        case _:
            return "something that JSON can't hold"
