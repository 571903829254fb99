"""Which folders of what is given are configurations of their own, and what they come to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.importers.terraform.documents import render_document
from iamsim.importers.terraform.hcl.beside import paths_in, read_file
from iamsim.importers.terraform.hcl.configured import Configured
from iamsim.importers.terraform.resolving import Plan
from iamsim.syntax.hcl import tree
from iamsim.syntax.hcl.file import HclFile, is_automatic

if TYPE_CHECKING:
    from iamsim.core.errors import WorldError
    from iamsim.importers.options import SourceOptions
    from iamsim.importers.terraform.instances import Instance


class Root(NamedTuple):
    """A root module with its instances, ready to be asked."""

    configured: Configured
    instances: dict[str, Instance]
    plan: Plan

    @property
    def paths(self) -> list[str]:
        """The files of all its modules."""
        return [path for files in self.configured.files.values() for path in files.paths]

    @property
    def problems(self) -> dict[str, WorldError]:
        """The files of its modules that can't be read, with why."""
        return {
            path: error
            for files in self.configured.files.values()
            for path, error in files.problems.items()
        }


def open_roots(
    given: Mapping[str, HclFile], broken: Iterable[str], options: SourceOptions
) -> Iterator[Root]:
    """Evaluate each configuration among the files, those beside them on disk included.

    `broken` are the paths of files that can't be read, which is known already. Raises `WorldError`
    for a configuration that makes too much.
    """
    values = [file for file in given.values() if file.is_values and not is_automatic(file.path)]
    folders = _Folders(given, frozenset(broken))
    for folder in folders.roots():
        configured = Configured(folder, folders.files, options.parameters, values)
        yield _open(configured, options)


def _open(configured: Configured, options: SourceOptions) -> Root:
    """Find the instances, and tell the configuration what follows from names and places."""
    instances = configured.instances()
    data = {"configuration": {"provider_config": configured.providers()}}
    plan = Plan(data, instances, options, render_document)
    configured.start(plan)
    instances = configured.instances()
    plan.take(instances)
    return Root(configured, instances, plan)


class _Folders:
    """The files by folder."""

    def __init__(self, given: Mapping[str, HclFile], broken: frozenset[str]) -> None:
        self.broken = broken
        self.given: dict[str, dict[str, HclFile]] = {}
        for path, file in given.items():
            if not file.is_values or is_automatic(path):
                self.given.setdefault(posixpath.dirname(path), {})[path] = file
        for path in broken:
            self.given.setdefault(posixpath.dirname(path), {})

    def files(self, folder: str) -> list[HclFile | WorldError] | None:
        """Give the files of a folder: those given, and others that are on disk beside them."""
        if folder not in self.given:
            return None
        found: dict[str, HclFile | WorldError] = dict(self.given[folder])
        for path in paths_in(folder):
            if path not in found and path not in self.broken:
                found[path] = read_file(path)
        return list(found.values())

    def roots(self) -> list[str]:
        """The folders that no other one calls as a module; all of them where each is called."""
        with_blocks = [
            folder
            for folder, files in self.given.items()
            if any(not file.is_values for file in files.values())
        ]
        called = {
            posixpath.normpath(posixpath.join(folder or ".", source))
            for folder in with_blocks
            for file in self.given[folder].values()
            for source in _sources(file.body)
        }
        found = [block for block in with_blocks if posixpath.normpath(block or ".") not in called]
        return sorted(found or with_blocks)


def _sources(body: tree.Body) -> Iterator[str]:
    """Give the folders that the calls of a file name."""
    for block in body.blocks:
        attribute = block.body.attributes.get("source")
        if block.type != "module" or attribute is None:
            continue
        if isinstance(attribute.value, tree.Template):
            parts = attribute.value.parts
            text = "".join(part.text for part in parts if isinstance(part, tree.Text))
            if text.startswith("."):
                yield text
