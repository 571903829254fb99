"""The text of a policy with marks where its clauses stand, as lines for the templates."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamsim.core.span import Source, Span

__all__ = ["Anchor", "Line", "Piece", "Remark", "TextMark", "policy_lines"]


class TextMark(NamedTuple):
    """A stretch of the text to be marked. `kind` is ``yes``, ``no``, ``open`` or ``none``, `title`
    says why. Of marks that overlap, the innermost is seen."""

    start: int
    end: int
    kind: str
    title: str


class Remark(NamedTuple):
    """A sentence to be written below a line."""

    line: int
    kind: str
    text: str


class Anchor(NamedTuple):
    """A place that links lead to: where a statement starts, which reaches to `end`."""

    start: int
    end: int
    name: str
    kind: str
    decides: bool = False


class Piece(NamedTuple):
    """Characters of a line that look alike."""

    text: str
    kind: str | None = None
    title: str | None = None
    anchor: str | None = None


class Line(NamedTuple):
    """One line: its number, its pieces, the remarks below it, and the statement that it is of."""

    number: int
    pieces: tuple[Piece, ...]
    remarks: tuple[Remark, ...]
    statement: Anchor | None


def policy_lines(
    span: Span,
    marks: Sequence[TextMark],
    remarks: Sequence[Remark] = (),
    anchors: Sequence[Anchor] = (),
) -> tuple[Line, ...]:
    """Cut the lines of a policy, which stands at `span`, into pieces."""
    source = span.source
    first, last = span.line, source.line_column(max(span.end - 1, span.start))[0]
    below: dict[int, list[Remark]] = {}
    for remark in remarks:
        below.setdefault(remark.line, []).append(remark)
    stretches = _flattened(marks)
    starts = [stretch.start for stretch in stretches]
    lines = []
    for number, start, end in _lines(source, first, last):
        here = stretches[max(bisect_right(starts, start) - 1, 0) : bisect_right(starts, end)]
        of_line = [one for one in anchors if start <= one.start < max(end, start + 1)]
        pieces = _pieces(source.text, start, end, here, of_line)
        inside = [one for one in anchors if one.start < max(end, start + 1) and start < one.end]
        lines.append(
            Line(
                number,
                tuple(pieces),
                tuple(below.get(number, ())),
                max(inside, key=lambda one: (one.decides, -one.start), default=None),
            )
        )
    return tuple(lines)


def _lines(source: Source, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Give number, start and end of lines, line breaks left out."""
    offset = 0
    text = source.text
    for number in range(1, last + 1):
        end = text.find("\n", offset)
        end = len(text) if end < 0 else end
        if number >= first:
            yield number, offset, end - (text[offset:end].endswith("\r"))
        offset = end + 1


def _flattened(marks: Iterable[TextMark]) -> list[TextMark]:
    """Turn marks, some within others, into stretches beside each other, in order."""
    outer_first = sorted(set(marks), key=lambda mark: (mark.start, -mark.end))
    flat: list[TextMark] = []
    open_: list[TextMark] = []
    position = 0

    def close_until(offset: int) -> None:
        nonlocal position
        while open_ and open_[-1].end <= offset:
            mark = open_.pop()
            if mark.end > position:
                flat.append(mark._replace(start=position))
                position = mark.end
        if open_ and offset > position:
            flat.append(open_[-1]._replace(start=position, end=offset))

    for mark in outer_first:
        close_until(mark.start)
        before = open_[-1] if open_ else None
        if before is not None and before[:2] == mark[:2]:
            open_[-1] = _both(before, mark)
            continue
        # A mark never reaches out of the one around it: places of a text are a tree.
        open_.append(mark if before is None else mark._replace(end=min(mark.end, before.end)))
        position = mark.start
    close_until(max((mark.end for mark in outer_first), default=0))
    return flat


_GRAVEST = ("no", "open", "yes", "none")


def _both(one: TextMark, other: TextMark) -> TextMark:
    """One mark for two clauses at the same place: what fails is what counts."""
    kind = min(one.kind, other.kind, key=_GRAVEST.index)
    return one._replace(kind=kind, title=f"{one.title}; {other.title}")


def _pieces(
    text: str, start: int, end: int, marks: Sequence[TextMark], anchors: Sequence[Anchor]
) -> Iterator[Piece]:
    """Cut one line at its marks, and at the starts of statements."""
    named = {one.start: one.name for one in anchors}
    cuts = {start, end, *(offset for offset in named if start <= offset < end)}
    for mark in marks:
        cuts |= {min(max(offset, start), end) for offset in mark[:2]}
    offsets = sorted(cuts)
    for left, right in zip(offsets, offsets[1:], strict=False):
        mark = next((one for one in marks if one.start <= left and right <= one.end), None)
        if mark is None:
            yield Piece(text[left:right], anchor=named.get(left))
        else:
            yield Piece(text[left:right], mark.kind, mark.title, named.get(left))
