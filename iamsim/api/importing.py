"""Worlds made of what AWS and other tools wrote."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iamsim.api.world import World
from iamsim.importers.frame import import_sources as import_files
from iamsim.importers.load import to_world
from iamsim.importers.options import SourceOptions
from iamsim.importers.writing import write_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.importers.draft import Remark
    from iamsim.importers.frame import Imported

__all__ = ["Import", "import_sources"]


class Import:
    """What was imported: the `world`, and what is to be known about it."""

    def __init__(self, imported: Imported) -> None:
        """Wrap an import; use `iamsim.import_sources` to make one."""
        self._imported = imported
        self._world: World | None = None

    @property
    def world(self) -> World:
        """The world, ready to be asked."""
        if self._world is None:
            self._world = World(to_world(self._imported))
        return self._world

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What could not be read, is not known, or is said in two ways."""
        return self._imported.remarks

    @property
    def formats(self) -> Mapping[str, int]:
        """How many sources there were of each format."""
        return self._imported.formats

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write the world to a folder, as `iamsim import -o` does."""
        write_folder(self._imported.data, os.fspath(folder))

    def __repr__(self) -> str:
        """The formats, and how much is remarked."""
        formats = ", ".join(f"{number} {name}" for name, number in self.formats.items())
        return f"<Import: {formats}; {len(self.remarks)} remarks>"


def import_sources(
    *paths: str | os.PathLike[str],
    account: str | None = None,
    region: str | None = None,
    about: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Import:
    """Import files and folders into one world: account authorization details, outputs of the AWS
    CLI, plans, templates and all else that ``docs/reference/importers.md`` lists.

    `account` and `region` are those of resources of which no source says them; `about` gives the
    ARN of what a file is about, by its path; `parameters` are those of templates. Raises
    `WorldError` for a path that can't be read, and where nothing is recognised.
    """
    options = SourceOptions(
        about=dict(about or {}), account=account, region=region, parameters=dict(parameters or {})
    )
    return Import(import_files([os.fspath(path) for path in paths], options=options))
