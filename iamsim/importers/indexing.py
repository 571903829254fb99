"""Making the index of a world that is written (see `iamsim.world.index`)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.importers.layout import Layout, document_text
from iamsim.world.documents import Document, parse_document
from iamsim.world.index import INDEX, AccountNames, index_texts
from iamsim.world.load import load_world_documents


def index_of(layout: Layout, texts: Mapping[str, str]) -> dict[str, str]:
    """Make the files of the index; none for a world in which something does not fit, since nothing
    is checked again where the index stands for it.
    """
    worlds = {
        path: parse_document(texts[path], path, folder=os.path.dirname(path))  # noqa: PTH120
        for path in layout.worlds
    }
    held = {path: world.data for path, world in worlds.items() if isinstance(world.data, dict)}
    files = {
        path: Document(document, Source(path, document_text(document), locate_json))
        for path, document in layout.documents.items()
    }
    alone = [
        Document(
            {key: value for key, value in held[path].items() if key != "include"},
            world.source,
            world.folder,
        )
        for path, world in worlds.items()
        if path in held
    ]
    world = load_world_documents(*alone, files=files, strict=False)
    if world.problems:
        return {}
    names = {
        account.id: AccountNames(account.partition, account.canonical_user_id)
        for account in world.accounts.values()
    }
    return index_texts(texts, held, names)


def stale_files(folder: str, index: Iterable[str]) -> Iterator[str]:
    """Give the files of an older index that the new one does not have."""
    place = os.path.join(folder, INDEX)  # noqa: PTH118 - plain text paths everywhere
    names = sorted(os.listdir(place)) if os.path.isdir(place) else []  # noqa: PTH112, PTH208
    return (path for name in names if (path := f"{INDEX}/{name}") not in set(index))
