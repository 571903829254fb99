"""Documents as GitHub Flavored Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from iamsim.report.cleaning import (
    for_html_tag,
    for_markdown,
    for_markdown_code,
    for_markdown_lines,
    for_terminal,
)
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
    Picture,
    Prose,
    Section,
)
from iamsim.report.paint import Paint

_WIDTH = 100  # of lines that are laid out for one


def to_markdown(document: Document) -> str:
    """Write a document: what it counts, a table for each group of rows, conditions and remarks."""
    conditions = Conditions()
    lines = [
        line
        for warning in document.warnings
        for line in (f"**{warning.kind}**: {for_markdown(warning.text)}", "")
    ]
    lines.append(_title(document))
    for line in document.summary.splitlines():
        lines += ["", f"{for_markdown(line)}."]
    for block in document.shown:
        lines += _block(block, conditions, _named if document.sentence else _headed)
    if conditions.legend:
        lines += ["", "## Conditions", ""]
        lines += [f"* {number} {for_markdown(text)}" for number, text in conditions.legend]
    if document.remarks:
        lines.append("")
        lines += [f"> {remark.kind}: {for_markdown(remark.text)}" for remark in document.remarks]
    return "\n".join([*lines, ""])


def _title(document: Document) -> str:
    word = "" if document.verdict is None else for_markdown(document.verdict.word)
    title = for_markdown(document.title)
    if document.sentence:
        return f"**{word}**: {title}" if word else title
    return f"# {word}: {title}" if word else f"# {title[:1].upper()}{title[1:]}"


def _headed(caption: str) -> str:
    return f"## {for_markdown(caption)}"


def _named(caption: str) -> str:
    """What blocks are called where no heading can stand."""
    return f"{for_markdown(f'{caption[:1].upper()}{caption[1:]}')}:"


def _block(block: Block, conditions: Conditions, headed: Callable[[str], str]) -> Iterator[str]:
    if isinstance(block, Section):
        yield from _section(block, conditions, headed)
        return
    if isinstance(block, Marked | Gates):
        return
    if isinstance(block, Entry):
        yield from _entry(block)
        return
    if isinstance(block, Listing):
        yield from _listing(block)
        return
    if isinstance(block, Part):
        yield from ("", f"### {for_markdown(block.caption)}", "") if block.caption else ("",)
        yield from to_markdown(block.document).splitlines()
        return
    folded = getattr(block, "folded", False)
    if folded:
        yield from ("", f"<details><summary>{for_html_tag(block.caption)}</summary>")
    elif block.caption:
        yield from ("", headed(block.caption))
    if isinstance(block, Fields):
        yield ""
        yield from (
            f"* {for_markdown(label)}: {_cell(cell)}" if label else f"* {_cell(cell)}"
            for label, cell in block.known
        )
    elif isinstance(block, Picture):
        yield from ("", for_markdown(block.alternative))
    else:
        yield from _prose(block)
    if folded:
        yield from ("", "</details>")


def _listing(block: Listing) -> Iterator[str]:
    lines = block.lines(Paint(), _WIDTH)
    if lines:
        place = f" in {for_markdown_code(block.place)}" if block.place else ""
        title = for_markdown(f"{block.caption[:1].upper()}{block.caption[1:]}")
        yield from ("", f"{title}{place}:", "", *fenced(map(for_terminal, lines)))


def _entry(entry: Entry) -> Iterator[str]:
    from iamsim.report.summary import summary

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
    if block.bulleted or block.numbered:
        yield ""
        for number, paragraph in enumerate(block.paragraphs, block.first):
            head = f"{number}. " if block.numbered else "* "
            first, *rest = map(for_markdown, paragraph.splitlines() or [""])
            yield f"{head}{first}"
            yield from (f"{' ' * len(head)}* {line}" for line in rest)
        return
    for paragraph in block.paragraphs:
        yield ""
        if block.code or block.quoted:
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


def _section(
    section: Section[Any], conditions: Conditions, headed: Callable[[str], str]
) -> Iterator[str]:
    columns = section.shown(Form.MARKDOWN)
    if not columns:
        return
    for heading, rows in section.groups().items():
        yield from ("", headed(heading), "") if heading else ("",)
        if section.filled:
            yield ", ".join(_cell(columns[0].cell(row)) for row in rows)
            continue
        cells = [[_marked(column, row, conditions) for column in columns] for row in rows]
        there = [number for number in range(len(columns)) if any(row[number] for row in cells)]
        yield f"| {' | '.join(columns[number].name for number in there)} |"
        yield "|---" * len(there) + "|"
        for row in cells:
            yield f"| {' | '.join(row[number] for number in there)} |"
    if section.rows and section.ending:
        yield from ("", for_markdown(section.ending))
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
