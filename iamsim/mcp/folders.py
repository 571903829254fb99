"""The folders that an agent may read: whatever lies below them, links followed.

Each command that a tool runs is confined to the same folders where it opens files (see
`iamsim.files.reading`), so that a world can't include what lies elsewhere either.
"""

from __future__ import annotations

import os
from pathlib import Path

from iamsim.core.errors import RequestError


class Folders:
    """Folders by their real paths; relative paths start at the first."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        """Check that each is there; raises `RequestError`."""
        for folder in folders:
            if not Path(folder).is_dir():
                raise RequestError("no-such-folder", f"there is no folder `{folder}`")
        self.roots = tuple(os.path.realpath(folder) for folder in folders)

    @property
    def first(self) -> Path:
        """Where relative paths start."""
        return Path(self.roots[0])

    def check(self, path: str) -> str:
        """Give back a path that may be read; raises `RequestError` for any other."""
        try:
            real = os.path.realpath(self.first / path)
        except ValueError as error:  # a zero byte
            raise RequestError("outside-folders", "this is no name of a file") from error
        if not any(real == root or real.startswith(root + os.sep) for root in self.roots):
            raise RequestError(
                "outside-folders",
                f"`{path}` is outside of the folders that may be read",
                hint=f"these are {', '.join(self.roots)}",
            )
        if not os.path.exists(real):  # noqa: PTH110 - a text
            raise RequestError("file-not-found", f"there is no `{path}` in the folders")
        # A name that begins with a dash would be an option, `-` standard input.
        return path if not path.startswith("-") else f"./{path}"
