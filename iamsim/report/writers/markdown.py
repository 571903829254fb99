"""Documents as GitHub Flavored Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.report.cleaning import (
    for_html_tag,
    for_markdown,
    for_markdown_code,
    for_markdown_lines,
    for_terminal,
)
from iamsim.report.conditions import Conditions
from iamsim.report.document import Entry, Fields, Form, Marked, Picture, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamsim.report.document import Block, Cell, Column, Document, Prose

__all__ = ["fenced", "to_markdown"]


def to_markdown(document: Document) -> str:
    """Write a document: what it counts, a table for each group of rows, conditions and remarks."""
    conditions = Conditions()
    verdict = "" if document.verdict is None else f"{for_markdown(document.verdict.word)}: "
    title = for_markdown(document.title)
    lines = [f"# {verdict}{title}" if verdict else f"# {title[:1].upper()}{title[1:]}"]
    for line in document.summary.splitlines():
        lines += ["", f"{for_markdown(line)}."]
    for block in document.shown:
        lines += _block(block, conditions)
    if conditions.legend:
        lines += ["", "## Conditions", ""]
        lines += [f"* {number} {for_markdown(text)}" for number, text in conditions.legend]
    if document.remarks:
        lines.append("")
        lines += [f"> {remark.kind}: {for_markdown(remark.text)}" for remark in document.remarks]
    return "\n".join([*lines, ""])


def _block(block: Block, conditions: Conditions) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _section(block, conditions)
        return
    if isinstance(block, Marked):
        return
    if isinstance(block, Entry):
        yield from _entry(block)
        return
    folded = getattr(block, "folded", False)
    if folded:
        yield from ("", f"<details><summary>{for_html_tag(block.caption)}</summary>")
    elif block.caption:
        yield from ("", f"## {for_markdown(block.caption)}")
    if isinstance(block, Fields):
        yield ""
        yield from (f"* {for_markdown(label)}: {_cell(cell)}" for label, cell in block.known)
    elif isinstance(block, Picture):
        yield from ("", for_markdown(block.alternative))
    else:
        yield from _prose(block)
    if folded:
        yield from ("", "</details>")


def _entry(entry: Entry) -> Iterator[str]:
    from iamsim.report.summary import summary  # noqa: PLC0415 - few documents have answers

    title = for_markdown(entry.caption) or for_markdown_code(entry.place)
    yield from ("", f"## {for_markdown(entry.badge.word)}: {title}")
    if entry.caption:
        yield from ("", for_markdown_code(entry.place))
    for line in (*entry.lines, *map(summary, entry.answers)):
        yield from ("", for_markdown(line))
    if entry.code:
        lines = map(for_terminal, entry.code.splitlines())
        yield from ("", *fenced(lines, entry.language or "text"))


def _prose(block: Prose) -> Iterator[str]:
    for paragraph in block.paragraphs:
        yield ""
        if block.code:
            lines = map(for_terminal, paragraph.splitlines())
            yield from fenced(lines, block.language or "text")
        else:
            yield for_markdown(paragraph)


def fenced(lines: Iterable[str], language: str = "text") -> list[str]:
    """A code block whose fence is longer than any row of backticks inside."""
    inside = [part for line in lines for part in line.split("\n")]
    fence = "```"
    while any(fence in line for line in inside):
        fence += "`"
    return [f"{fence}{language}", *inside, fence]


def _section(section: Section[Any], conditions: Conditions) -> Iterator[str]:
    columns = section.shown(Form.MARKDOWN)
    if not columns:
        return
    for heading, rows in section.groups().items():
        yield from ("", f"## {for_markdown(heading)}", "") if heading else ("",)
        if section.filled:
            yield ", ".join(_cell(columns[0].cell(row)) for row in rows)
            continue
        cells = [[_marked(column, row, conditions) for column in columns] for row in rows]
        there = [number for number in range(len(columns)) if any(row[number] for row in cells)]
        yield f"| {' | '.join(columns[number].name for number in there)} |"
        yield "|---" * len(there) + "|"
        for row in cells:
            yield f"| {' | '.join(row[number] for number in there)} |"
    if not section.rows and section.empty:
        yield from ("", for_markdown(section.empty))


def _marked(column: Column[Any], row: Any, conditions: Conditions) -> str:  # noqa: ANN401 - as its columns take
    """A cell with the numbers of what it depends on."""
    marks = "" if column.conditions is None else conditions.mark(column.conditions(row))
    return f"{_cell(column.cell(row))} {marks}".strip()


def _cell(cell: Cell) -> str:
    if not cell.code:
        return for_markdown_lines(cell.words)
    word = "" if cell.badge is None else for_markdown(cell.badge.word)
    return f"{word} {for_markdown_code(cell.text)}".strip()
