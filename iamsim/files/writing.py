"""Writing files: beside and then renamed, so that a failure leaves what was there.

Nothing is written through a symbolic link, and nothing over a file that was read as an input
unless the caller says that it is meant.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from iamsim.files.reading import CONFINED, was_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from iamsim.files.reading import Name

_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/")  # links to what is open already
_MANY = 100  # files from which on the disk is waited for once, where the system can do that
_NEW = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def write_text(path: Name, text: str, *, over_input: bool = False) -> None:
    """Write text as UTF-8, line ends as they are; raises what `write_bytes` raises."""
    write_bytes(path, _bytes(text), over_input=over_input)


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def write_bytes(path: Name, content: bytes, *, over_input: bool = False) -> None:
    """Write a file whole or not at all.

    `over_input` lets it take the place of a file that was read in this run. Raises `OSError` for
    a symbolic link, for such a file and where it can't be written, `ValueError` for what is no
    name of a file.
    """
    name = os.fspath(path)
    _refuse_confined(name)
    about = _known(name)
    if name.startswith(_STREAMS) or (about is not None and _is_device(about)):
        _write_device(name, content)
        return
    _check(name, about, over_input=over_input)
    with _orderly_end():
        beside = _write_beside(name, content, about)
        try:
            os.replace(beside, name)  # noqa: PTH105 - pathlib costs start-up time
        except BaseException:
            _forget(beside)
            raise
    _sync_folder(os.path.dirname(name))  # noqa: PTH120 - as above


def write_new(path: Name, content: bytes) -> None:
    """Write a file that is not there yet, in a folder that goes again: nothing waits for the disk.

    Raises `OSError` where it is there or can't be written.
    """
    name = os.fspath(path)
    _refuse_confined(name)
    make_folder(os.path.dirname(name))  # noqa: PTH120 - pathlib costs start-up time
    with os.fdopen(os.open(name, _NEW, 0o600), "wb") as file:
        file.write(content)


def write_folder(
    folder: Name, texts: Mapping[str, str] | Mapping[str, bytes], removed: Iterable[str] = ()
) -> None:
    """Write files below a folder, in order, and remove others: all of it, or nothing.

    Paths have `/` between their parts. The files may have been read in this run. Raises what
    `write_bytes` raises; then the folder is as it was.
    """
    top = os.fspath(folder)
    _refuse_confined(top)
    _refuse_link(top, _known(top))
    changes = _Changes(top, together=len(texts) > _MANY and sys.platform == "linux")
    with _orderly_end():
        try:
            for path, text in texts.items():
                changes.prepare(path, _bytes(text))
            for path in removed:
                changes.prepare(path, None)
            changes.make()
        except BaseException:
            changes.undo()
            raise
        changes.finish()


@contextmanager
def _orderly_end() -> Iterator[None]:
    """While it lasts, SIGTERM raises `SystemExit` where it would end the process at once."""
    import signal
    import threading

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end(number: int, _frame: object) -> NoReturn:
    """End with the code that shells give a process that a signal ended."""
    raise SystemExit(128 + number)


def make_folder(path: Name) -> None:
    """Make a folder and those above it; one that is there is fine."""
    os.makedirs(path, exist_ok=True)  # noqa: PTH103 - pathlib costs start-up time


def _refuse_confined(name: str) -> None:
    """Write nothing where reading is confined to folders (see `iamsim.files.reading`)."""
    if CONFINED in os.environ:
        raise PermissionError(errno.EROFS, "Nothing is written here", name)


class _Changes:
    """What happens to the files below a folder: prepared beside them, made by renaming alone."""

    def __init__(self, top: str, *, together: bool) -> None:
        self.top = top
        self.together = together  # `sync` of other systems does not wait
        self.mark = _mark()
        self.folders: list[str] = []
        self.prepared: list[tuple[str, str | None]] = []  # the file, and its new content beside it
        self.made: list[tuple[str, str | None]] = []  # the file, and what it was before

    def prepare(self, path: str, content: bytes | None) -> None:
        """Write the new content of a file beside it; without content it is to be removed."""
        parts = path.split("/")
        place = self.top
        self._folder(place)
        for part in parts[:-1]:
            place = os.path.join(place, part)  # noqa: PTH118 - pathlib costs start-up time
            self._folder(place)
        file = os.path.join(place, parts[-1])  # noqa: PTH118 - as above
        about = _known(file)
        _check(file, about, over_input=True)
        beside = None
        if content is not None:
            beside = _write_beside(file, content, about, lasting=not self.together)
        self.prepared.append((file, beside))

    def _folder(self, place: str) -> None:
        """Make a folder where there is none; a link is no folder of ours."""
        about = _known(place)
        if about is not None:
            if place != self.top:
                _refuse_link(place, about)
            return
        missing = [place]
        while (above := os.path.dirname(missing[-1])) and not os.path.isdir(above):  # noqa: PTH112, PTH120
            missing.append(above)
        for folder in reversed(missing):
            os.mkdir(folder)  # noqa: PTH102 - as above
            self.folders.append(folder)

    def make(self) -> None:
        """Put everything in its place; what was there is kept beside it for now."""
        if self.together:
            os.sync()
        for file, beside in self.prepared:
            before = None
            if _known(file) is not None:
                before = f"{file}.{self.mark}.old"
                os.rename(file, before)  # noqa: PTH104 - as above
            self.made.append((file, before))
            if beside is not None:
                os.replace(beside, file)  # noqa: PTH105 - as above

    def undo(self) -> None:
        """Bring back what was there."""
        for file, before in reversed(self.made):
            _forget(file)
            if before is not None:
                os.replace(before, file)  # noqa: PTH105 - as above
        for _, beside in self.prepared:
            if beside is not None:
                _forget(beside)
        for place in reversed(self.folders):
            _forget_folder(place)

    def finish(self) -> None:
        """Drop what was there before, and folders that are empty now."""
        for _, before in self.made:
            if before is not None:
                _forget(before)
        if self.together:
            os.sync()
        else:
            for place in {os.path.dirname(file) for file, _ in self.made}:  # noqa: PTH120 - as above
                _sync_folder(place)
        for file, beside in self.prepared:
            place = os.path.dirname(file)  # noqa: PTH120 - as above
            while beside is None and place != self.top and _forget_folder(place):
                place = os.path.dirname(place)  # noqa: PTH120 - as above


def _known(name: str) -> os.stat_result | None:
    """What stands under a name, links not followed; `None` where nothing does."""
    try:
        return os.lstat(name)
    except FileNotFoundError:
        return None


def _is_device(about: os.stat_result) -> bool:
    """Whether it is something that is written to and not kept, such as a pipe."""
    return stat.S_ISCHR(about.st_mode) or stat.S_ISFIFO(about.st_mode)


def _check(name: str, about: os.stat_result | None, *, over_input: bool) -> None:
    """Refuse what must not be written over."""
    _refuse_link(name, about)
    if about is None:
        return
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", name)
    if not over_input and was_read(about):
        raise FileExistsError(errno.EEXIST, "it is one of the files that were read", name)


def _refuse_link(name: str, about: os.stat_result | None) -> None:
    if about is not None and stat.S_ISLNK(about.st_mode):
        raise OSError(errno.ELOOP, "it is a symbolic link; name the file that it leads to", name)


def _write_beside(
    name: str, content: bytes, about: os.stat_result | None, *, lasting: bool = True
) -> str:
    """Write to a new file in the same folder, with the rights of the one that it is to replace;
    what is to be `lasting` is on the disk then."""
    folder, last = os.path.split(name)
    beside = os.path.join(folder, f".{last[:100]}.{_mark()}.new")  # noqa: PTH118 - as above
    number = os.open(beside, _NEW, 0o666)
    try:
        with open(number, "wb") as stream:  # noqa: PTH123 - the number of an open file
            stream.write(content)
            stream.flush()
            if lasting:
                os.fsync(number)
            if about is not None and hasattr(os, "fchmod"):
                os.fchmod(number, stat.S_IMODE(about.st_mode))
    except BaseException:
        _forget(beside)
        raise
    return beside


def _write_device(name: str, content: bytes) -> None:
    """Write to a pipe or a device; standard output is the stream that others write to as well."""
    if name in ("/dev/stdout", "/dev/fd/1"):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    with open(name, "wb") as stream:  # noqa: PTH123 - pathlib costs start-up time
        stream.write(content)


def _sync_folder(folder: str) -> None:
    """Let the names outlast a power cut, where the system can do that."""
    try:
        number = os.open(folder or ".", os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    except OSError:
        pass
    finally:
        os.close(number)


def _mark() -> str:
    """A word that no file's name has yet."""
    return os.urandom(6).hex()


def _forget(name: str) -> None:
    try:
        os.unlink(name)  # noqa: PTH108 - as above
    except OSError:
        return


def _forget_folder(name: str) -> bool:
    """Remove a folder if it is empty."""
    try:
        os.rmdir(name)  # noqa: PTH106 - as above
    except OSError:
        return False
    return True
