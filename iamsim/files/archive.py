"""Zip archives, their contents bounded as those of files are when read; and compressed bytes."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.files.reading import MOST_BYTES, _read, read_bytes

if TYPE_CHECKING:
    from iamsim.files.reading import Name

ArchiveError = zipfile.BadZipFile
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same contents are the same bytes


class Archive:
    """A zip archive: the names in it, and what they hold."""

    def __init__(self, path: Name, *, most: int = MOST_BYTES) -> None:
        """Open it. Raises what `read_bytes` raises, and `ArchiveError` for what is none."""
        self._most = most
        self._left = most
        self._zip = zipfile.ZipFile(io.BytesIO(read_bytes(path, most=most)))

    def names(self) -> list[str]:
        """The names, sorted; those of folders end in `/`."""
        return sorted(self._zip.namelist())

    def read(self, name: str) -> bytes:
        """Unpack one file. Raises `OSError` where the archive holds more than its share of bytes,
        and `ArchiveError`, `EOFError`, `RuntimeError` or `ValueError` for what can't be read."""
        with self._zip.open(name) as stream:
            content = _read(stream, self._left, name)
        self._left -= len(content)
        return content


def make_archive(files: Mapping[str, bytes]) -> bytes:
    """Write an archive of files, by their names in it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return written.getvalue()


def packed(content: bytes) -> bytes:
    """Compress bytes as HTTP sends them."""
    return gzip.compress(content, 6, mtime=0)
