"""Whether two folders hold the same files, byte for byte, so that one need not be read again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from iamsim.files.reading import read_bytes

MOST_FILES = 200_000
INDEX = ".iamsim-index/"  # what is made of the files beside, and counts as long as it fits them
_up = re.compile(rb"(?<!\.)\.\.(?!\.)").findall  # not the three dots that end a document of YAML
# Where dots may hide: behind the escapes of YAML and JSON, in UTF-16.
_hides_dots = re.compile(
    rb"\\(?:x2e|u002e|U0000002e)|\A(?:\xff\xfe|\xfe\xff)", re.IGNORECASE
).search


def same_folders(one: str, other: str) -> bool:
    """Whether everything in two folders is the same, and nothing in them names files outside by a
    relative path. What can't be read, or is linked, is not taken for the same."""
    if not (os.path.isdir(one) and os.path.isdir(other)):  # noqa: PTH112 - plain text paths
        return False
    try:
        sizes = dict(_names(one))  # a size tells most changes before anything is read
        return sizes == dict(_names(other)) and all(_is_same(one, other, name) for name in sizes)
    except (OSError, ValueError):
        return False


def _names(folder: str) -> Iterator[tuple[str, int]]:
    """The files below a folder, by their paths from there, each with its size. Raises `OSError`
    for links, for what is neither file nor folder, and for very many files."""
    waiting = [""]
    number = 0
    while waiting:
        inside = waiting.pop()
        with os.scandir(os.path.join(folder, inside)) as entries:  # noqa: PTH118
            for entry in entries:
                name = f"{inside}{entry.name}"
                number += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif not entry.is_file(follow_symlinks=False) or number > MOST_FILES:
                    raise OSError(name)
                else:
                    yield name, entry.stat(follow_symlinks=False).st_size


def _is_same(one: str, other: str, name: str) -> bool:
    """Whether a file is the same in both folders, and names nothing outside of them."""
    content = read_bytes(os.path.join(one, name))  # noqa: PTH118 - plain text paths
    theirs = read_bytes(os.path.join(other, name))  # noqa: PTH118 - as above
    return content == theirs and (name.startswith(INDEX) or _stays_inside(name, content))


def _stays_inside(name: str, content: bytes) -> bool:
    """Whether no relative path in a file can lead out of the folder that the file is named from:
    each text goes up no further than the file lies deep."""
    if _hides_dots(content) is not None:
        return False
    if b".." not in content:
        return True
    json = name.lower().endswith(".json")
    depth = name.count("/")
    for line in content.splitlines():
        if not _up(line):
            continue
        # A line of YAML may go on behind a backslash; a text of JSON ends at its quotation mark.
        if not json and b"\\" in line:
            return False
        if any(len(_up(text)) > depth for text in (line.split(b'"') if json else (line,))):
            return False
    return True
