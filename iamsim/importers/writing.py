"""Writing an imported world to a folder, and telling whether the folder is up to date.

The folder holds a list of the files that an import wrote (`MANIFEST`): those that a later import no
longer has are removed; files that somebody else put there are never touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.files.reading import read_text
from iamsim.files.writing import write_folder as write_files
from iamsim.importers.indexing import index_of, stale_files
from iamsim.importers.layout import Layout, document_text, lay_out
from iamsim.importers.manifest import MANIFEST, written_files
from iamsim.world.documents import END, WRITTEN
from iamsim.world.load import WORLD_FILES
from iamsim.world.yaml_writing import write_yaml

if TYPE_CHECKING:
    from iamsim.importers.slots import Plain

__all__ = ["MANIFEST", "Changes", "compare_folder", "write_folder"]


class Changes(NamedTuple):
    """What an import would change in a folder: paths of files, each list sorted."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether there is something to do."""
        return bool(self.added or self.changed or self.removed)


def compare_folder(data: Mapping[str, Plain], folder: str) -> Changes:
    """Say how a folder differs from what an import would write."""
    return _compare(_texts(lay_out(dict(data))), folder)[0]


def write_folder(data: Mapping[str, Plain], folder: str) -> Changes:
    """Write a world; files that are as they should be are not touched.

    Raises `RequestError` when the folder can't be written, or holds a world that no import wrote.
    """
    layout = lay_out(dict(data))
    texts = _texts(layout)
    changes, known = _compare(texts, folder)
    if not known and any(os.path.exists(os.path.join(folder, name)) for name in WORLD_FILES):  # noqa: PTH110, PTH118
        raise RequestError(
            "output-not-imported",
            f"{quote(folder)} holds a world that was not imported",
            hint="give a new folder, or move the world away",
        )
    manifest = json.dumps({"files": sorted(texts)}, indent=1) + "\n"
    try:
        written = {path: texts[path] for path in (*changes.added, *changes.changed)}
        if _read(os.path.join(folder, MANIFEST)) != manifest:  # noqa: PTH118
            written[MANIFEST] = manifest
        index = index_of(layout, texts)
        written |= {
            path: text
            for path, text in index.items()
            if _read(os.path.join(folder, path)) != text  # noqa: PTH118
        }
        write_files(folder, written, (*changes.removed, *stale_files(folder, index)))
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a folder name").lower()
        raise RequestError(
            "output-not-writable", f"can't write to {quote(folder)}: {reason}"
        ) from error
    return changes


def _texts(layout: Layout) -> dict[str, str]:
    """Give the text of every file, by its path."""
    worlds = layout.worlds.items()
    texts = {path: f"{WRITTEN}{write_yaml(world)}{END}\n" for path, world in worlds}
    texts.update((path, document_text(document)) for path, document in layout.documents.items())
    return texts


def _compare(texts: Mapping[str, str], folder: str) -> tuple[Changes, bool]:
    """Compare texts with a folder; the flag says whether an import wrote there before."""
    written = written_files(folder)
    added: list[str] = []
    changed: list[str] = []
    for path in sorted(texts):
        known = _read(os.path.join(folder, path))  # noqa: PTH118
        if known is None:
            added.append(path)
        elif known != texts[path]:
            changed.append(path)
    removed = [
        path
        for path in sorted((written or set()) - texts.keys())
        if os.path.isfile(os.path.join(folder, path))  # noqa: PTH113, PTH118
    ]
    return Changes(tuple(added), tuple(changed), tuple(removed)), written is not None


def _read(path: str) -> str | None:
    try:
        return read_text(path)
    except (OSError, ValueError):
        return None
