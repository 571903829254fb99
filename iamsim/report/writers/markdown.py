"""Documents as GitHub Flavored Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.report.cleaning import for_markdown, for_markdown_code, for_terminal
from iamsim.report.conditions import Conditions
from iamsim.report.document import Form, Picture, Prose, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.report.document import Block, Cell, Document

__all__ = ["to_markdown"]


def to_markdown(document: Document) -> str:
    """Write a document: a table for each group of rows, then conditions and remarks."""
    conditions = Conditions()
    verdict = "" if document.verdict is None else f"{for_markdown(document.verdict.word)}: "
    title = for_markdown(document.title)
    lines = [f"# {verdict}{title}" if verdict else f"# {title[:1].upper()}{title[1:]}"]
    for block in document.blocks:
        lines += _block(block, conditions)
    if conditions.legend:
        lines += ["", "## Conditions", ""]
        lines += [f"* {number} {for_markdown(text)}" for number, text in conditions.legend]
    if document.remarks:
        lines.append("")
        lines += [f"> {remark.kind}: {for_markdown(remark.text)}" for remark in document.remarks]
    if document.summary:
        lines += ["", f"{for_markdown(document.summary)}."]
    return "\n".join([*lines, ""])


def _block(block: Block, conditions: Conditions) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _section(block, conditions)
        return
    yield from ("", f"## {for_markdown(block.caption)}")
    if isinstance(block, Picture):
        yield from ("", for_markdown(block.alternative))
    elif isinstance(block, Prose):
        for paragraph in block.paragraphs:
            yield ""
            if block.code:
                lines = paragraph.splitlines()
                yield from ("    " + for_terminal(line) for line in lines)
            else:
                yield for_markdown(paragraph)


def _section(section: Section[Any], conditions: Conditions) -> Iterator[str]:
    columns = section.shown(Form.MARKDOWN)
    if not columns:
        return
    for heading, rows in section.groups().items():
        yield from ("", f"## {for_markdown(heading)}", "") if heading else ("",)
        yield f"| {' | '.join(column.name for column in columns)} |"
        yield "|---" * len(columns) + "|"
        for row in rows:
            cells = []
            for column in columns:
                marks = "" if column.conditions is None else conditions.mark(column.conditions(row))
                cells.append(f"{_cell(column.cell(row))} {marks}".strip())
            yield f"| {' | '.join(cells)} |"
    if not section.rows and section.empty:
        yield from ("", for_markdown(section.empty))


def _cell(cell: Cell) -> str:
    return for_markdown_code(cell.text) if cell.code else for_markdown(cell.words)
