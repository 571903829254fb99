"""The text of a policy with marks where its clauses stand, as blocks for the templates."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from iamsim.core.span import Source, Span

_LONG = 110  # characters of a line that is wrapped
_DUMP = 400  # characters of a line in which more than the policy stands


class TextMark(NamedTuple):
    """A stretch of the text to be marked. `kind` is ``yes``, ``no``, ``open`` or ``none``, `title`
    says why. Of marks that overlap, the innermost is seen."""

    start: int
    end: int
    kind: str
    title: str | None


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


class Block(NamedTuple):
    """Lines that belong together: their numbers, their pieces, the remarks below the last, and the
    statement that they are of. The lines of a block that is `long` are wrapped."""

    numbers: str
    pieces: tuple[Piece, ...]
    remarks: tuple[Remark, ...]
    statement: Anchor | None
    long: bool


class _Line(NamedTuple):
    number: int
    pieces: tuple[Piece, ...]
    remarks: tuple[Remark, ...]
    statement: Anchor | None
    long: bool


def policy_blocks(
    span: Span,
    marks: Sequence[TextMark],
    remarks: Sequence[Remark] = (),
    anchors: Sequence[Anchor] = (),
) -> tuple[Block, ...]:
    """Cut the lines of a policy, which stands at `span`, into pieces, and put lines together.

    A page may hold hundreds of policies: one element a line would be too many for a browser.
    """
    blocks: list[Block] = []
    together: list[_Line] = []
    for line in _cut_lines(span, marks, remarks, anchors):
        before = together[-1] if together else None
        if before is not None and (before.remarks or before[3:] != line[3:]):
            blocks.append(_block(together))
            together = []
        together.append(line)
    if together:
        blocks.append(_block(together))
    return tuple(blocks)


def _block(lines: Sequence[_Line]) -> Block:
    """Put lines together; what looks alike becomes one piece."""
    pieces: list[Piece] = []
    for number, line in enumerate(lines):
        for piece in (*([Piece("\n")] if number else []), *line.pieces):
            before = pieces[-1] if pieces else None
            plain = before is not None and before.kind is None and piece[1:] == (None, None, None)
            if before is not None and plain:
                pieces[-1] = before._replace(text=before.text + piece.text)
            else:
                pieces.append(piece)
    last = lines[-1]
    numbers = "\n".join(str(line.number) for line in lines)
    return Block(numbers, tuple(pieces), last.remarks, last.statement, last.long)


def _cut_lines(
    span: Span, marks: Sequence[TextMark], remarks: Sequence[Remark], anchors: Sequence[Anchor]
) -> Iterator[_Line]:
    """Cut each line at its marks, and find the statement that it is of."""
    source = span.source
    first, last = span.line, source.line_column(max(span.end - 1, span.start))[0]
    below: dict[int, list[Remark]] = {}
    for remark in remarks:
        below.setdefault(remark.line, []).append(remark)
    stretches = _flattened(marks)
    starts = [stretch.start for stretch in stretches]
    in_order = sorted(anchors)
    anchor_starts = [anchor.start for anchor in in_order]
    for number, line_start, line_end in _lines(source, first, last):
        start, end = line_start, line_end
        if end - start > _DUMP:
            # A policy may be a part of a dump without line breaks: others stand in the same line.
            start, end = max(start, span.start), min(end, span.end)
        here = stretches[max(bisect_right(starts, start) - 1, 0) : bisect_right(starts, end)]
        # Statements stand one behind the other: the one before may reach into the line.
        one_before = max(bisect_left(anchor_starts, start) - 1, 0)
        near = in_order[one_before : bisect_right(anchor_starts, end)]
        of_line = [anchor for anchor in near if anchor.start >= start]
        inside = [anchor for anchor in near if start < anchor.end or anchor.start >= start]
        yield _Line(
            number,
            tuple(_pieces(source.text, start, end, here, of_line)),
            tuple(below.get(number, ())),
            max(inside, key=lambda entry: (entry.decides, -entry.start), default=None),
            end - start > _LONG,
        )


def _lines(source: Source, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Give number, start and end of lines, line breaks left out."""
    text = source.text
    offset = 0
    for _ in range(first - 1):
        offset = text.find("\n", offset) + 1
    for number in range(first, last + 1):
        end = text.find("\n", offset)
        end = len(text) if end < 0 else end
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
    titles = [title for title in (one.title, other.title) if title is not None]
    return one._replace(kind=kind, title="; ".join(titles) or None)


def _pieces(
    text: str, start: int, end: int, marks: Sequence[TextMark], anchors: Sequence[Anchor]
) -> Iterator[Piece]:
    """Cut one line at its marks, and at the starts of statements."""
    named = {anchor.start: anchor.name for anchor in anchors}
    cuts = {start, end, *named}
    for mark in marks:
        cuts |= {min(max(offset, start), end) for offset in mark[:2]}
    offsets = sorted(cuts)
    for left, right in pairwise(offsets):
        text_mark = next((mark for mark in marks if mark.start <= left and right <= mark.end), None)
        kind, title = (None, None) if text_mark is None else text_mark[2:]
        yield Piece(text[left:right], kind, title, named.get(left))
    if end in named:
        yield Piece("", anchor=named[end])
