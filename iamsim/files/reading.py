"""Reading files: regular files only, and never more than so many bytes, packed or not.

What is read is remembered, so that `iamsim.files.writing` never writes over it by accident.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    Name = str | os.PathLike[str]

    class Stream(Protocol):
        """What gives bytes, packed or not."""

        def read(self, size: int, /) -> bytes | None:
            """Give at most so many."""


MOST_BYTES = 256 * 1024 * 1024
_CHUNK = 1024 * 1024
_GZIP, _OF_GZIP = b"\x1f\x8b", 31  # how a member begins, and what zlib calls the format
# Pipes that a shell has opened for us, as in `<(command)`, are as good as standard input.
_OPEN_PIPES = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
# A FIFO without a writer must not hold us up before we know that it is one.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)

# Folders, as in `PATH`: where it is set, nothing else is read, and nothing is written.
CONFINED = "IAMSIM_CONFINED_TO"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - as below
# What comes with the program, in a wheel and in a checkout.
_OWN = (
    _PACKAGE,
    *(f"{_PACKAGE[: -len('iamsim')]}{name}" for name in ("corpus", "docs", "grammar")),
)

State = tuple[int, int, int]
_inputs: set[State] = set()


def read_bytes(path: Name, *, most: int = MOST_BYTES) -> bytes:
    """Read a file. Raises `OSError` for what is not a regular file, for one of more than `most`
    bytes and for one that can't be read, `ValueError` for what is no name of a file."""
    name = os.fspath(path)
    if not may_read(name):
        message = "Outside of the folders that may be read"
        raise PermissionError(errno.EACCES, message, name)
    number = os.open(name, _FLAGS)
    with open(number, "rb", buffering=0) as stream:  # noqa: PTH123 - the number of an open file
        about = os.fstat(number)
        if not stat.S_ISREG(about.st_mode):
            if not (stat.S_ISFIFO(about.st_mode) and name.startswith(_OPEN_PIPES)):
                raise _not_regular(name, about.st_mode)
            os.set_blocking(number, True)
        elif about.st_size > most:
            raise _too_large(name, most)
        content = _read(stream, most, name)
    _inputs.add(_state(about))
    return content


def may_read(path: Name) -> bool:
    """Whether a file lies, links followed, in the folders that ``IAMSIM_CONFINED_TO`` names; where
    it is not set, every file may be read."""
    confined = os.environ.get(CONFINED)
    if confined is None:
        return True
    real = os.path.realpath(path)
    roots = (*confined.split(os.pathsep), *_OWN)
    return any(real == root or real.startswith(root + os.sep) for root in roots if root)


def read_text(path: Name, *, most: int = MOST_BYTES) -> str:
    """Read a file of UTF-8 text, line ends as they are. Raises what `read_bytes` raises, and
    `UnicodeDecodeError`, which is a `ValueError`, for other text."""
    return read_bytes(path, most=most).decode("utf-8")


def read_gzip(content: bytes, name: str, *, most: int = MOST_BYTES) -> bytes:
    """Unpack the content of a gzip file, with ISA-L where it is installed. Raises `OSError` where
    it is none or holds more than `most` bytes, `EOFError` where it is cut off, `zlib.error` where
    it is damaged."""
    import zlib

    begin, refused = _unpacker()
    parts: list[bytes] = []
    left, rest = most, content
    while rest:
        if not rest.startswith(_GZIP):
            raise OSError(errno.EINVAL, "not a gzip file", name)
        member = begin()
        while not member.eof:
            try:
                part = member.decompress(rest, left + 1)
            except refused as error:
                raise zlib.error(str(error)) from error
            rest = member.unconsumed_tail
            left -= len(part)
            if left < 0:
                raise _too_large(name, most)
            parts.append(part)
            if not rest and not part and not member.eof:
                raise EOFError("the file ends before its end-of-stream marker")
        rest = member.unused_data.lstrip(b"\0")  # members may be padded
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _unpacker() -> tuple[Callable[[], Any], type[Exception]]:
    """What unpacks a member of a gzip file, and the error with which it refuses."""
    try:
        from isal import isal_zlib

        refused: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # says its stub
        return lambda: isal_zlib.decompressobj(wbits=_OF_GZIP), refused
    except ImportError:
        import zlib

        return lambda: zlib.decompressobj(wbits=_OF_GZIP), zlib.error


def read_standard_input(*, most: int = MOST_BYTES) -> bytes:
    """Read all of standard input; raises `OSError` for more than `most` bytes."""
    return _read(sys.stdin.buffer, most, "standard input")


def was_read(about: os.stat_result) -> bool:
    """Whether a file is one that was read, and is still as it was."""
    return _state(about) in _inputs


def forget_inputs() -> None:
    """Begin a new run: nothing has been read."""
    _inputs.clear()


def file_state(path: Name) -> tuple[int, int] | None:
    """When a file was changed and how large it is; `None` where there is none."""
    try:
        about = os.stat(path)  # noqa: PTH116 - pathlib costs start-up time
    except (OSError, ValueError):
        return None
    return about.st_mtime_ns, about.st_size


def _read(stream: Stream, most: int, name: str) -> bytes:
    """Read to the end, or say that there is too much."""
    parts: list[bytes] = []
    left = most
    while part := stream.read(min(_CHUNK, left + 1)):
        left -= len(part)
        if left < 0:
            raise _too_large(name, most)
        parts.append(part)
    return b"".join(parts)


def _state(about: os.stat_result) -> State:
    """What tells one state of a file from another; a new file may get the number of an old one."""
    return about.st_dev, about.st_ino, about.st_ctime_ns


def _not_regular(name: str, mode: int) -> OSError:
    if stat.S_ISDIR(mode):
        return IsADirectoryError(errno.EISDIR, "Is a directory", name)
    return OSError(errno.EINVAL, "not a regular file", name)


def _too_large(name: str, most: int) -> OSError:
    megabytes = most // (1024 * 1024)
    amount = f"{megabytes} MB" if megabytes else f"{most} bytes"
    return OSError(errno.EFBIG, f"more than {amount}", name)
