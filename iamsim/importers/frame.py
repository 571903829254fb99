"""What every importer is, and the way from the paths that people give to one draft of a world.

An importer is an object with a name that says whether it knows a source, reads it into a draft, and
at the end settles what needed all sources. One record that can't be read never loses the rest: it
makes a `Remark`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.core.unknown import find_marker
from iamsim.importers.aws_outputs import IMPORTER as OUTPUTS
from iamsim.importers.draft import Draft, Record, Remark, Severity
from iamsim.importers.empty import keep_empty_lists, note_empty_lists
from iamsim.importers.importer import Importer
from iamsim.importers.listed import mark_listed, note_empty
from iamsim.importers.lost import is_lost, note_lost, says_nothing_is_there
from iamsim.importers.paging import Paging
from iamsim.importers.registry import load_importers
from iamsim.importers.scope import is_other_output, scope_of
from iamsim.importers.settle import settle
from iamsim.importers.sources import Source, SourceOptions, read_sources
from iamsim.importers.subject import arn_of_file
from iamsim.importers.told import doubt_untold
from iamsim.importers.unsaid import remark_markers
from iamsim.world.load import WORLD_FILES

if TYPE_CHECKING:
    from iamsim.importers.places import Places

__all__ = [
    "Draft",
    "Imported",
    "Importer",
    "Known",
    "Record",
    "Remark",
    "Severity",
    "Source",
    "SourceOptions",
    "import_sources",
    "recognises",
]


# What these tell is what will be there: a part that is taken out of it is a change of it.
WRITTEN_BY_PEOPLE = frozenset(("CloudFormation", "Terraform"))


class Imported(NamedTuple):
    """A world as plain data, what was remarked, how many sources each format had, and where the
    policies of templates and configurations are written. `unverified` is the number of sources
    that somebody collected and of which nothing says that they are whole."""

    data: dict[str, dict[str, object]]
    remarks: tuple[Remark, ...]
    formats: dict[str, int]
    places: Places
    unverified: int = 0


class Known(Protocol):
    """What is known besides the sources of an import: a world that they are laid over."""

    def takes(self, source: Source) -> bool:
        """Say whether a source counts."""

    def prepare(self, draft: Draft) -> None:
        """Add what sources can refer to while they are read."""

    def place(self, draft: Draft) -> None:
        """Add where units and accounts are that the sources name, once all are read."""

    def complete(self, draft: Draft) -> None:
        """Add what else the sources refer to and do not hold."""


def import_sources(
    paths: Iterable[str],
    *,
    options: SourceOptions | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    known: Known | None = None,
) -> Imported:
    """Import files and folders into one world.

    `progress` is told (done, in all, of what): first of sources, with the path, then of the places
    of policies that are checked. `known` is a world to which this is added. Raises `WorldError` for
    a path that can't be read, and where nothing that was given is recognised.
    """
    paths = tuple(paths)
    draft = Draft(options)
    if known is not None:
        known.prepare(draft)
    importers = load_importers()
    formats: dict[str, int] = {}
    paging = Paging()
    collected: list[str] = []
    for source, done, total in read_sources(paths, draft, draft.options):
        if progress is not None:
            progress(done, total, source.path)
        draft.source = source.path
        if known is not None and not known.takes(source):
            continue
        says_none = note_empty(draft, source.path, source.data)
        importer = OUTPUTS if says_none else _find_importer(importers, source)
        draft.scope = scope_of(None if importer is None else importer.name, source.path)
        if draft.broken is not None:
            draft.lose(draft.broken)
            draft.broken = None
        if importer is None:
            _note_unread(draft, source)
            continue
        formats[importer.name] = formats.get(importer.name, 0) + 1
        draft.reader = importer.name
        importer.read(source, draft)
        paging.note(source, importer.name)
        note_empty_lists(draft, source)
        if importer.name in WRITTEN_BY_PEOPLE:
            draft.unverified.discard(source.path)
        else:
            collected.append(source.path)
    if not formats:
        raise WorldError(
            "nothing-to-import",
            f"nothing that iamsim can import is in {', '.join(map(quote, paths))}",
            hint=_why_nothing(draft, paths),
        )
    paging.finish(draft)
    keep_empty_lists(draft)
    if known is not None:
        known.place(draft)
    for importer in importers:
        draft.reader = importer.name
        importer.finish(draft)
    draft.reader = ""
    if known is not None:
        known.complete(draft)
    doubt_untold(draft)
    mark_listed(draft)
    settle(draft, draft.options.account, progress)
    remark_markers(draft, collected)
    remarks = tuple(sorted(draft.remarks))
    kinds = dict(sorted(formats.items()))
    return Imported(draft.data, remarks, kinds, draft.places, len(draft.unverified))


def _note_unread(draft: Draft, source: Source) -> None:
    """Note a source that no importer knows: it is passed over, or lost."""
    draft.unread.add(source.path)
    draft.unverified.discard(source.path)
    has_subject = arn_of_file(source.path) is not None
    answered = has_subject and says_nothing_is_there(str(source.data))
    if not find_marker(source.data) and not answered:
        draft.remark("source-not-recognised", "no importer knows what this file is")
    if is_lost(source.data) or has_subject or is_other_output(source.path, source.data):
        note_lost(draft, source.path, source.data)


def _why_nothing(draft: Draft, paths: Iterable[str]) -> str:
    """Say why nothing was recognised: a fault in a file, a world already, or neither."""
    for remark in draft.remarks:
        if remark.code == "source-not-readable":
            place = f" ({remark.place})" if remark.place else ""
            return f"{remark.source}{place}: {remark.message}"
    if any(os.path.isfile(os.path.join(path, name)) for path in paths for name in WORLD_FILES):  # noqa: PTH113, PTH118
        return "this is a world already: `--world` takes it"
    return "`iamsim docs importers` lists what is recognised, and by what"


def recognises(source: Source) -> bool:
    """Say whether some importer knows a source."""
    return _find_importer(load_importers(), source) is not None


def _find_importer(importers: Iterable[Importer], source: Source) -> Importer | None:
    return next((importer for importer in importers if importer.recognises(source)), None)
