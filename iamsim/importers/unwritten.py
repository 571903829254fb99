"""The files of an import that nobody has written: what the reader of worlds would have read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iamsim.core.json_text import locate_json
from iamsim.core.span import Source as TextSource
from iamsim.world.documents import Document

if TYPE_CHECKING:
    from iamsim.importers.places import Places
    from iamsim.importers.slots import Plain

Documents = tuple[list[Document], dict[str, Document]]


def documents_of(data: dict[str, Plain], places: Places) -> Documents:
    """Give the world files and the policy files of plain data, as if they had been read; policies
    of templates stand where these have them."""
    import json

    from iamsim.importers.layout import lay_out

    layout = lay_out(dict(data), places.key_of)
    worlds = [
        Document(
            {key: value for key, value in world.items() if key != "include"},
            TextSource(path, json.dumps(world), locate_json),
            os.path.dirname(path),  # noqa: PTH120 - as the reader of worlds does
        )
        for path, world in layout.worlds.items()
    ]
    files = {
        path: Document(document, _source(path, document, places))
        for path, document in layout.documents.items()
    }
    return worlds, files


def _source(path: str, document: Plain, places: Places) -> TextSource:
    """The text of a policy: that of its template, else the one that an import would write."""
    from iamsim.importers.layout import document_text

    place = places.of(document)
    if place is not None:
        return place.source
    return TextSource(path, document_text(document), locate_json)
