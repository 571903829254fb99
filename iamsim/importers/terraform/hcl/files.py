"""Files beside a configuration, read for it: those below its folders, and no others."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Protocol

from iamsim.core.errors import WorldError
from iamsim.core.span import Span
from iamsim.files.links import belongs_to
from iamsim.files.reading import read_bytes
from iamsim.importers.terraform.hcl.evaluate import Scope, evaluate
from iamsim.importers.terraform.hcl.values import PartlyKnown, Written, join_pieces
from iamsim.importers.unknown import Unknown
from iamsim.syntax.hcl.parse import parse_template

if TYPE_CHECKING:
    from iamsim.importers.terraform.hcl.modules import ModuleFiles

MAX_CHARACTERS = 5_000_000


class Owner(Protocol):
    """A module as it is called."""

    files: ModuleFiles

    @property
    def root(self) -> str:
        """The folder of the root module."""

    def scope(self) -> Scope:
        """The scope of the module's expressions."""


class ModuleFolder:
    """The files that a module may read: those of its repository, or of its folders."""

    def __init__(self, module: Owner) -> None:
        """Take the module."""
        self.module = module

    def text(self, path: str) -> object:
        """Give the text of a file."""
        found = self.content(self.place(path))
        return Unknown(f"the file `{path}`, which is not here") if found is None else found

    def exists(self, path: str) -> object:
        """Say whether a file is there."""
        place = self.place(path)
        return os.path.isfile(place) if self.is_own(place) else Unknown(f"the file `{path}`")  # noqa: PTH113

    def template(self, path: str, names: dict[str, object]) -> object:
        """Fill in a template: its names are those that are given, and no others."""
        found = self.text(path)
        if not isinstance(found, str):
            return found
        try:
            parsed = parse_template(found, self.place(path))
        except WorldError as error:
            return Unknown(f"the template `{path}`: {error.message}")
        scope = self.module.scope()._replace(find=lambda *_: None, names=names)
        return _without_last_break(evaluate(parsed, scope))

    def place(self, path: str) -> str:
        """Give the path of a file from where we are; others are from the root module."""
        path = path.replace(os.sep, "/")
        folders = [self.module.files.folder, self.module.root]
        if any(folder and path.startswith(f"{folder}/") for folder in folders):
            return posixpath.normpath(path)
        return posixpath.normpath(posixpath.join(self.module.root or ".", path))

    def content(self, path: str) -> str | None:
        """Read a file; `None` for one that is not ours, or not there."""
        if not self.is_own(path):
            return None
        try:
            content = read_bytes(path)
            return content.decode() if len(content) <= MAX_CHARACTERS else None
        except (OSError, ValueError):
            return None

    def is_own(self, path: str) -> bool:
        """Whether a file is below the repository, or else below the folder of a module."""
        return belongs_to(path, self.module.root, self.module.files.folder)


def _without_last_break(value: object) -> object:
    """Take away the line break that ends a template where it is read alone."""
    if not isinstance(value, Written | PartlyKnown) or not value.pieces:
        return value
    *pieces, (last, span) = value.pieces
    if not isinstance(last, str) or not last.endswith("\n"):
        return value
    if span is not None:
        span = Span(span.source, span.start, span.end - 1)
    return join_pieces([*pieces, (last[:-1], span)])
