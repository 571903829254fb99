"""Documents as one HTML file each, without scripts or requests of anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.report.cleaning import for_html
from iamsim.report.document import Cell, Fields, Form, Marked, Picture, Remark, Section
from iamsim.report.html.page import own_markup, render_page
from iamsim.report.html.parts import table_of
from iamsim.report.writers.csv_table import CONDITION

if TYPE_CHECKING:
    from iamsim.report.document import Block, Document
    from iamsim.report.html.parts import Table

__all__ = ["to_html"]


def to_html(document: Document) -> str:
    """Write a document as a page: verdict and summary on top, then every block."""
    parts = (_part(block) for block in document.shown)
    return render_page(
        "document",
        for_html(document.title.replace("`", "")),
        heading=for_html(f"{document.title[:1].upper()}{document.title[1:]}"),
        badge=document.verdict,
        lead=document.summary,
        blocks=[part for part in parts if part is not None],
        remarks=[Remark(remark.kind, for_html(remark.text)) for remark in document.remarks],
    )


def _part(block: Block) -> dict[str, object] | None:
    part: dict[str, object] = {"name": block.name, "caption": for_html(block.caption)}
    if isinstance(block, Section):
        if Form.HTML not in block.forms:
            return None
        return {**part, "kind": "table", "table": _table(block)}
    if isinstance(block, Fields):
        return {**part, "kind": "fields", "pairs": [(key, _clean(one)) for key, one in block.known]}
    if isinstance(block, Marked):
        more = {"badge": block.badge, "note": for_html(block.note), "opened": block.opened}
        return {**part, "kind": "marked", "blocks": block.blocks(), **more}
    if isinstance(block, Picture):
        svg = own_markup(block.svg())
        return {**part, "kind": "picture", "svg": svg, "alternative": for_html(block.alternative)}
    paragraphs = ["\n".join(map(for_html, text.splitlines())) for text in block.paragraphs]
    kind = "folded" if block.folded else "prose"
    more = {"code": block.code, "language": block.language}
    return {**part, "kind": kind, "paragraphs": paragraphs, **more}


def _table(section: Section[Any]) -> Table:
    columns = section.shown(Form.HTML)
    header = []
    for column in columns:
        header += [column.name] if column.conditions is None else [column.name, CONDITION]
    rows = []
    for row in section.rows:
        cells = []
        for column in columns:
            cells.append(_clean(column.cell(row)))
            if column.conditions is not None:
                cells.append(Cell(for_html(" and ".join(column.conditions(row)))))
        rows.append(cells)
    return table_of(
        section.name, for_html(section.caption), header, rows, empty=for_html(section.empty)
    )


def _clean(cell: Cell) -> Cell:
    badge = None if cell.badge is None else cell.badge._replace(word=for_html(cell.badge.word))
    title = None if cell.title is None else for_html(cell.title)
    return cell._replace(text=for_html(cell.text), badge=badge, title=title)
