"""Where in a text something stands.

A place is a pair of offsets into a shared `Source`; line and column are worked out when shown.
Policies are read without positions first (that is many times faster), so a `Source` can also
find a place later, from the path of an element such as ``("Statement", 0, "Action", 1)``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from sys import maxsize

from iamsim.core.data_class import dataclass, field

Path = tuple[str | int, ...]


@dataclass(eq=False, slots=True)
class Source:
    """A text with a name, from which policies were read.

    `locate_all` turns the text into a map from element path to the (start, end) offsets of its
    value; the place of an object's key is under the path of its value with ``"#key"`` behind. It
    runs once, when a position is first asked for. Offsets count characters from 0.

    Where a policy is what a template came to, its source is the text of the template, its paths are
    those of the policy, and `evaluated` is the policy: the text can't be read or changed as one.
    """

    name: str
    text: str = field(repr=False)
    locate_all: Callable[[str], Mapping[Path, tuple[int, int]]] | None = field(
        default=None, repr=False
    )
    _offsets: Mapping[Path, tuple[int, int]] | None = field(default=None, repr=False)
    _line_starts: list[int] | None = field(default=None, repr=False)
    evaluated: Mapping[str, object] | None = field(default=None, repr=False)

    def span(self, path: Path) -> Span:
        """Find the place of the element at `path`; the nearest known parent if it has none."""
        offsets = self._offsets
        if offsets is None:
            offsets = self.locate_all(self.text) if self.locate_all is not None else {}
            self._offsets = offsets
        while path not in offsets and path:
            path = path[:-1]
        start, end = offsets.get(path, (0, len(self.text)))
        return Span(self, start, end)

    def line_column(self, offset: int) -> tuple[int, int]:
        """Turn an offset into line and column, both counted from 1."""
        starts = self._starts(offset)
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Give the text of one line (counted from 1) without its line break."""
        starts = self._line_starts or ()
        if len(starts) <= line:
            starts = self._starts(len(self.text))
        return self.text[starts[line - 1] : starts[line]].rstrip("\r\n")

    def _starts(self, offset: int) -> list[int]:
        """Where lines start, as far as the one behind that of an offset; behind the last line
        stands a number that no offset reaches."""
        starts = self._line_starts
        if starts is None:
            starts = self._line_starts = [0]
        while starts[-1] <= offset:
            position = self.text.find("\n", starts[-1])
            starts.append(position + 1 if position >= 0 else maxsize)
        return starts


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source, as offsets: `start` is inside, `end` is behind it."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line of the first character, counted from 1."""
        return self.source.line_column(self.start)[0]

    @property
    def column(self) -> int:
        """The column of the first character, counted from 1."""
        return self.source.line_column(self.start)[1]

    @property
    def text(self) -> str:
        """The characters of the stretch."""
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> str:
        """`name:line:column`, as editors and terminals understand it."""
        return f"{self.source.name}:{self.line}:{self.column}"
