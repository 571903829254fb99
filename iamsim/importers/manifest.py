"""The list, kept in an imported world's folder, of the files that the import wrote there."""

from __future__ import annotations

import json
import os

from iamsim.files.reading import read_text

MANIFEST = ".iamsim-import.json"


def written_files(folder: str) -> set[str] | None:
    """Read the list; only paths inside the folder count. `None` where no import wrote anything."""
    try:
        text = read_text(os.path.join(folder, MANIFEST))  # noqa: PTH118 - plain text paths everywhere
    except (OSError, ValueError):
        return None
    try:
        files = json.loads(text)["files"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()
    names = files if isinstance(files, list) else []
    return {
        name
        for name in names
        if isinstance(name, str) and not os.path.isabs(name) and ".." not in name.split("/")  # noqa: PTH117
    }
