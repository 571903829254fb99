"""`iamsim docs`: the pages of the documentation, which are installed along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from iamsim.cli.grammar import Argument, Command, Options
from iamsim.cli.world_options import DOCUMENT_FORMATS, output, write_answer
from iamsim.core.errors import RequestError
from iamsim.files.reading import read_text
from iamsim.report.cleaning import to_json

PACKAGE = Path(__file__).parent.parent
# The wheel's, the checkout's.
FOLDERS = (PACKAGE / "_docs", PACKAGE.parent / "docs")
PARTS = ("tutorial", "how-to", "explanation", "reference")
_heading = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_not_in_anchor = re.compile(r"[^a-z0-9 _-]")


class _Page(NamedTuple):
    """A page: its name, from the folder of the documentation, and its first heading."""

    name: str
    title: str
    path: Path


def _run(options: Options, arguments: Sequence[str]) -> int:
    """List the pages, all or those of a folder, or write one of them."""
    pages = _pages()
    wanted = "#".join(arguments)
    folder = wanted.removeprefix("docs/").strip("/")
    inside = [page for page in pages if page.name.startswith(f"{folder}/")]
    if not folder or inside:
        return _list(options, inside or pages)
    name, text = _find(wanted, pages)
    if options["format"] == "json":
        text = to_json({"page": name, "text": text})
    from iamsim.cli.output import write_output

    write_output(text, options.text("output"))
    return 0


def page_names() -> list[str]:
    """The names of all pages."""
    return [page.name for page in _pages()]


def _pages() -> list[_Page]:
    """All pages, in the order of reading; raises `RequestError` where none are installed."""
    for folder in FOLDERS:
        pages = [
            _Page(path.relative_to(folder).with_suffix("").as_posix(), _title(path), path)
            for part in PARTS
            for path in sorted((folder / part).rglob("*.md"))
        ]
        if pages:
            return pages
    raise RequestError("no-documentation", "the pages of the documentation are not installed")


def _title(path: Path) -> str:
    """The first heading of a page."""
    lines = read_text(path).splitlines()
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), path.stem)


def _list(options: Options, pages: Sequence[_Page]) -> int:
    from iamsim.report.document import Column, Document, Section

    document = Document(
        "Pages of the documentation",
        (
            Section(
                "pages",
                "Pages",
                (
                    Column("page", lambda page: page.name, code=True),
                    Column("title", lambda page: page.title),
                ),
                pages,
            ),
        ),
        summary="`iamsim docs PAGE` writes one, or the section of that name",
    )
    write_answer(
        options,
        lambda: document,
        lambda: {"pages": [{"page": page.name, "title": page.title} for page in pages]},
        lambda: [page.name for page in pages],
    )
    return 0


def _find(text: str, pages: Sequence[_Page]) -> tuple[str, str]:
    """The name and text of a page, or of a section: by name, by heading, by code."""
    wanted, _, anchor = text.removeprefix("docs/").partition("#")
    name = wanted.removesuffix(".md").strip("/")
    page = next((page for page in pages if name in (page.name, page.name.rpartition("/")[2])), None)
    if page is not None and not anchor:
        return page.name, read_text(page.path)
    anchor = anchor or name
    for other_page in pages if page is None else [page]:
        section = _section(read_text(other_page.path), anchor)
        if section is not None:
            return f"{other_page.name}#{_slug(anchor)}", section
    from iamsim.core.suggest import did_you_mean

    names = [part for page in pages for part in (page.name, *page.name.split("/"))]
    raise RequestError(
        "no-such-page",
        f"there is no page and no section `{text}`",
        hint=did_you_mean(name, names) or "`iamsim docs` lists the pages",
    )


def _section(text: str, anchor: str) -> str | None:
    """The section of a page whose heading is that, up to the next one of its level."""
    wanted = {_slug(anchor), f"iamsim-{_slug(anchor)}"}
    plain = re.sub(r"(?ms)^```.*?^```", lambda block: " " * len(block[0]), text)
    headings = list(_heading.finditer(plain))
    for number, heading in enumerate(headings):
        if _slug(heading[2]) in wanted:
            level = len(heading[1])
            ends = (
                heading.start() for heading in headings[number + 1 :] if len(heading[1]) <= level
            )
            return text[heading.start() : next(ends, len(text))].rstrip() + "\n"
    return None


def _slug(heading: str) -> str:
    """The anchor of a heading."""
    return _not_in_anchor.sub("", heading.lower().replace("`", "")).strip().replace(" ", "-")


COMMAND = Command(
    "docs",
    "Read the documentation: a page, or the section about a command or a code.\n\n"
    "Without a name, the pages are listed; with a folder's, such as `tutorial`, those in it."
    " `iamsim docs errors`, `iamsim docs invalid-arn` and `iamsim docs who-can` all lead to text.",
    output(*DOCUMENT_FORMATS, quiet="Only the names of the pages."),
    _run,
    Argument("PAGE", "A page, a section of any page, a command, or a code."),
    lambda incomplete: [name for name in page_names() if incomplete in name],
)
