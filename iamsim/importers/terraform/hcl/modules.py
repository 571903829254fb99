"""The files of a module: what its blocks declare.

https://developer.hashicorp.com/terraform/language/files.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.core.suggest import did_you_mean
from iamsim.importers.terraform.hcl.beside import paths_in, read_file
from iamsim.syntax.hcl import tree
from iamsim.syntax.hcl.file import HclFile, is_automatic

if TYPE_CHECKING:
    from iamsim.core.span import Span

OVERRIDES = ("override.tf", "*_override.tf")
# What a file declares by name, and how many labels that has; what says nothing about resources.
# https://developer.hashicorp.com/terraform/language
BLOCKS = {"resource": 2, "data": 2, "variable": 1, "output": 1, "module": 1}
NOT_READ = ("action", "check", "ephemeral", "import", "moved", "removed", "terraform")
Key = tuple[str, str, str]  # of a resource: managed or data, type, name
Name = TypeVar("Name")


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
            _declare(module_files, file, overrides=_is_override(file.path))
        elif is_automatic(file.path):
            module_files.values.update(file.body.attributes)
    return module_files


def _is_override(path: str) -> bool:
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in OVERRIDES)


def _declare(found: ModuleFiles, file: HclFile, *, overrides: bool) -> None:
    """Take what the blocks of a file declare; what Terraform would refuse is a problem of it."""
    refused = [
        _refusal(attribute.span, f"`{name}` stands outside of a block")
        for name, attribute in file.body.attributes.items()
    ]
    for block in file.body.blocks:
        labels = block.labels
        if block.type == "locals":
            found.locals.update(block.body.attributes)
        elif block.type == "provider":
            found.providers.append(block)
        elif block.type in NOT_READ:
            continue
        elif len(labels) != BLOCKS.get(block.type):
            hint = did_you_mean(block.type, [*BLOCKS, *NOT_READ, "locals", "provider"])
            known = block.type in BLOCKS
            message = f"a block of type {quote(block.type)} has {BLOCKS.get(block.type)} labels"
            if not known:
                message = f"Terraform has no block {quote(block.type)}"
            refused.append(_refusal(block.span, message, None if known else hint))
        else:
            refused += _declare_named(found, block, overrides=overrides)
    if refused:
        found.problems[file.path] = refused[0]


def _refusal(span: Span, message: str, hint: str | None = None) -> WorldError:
    return WorldError("invalid-hcl", message, span=span, hint=hint)


def _declare_named(
    found: ModuleFiles, block: tree.Block, *, overrides: bool
) -> Iterator[WorldError]:
    """Take what a block with a name declares."""
    kind, name, *more = block.type, *block.labels
    if more:
        mode = "managed" if kind == "resource" else "data"
        again = _put(found.resources, (mode, name, more[0]), block, overrides=overrides)
    else:
        groups = {"variable": found.variables, "output": found.outputs, "module": found.calls}
        again = _put(groups[kind], name, block, overrides=overrides)
    if again:
        yield _refusal(block.span, f"{quote('.'.join(block.labels))} is declared twice")


def _put(entries: dict[Name, tree.Block], key: Name, block: tree.Block, *, overrides: bool) -> bool:
    """Put a block under its name; whether one stands there that it does not override."""
    known = entries.get(key)
    entries[key] = block if known is None or not overrides else _laid_over(known, block)
    return known is not None and not overrides


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
