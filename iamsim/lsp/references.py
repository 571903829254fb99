"""References of Terraform where somebody types them: what may follow, in the files of the folder.

https://developer.hashicorp.com/terraform/language/expressions/references
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

from iamsim.catalog.resource_types import find_terraform_type
from iamsim.core.errors import WorldError
from iamsim.importers.terraform.hcl.beside import paths_in, read_file
from iamsim.importers.terraform.hcl.modules import ModuleFiles, read_module
from iamsim.lsp.completion import Proposal
from iamsim.lsp.hcl_place import hcl_place_at
from iamsim.lsp.place import Place
from iamsim.syntax.hcl import tree
from iamsim.syntax.hcl.file import HclFile, read_hcl

DOCUMENT = "aws_iam_policy_document"
# What a name that is no block has: https://developer.hashicorp.com/terraform/language/expressions/references
FIXED = {"each": ("key", "value"), "count": ("index",), "path": ("module", "root", "cwd")}
# What documents come to: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
OF_DOCUMENT = ("json", "minified_json")
_typed = re.compile(r"(?:[A-Za-z_][\w-]*(?:\[[^\]\n]*\])?\.)*(?:[A-Za-z_][\w-]*)?$")
_rest = re.compile(r"[\w-]*")
_index = re.compile(r"\[[^\]]*\]")


def module_of(file: HclFile, name: str) -> ModuleFiles:
    """What the files of a folder declare, one of them as it stands in the editor."""
    folder = posixpath.dirname(name)
    others = (read_file(path) for path in paths_in(folder) if path != name)
    return read_module(folder, lambda _: [file, *others])


def file_without_line(name: str, text: str, offset: int) -> HclFile | None:
    """Read a text without the line that somebody types; `None` where it still is no HCL."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    try:
        return read_hcl(name, text[:start] + (text[end:] if end >= 0 else ""))
    except WorldError:
        return None


class References(NamedTuple):
    """What may stand at a place as a step of a reference; `only` where nothing else may."""

    place: Place
    proposals: list[Proposal]
    only: bool


def references_at(text: str, offset: int, module: ModuleFiles) -> References | None:
    """What may stand at an offset as a step of a reference; `None` where none can be."""
    inside = _interpolated(text, offset)
    place = hcl_place_at(text, offset)
    if not inside and (place.quoted or place.is_key or place.form):
        return None
    start = text.rfind("\n", 0, offset) + 1
    match = _typed.search(text[start:offset])
    before, _, last = ("" if match is None else match[0]).rpartition(".")
    steps = _index.sub("", before).split(".") if before else []
    rest = _rest.match(text, offset)
    end = offset if rest is None else rest.end()
    begin = offset - len(last)
    here = Place(place.path, False, text[begin:end], begin, end, quoted=True)
    return References(here, _following(steps, module), inside or bool(steps))


def _interpolated(text: str, offset: int) -> bool:
    """Whether an offset is inside of `${` in its line."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    opened = line.rfind("${")
    return opened >= 0 and line[opened - 1 : opened] != "$" and "}" not in line[opened:]


def _following(steps: list[str], module: ModuleFiles) -> list[Proposal]:
    """The names that may follow some steps."""
    match steps:
        case []:
            return _first(module)
        case ["var"]:
            return _listed(module.variables, "variable")
        case ["local"]:
            return _listed(module.locals, "local value")
        case ["module"]:
            return _listed(module.calls, "module")
        case ["module", name] if name in module.calls:
            return _listed(_outputs(module, module.calls[name]), "output")
        case [name] if name in FIXED:
            return _listed(FIXED[name], name)
        case ["data"]:
            return _listed(_types(module, "data"), "data source")
        case ["data", kind]:
            return _listed(_names(module, "data", kind), kind)
        case ["data", kind, name]:
            return _attributes(module.resources.get(("data", kind, name)), kind)
        case [kind]:
            return _listed(_names(module, "managed", kind), kind)
        case [kind, name]:
            return _attributes(module.resources.get(("managed", kind, name)), kind)
    return []


def _first(module: ModuleFiles) -> list[Proposal]:
    """How references begin: of what the module has."""
    groups = {
        "local": module.locals,
        "var": module.variables,
        "data": _types(module, "data"),
        "module": module.calls,
    }
    found = [name for name, declared in groups.items() if declared]
    return _listed((*found, *_types(module, "managed")), "reference")


def _listed(names: Iterable[str], detail: str) -> list[Proposal]:
    return [Proposal(name, "reference", detail) for name in dict.fromkeys(names)]


def _types(module: ModuleFiles, mode: str) -> list[str]:
    return list(dict.fromkeys(kind for entry, kind, _ in module.resources if entry == mode))


def _names(module: ModuleFiles, mode: str, kind: str) -> list[str]:
    return [name for entry, other, name in module.resources if (entry, other) == (mode, kind)]


def _attributes(block: tree.Block | None, kind: str) -> list[Proposal]:
    """What a resource has: what is made of it first, then what is written."""
    if block is None:
        return []
    if kind == DOCUMENT:
        return _listed(OF_DOCUMENT, kind)
    known = find_terraform_type(kind)
    made = ["arn"] if known is not None else []
    return _listed((*made, "id", *block.body.attributes), kind)


def _outputs(module: ModuleFiles, call: tree.Block) -> Iterable[str]:
    source = call.body.attributes.get("source")
    if source is None or not isinstance(source.value, tree.Template):
        return ()
    text = "".join(part.text for part in source.value.parts if isinstance(part, tree.Text))
    if not text.startswith("."):
        return ()
    folder = posixpath.normpath(posixpath.join(module.folder or ".", text))
    return read_module(folder, lambda _: None).outputs
