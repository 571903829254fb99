"""Documents as text for a terminal: tables in columns, cut to a width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.report.cleaning import for_terminal
from iamsim.report.columns import listing, table, words
from iamsim.report.conditions import Conditions
from iamsim.report.document import Form, Prose, Section, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.report.document import Block, Column, Document
    from iamsim.report.paint import Paint

__all__ = ["to_text"]


def to_text(document: Document, paint: Paint, width: int) -> str:
    """Write a document; `width` is in columns. Conditions are numbered and stand at the end."""
    conditions = Conditions()
    title = for_terminal(document.title.replace("`", ""))
    if document.verdict is not None:
        title = f"{for_terminal(document.verdict.word)}: {title}"
    lines = [paint.title(title), ""]
    for block in document.blocks:
        lines += _block(block, conditions, paint, width)
    legend = [(number, for_terminal(text)) for number, text in conditions.legend]
    if legend:
        lines += [paint.title("conditions"), *table(legend, width, indent=2), ""]
    for remark in document.remarks:
        lines += words([f"{remark.kind}: {for_terminal(remark.text)}"], width, indent=0)
    return "\n".join([*lines, *([for_terminal(document.summary)] if document.summary else []), ""])


def _block(block: Block, conditions: Conditions, paint: Paint, width: int) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _section(block, conditions, paint, width)
    elif isinstance(block, Prose):
        yield paint.title(for_terminal(block.caption))
        for paragraph in block.paragraphs:
            if block.code:
                yield from (f"  {for_terminal(line)}" for line in paragraph.splitlines())
            else:
                yield from words([for_terminal(paragraph)], width)
        yield ""


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
            yield from _rows(section, rows, conditions, width, indent=2 if heading else 0)
        else:
            for subject, some in grouped(rows, section.subject).items():
                yield f"  {for_terminal(subject)}"
                yield from _rows(section, some, conditions, width, indent=4)
        yield ""
    if not section.rows and section.empty:
        yield from (section.empty, "")


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
    if section.listed:
        return listing([(first, second) for first, second in cells], width)
    if section.headed:
        cells.insert(0, [column.name for column in columns])
    lines = table(cells, width, indent=indent)
    if section.subject is None or all(len(line) <= width for line in lines):
        return lines
    margin = " " * indent
    return [
        line
        for first, *rest in cells
        for line in (
            f"{margin}{first}",
            *table([["  ".join(filter(None, rest))]], width, indent=indent + 2),
        )
    ]


def _cells(row: Any, columns: Sequence[Column[Any]], conditions: Conditions) -> list[str]:  # noqa: ANN401 - a row is what its columns take
    cells = []
    for column in columns:
        marks = "" if column.conditions is None else conditions.mark(column.conditions(row))
        cells.append(f"{for_terminal(column.cell(row).words)} {marks}".strip())
    return cells
