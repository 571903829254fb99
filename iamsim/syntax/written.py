"""A text for documents that came without one, such as Python dicts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from iamsim.core.json_text import locate_json
from iamsim.core.span import Source


class WrittenSource(Source):
    """A source whose text is laid out when somebody looks at it.

    Laying JSON out in lines takes ten times as long as writing it; few policies are ever shown.
    """

    __slots__ = ("_compact", "_laid_out")

    def __init__(self, name: str, compact: str) -> None:
        self._compact = compact
        self._laid_out: str | None = None
        super().__init__(name, compact, locate_json)
        self._laid_out = None

    @property
    def text(self) -> str:
        """The document in lines, with two blanks for each level."""
        if self._laid_out is None:
            self._laid_out = json.dumps(json.loads(self._compact), indent=2)
        return self._laid_out

    @text.setter
    def text(self, text: str) -> None:
        self._laid_out = text


def write_down(document: Mapping[str, object], name: str) -> Source:
    """Make the source of a document, so that errors and explanations have a text to point into.

    Later changes of the document do not change the text. A document that JSON can't hold (a key
    that is no text, a circle, nesting without end) gets an empty one.
    """
    try:
        compact = json.dumps(document, default=_plain)
    except (TypeError, ValueError, RecursionError):
        return Source(name, "", locate_json)
    return WrittenSource(name, compact)


def _plain(value: object) -> object:
    """Give what JSON can hold in place of what it can't."""
    return dict(value) if isinstance(value, Mapping) else str(value)
