"""Folders of a git revision: `REVISION:PATH`, as git itself names what is in one.

https://git-scm.com/docs/gitrevisions. Git is asked for the names and the contents of files, and for
nothing else: no hook, no filter, no network. Names from outside stand behind `--end-of-options`.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.files.writing import write_new

SECONDS = 120
MAX_FILES = 20_000
MAX_FILE = 10_000_000  # bytes
MAX_BYTES = 300_000_000
FIELDS = 4  # of an entry: mode, type, object, size
PLAIN_FILES = ("100644", "100755")
LINK = "120000"
LINK_TEXT = b"(a symbolic link, which is not followed)\n"  # what stands for one can't be read
# What configurations and templates are made of, wherever in a repository modules lie.
ENDINGS = (".tf", ".tfvars", ".tftpl", ".tpl", ".json", ".yaml", ".yml", ".template")
OPTIONS = ("-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-c", "core.quotePath=false")
_is_hash = re.compile("[0-9a-f]{40}|[0-9a-f]{64}").fullmatch


class _Entry(NamedTuple):
    """A file of a revision."""

    path: str
    object: str
    size: int
    is_link: bool


def is_revision(argument: str) -> bool:
    """Whether an argument names a folder of a revision, and is no file that is there."""
    revision, colon, _ = argument.partition(":")
    return bool(colon and revision) and not os.path.lexists(argument)


@contextmanager
def open_revision(argument: str) -> Iterator[str]:
    """Write what `REVISION:PATH` holds into a temporary folder, and give the path in there.

    The path is from the top of the repository that we are in, or from here with `./`. What else of
    the repository configurations may refer to lies beside it. Raises `RequestError`.
    """
    revision, _, path = argument.partition(":")
    top = _top(argument)
    if path.startswith(("./", "../")) or path in (".", ".."):
        here = _git(("rev-parse", "--show-prefix"), argument).decode().strip()
        path = posixpath.join(here, path)
    path = posixpath.normpath(path or ".")
    if path.startswith(("/", "..")):
        raise RequestError("not-in-revision", f"{quote(argument)} leads out of the repository")
    commit = _commit(revision, argument)
    entries = _wanted(_listed(commit, top, argument), path, argument)
    with tempfile.TemporaryDirectory(prefix="iamsim-", ignore_cleanup_errors=True) as folder:
        _write(entries, folder, top, argument)
        yield folder if path == "." else posixpath.join(folder, path)


def unchanged_files(revision: str) -> frozenset[str]:
    """The real paths of the files that are as they were in a revision: not new ones, nor what git
    does not keep. Raises `RequestError`."""
    top = _top(revision)
    commit = _commit(revision, revision)
    kept = _git(("ls-files", "-z"), revision, top=top)
    differing = _git(("diff", "--name-only", "-z", commit, "--"), revision, top=top)
    names = set(os.fsdecode(kept).split("\0")).difference(os.fsdecode(differing).split("\0"), [""])
    return frozenset(os.path.realpath(os.path.join(top, name)) for name in names)  # noqa: PTH118 - plain text


def _top(argument: str) -> str:
    """The folder of the repository that we are in."""
    return os.fsdecode(_git(("rev-parse", "--show-toplevel"), argument)).rstrip("\n")


def _commit(revision: str, argument: str) -> str:
    """The own name of a revision's commit, which can't be an option."""
    named = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = _git(named, argument).decode().strip()
    if not _is_hash(commit):
        raise RequestError("no-such-revision", f"there is no revision {quote(revision)} here")
    return commit


def _git(
    words: Sequence[str], argument: str, *, top: str | None = None, given: bytes = b""
) -> bytes:
    """Call git; raises `RequestError` where it is not there or fails."""
    program = shutil.which("git")
    if program is None:
        raise RequestError(
            "git-missing", f"{quote(argument)} names a revision, and git is not installed"
        )
    environment = {
        **os.environ,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PAGER": "",
        "GIT_TERMINAL_PROMPT": "0",
    }
    try:
        done = subprocess.run(  # noqa: S603 - a list of words, and options end before names
            (program, *OPTIONS, *words),
            input=given,
            capture_output=True,
            check=False,
            cwd=top,
            env=environment,
            timeout=SECONDS,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise RequestError("git-failed", f"git can't read {quote(argument)}") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = f": {quote(lines[0], 120)}" if lines else ""
        raise RequestError(
            "no-such-revision",
            f"git knows no {quote(argument)}{why}",
            hint="write `REVISION:PATH`, such as `main:infra`, inside of the repository"
            if ":" in argument
            else "name a commit, a branch or a tag, inside of the repository",
        )
    return done.stdout


def _listed(commit: str, top: str, argument: str) -> Iterator[_Entry]:
    """List the files and links of a commit; other repositories in it are not here."""
    words = ("ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", commit)
    for line in _git(words, argument, top=top).split(b"\0"):
        about, _, name = line.decode("utf-8", "surrogateescape").partition("\t")
        parts = about.split()
        if len(parts) == FIELDS and parts[0] in (*PLAIN_FILES, LINK) and parts[3].isdecimal():
            yield _Entry(name, parts[2], int(parts[3]), parts[0] == LINK)


def _wanted(entries: Iterator[_Entry], path: str, argument: str) -> list[_Entry]:
    """Choose the files below the path, and those elsewhere that configurations are made of."""
    found: list[_Entry] = []
    size = 0
    inside = False
    for entry in entries:
        below = path in (".", entry.path) or entry.path.startswith(f"{path}/")
        inside |= below
        if not below and not entry.path.endswith(ENDINGS):
            continue
        if entry.size > MAX_FILE or not _is_safe(entry.path):
            continue
        size += entry.size
        found.append(entry)
        if len(found) > MAX_FILES or size > MAX_BYTES:
            raise RequestError(
                "revision-too-large",
                f"{quote(argument)} has more than {MAX_FILES} files or {MAX_BYTES} bytes",
            )
    if not inside:
        raise RequestError("not-in-revision", f"{quote(argument)} is not in that revision")
    return found


def _is_safe(path: str) -> bool:
    """Whether a path of a tree stays in its folder."""
    parts = path.split("/")
    return not {"", ".", "..", ".git"} & set(parts) and "\\" not in path and ":" not in path


def _write(entries: Sequence[_Entry], folder: str, top: str, argument: str) -> None:
    """Write the contents of files into a folder."""
    asked = "".join(f"{entry.object}\n" for entry in entries).encode()
    answer = _git(("cat-file", "--batch"), argument, top=top, given=asked)
    at = 0
    for entry in entries:
        line_end = answer.index(b"\n", at)
        size = int(answer[at:line_end].split()[2])
        content = answer[line_end + 1 : line_end + 1 + size]
        at = line_end + size + 2
        content = LINK_TEXT if entry.is_link else content
        write_new(os.path.join(folder, *entry.path.split("/")), content)  # noqa: PTH118 - plain text
