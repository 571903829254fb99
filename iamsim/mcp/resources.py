"""Resources: the worlds in the folders, the lessons, and the pages of the documentation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from iamsim.core.errors import InputError, RequestError
from iamsim.files.reading import read_text
from iamsim.lessons.course import lesson_files
from iamsim.mcp.commands import run_command
from iamsim.mcp.tools import Run
from iamsim.world.load import WORLD_FILES

if TYPE_CHECKING:
    from iamsim.mcp.folders import Folders

SCHEME = "iamsim://"
WORLD, LESSON, PAGE = "world", "lesson", "page"
DEEPEST = 4
MOST_WORLDS = 100
MOST_BYTES = 1_000_000
MARKDOWN, YAML = "text/markdown", "text/yaml"


class Entry(NamedTuple):
    """A resource: its address, its name, what it is, and the type of its text."""

    uri: str
    name: str
    description: str
    type: str


async def entries(folders: Folders) -> list[Entry]:
    """All resources."""
    found = [
        Entry(_uri(WORLD, path), path, "A world: accounts, principals, policies.", YAML)
        for path in _worlds(folders)
    ]
    for file in lesson_files():
        name = Path(file).stem
        text = "A lesson about how IAM decides, with the answers."
        found.append(Entry(_uri(LESSON, name), name, text, MARKDOWN))
    pages = await run_command(Run(("docs", "--quiet")), folders)
    for name in pages.text.split():
        text = "A page of iamsim's documentation."
        found.append(Entry(_uri(PAGE, name), name, text, MARKDOWN))
    return found


async def read_entry(uri: str, folders: Folders) -> tuple[str, str]:
    """The text of a resource and its type; raises `RequestError` for an address without one."""
    kind, _, name = unquote(uri.removeprefix(SCHEME)).partition("/")
    if not uri.startswith(SCHEME) or kind not in (WORLD, LESSON, PAGE) or not name:
        raise RequestError("no-such-resource", f"there is no resource `{uri}`")
    if kind == WORLD:
        path = folders.first / folders.check(name)
        if path.is_dir() or path.name not in WORLD_FILES:
            raise RequestError("no-such-resource", f"`{name}` is no world file")
        try:
            return read_text(path, most=MOST_BYTES), YAML
        except (OSError, ValueError) as error:
            raise RequestError("file-not-readable", f"can't read `{name}`") from error
    if kind == LESSON:
        return _lesson(name), MARKDOWN
    outcome = await run_command(Run(("docs", "--", name)), folders)
    if outcome.code:
        raise RequestError("no-such-resource", f"there is no page `{name}`")
    return outcome.text, MARKDOWN


def _lesson(name: str) -> str:
    from iamsim.lessons.blocks import sheet
    from iamsim.lessons.lesson import load_lesson
    from iamsim.lessons.markdown import blocks_markdown

    file = next(
        (lesson_file for lesson_file in lesson_files() if Path(lesson_file).stem == name), None
    )
    if file is None:
        raise RequestError("no-such-resource", f"there is no lesson `{name}`")
    return blocks_markdown(sheet([load_lesson(file)], questions=True, answers=True))


def _worlds(folders: Folders) -> Iterator[str]:
    """World files below the folders: those in the first by their relative paths."""
    number = 0
    for root in folders.roots:
        for folder, names, files in os.walk(root):
            depth = Path(folder).relative_to(root).parts
            names[:] = sorted(name for name in names if not name.startswith("."))
            if len(depth) >= DEEPEST:
                names.clear()
            for name in sorted(set(files).intersection(WORLD_FILES)):
                path = Path(folder) / name
                shown = path.relative_to(root) if root == folders.roots[0] else path
                number += 1
                if number > MOST_WORLDS or not _is_inside(folders, str(shown)):
                    continue
                yield shown.as_posix()


def _is_inside(folders: Folders, path: str) -> bool:
    """Whether a file lies in the folders also when links are followed."""
    try:
        folders.check(path)
    except InputError:
        return False
    return True


def _uri(kind: str, name: str) -> str:
    return f"{SCHEME}{kind}/{quote(name, safe='/')}"
