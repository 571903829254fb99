"""Standard input, which can be read once though several options may name it."""

from __future__ import annotations

from iamsim.core.errors import RequestError
from iamsim.files.reading import read_standard_input

__all__ = ["standard_input"]

_read: list[bytes] = []


def standard_input() -> bytes:
    """All of standard input; raises `RequestError` where it can't be read or is too large."""
    if not _read:
        try:
            _read.append(read_standard_input())
        except OSError as error:
            reason = (error.strerror or "not readable").lower()
            raise RequestError(
                "file-not-readable", f"can't read standard input: {reason}"
            ) from error
    return _read[0]
