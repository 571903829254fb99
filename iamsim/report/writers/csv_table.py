"""The rows of a document as CSV (RFC 4180) with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from iamsim.report.cleaning import for_csv
from iamsim.report.document import Column, Document, Form, Section

CONDITION = "condition"  # the column of what a cell depends on


def to_csv(document: Document) -> str:
    """Write all sections as one table; a column that a section lacks is empty in its rows."""
    blocks = document.blocks
    sections = [block for block in blocks if isinstance(block, Section) and Form.CSV in block.forms]
    names: dict[str, None] = {}
    for section in sections:
        for column in section.shown(Form.CSV):
            names[column.name] = None
            if column.conditions is not None:
                names[CONDITION] = None
    rows = (
        dict(_facts(row, section.shown(Form.CSV))) for section in sections for row in section.rows
    )
    header = [name.replace(" ", "_") for name in names]
    return csv_text(header, ([row.get(name, "") for name in names] for row in rows))


def _facts(row: Any, columns: Sequence[Column[Any]]) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - as its columns take
    for column in columns:
        yield column.name, column.cell(row).words if column.plain is None else column.plain(row)
        if column.conditions is not None:
            yield CONDITION, "; and ".join(column.conditions(row))


def csv_text(header: Sequence[str], rows: Iterator[Sequence[object]]) -> str:
    """Rows as CSV; nothing in it is read as a formula by a spreadsheet."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([for_csv("" if cell is None else str(cell)) for cell in row])
    return written.getvalue()
