"""The parts of the JSON Schema of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enum import Enum

Json = dict[str, object]

TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "array", "items": TEXT}
TEXT_OR_NULL: Json = {"type": ["string", "null"]}
FLAG: Json = {"type": "boolean"}
NUMBER: Json = {"type": "integer", "minimum": 0}
PLACE: Json = {"type": "integer", "minimum": 1}


def record(required: Mapping[str, object], optional: Mapping[str, object] | None = None) -> Json:
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def reference(name: str) -> Json:
    """What is defined under a name."""
    return {"$ref": f"#/$defs/{name}"}


def list_of(name: str) -> Json:
    """A list of what is defined under a name."""
    return {"type": "array", "items": reference(name)}


def or_null(schema: object) -> Json:
    """This or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(members: Iterable[Enum], *, null: bool = False) -> Json:
    """One of the values of an enumeration."""
    return {"enum": [*(member.value for member in members), *([None] if null else [])]}
