"""The files of a module: what its blocks declare.

https://developer.hashicorp.com/terraform/language/files.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from iamsim.core.errors import WorldError
from iamsim.importers.terraform.hcl.beside import paths_in, read_file
from iamsim.syntax.hcl import tree
from iamsim.syntax.hcl.file import HclFile, is_automatic

OVERRIDES = ("override.tf", "*_override.tf")
LABELS = 2
Key = tuple[str, str, str]  # of a resource: managed or data, type, name


@dataclass(slots=True)
class ModuleFiles:
    """What the files of a folder declare; `problems` are files that can't be read."""

    folder: str
    variables: dict[str, tree.Block] = field(default_factory=dict)
    locals: dict[str, tree.Attribute] = field(default_factory=dict)
    outputs: dict[str, tree.Block] = field(default_factory=dict)
    resources: dict[Key, tree.Block] = field(default_factory=dict)
    calls: dict[str, tree.Block] = field(default_factory=dict)
    providers: list[tree.Block] = field(default_factory=list)
    values: dict[str, tree.Attribute] = field(default_factory=dict)
    problems: dict[str, WorldError] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


def read_module(
    folder: str, known: Callable[[str], Iterable[HclFile | WorldError] | None]
) -> ModuleFiles:
    """Read the module in a folder; `known` gives the files that were read already, or `None`."""
    module_files = ModuleFiles(folder)
    files = known(folder)
    listed = map(read_file, paths_in(folder)) if files is None else files
    plain: list[HclFile] = []
    for file in listed:
        if isinstance(file, WorldError):
            module_files.problems[file.span.source.name if file.span else folder] = file
        else:
            plain.append(file)
            module_files.paths.append(file.path)
    ordered = sorted(plain, key=lambda file: (_is_override(file.path), file.path))
    for file in ordered:
        if not file.is_values:
            _declare(module_files, file.body, overrides=_is_override(file.path))
        elif is_automatic(file.path):
            module_files.values.update(file.body.attributes)
    return module_files


def _is_override(path: str) -> bool:
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in OVERRIDES)


def _declare(found: ModuleFiles, body: tree.Body, *, overrides: bool) -> None:
    """Take what the blocks of a file declare."""
    for block in body.blocks:
        labels = block.labels
        if block.type == "locals":
            found.locals.update(block.body.attributes)
        elif block.type == "provider":
            found.providers.append(block)
        elif block.type in ("resource", "data") and len(labels) == LABELS:
            mode = "managed" if block.type == "resource" else "data"
            key = (mode, labels[0], labels[1])
            known = found.resources.get(key) if overrides else None
            found.resources[key] = block if known is None else _laid_over(known, block)
        elif len(labels) == 1 and block.type in ("variable", "output", "module"):
            group = {"variable": found.variables, "output": found.outputs, "module": found.calls}
            entries = group[block.type]
            known = entries.get(labels[0]) if overrides else None
            entries[labels[0]] = block if known is None else _laid_over(known, block)


def _laid_over(known: tree.Block, block: tree.Block) -> tree.Block:
    """Lay the block of an override file over the one that is there.

    https://developer.hashicorp.com/terraform/language/files/override.
    """
    kinds = {inner.type for inner in block.body.blocks}
    kept = tuple(inner for inner in known.body.blocks if inner.type not in kinds)
    body = tree.Body(
        {**known.body.attributes, **block.body.attributes}, (*kept, *block.body.blocks)
    )
    return tree.Block(known.span, known.type, known.labels, body)
