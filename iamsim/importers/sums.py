"""What says that sources are whole: `SHA256SUMS` in a folder of them, as `sha256sum` writes it.

A record fewer in a list that is complete, or a file that is gone and that nothing else names,
leaves no other trace. `iamsim collect` and the script of `iamsim import --recipe` write the list;
of anything else `sha256sum * > SHA256SUMS` does. A file that is not the one of the list, or not
there, is lost: what it held is unknown.
https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.caret import quote

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

SUMS = "SHA256SUMS"
# The digest, a space, one more or the sign of a binary file, and the name.
_read_line = re.compile(r"([0-9a-f]{64})  ?\*?(\S.*)").fullmatch
_read_end = re.compile(r"# ([0-9]+) files?").fullmatch


def is_list_of_sums(path: str) -> bool:
    """Whether a path is that of a list of sums."""
    return path.rpartition("/")[2] == SUMS


def sum_of(content: bytes) -> str:
    """The digest of a file."""
    from hashlib import sha256  # which loads all of OpenSSL

    return sha256(content).hexdigest()


def sums_text(digests: Mapping[str, str]) -> str:
    """Write a list, of paths from its folder; the last line, which `sha256sum -c` passes over, says
    how many there are, so that a list that breaks off is told."""
    lines = [f"{digests[path]}  {path}" for path in sorted(digests)]
    return "\n".join([*lines, f"# {len(lines)} files"]) + "\n"


def read_sums(path: str, content: bytes, draft: Draft) -> dict[str, str]:
    """Read a list: the digest of each file by its path. What is wrong with the list is remarked."""
    folder = path[: -len(SUMS)]
    lines = content.decode("utf-8", "replace").splitlines()
    sums = {f"{folder}{name}": digest for digest, name in _files(lines, draft)}
    ends = [match.group(1) for line in lines if (match := _read_end(line.strip()))]
    if ends and ends != [str(len(sums))]:
        _fault(draft, f"the list should name {ends[-1]} files, and names {len(sums)}")
    return sums


def unverified_sentence(number: int) -> str:
    """Say that of so many files nothing tells whether they are whole."""
    files = "the collected file" if number == 1 else f"the {number:,} collected files"
    verb, what = ("is", "it") if number == 1 else ("are", "them")
    return (
        f"nothing says whether {files} behind this {verb} whole: what was taken from {what} without"
        f" a trace is missing here ({SUMS} beside {what} would tell)"
    )


def _files(lines: Iterable[str], draft: Draft) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        match = _read_line(line)
        name = os.path.normpath(match.group(2)).replace(os.sep, "/") if match else ""
        if match is not None and not name.startswith(("../", "/")):
            yield match.group(1), name
        elif line.strip() and not line.startswith("#"):
            _fault(draft, f"{quote(line[:80])} is no digest with the name of a file", number)


def _fault(draft: Draft, what: str, line: int | None = None) -> None:
    place = "" if line is None else f"line {line}"
    draft.remark("source-not-readable", f"{what}: files may be missing", place, "unknown")
