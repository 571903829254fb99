"""Standard input, which can be read once though several options may name it."""

from __future__ import annotations

import sys

from iamsim.core.errors import RequestError
from iamsim.files.reading import read_standard_input

# The stream is kept with what it held: another run in this process may have another one.
_read: list[tuple[object, bytes]] = []


def standard_input() -> bytes:
    """All of standard input; raises `RequestError` where it can't be read or is too large."""
    if not _read or _read[0][0] is not sys.stdin:
        try:
            _read[:] = [(sys.stdin, read_standard_input())]
        except OSError as error:
            reason = (error.strerror or "not readable").lower()
            raise RequestError(
                "file-not-readable", f"can't read standard input: {reason}"
            ) from error
    return _read[0][1]
