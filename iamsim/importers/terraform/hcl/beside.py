"""The files of HCL in a folder on disk, which Terraform reads together."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator

from iamsim.core.errors import WorldError
from iamsim.core.span import Source, Span
from iamsim.files.links import LED_OUTSIDE, leads_outside
from iamsim.files.reading import read_bytes
from iamsim.syntax.hcl.file import HclFile, is_automatic, read_hcl


def paths_in(folder: str) -> Iterator[str]:
    """Name the files that Terraform reads of a folder, in the order of their names."""
    try:
        names = sorted(os.listdir(folder or "."))  # noqa: PTH208 - plain text paths everywhere
    except OSError:
        return
    chosen = [name for name in names if name.endswith(".tf") or is_automatic(name)]
    for name in chosen:
        yield posixpath.join(folder, name) if folder else name


def read_file(path: str) -> HclFile | WorldError:
    """Read a file that nobody gave by name, or say why it can't be read, and in which file."""
    reason = LED_OUTSIDE
    try:
        if not leads_outside(path):
            return read_hcl(path, read_bytes(path).decode("utf-8-sig"))
    except WorldError as error:
        return error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not UTF-8 text").lower()
    nowhere = Span(Source(path, ""), 0, 0)
    return WorldError("file-not-readable", f"the file can't be read: {reason}", span=nowhere)
