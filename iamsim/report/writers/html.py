"""Documents as one HTML file each, without scripts or requests of anybody else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from iamsim.report.cleaning import for_html
from iamsim.report.document import (
    Block,
    Cell,
    Document,
    Entry,
    Fields,
    Form,
    Gates,
    Listing,
    Marked,
    Part,
    Picture,
    Remark,
    Section,
)
from iamsim.report.html.page import anchor, own_markup, render_fragment, render_page
from iamsim.report.html.parts import Table, table_of
from iamsim.report.paint import Paint
from iamsim.report.writers.csv_table import CONDITION

_WIDTH = 100  # of lines that are laid out for one


def to_html(document: Document) -> str:
    """Write a document as a page: verdict and summary on top, then every block."""
    return render_page("document", for_html(document.title.replace("`", "")), **_data(document))


def to_fragment(document: Document) -> str:
    """Write the blocks of a document, without title and verdict, for a page that is there."""
    return render_fragment("document", title=document.title, **_data(document))


def _data(document: Document, scope: str = "", level: int = 2) -> dict[str, object]:
    """What the template shows; its own ids begin with `scope`, and its headings with `level`."""
    parts = [part for block in document.shown if (part := _part(block, level)) is not None]
    return {
        "level": level,
        "heading": for_html(_heading(document.title)),
        "scope": scope,
        "badge": document.verdict,
        "lead": for_html(document.summary.replace("\n", "; ")),
        "blocks": parts,
        "facets": [(name, _values(parts, name)) for name in document.facets],
        "remarks": [Remark(remark.kind, for_html(remark.text)) for remark in document.remarks],
        "warnings": [Remark(kind, for_html(text)) for kind, text in document.warnings],
    }


def _heading(title: str) -> str:
    """A title that begins as a sentence does, unless its first word is a name."""
    return f"{title[:1].upper()}{title[1:]}" if title.split(" ", 1)[0].islower() else title


def _values(parts: Iterable[dict[str, object]], name: str) -> list[str]:
    """What stands in the columns of a name, in all tables."""
    values: dict[str, None] = {}
    for part in parts:
        table = part.get("table")
        if isinstance(table, Table) and name in table.header:
            column = table.header.index(name)
            values |= dict.fromkeys(row[column].words for row in table.rows if row[column].words)
    return sorted(values)


def _part(block: Block, level: int) -> dict[str, object] | None:
    part: dict[str, object] = {"name": anchor(block.name), "caption": for_html(block.caption)}
    if isinstance(block, Section):
        if Form.HTML not in block.forms:
            return None
        ending = for_html(block.ending) if block.rows else ""
        return {**part, "kind": "table", "table": _table(block), "ending": ending}
    if isinstance(block, Listing):
        lines = block.lines(Paint(), _WIDTH)
        place = [block.place] if lines and block.place else []
        text = "\n".join(map(for_html, (*place, *lines)))
        more = {
            "code": True,
            "language": "",
            "points": "",
            "first": 1,
            "quoted": False,
            "copied": "",
        }
        return {**part, "kind": "prose", "paragraphs": [text] if text else [], **more}
    if isinstance(block, Fields):
        return {
            **part,
            "kind": "fields",
            "pairs": [(key, _clean(entry)) for key, entry in block.known],
        }
    if isinstance(block, Part):
        return {**part, **_inner(block, level)}
    if isinstance(block, Entry):
        return {**part, **_entry(block, level)}
    if isinstance(block, Marked):
        more = {
            "badge": block.badge,
            "note": for_html(block.note),
            "opened": block.opened,
            "statements": block.statements,
        }
        return {**part, "kind": "marked", "blocks": block.blocks(), **more}
    if isinstance(block, Gates):
        return {**part, "kind": "gates", "rows": block.rows()}
    if isinstance(block, Picture):
        # As an image, for its own style sheet: the page's policy allows no other inside of it.
        source = f"data:image/svg+xml;base64,{b64encode(block.svg().encode()).decode()}"
        alternative = for_html(block.alternative)
        return {**part, "kind": "picture", "source": source, "alternative": alternative}
    paragraphs = ["\n".join(map(for_html, text.splitlines())) for text in block.paragraphs]
    kind = "folded" if block.folded else "prose"
    more = {
        "code": block.code,
        "language": block.language,
        "first": block.first,
        "points": "ol" if block.numbered else "ul" if block.bulleted else "",
        "quoted": block.quoted,
        "copied": block.copied,
    }
    return {**part, "kind": kind, "paragraphs": paragraphs, **more}


def _inner(part: Part, level: int) -> dict[str, object]:
    """A document on the page of another one; its ids begin with the name of the part, unless they
    are unique already."""
    document = part.document
    if not part.named:
        blocks = tuple(
            replace(block, name=f"{part.name}-{block.name}") for block in document.blocks
        )
        document = replace(document, blocks=blocks)
    data = _data(document, f"{anchor(part.name)}-", level + 1)
    return {
        "kind": "part",
        "folded": part.folded,
        "unfolding": part.unfolding,
        "inner": data,
        "markup": _markup(document.title, data),
    }


def _markup(title: str, data: Mapping[str, object]) -> str:
    """A document as a part of the page."""
    return own_markup(render_fragment("document", title=title, **data))


def _entry(entry: Entry, level: int) -> dict[str, object]:
    from iamsim.report.html.explain import AnswerReport, answer_document
    from iamsim.report.summary import summary

    answers = []
    for number, answer in enumerate(entry.answers if entry.whole else (), 1):
        name = anchor(entry.name, "a", number)
        document = answer_document(AnswerReport(answer), name)
        markup = _markup(document.title, _data(document, f"{name}-", level + 2))
        title, badge = document.title, document.verdict
        answers.append({"name": name, "title": title, "badge": badge, "markup": markup})
    return {
        "kind": "entry",
        "badge": entry.badge,
        "place": for_html(entry.place),
        "lines": "\n".join(map(for_html, entry.lines)),
        "summaries": [for_html(summary(answer)) for answer in entry.answers],
        "answers": answers,
        "code": "\n".join(map(for_html, entry.code.splitlines())),
        "opened": entry.opened,
    }


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
        anchor(section.name), for_html(section.caption), header, rows, empty=for_html(section.empty)
    )


def _clean(cell: Cell) -> Cell:
    badge = None if cell.badge is None else cell.badge._replace(word=for_html(cell.badge.word))
    title = None if cell.title is None else for_html(cell.title)
    text = "\n".join(map(for_html, cell.text.split("\n"))) if cell.code else for_html(cell.text)
    return cell._replace(text=text, badge=badge, title=title)
