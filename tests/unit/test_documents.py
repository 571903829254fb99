"""Documents say the same in every format, and names from outside stay names."""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.report.cleaning import for_csv, for_html, for_markdown, for_markdown_code, for_terminal
from iamsim.report.document import (
    GROUPED,
    SEPARATE,
    Badge,
    Cell,
    Column,
    Document,
    Picture,
    Prose,
    Remark,
    Section,
)
from iamsim.report.paint import Paint
from iamsim.report.writers.csv_table import to_csv
from iamsim.report.writers.html import to_html
from iamsim.report.writers.markdown import to_markdown
from iamsim.report.writers.text import to_text
from tests.unit.pages import find_all, read_page, text_of

HOSTILE = [
    "\x1b[31mred",
    "\x9b2J",
    "left\u202eright",
    "line\n::error file=x::boom",
    "@security-team",
    "a|b",
    "<img src=x onerror=alert(1)>",
    "[click](https://example.invalid)",
    "=HYPERLINK(1)",
    "back`tick",
    "**bold**",
]


def made(name="n", rows=(("ann", "yes"),), **more):
    """A small document with everything that has a place in all formats."""
    columns = (
        Column("who", lambda row: row[0], GROUPED, code=True),
        Column("full name", lambda row: f"user/{row[0]}", SEPARATE, code=True),
        Column(
            "decision", lambda row: Badge("yes", row[1]), conditions=lambda row: [f"if {row[0]}"]
        ),
    )
    section = Section("people", "People", columns, rows, empty="nobody")
    return Document(f"who can see `{name}`", (section,), summary="1 allowed", **more)


def test_every_format_has_the_facts():
    """Title, cells, conditions, remarks and summary stand in all that have a place for them."""
    document = made(remarks=(Remark("note", "of `x`"),), verdict=Badge("no", "denied"))
    text = to_text(document, Paint(), 80)
    markdown = to_markdown(document)
    page = to_html(document)
    for fact in ("denied", "ann", "yes", "if ann", "1 allowed", "note"):
        assert fact in text
        assert fact in markdown
        assert fact in page
    assert "<title>denied: who can see n · iamsim</title>" in page
    assert list(csv.reader(io.StringIO(to_csv(document)))) == [
        ["full_name", "decision", "condition"],
        ["user/ann", "yes", "if ann"],
    ]


def test_colors_change_no_word_of_a_table():
    """The names of columns stand above painted cells, too."""
    columns = (
        Column("who", lambda row: row),
        Column("decision", lambda _: Badge("yes", "allowed")),
        Column("why", lambda row: row * 2),
    )
    document = Document("t", (Section("s", "cap", columns, ["a", "bb"], headed=True),))
    plain, painted = (to_text(document, Paint(on), 80) for on in (False, True))
    assert "who  decision  why" in plain
    assert painted != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_empty_sections_say_so_or_are_left_out():
    """A section without rows says what it found, where it has words for it."""
    some = made(rows=())
    silent = Document("t", (Section("s", "Silent", (), ()),))
    for written in (to_text(some, Paint(), 80), to_markdown(some), to_html(some)):
        assert "nobody" in written
    for written in (to_text(silent, Paint(), 80), to_markdown(silent), to_html(silent)):
        assert "Silent" not in written


def test_columns_that_are_too_wide_become_cards():
    """A terminal would break the lines anywhere, and nobody could tell what is below what."""
    names = ["action", "resource", "context", "not known", "because"]
    columns = tuple(Column(name, lambda row, at=at: row[at]) for at, name in enumerate(names))
    row = ("s3:PutObject", "arn:aws:s3:::b/y", "a=" + "x" * 60, "", "it copies")
    document = Document("calls", (Section("asked", "Asked", columns, (row,), headed=True),))
    wide = to_text(document, Paint(on=False), 160)
    assert [line.split()[0] for line in wide.splitlines()[-2:]] == ["action", "s3:PutObject"]
    narrow = to_text(document, Paint(on=False), 80)
    assert max(map(len, narrow.splitlines())) <= 80
    shown = [line.split(maxsplit=1) for line in narrow.splitlines()[-4:]]
    assert shown == [[row[0]], ["resource", row[1]], ["context", row[2]], ["because", row[4]]]


def test_prose_and_pictures():
    """Pages have pictures, other formats the sentence that says them."""
    document = Document(
        "t",
        (
            Prose("why", "Why", ("since `a` says so",)),
            Prose("patch", "Patch", ("- a\n+ b",), code=True),
            Picture("gates", "Gates", lambda: "<svg></svg>", "one gate is closed"),
        ),
    )
    encoded = b64encode(b"<svg></svg>").decode()
    assert f"data:image/svg+xml;base64,{encoded}" in to_html(document)
    assert "one gate is closed" in to_markdown(document)
    for written in (to_text(document, Paint(), 80), to_markdown(document), to_html(document)):
        assert "since" in written
        assert "+ b" in written


def test_cells_of_their_own_kind():
    """A cell may be a badge with text; formats without badges have both as words."""
    columns = (Column("c", lambda row: Cell(row, badge=Badge("no", "public"), title="why")),)
    document = Document("t", (Section("s", "S", columns, ("bucket",)),))
    assert "public bucket" in to_text(document, Paint(), 80)
    assert "public bucket" in to_markdown(document)
    assert "public bucket" in to_csv(document)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_names(name):
    """No escape sequence, no reordering, no line, no markup, no mention, no formula, no tag."""
    document = made(name, ((name, name),), remarks=(Remark("note", name),))
    text, markdown, table = (
        to_text(document, Paint(), 400),
        to_markdown(document),
        to_csv(document),
    )
    for written in (text, markdown, table):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", written)
        assert not any(line.startswith("::error") for line in written.splitlines())
    outside_code = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", markdown)
    assert not re.search(r"@\w|(?<!\\)<img|(?<!\\)\*\*|(?<!\\)\[click", outside_code)
    assert not any(row.startswith("=") for rows in csv.reader(io.StringIO(table)) for row in rows)
    page = read_page(to_html(document))
    assert not find_all(page, "img")
    assert for_terminal(name).replace("`", "") in text_of(page).replace("`", "")


@given(st.text())
def test_cleaned_text_is_one_visible_line(text):
    """Whatever comes in: one line, nothing that a terminal obeys; clean text stays as it is."""
    for clean in (for_terminal, for_html, for_markdown, for_markdown_code, for_csv):
        assert len(clean(text).splitlines()) <= 1
        assert "\x1b" not in clean(text)
    assert for_terminal(for_terminal(text)) == for_terminal(text)
