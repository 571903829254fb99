"""Markers from files of which no remark tells: they are remarked, for the gates over an import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.core.unknown import find_unknowns

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft


def remark_markers(draft: Draft, paths: Iterable[str]) -> None:
    """Remark the markers that come from collected files, of which the `paths` are given."""
    files: dict[str, str] = {}
    for path in paths:
        name = path.rpartition("/")[2]
        files[name] = name if name in files else path
    said = {remark.source.rpartition("/")[2] for remark in draft.remarks}
    for unknown in find_unknowns(draft.plain):
        if unknown.source in files.keys() - said:
            draft.source = files[unknown.source]
            draft.remark("unknown-value", unknown.why, severity="unknown")
    draft.source = ""
