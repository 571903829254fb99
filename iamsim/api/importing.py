"""Worlds made of what AWS and other tools wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.api.world import World
from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.importers.frame import Imported
from iamsim.importers.frame import import_sources as import_files
from iamsim.importers.load import to_world
from iamsim.importers.options import SourceOptions
from iamsim.importers.writing import Changes, compare_folder, write_folder
from iamsim.report import imported as layout

if TYPE_CHECKING:
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.importers.draft import Remark
    from iamsim.importers.places import Places
    from iamsim.report.document import Document


class Import(Result):
    """What was imported: the `world`, what is to be known about it, and once it was written to a
    folder or compared with one, what changed there."""

    def __init__(self, imported: Imported) -> None:
        """Wrap an import; use `iamsim.import_sources` to make one."""
        self._imported = imported
        self._world: World | None = None
        self._folder: str | None = None
        self._compared = False
        self.changes: Changes | None = None
        """The files that `write` added, changed and removed, or `compare` found to differ."""

    @property
    def world(self) -> World:
        """The world, ready to be asked."""
        if self._world is None:
            self._world = World(to_world(self._imported))
        return self._world

    @property
    def places(self) -> Places:
        """Where in the sources what was imported stands."""
        return self._imported.places

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What could not be read, is not known, or is said in two ways."""
        return self._imported.remarks

    @property
    def not_known(self) -> list[Remark]:
        """Those about what is not known of the sources."""
        return [remark for remark in self.remarks if remark.severity == "unknown"]

    @property
    def unknowns(self) -> Sequence[UnknownInWorld]:
        """What is not known in the world that was made: more than one part may come of a remark."""
        return self.world.compiled.unknowns()

    @property
    def formats(self) -> Mapping[str, int]:
        """How many sources there were of each format."""
        return self._imported.formats

    def write(self, folder: str | os.PathLike[str]) -> Changes:
        """Write the world to a folder, as `iamsim import -o` does, and say what changed there.

        Raises `RequestError` where it can't be written, or holds a world that no import wrote.
        """
        self._folder, self._compared = os.fspath(folder), False
        self.changes = write_folder(self._imported.data, self._folder)
        return self.changes

    def compare(self, folder: str | os.PathLike[str]) -> Changes:
        """Say what `write` would change in a folder, as `iamsim import --check` does."""
        self._folder, self._compared = os.fspath(folder), True
        self.changes = compare_folder(self._imported.data, self._folder)
        return self.changes

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        """What was read and found, the remarks, and what changed."""
        return layout.import_document(
            self._imported, self.changes, self._folder, checked=self._compared
        )

    def _data(self) -> dict[str, Any]:
        """The same as `iamsim import --format json` has it."""
        return layout.import_data(self._imported, self.changes)

    def lines(self) -> list[str]:
        """Nothing: the world is the answer."""
        return []

    def __repr__(self) -> str:
        """The formats, and how much is remarked."""
        formats = ", ".join(f"{number} {name}" for name, number in self.formats.items())
        return f"<Import: {formats}; {len(self.remarks)} remarks>"


def import_sources(  # noqa: PLR0913 - the arguments are the options of the command
    *paths: str | os.PathLike[str],
    account: str | None = None,
    region: str | None = None,
    about: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    exports: Mapping[str, str] | None = None,
    stack: str | None = None,
    planned: bool = True,
    progress: Callable[[int, int, str], None] | None = None,
) -> Import:
    """Import files and folders into one world: account authorization details, outputs of the AWS
    CLI, plans, templates and all else that ``docs/reference/importers.md`` lists.

    `account` and `region` are those of resources of which no source says them; `about` gives the
    ARN of what a file is about, by its path. `parameters` and `exports` are those of templates, by
    their names, and `stack` is the name of the stack. Of a plan, the world behind it is imported,
    or if not `planned` the one before. Raises `WorldError` for a path that can't be read, and where
    nothing is recognised, `RequestError` for what is no account.
    """
    if account is not None and not is_account_id(account):
        raise RequestError(
            "invalid-account-id",
            f"{quote(account)} is not an account id",
            hint="an account id is twelve digits",
        )
    options = SourceOptions(
        about=dict(about or {}),
        account=account,
        region=region,
        parameters=dict(parameters or {}),
        exports=dict(exports or {}),
        stack=stack,
        planned=planned,
    )
    files = [os.fspath(path) for path in paths]
    return Import(import_files(files, options=options, progress=progress))
