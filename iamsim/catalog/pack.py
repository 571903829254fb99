r"""The container of the packed data: an index and blobs, each deflated on its own.

::

    iamsim-pack-1 <length of the deflated index in bytes>\n
    <deflated index: UTF-8 lines, the first says what the pack is>
    <deflated blobs, one after the other>

Nothing but the index and the blobs that are asked for is inflated. Writing the same content
gives the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

MAGIC = b"iamsim-pack-1 "


class Pack:
    """A pack that was read: its header line, its index by name, and its blobs on demand."""

    __slots__ = ("_blobs", "_entries", "header")

    def __init__(self, header: str, entries: dict[str, tuple[int, int, str]], blobs: bytes) -> None:
        """Take the index as name -> (start, length, note) and the bytes that it points into."""
        self.header = header
        self._entries = entries
        self._blobs = blobs

    def __contains__(self, name: str) -> bool:
        """Tell whether the pack has a blob of this name."""
        return name in self._entries

    def names(self) -> tuple[str, ...]:
        """Give the names of all blobs, in the order in which they were written."""
        return tuple(self._entries)

    def note(self, name: str) -> str:
        """Give the text that the index keeps beside a blob; KeyError for an unknown name."""
        return self._entries[name][2]

    def text(self, name: str) -> str:
        """Inflate one blob; KeyError for an unknown name, ValueError for a damaged blob."""
        start, length, _ = self._entries[name]
        return _inflate(self._blobs[start : start + length])


def read_pack(path: str | PathLike[str]) -> Pack:
    """Read a pack from a file.

    Raises OSError when the file can't be read, ValueError when it is no pack or a damaged one.
    """
    content = read_bytes(path)
    end = content.find(b"\n", 0, 64)
    if not content.startswith(MAGIC) or end < 0:
        message = "not an iamsim pack"
        raise ValueError(message)
    body = end + 1 + int(content[len(MAGIC) : end])
    lines = _inflate(content[end + 1 : body]).split("\n")
    entries = {}
    start = 0
    for line in lines[1:]:
        name, size, note = line.split("\t", 2)
        length = int(size)
        entries[name] = (start, length, note)
        start += length
    blobs = content[body:]
    if len(blobs) != start:
        message = "the pack is cut short"
        raise ValueError(message)
    return Pack(lines[0], entries, blobs)


def write_pack(
    path: str | PathLike[str], header: str, blobs: Iterable[tuple[str, str, str]]
) -> int:
    """Write a pack of ``(name, note, text)`` blobs and return its size in bytes.

    Raises ValueError when a name or a note holds a tab or a line break, OSError when the file
    can't be written.
    """
    lines = [header]
    bodies = []
    for name, note, text in blobs:
        if "\t" in name or "\n" in name + note:
            message = f"a tab or a line break in the index: `{name}`"
            raise ValueError(message)
        body = _deflate(text.encode())
        lines.append(f"{name}\t{len(body)}\t{note}")
        bodies.append(body)
    index = _deflate("\n".join(lines).encode())
    content = b"".join((MAGIC, str(len(index)).encode(), b"\n", index, *bodies))
    write_bytes(path, content, over_input=True)
    return len(content)


def _inflate(content: bytes) -> str:
    """Undo `_deflate`; ValueError when the bytes aren't what it wrote."""
    try:
        return zlib.decompress(content, -zlib.MAX_WBITS).decode()
    except zlib.error as error:
        message = "the pack is damaged"
        raise ValueError(message) from error


def _deflate(content: bytes) -> bytes:
    """Deflate as small as zlib can, without a header of its own."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    return deflater.compress(content) + deflater.flush()
