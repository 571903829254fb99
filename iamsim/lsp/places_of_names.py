"""Where a name of a template or a configuration is defined: a resource, a document, a variable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim.lsp.hcl_place import reference_at
from iamsim.lsp.references import module_of
from iamsim.lsp.symbols import Target

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.lsp.analysis import Analysis
    from iamsim.syntax.hcl.file import HclFile
    from iamsim.world.documents import Document

SECTIONS = ("Resources", "Parameters", "Conditions", "Mappings")
_word = re.compile(r"\w+")


def definition_of(analysis: Analysis, text: str, offset: int, name: str) -> Target | None:
    """Where what is referred to at an offset is written."""
    span = None
    if analysis.file is not None:
        span = _of_reference(reference_at(text, offset), analysis.file, name)
    elif analysis.document is not None:
        span = _of_logical_id(analysis.document, text, offset)
    return None if span is None else Target(span)


def _of_logical_id(document: Document, text: str, offset: int) -> Span | None:
    """The resource, parameter, condition or mapping of the word at an offset."""
    start = text.rfind("\n", 0, offset) + 1
    words = _word.finditer(text, start)
    match = next((word for word in words if word.end() >= offset), None)
    data = document.data
    if match is None or match.start() > offset or not isinstance(data, dict):
        return None
    for section in SECTIONS:
        entries = data.get(section)
        if isinstance(entries, dict) and match[0] in entries:
            span = document.key_span((section, match[0]))
            is_itself = span.start <= match.start() < span.end
            return None if is_itself else span
    return None


def _of_reference(reference: str, file: HclFile, name: str) -> Span | None:
    """What a reference names, in the files of the folder."""
    kind, *rest = re.sub(r"\[[^\]]*\]", "", reference).split(".")
    if not rest:
        return None
    files = module_of(file, name)
    match kind:
        case "local":
            local = files.locals.get(rest[0])
            return None if local is None else local.span
        case "var":
            block = files.variables.get(rest[0])
        case "module":
            block = files.calls.get(rest[0])
        case "data":
            block = files.resources.get(("data", rest[0], rest[1])) if rest[1:] else None
        case _:
            block = files.resources.get(("managed", kind, rest[0]))
    return None if block is None else block.span
