"""Documents as text for a terminal: tables in columns, cut to a width."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from iamsim.core.caret import printable
from iamsim.report.cleaning import for_terminal
from iamsim.report.columns import fields, listing, table, words, wrapped
from iamsim.report.conditions import Conditions
from iamsim.report.document import (
    Block,
    Cell,
    Column,
    Document,
    Entry,
    Fields,
    Form,
    Gates,
    Listing,
    Marked,
    Part,
    Prose,
    Section,
    grouped,
    words_of,
)

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.report.paint import Paint

_FURTHER = " " * 5
_NARROWEST = 40  # of an answer
_APART = 4  # cells below the first from which on cards stand apart


def to_text(document: Document, paint: Paint, width: int) -> str:
    """Write a document; `width` is in columns. Conditions are numbered and stand at the end."""
    conditions = Conditions()
    lines = []
    for warning in document.warnings:
        text = f"{warning.kind}: {for_terminal(warning.text)}"
        struck = paint.quiet if warning.kind == "assumed" else paint.bad  # nothing went wrong
        lines += [struck(line) for line in wrapped(text, width, "", "  ")]
    lines += [*([""] if lines else []), *_title(document, paint, width)]
    for block in document.shown:
        lines += _block(block, conditions, paint, width)
    legend = [(number, for_terminal(text)) for number, text in conditions.legend]
    if legend:
        lines += [paint.title("conditions"), *table(legend, width, indent=2), ""]
    for remark in document.remarks:
        lines += words([f"{remark.kind}: {for_terminal(remark.text)}"], width, indent=0)
    kind = "" if document.verdict is None else document.verdict.kind
    painted = {"yes": paint.good, "no": paint.bad}.get(kind, str)
    if document.sentence:  # whose verdict is painted already
        painted = paint.quiet
    lines += [painted(for_terminal(line)) for line in document.summary.split("\n")]
    return "\n".join(lines).rstrip("\n") + "\n"


def _title(document: Document, paint: Paint, width: int) -> list[str]:
    """The title, and a line without text where one belongs behind it."""
    if document.plain:
        return []
    if document.sentence:
        return [*_headline(document, paint, width), ""]
    title = for_terminal(document.title.replace("`", ""))
    if document.verdict is not None:
        title = f"{for_terminal(document.verdict.word)}: {title}"
    first = next(iter(document.shown), None)
    gap = [] if isinstance(first, Fields | Prose) and not first.caption else [""]
    return [paint.title(title), *gap]


def _headline(document: Document, paint: Paint, width: int) -> list[str]:
    """The title of a document that is one sentence, behind its verdict."""
    title = for_terminal(document.title)
    if document.verdict is None:
        return wrapped(title, width)
    word = for_terminal(document.verdict.word)
    first, *rest = wrapped(f"{word}: {title}", width)
    return [paint.judged(word, document.verdict.kind) + first[len(word) :], *rest]


def _block(block: Block, conditions: Conditions, paint: Paint, width: int) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _section(block, conditions, paint, width)
        return
    if isinstance(block, Marked | Gates):
        return
    if isinstance(block, Entry):
        yield from (*_entry(block, paint, width), "")
        return
    if isinstance(block, Listing):
        lines = _listing_lines(block, paint, width)
        yield from (*lines, "") if lines else ()
        return
    if block.caption:
        yield paint.title(for_terminal(block.caption))
    if isinstance(block, Part):
        yield from to_text(block.document, paint, width).splitlines()
    elif isinstance(block, Fields):
        yield from fields([(label, for_terminal(cell.words)) for label, cell in block.known], width)
    elif isinstance(block, Prose):
        for number, paragraph in enumerate(block.paragraphs, block.first):
            yield from _paragraph(paragraph, number, block, paint, width)
    else:
        yield from words([for_terminal(block.alternative)], width)
    yield ""


def _paragraph(
    paragraph: str, number: int, block: Prose, paint: Paint, width: int
) -> Iterator[str]:
    if block.code:
        margin = "  " if block.caption else ""  # without one it can be copied as it is
        for line in paragraph.splitlines():
            yield f"{margin}{_line(line, block, paint)}"
    elif block.bulleted or block.numbered:
        head = f"  {number}. " if block.numbered else "  - "
        margin = " " * len(head)
        first, *rest = paragraph.splitlines() or [""]
        yield from wrapped(for_terminal(first), width, head, margin)
        for line in rest:
            yield from wrapped(for_terminal(line), width, margin, margin)
    else:
        yield from words([for_terminal(paragraph)], width)


def _listing_lines(block: Listing, paint: Paint, width: int) -> list[str]:
    """What a listing is about, where it comes from, and its lines; nothing where it has none."""
    lines = block.lines(paint, width)
    if not lines:
        return []
    first, *rest = wrapped(for_terminal(block.caption), width, "", "  ")
    word, colon, more = first.partition(":")
    place = [f"  {paint.name(for_terminal(block.place))}"] if block.place else []
    return [f"{paint.title(word)}{colon}{more}", *rest, *place, *lines]


def _entry(entry: Entry, paint: Paint, width: int) -> Iterator[str]:
    """What it is and where, and all that belongs to it further right."""
    word = paint.badge(for_terminal(entry.badge.word).upper(), entry.badge.kind)
    head = f"{word} {paint.name(for_terminal(entry.place))}"
    yield f"{head}  {paint.title(for_terminal(entry.caption))}" if entry.caption else head
    yield from (f"{_FURTHER}{for_terminal(line)}" for line in entry.lines)
    for answer in entry.answers:
        yield from (f"{_FURTHER}{line}".rstrip() for line in _answer(answer, entry, paint, width))
    for line in entry.code.splitlines():
        yield f"{_FURTHER}  {_line(line, entry, paint)}".rstrip()


def _answer(answer: Answer, entry: Entry, paint: Paint, width: int) -> list[str]:
    from iamsim.report.explained import explained

    inner = max(width - len(_FURTHER), _NARROWEST)
    if entry.brief:
        return answer_in_short(answer, paint, inner)
    return to_text(explained(answer, verbose=True), paint, inner).splitlines()


def answer_in_short(answer: Answer, paint: Paint, width: int) -> list[str]:
    """The verdict, its reason, and the statements that decided, and no more."""
    from iamsim.report.explained import explained_in_short, quotes

    lines = _headline(explained_in_short(answer), paint, width)
    for quote in quotes(answer):
        lines += _listing_lines(quote, paint, width)
    return lines


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
    if section.sided is not None:
        yield from _sided(section, section.sided, paint, width)
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
                else _rows(section, rows, conditions, paint, width, indent=indent)
            )
        else:
            for subject, some in grouped(rows, section.subject).items():
                yield f"  {for_terminal(subject)}"
                yield from _rows(section, some, conditions, paint, width, indent=4)
        yield from (paint.quiet(line) for line in wrapped(section.ending, width, "  ", "  "))
        yield ""
    if not section.rows and section.empty:
        yield from (for_terminal(section.empty), "")


def _sided(
    section: Section[Any], differs: Callable[[Any], bool], paint: Paint, width: int
) -> Iterator[str]:
    from iamsim.report.writers.sides import Side, side_lines

    label, *columns = section.columns
    before, after = columns[:2]
    rows = []
    for row in section.rows:
        cells = [column.cell(row) for column in (label, before, after)]
        name, left, right = ("\n".join(map(for_terminal, cell.words.split("\n"))) for cell in cells)
        kinds = [cell.badge.kind for cell in cells if cell.badge is not None]
        pair = (kinds[0], kinds[1]) if kinds else None
        rows.append(Side(name, left, right, differs(row), pair))
    yield from side_lines(rows, (before.name, after.name), paint, width)
    legend = section.ending or "* differs"
    yield from ("", paint.quiet(legend), "")


def _rows(
    section: Section[Any],
    rows: Sequence[Any],
    conditions: Conditions,
    paint: Paint,
    width: int,
    *,
    indent: int,
) -> list[str]:
    columns = section.shown(Form.TEXT)
    cells = _cells(rows, columns, conditions)
    margin = " " * indent
    if section.filled:
        return words([first for first, *_ in cells], width, indent=indent)
    names = [column.name for column in columns[1:]]
    if section.cards:
        return _cards(cells, names, width, indent)
    if section.listed:
        return listing([(first, second) for first, second in cells], width, indent=indent or 2)
    if section.headed:
        cells.insert(0, [column.name for column in columns])
    painted: list[list[Callable[[str], str] | None]] = []
    if paint.on:
        painted = [[_painter(column, row, paint) for column in columns] for row in rows]
        if section.headed:
            painted.insert(0, [None] * len(columns))
    least = [column.width for column in columns]
    lines = table(cells, width, indent=indent, least=least, painted=painted)
    if all(len(line) <= width for line in lines):
        return lines
    if section.headed and len(names) >= _APART:  # too wide for columns
        return _cards(cells[1:], names, width, indent)
    if section.subject is None:
        return lines
    return [
        line
        for first, *rest in cells
        for line in (
            f"{margin}{first}",
            *table([["  ".join(filter(None, rest))]], width, indent=indent + 2),
        )
    ]


def _painter(column: Column[Any], row: Any, paint: Paint) -> Callable[[str], str] | None:  # noqa: ANN401 - as its columns take
    content = column.of(row)
    badge = content.badge if isinstance(content, Cell) else content
    if isinstance(badge, str) or badge is None:
        return None
    return partial(paint.badge, kind=badge.kind)


def _lines(section: Section[Any], rows: Sequence[Any], paint: Paint) -> Iterator[str]:
    """Each row as a compiler writes what it has to say."""
    first, second, *others = section.shown(Form.TEXT)
    for number, row in enumerate(rows):
        if number:
            yield ""
        badge, text = second.cell(row).badge, for_terminal(second.cell(row).text)
        word = "" if badge is None else f"{paint.badge(for_terminal(badge.word), badge.kind)} "
        yield f"{paint.title(for_terminal(first.cell(row).words))}: {word}{text}"
        for column in others:
            shown = column.cell(row).words
            name = f"{column.name}: " if column.name and shown else ""
            yield from (printable(line, keep_tabs=True) for line in f"{name}{shown}".splitlines())


def _cards(
    rows: Sequence[Sequence[str]], names: Sequence[str], width: int, indent: int
) -> list[str]:
    gap = [""] if len(names) >= _APART else []
    blocks = [[*_card(row, names, width, indent), *gap] for row in rows]
    lines = [line for block in blocks for line in block]
    return lines[: len(lines) - len(gap)]


def _card(cells: Sequence[str], names: Sequence[str], width: int, indent: int) -> Iterator[str]:
    """A line for the first cell, the others below; a column without a name is a paragraph."""
    first, *rest = cells
    yield from table([(first,)], width, indent=indent)
    named = list(zip(names, rest, strict=True))
    yield from table(
        [(text,) for name, text in named if text and not name], width, indent=indent + 2
    )
    yield from fields([pair for pair in named if pair[0]], width, indent=indent + 2)


def _cells(
    rows: Sequence[Any], columns: Sequence[Column[Any]], conditions: Conditions
) -> list[list[str]]:
    """The cells of all rows; what a column says of many rows is made harmless once."""
    known: list[dict[object, str]] = [{} for _ in columns]
    cells = []
    for row in rows:
        line = []
        for column, texts in zip(columns, known, strict=True):
            content = column.of(row)
            text = texts.get(content)
            if text is None:
                said = content if isinstance(content, str) else words_of(content)
                text = texts[content] = for_terminal(said)
            needs = () if column.conditions is None else column.conditions(row)
            line.append((f"{text} {conditions.mark(needs)}" if needs else text).strip())
        cells.append(line)
    return cells
