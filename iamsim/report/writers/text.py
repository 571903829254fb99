"""Documents as text for a terminal: tables in columns, cut to a width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.core.caret import printable
from iamsim.report.cleaning import for_terminal
from iamsim.report.columns import fields, listing, table, words
from iamsim.report.conditions import Conditions
from iamsim.report.document import Entry, Fields, Form, Marked, Prose, Section, grouped
from iamsim.report.paint import Paint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.core.answer import Answer
    from iamsim.report.document import Block, Column, Document

__all__ = ["to_text"]

_FURTHER = " " * 5
_APART = 4  # cells below the first from which on cards stand apart


def to_text(document: Document, paint: Paint, width: int) -> str:
    """Write a document; `width` is in columns. Conditions are numbered and stand at the end."""
    conditions = Conditions()
    title = for_terminal(document.title.replace("`", ""))
    if document.verdict is not None:
        title = f"{for_terminal(document.verdict.word)}: {title}"
    first = next(iter(document.shown), None)
    gap = [] if isinstance(first, Fields | Prose) and not first.caption else [""]
    lines = [] if document.plain else [paint.title(title), *gap]
    for block in document.shown:
        lines += _block(block, conditions, paint, width)
    legend = [(number, for_terminal(text)) for number, text in conditions.legend]
    if legend:
        lines += [paint.title("conditions"), *table(legend, width, indent=2), ""]
    for remark in document.remarks:
        lines += words([f"{remark.kind}: {for_terminal(remark.text)}"], width, indent=0)
    painted = {"yes": paint.good, "no": paint.bad}.get(
        document.verdict.kind if document.verdict is not None else "", str
    )
    lines += [painted(for_terminal(line)) for line in document.summary.split("\n")]
    return "\n".join(lines).rstrip("\n") + "\n"


def _block(block: Block, conditions: Conditions, paint: Paint, width: int) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _section(block, conditions, paint, width)
        return
    if isinstance(block, Marked):
        return
    if isinstance(block, Entry):
        yield from (*_entry(block, paint, width), "")
        return
    if block.caption:
        yield paint.title(for_terminal(block.caption))
    if isinstance(block, Fields):
        yield from fields([(label, for_terminal(cell.words)) for label, cell in block.known], width)
    elif isinstance(block, Prose):
        for paragraph in block.paragraphs:
            if block.code:
                margin = "  " if block.caption else ""  # without one it can be copied as it is
                for line in paragraph.splitlines():
                    yield f"{margin}{_line(line, block, paint)}"
            else:
                yield from words([for_terminal(paragraph)], width)
    else:
        yield from words([for_terminal(block.alternative)], width)
    yield ""


def _entry(entry: Entry, paint: Paint, width: int) -> Iterator[str]:
    """What it is and where, and all that belongs to it further right."""
    word = _PAINTED[entry.badge.kind](paint, for_terminal(entry.badge.word).upper())
    head = f"{word} {paint.name(for_terminal(entry.place))}"
    yield f"{head}  {paint.title(for_terminal(entry.caption))}" if entry.caption else head
    yield from (f"{_FURTHER}{for_terminal(line)}" for line in entry.lines)
    for answer in entry.answers:
        yield from (f"{_FURTHER}{line}".rstrip() for line in _answer(answer, entry, paint, width))
    for line in entry.code.splitlines():
        yield f"{_FURTHER}  {_line(line, entry, paint)}".rstrip()


def _answer(answer: Answer, entry: Entry, paint: Paint, width: int) -> list[str]:
    from iamsim.report.text import render_text, render_verdict  # noqa: PLC0415 - few documents have answers

    inner = width - len(_FURTHER)
    if entry.brief:
        return render_verdict(answer, color=paint.on, width=inner).splitlines()
    return render_text(answer, verbose=True, color=paint.on, width=inner).splitlines()


def _line(line: str, prose: Prose | Entry, paint: Paint) -> str:
    clean = for_terminal(line)
    if prose.language != "diff":
        return clean
    return {"+": paint.good, "-": paint.bad}.get(clean[:1], str)(clean)


def _section(
    section: Section[Any], conditions: Conditions, paint: Paint, width: int
) -> Iterator[str]:
    if Form.TEXT not in section.forms:
        return
    for heading, rows in section.groups().items():
        if heading:
            title = for_terminal(heading)
            yield title if section.listed else paint.title(title)
        if section.subject is None:
            indent = 2 if heading else 0
            yield from (
                _lines(section, rows, paint)
                if section.lines
                else _rows(section, rows, conditions, width, indent=indent)
            )
        else:
            for subject, some in grouped(rows, section.subject).items():
                yield f"  {for_terminal(subject)}"
                yield from _rows(section, some, conditions, width, indent=4)
        yield ""
    if not section.rows and section.empty:
        yield from (for_terminal(section.empty), "")


def _rows(
    section: Section[Any],
    rows: Sequence[Any],
    conditions: Conditions,
    width: int,
    *,
    indent: int,
) -> list[str]:
    columns = section.shown(Form.TEXT)
    cells = [_cells(row, columns, conditions) for row in rows]
    margin = " " * indent
    if section.filled:
        return words([first for first, *_ in cells], width, indent=indent)
    if section.cards:
        names = [column.name for column in columns[1:]]
        gap = [""] if len(names) >= _APART else []
        blocks = [[*_card(row, names, width, indent), *gap] for row in cells]
        lines = [line for block in blocks for line in block]
        return lines[: len(lines) - len(gap)]
    if section.listed:
        return listing([(first, second) for first, second in cells], width, indent=indent or 2)
    if section.headed:
        cells.insert(0, [column.name for column in columns])
    lines = table(cells, width, indent=indent)
    if section.subject is None or all(len(line) <= width for line in lines):
        return lines
    return [
        line
        for first, *rest in cells
        for line in (
            f"{margin}{first}",
            *table([["  ".join(filter(None, rest))]], width, indent=indent + 2),
        )
    ]


_PAINTED = {"yes": Paint.good, "no": Paint.bad, "open": Paint.name, "none": Paint.quiet}


def _lines(section: Section[Any], rows: Sequence[Any], paint: Paint) -> Iterator[str]:
    """Each row as a compiler writes what it has to say."""
    first, second, *others = section.shown(Form.TEXT)
    for number, row in enumerate(rows):
        if number:
            yield ""
        badge, text = second.cell(row).badge, for_terminal(second.cell(row).text)
        word = "" if badge is None else f"{_PAINTED[badge.kind](paint, for_terminal(badge.word))} "
        yield f"{paint.title(for_terminal(first.cell(row).words))}: {word}{text}"
        for column in others:
            shown = column.cell(row).words
            name = f"{column.name}: " if column.name and shown else ""
            yield from (printable(line, keep_tabs=True) for line in f"{name}{shown}".splitlines())


def _card(cells: Sequence[str], names: Sequence[str], width: int, indent: int) -> Iterator[str]:
    """A line for the first cell, the others below; a column without a name is a paragraph."""
    first, *rest = cells
    yield from table([(first,)], width, indent=indent)
    named = list(zip(names, rest, strict=True))
    yield from table(
        [(text,) for name, text in named if text and not name], width, indent=indent + 2
    )
    yield from fields([pair for pair in named if pair[0]], width, indent=indent + 2)


def _cells(row: Any, columns: Sequence[Column[Any]], conditions: Conditions) -> list[str]:  # noqa: ANN401 - a row is what its columns take
    cells = []
    for column in columns:
        content = column.of(row)
        text = content if isinstance(content, str) else column.cell(row).words
        needs = () if column.conditions is None else column.conditions(row)
        shown = f"{for_terminal(text)} {conditions.mark(needs)}" if needs else for_terminal(text)
        cells.append(shown.strip())
    return cells
