"""Suppressions in files beside the policies.

``.iamsim-ignore.yaml`` in a folder is about the files in it and below, by patterns under ``file``;
``policy.json.iamsim-ignore.yaml`` is about ``policy.json`` alone. Both are lists of entries, and an
entry without a reason is an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from iamsim.checks.codes import CODES
from iamsim.checks.globs import fits_glob
from iamsim.checks.suppression import Suppression
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError, WorldError
from iamsim.core.span import Path as ElementPath
from iamsim.core.suggest import did_you_mean
from iamsim.world.documents import Document, read_document

ENDING = ".iamsim-ignore.yaml"
FIELDS = ("file", "code", "sid", "statement", "reason", "until")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FolderSuppression(NamedTuple):
    """A suppression with the pattern of the files that it is about, and the file that holds it."""

    pattern: str
    file: Path
    suppression: Suppression


_Beside = tuple[tuple[Path, tuple[FolderSuppression, ...]], ...]


class Sidecars:
    """Reads each file of suppressions once; `top` is the folder above which none is looked for."""

    def __init__(self, top: Path) -> None:
        """Start with nothing read."""
        self._top = top
        self._read: dict[Path, tuple[FolderSuppression, ...]] = {}
        self._beside: dict[str, _Beside] = {}

    def of_file(self, name: str) -> tuple[FolderSuppression, ...]:
        """Give the suppressions about a file; raises `WorldError` for one that is no entry."""
        suppressions: list[FolderSuppression] = []
        if os.path.isfile(name + ENDING):  # noqa: PTH113 - pathlib takes longer than most checks
            file = Path(name)
            suppressions += self._entries(file.with_name(file.name + ENDING), own=file.name)
        for folder, entries in self._from(os.path.dirname(name)):  # noqa: PTH120 - as above
            relative = Path(name).absolute().relative_to(folder.absolute()).as_posix()
            suppressions += [entry for entry in entries if fits_glob(relative, entry.pattern)]
        return tuple(suppressions)

    def _from(self, name: str) -> _Beside:
        """A folder and those above it, up to the top one, where they have entries; each is looked
        at once."""
        known = self._beside.get(name)
        if known is not None:
            return known
        folder = Path(name)
        entries = self._entries(folder / ENDING)
        found: _Beside = ((folder, entries),) if entries else ()
        whole = folder.absolute()
        if whole != self._top and whole.is_relative_to(self._top):
            found += self._from(str(folder.parent if folder.name else whole.parent))
        self._beside[name] = found
        return found

    def _entries(self, path: Path, own: str | None = None) -> tuple[FolderSuppression, ...]:
        """Read the entries of a file, where it is there; `own` is the file that it is about."""
        if path not in self._read:
            self._read[path] = tuple(_read(path, own)) if path.is_file() else ()
        return self._read[path]


def _read(path: Path, own: str | None) -> list[FolderSuppression]:
    """Read all entries of a file."""
    document = read_document(path, name=str(path))
    if not isinstance(document.data, list):
        message = "a file of suppressions is a list"
        hint = (
            "each entry has `file`, `code` and `reason`, and may have `sid`, `statement`, `until`"
        )
        raise WorldError("suppression-not-a-list", message, span=document.span(()), hint=hint)
    suppressions: list[FolderSuppression] = []
    for index, entry in enumerate(document.data):
        suppressions += _entry(document, index, entry, path, own)
    return suppressions


def _entry(
    document: Document, index: int, entry: object, path: Path, own: str | None
) -> list[FolderSuppression]:
    """Check one entry; one that lists several codes is as many suppressions."""
    place: ElementPath = (index,)
    if not isinstance(entry, dict):
        message = "a suppression is a map with `file`, `code` and `reason`"
        raise WorldError("suppression-field", message, span=document.span(place))
    for name in entry:
        if name not in FIELDS or (name == "file" and own is not None):
            hint = did_you_mean(str(name), FIELDS)
            message = f"a suppression has no {quote(str(name))} here"
            span = document.key_span((index, name))
            raise WorldError("suppression-field", message, span=span, hint=hint)
    reason = _text(document, index, entry, "reason")
    if reason is None or not reason.strip():
        message = "the suppression has no reason"
        hint = "say under `reason` why the finding is accepted"
        raise WorldError(
            "suppression-without-reason", message, span=document.span(place), hint=hint
        )
    pattern = own or _text(document, index, entry, "file")
    if pattern is None:
        message = "the suppression does not say which files it is about"
        hint = "name them under `file`, such as `roles/*.json`"
        raise WorldError("suppression-field", message, span=document.span(place), hint=hint)
    return [
        FolderSuppression(
            pattern,
            path,
            Suppression(
                code,
                reason.strip(),
                document.source,
                place,
                index=_statement(document, index, entry),
                sid=_text(document, index, entry, "sid"),
                until=_until(document, index, entry),
            ),
        )
        for code in _codes(document, index, entry)
    ]


def _codes(document: Document, index: int, entry: Mapping[str, object]) -> list[str]:
    """The codes of an entry, one or a list."""
    given = entry.get("code")
    listed = given if isinstance(given, list) and given else [given]
    for number, code in enumerate(listed):
        place = (index, "code", number) if isinstance(given, list) else (index, "code")
        if not isinstance(code, str):
            message = "`code` is the code of a check, or a list of codes"
            raise WorldError("suppression-field", message, span=document.span(place))
        if code.upper() not in CODES:
            message = f"there is no check {quote(code)}"
            hint = did_you_mean(code.upper(), tuple(CODES)) or "`iamsim docs checks` lists them"
            raise RequestError("unknown-check", message, span=document.span(place), hint=hint)
    return [str(code).upper() for code in listed]


def _text(document: Document, index: int, entry: Mapping[str, object], name: str) -> str | None:
    given = entry.get(name)
    if given is None or isinstance(given, str):
        return given
    message = f"`{name}` is text"
    raise WorldError("suppression-field", message, span=document.span((index, name)))


def _statement(document: Document, index: int, entry: Mapping[str, object]) -> int | None:
    """The index of a statement, which people count from 1."""
    text = _text(document, index, entry, "statement")
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        message = "`statement` is the number of a statement, counted from 1"
        raise WorldError("suppression-field", message, span=document.span((index, "statement")))
    return int(text) - 1


def _until(document: Document, index: int, entry: Mapping[str, object]) -> str | None:
    """The last day of a suppression."""
    text = _text(document, index, entry, "until")
    if text is None:
        return None
    if _DAY.fullmatch(text) is None or not _is_day(text):
        message = f"{quote(text)} is no day"
        span = document.span((index, "until"))
        raise WorldError("suppression-field", message, span=span, hint="write it like `2027-03-31`")
    return text


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
