"""Loading worlds from whatever people have: world files, and the sources that can be imported.

What a source holds is laid out as `iamsim import` would write it, without writing it: the same
files are named in answers, with the same lines.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from iamsim.core.collector import CollectLater
from iamsim.core.errors import WorldError
from iamsim.files.reading import read_bytes
from iamsim.importers.unwritten import documents_of
from iamsim.world.documents import read_document
from iamsim.world.load import WORLD_FILES, load_world, load_world_documents, world_file
from iamsim.world.opening import open_world
from iamsim.world.records import WORLD

if TYPE_CHECKING:
    from iamsim.importers.draft import Remark
    from iamsim.importers.frame import Imported
    from iamsim.world.model import World

_find_world_key = re.compile(r"^(?:accounts|include|organization|policies) *:", re.MULTILINE).search
IMPORTED_ENDINGS = (
    *(".csv", ".gz", ".jsonl", ".ndjson", ".template"),
    *(".tf", ".tfplan", ".tfstate", ".tfvars", ".zip"),
)


def load_worlds(
    *paths: str | os.PathLike[str],
    strict: bool = True,
    progress: Callable[[int, int, str], None] | None = None,
    remarked: Callable[[tuple[Remark, ...]], object] | None = None,
    overlay: Iterable[str | os.PathLike[str]] = (),
    on_demand: bool = False,
    account: str | None = None,
) -> World:
    """Load worlds as `load_world` does; sources that can be imported are, all together.

    `progress` is that of `import_sources`; `remarked` is given the remarks of the import. Sources
    in `overlay` are laid over the world, one after the other. `account` is that of plans and
    templates that do not say theirs. With `on_demand` no more of a single
    world is read than is asked for (see `open_world`). Raises what `load_world` and
    `import_sources` raise.
    """
    overlays = tuple(overlay)
    if overlays:
        from iamsim.importers.overlay import overlay_world

        world = load_worlds(*paths, strict=strict, progress=progress, remarked=remarked)
        return overlay_world(world, overlays, progress=progress, remarked=remarked)
    texts = [os.fspath(path) for path in paths]
    sources = [path for path in texts if is_source(path)]
    if not sources:
        if on_demand and strict and len(texts) == 1:
            return open_world(texts[0])
        return load_world(*texts, strict=strict)
    from iamsim.importers.frame import SourceOptions, import_sources

    with CollectLater():
        imported = import_sources(
            sources, options=SourceOptions(account=account), progress=progress
        )
        if remarked is not None:
            remarked(imported.remarks)
        documents, files = documents_of(imported.data, imported.places)
        worlds = [read_document(world_file(path)) for path in texts if path not in sources]
        return load_world_documents(*worlds, *documents, files=files, strict=strict)


def to_world(imported: Imported) -> World:
    """Make the world of an import."""
    documents, files = documents_of(imported.data, imported.places)
    return load_world_documents(*documents, files=files)


def is_source(path: str) -> bool:
    """Say whether a path holds something to import; a world, and what is neither, is not."""
    if os.path.isdir(path):  # noqa: PTH112 - plain text paths everywhere
        if any(os.path.isfile(os.path.join(path, name)) for name in WORLD_FILES):  # noqa: PTH113, PTH118
            return False
        from iamsim.syntax.hcl.file import is_hcl

        # A configuration that can't be read is one: importing it says why.
        return _holds_sources(path) or any(map(is_hcl, os.listdir(path)))  # noqa: PTH208
    if path.lower().endswith(IMPORTED_ENDINGS):
        return True
    if _looks_like_world(path):
        return False
    try:
        data = read_document(path).data
    except WorldError:
        # A template has tags that worlds don't know; and what is cut off may be an import.
        return os.path.isfile(path) and _holds_sources(path)  # noqa: PTH113
    if isinstance(data, dict) and (not data or data.keys() & WORLD.by_name.keys()):
        return False
    return _holds_sources(path)


def comes_from_terraform(path: str) -> bool:
    """Say whether a path holds a configuration, a plan or a state of Terraform: whether the first
    file that can be imported is one."""
    if not is_source(path):
        return False
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import SourceOptions, read_sources
    from iamsim.importers.terraform.importer import IMPORTER

    first = next(read_sources([path], Draft(), SourceOptions()), None)
    return first is not None and IMPORTER.recognises(first[0])


def _looks_like_world(path: str) -> bool:
    """Say whether a YAML file has a key of a world at the left margin: quicker than reading it."""
    if not path.lower().endswith((".yaml", ".yml")):
        return False
    try:
        return _find_world_key(read_bytes(path).decode("utf-8", "replace")) is not None
    except (OSError, ValueError):
        return True


def _holds_sources(path: str) -> bool:
    """Say whether some importer recognises something at a path."""
    from iamsim.importers.draft import Draft
    from iamsim.importers.frame import recognises
    from iamsim.importers.sources import SourceOptions, read_sources

    holds_sources: Iterable[bool] = (
        recognises(source) for source, _, _ in read_sources([path], Draft(), SourceOptions())
    )
    return any(holds_sources)
