"""Every format of a document holds the same facts: no cell, remark or line is in one alone."""

from __future__ import annotations

import csv
import io
import re
import shlex
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.cli import world_options
from iamsim.cli.main import main
from iamsim.report.cleaning import for_terminal
from iamsim.report.document import (
    EVERY_FORM,
    Badge,
    Cell,
    Column,
    Document,
    Entry,
    Fields,
    Form,
    Listing,
    Marked,
    Part,
    Picture,
    Prose,
    Remark,
    Section,
)
from iamsim.report.explained import explained
from iamsim.report.paint import Paint
from iamsim.report.writers.csv_table import to_csv
from iamsim.report.writers.html import to_html
from iamsim.report.writers.markdown import to_markdown
from iamsim.report.writers.text import to_text
from iamsim.symbolic.partial import answer
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases
from tests.unit.pages import read_page, text_of

GOLDEN = Path(__file__).parent.parent / "golden"
EXAMPLES = GOLDEN.parent.parent / "corpus" / "examples"
OTHERS = ("examples", "explain", "learn", "pages", "picture", "simulate", "syntax", "what-if")
CASES = sorted(
    path.parent for path in GOLDEN.glob("*/*/cmd") if path.parent.parent.name not in OTHERS
)
csv.field_size_limit(10_000_000)  # a cell may name every action of AWS
# What writers add to a name, or lay out anew: white space, escapes, code marks, word joiners.
_LAID_OUT = re.compile(r"[\s\\`'\u2060]|<br>")


def bare(text):
    """Text without what a format adds to it."""
    return _LAID_OUT.sub("", for_terminal(text) if "\n" not in text else text)


def written(document):
    """What each format says."""
    cells = (cell for row in csv.reader(io.StringIO(to_csv(document))) for cell in row)
    return {
        Form.TEXT: bare(to_text(document, Paint(), 100)),
        Form.MARKDOWN: bare(to_markdown(document)),
        Form.CSV: bare("\n".join(cells)),
        Form.HTML: bare(_of_page(read_page(to_html(document)))),
    }


def _of_page(page):
    """What a page says, also to those who see no pictures."""
    return "".join((text_of(page), *(entry.get("alt", "") for entry in page.iter("img"))))


def facts(document):
    """Every fact, with the formats that have to say it."""
    people = EVERY_FORM - {Form.CSV}
    for remark in (*document.warnings, *document.remarks):
        yield remark.text, people
    if document.sentence and not document.plain:
        yield document.title[1:], people  # a heading begins with a capital
    for line in document.summary.split("\n"):
        yield line, people
    if document.verdict is not None:
        yield document.verdict.word, people - ({Form.TEXT} if document.plain else set())
    for block in document.shown:
        yield from ((fact, people & forms) for fact, forms in _of_block(block))
        if isinstance(block, Section):
            yield from _cells(block)


def _of_block(block):
    """What a block says besides cells."""
    match block:
        case Section():
            yield (block.ending if block.rows else block.empty), block.forms
        case Fields():
            for label, cell in block.known:
                yield from ((label, EVERY_FORM), (cell.words, EVERY_FORM))
        case Prose():
            for paragraph in block.paragraphs:
                yield from ((line, EVERY_FORM) for line in paragraph.splitlines())
        case Listing():
            lines = block.lines(Paint(), 100)
            yield from ((line, EVERY_FORM) for line in lines)
            # Where no heading can stand, a caption begins with a capital.
            yield from ((text, EVERY_FORM) for text in (block.caption[1:], block.place) if lines)
        case Part():
            yield block.caption, EVERY_FORM
            yield from facts(block.document)
        case Entry():
            yield from ((line, EVERY_FORM) for line in (block.place, block.caption, *block.lines))
            yield from ((line, EVERY_FORM) for line in block.code.splitlines())
        case Picture():
            yield block.alternative, EVERY_FORM
        case Marked():
            yield block.caption, frozenset({Form.HTML})


def _cells(section):
    """Each cell, with the formats that have its column."""
    for column in section.columns:
        for row in section.rows:
            words = column.cell(row).words
            for form in section.forms & column.forms:
                said = words
                if form is Form.CSV and column.plain is not None:
                    plain = column.plain(row)
                    said = "" if plain is None else str(plain)
                yield from ((line, frozenset({form})) for line in said.splitlines())


def check(document):
    """Every fact stands in every format that has to say it."""
    texts = written(document)
    for fact, forms in facts(document):
        for form in forms:
            assert bare(fact) in texts[form], (form, fact)


def new_cell(text, badge):
    """A cell of text and badge alone."""
    return Cell(text, badge)


WORDS = st.text("ab c:/*-_.@|<&`[]\\é", max_size=12)
NAMES = st.text("abc", min_size=1, max_size=6)
BADGES = st.builds(Badge, st.sampled_from(("yes", "no", "open", "none")), NAMES)
CONTENTS = st.one_of(WORDS, BADGES, st.builds(new_cell, WORDS, st.none() | BADGES))


@st.composite
def sections(draw, name):
    """Rows in each layout that a terminal has."""
    layout = draw(st.sampled_from(("", "listed", "headed", "cards", "filled", "lines")))
    number = {"listed": 2, "filled": 1}.get(layout) or draw(st.integers(2, 5))
    first = [NAMES, st.builds(new_cell, WORDS, BADGES)] if layout == "lines" else [NAMES, CONTENTS]
    kinds = [*first, *[CONTENTS] * 3][:number]
    rows = draw(st.lists(st.tuples(*kinds), max_size=4))
    columns = tuple(
        Column(
            f"column {place}",
            lambda row, place=place: row[place],
            code=draw(st.booleans()) and layout != "lines",
        )
        for place in range(number)
    )
    grouped = draw(st.booleans()) and layout in ("", "headed", "cards")
    return Section(
        name,
        draw(NAMES),
        columns,
        rows,
        (lambda row: row[0]) if grouped else None,
        empty=draw(WORDS),
        ending=draw(WORDS),
        **({layout: True} if layout else {}),
    )


KINDS = ("section", "section", "fields", "prose", "listing", "entry", "picture", "part")
PROSE = ("code", "folded", "bulleted", "numbered", "quoted")


def shown_as(lines, _paint, _width):
    """The lines of a listing, whatever the colors and the width."""
    return lines


@st.composite
def documents(draw, *, nested=True):
    """Documents with every kind of block, and where they are `nested`, with documents inside."""
    blocks = []
    for number in range(draw(st.integers(0, 4))):
        name = f"block-{number}"
        kind = draw(st.sampled_from(KINDS[: None if nested else -1]))
        if kind == "section":
            blocks.append(draw(sections(name)))
        elif kind == "fields":
            pairs = draw(st.lists(st.tuples(NAMES, CONTENTS), max_size=3))
            blocks.append(Fields(name, draw(NAMES), tuple(pairs)))
        elif kind == "prose":
            paragraphs = tuple(draw(st.lists(WORDS, max_size=3)))
            options = dict.fromkeys(draw(st.sets(st.sampled_from(PROSE))), True)
            blocks.append(Prose(name, draw(NAMES), paragraphs, **options))
        elif kind == "listing":
            lines = [f"  {line}" for line in draw(st.lists(WORDS, max_size=3))]
            make = partial(shown_as, lines)
            blocks.append(Listing(name, draw(NAMES), make, draw(WORDS)))
        elif kind == "part":
            blocks.append(Part(name, draw(NAMES), draw(documents(nested=False))))
        elif kind == "entry":
            lines = tuple(draw(st.lists(WORDS, max_size=3)))
            entry = Entry(name, draw(BADGES), draw(NAMES), draw(WORDS), lines, code=draw(WORDS))
            blocks.append(entry)
        else:
            blocks.append(Picture(name, draw(NAMES), lambda: "<svg></svg>", draw(NAMES)))
    kinds = st.sampled_from(("note", "hint", "warning", "unknown"))
    remarks = tuple(draw(st.lists(st.builds(Remark, kinds, WORDS), max_size=3)))
    verdict = draw(st.none() | BADGES)
    return Document(
        draw(WORDS),
        tuple(blocks),
        remarks,
        draw(WORDS),
        verdict,
        plain=draw(st.booleans()),
        warnings=tuple(draw(st.lists(st.builds(Remark, kinds, WORDS), max_size=2))),
        sentence=draw(st.booleans()),
    )


@given(documents())
def test_all_formats_of_a_document_hold_the_same_facts(document):
    """Text, Markdown, CSV and HTML say every cell, field, line, remark and sum."""
    check(document)


@given(cases(overlays=True))
def test_all_formats_of_an_explanation_hold_the_same_facts(case):
    """So do the answers to generated questions, every statement and key of them."""
    question, world = question_of(*case)
    check(explained(answer(question, world), verbose=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(GOLDEN).as_posix())
def test_all_formats_of_an_answer_hold_the_same_facts(case, monkeypatch, tmp_path, capsys):
    """What the commands of the golden files answer is the same in every format."""
    command = (case / "cmd").read_text(encoding="utf-8").replace("$EXAMPLES", str(EXAMPLES))
    answered = []

    def written_once(_options, document, *_others):
        answered.append(document())
        return ""

    monkeypatch.setattr(world_options, "_written", written_once)
    monkeypatch.setenv("IAMSIM_CACHE", str(tmp_path))
    monkeypatch.setenv("IAMSIM_STATE", str(tmp_path))
    monkeypatch.chdir(case)
    assert main(shlex.split(command)) in (0, 1, 2)
    for document in answered:
        check(document)
