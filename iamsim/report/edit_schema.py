"""The JSON Schema of edits, as the answer's schema holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Layer, Verdict
from iamsim.query.edits.model import Actor, EditKind, Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import Enum

Json = dict[str, object]

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_FLAG: Json = {"type": "boolean"}
_NUMBER: Json = {"type": "integer", "minimum": 0}
_PLACE: Json = {"type": "integer", "minimum": 1}


def edit_schemas() -> Json:
    """Make the definitions, by name: `edits` is what an answer has."""
    return {
        "edits": _object(
            {
                "goal": {"enum": ["allowed", "denied"]},
                "granted_by": _list("grant"),
                "sets": _list("edit_set"),
                "unchangeable": _list("unchangeable"),
                "tried": _NUMBER,
                "untried": _FLAG,
            },
            optional=("untried",),
        ),
        "edit_set": _object(
            {
                "guardrail": _FLAG,
                "from_this_account": _FLAG,
                "path": _or_null(_TEXT),
                "decision": _one_of(Verdict),
                "edits": _list("edit") | {"minItems": 1},
                "beyond_the_request": _reach(),
                "patches": {
                    "type": "array",
                    "items": _object({"file": _TEXT, "policies": _TEXTS, "diff": _TEXT}),
                },
            }
        ),
        "edit": _edit(),
        "grant": _object(
            {
                "layer": _one_of(Layer),
                "level": _or_null(_TEXT),
                "policy": _TEXT,
                "statement": _NUMBER,
                "sid": _or_null(_TEXT),
                "file": _TEXT,
                "line": _PLACE,
                "column": _PLACE,
            }
        ),
        "unchangeable": _object(
            {
                "reason": _one_of(Obstacle),
                "text": _TEXT,
                "layer": _or_null(_one_of(Layer)),
                "policy": _or_null(_TEXT),
            }
        ),
    }


def _reach() -> Json:
    names = _object({"count": _NUMBER, "first": _TEXTS})
    kinds = dict.fromkeys(("actions", "resources", "principals", "elsewhere"), names)
    return _object({"count": _NUMBER, "text": _TEXT, **kinds})


def _edit() -> Json:
    values = {"type": ["string", "array", "null"], "items": _TEXT}
    return _object(
        {
            "kind": _one_of(EditKind),
            "text": _TEXT,
            "layer": _or_null(_one_of(Layer)),
            **dict.fromkeys(("level", "policy", "arn", "file"), _or_null(_TEXT)),
            **dict.fromkeys(("line", "column"), _or_null(_PLACE)),
            "statement": _or_null(_NUMBER),
            "sid": _or_null(_TEXT),
            "element": _or_null(_TEXT),
            "added": _TEXTS,
            "removed": _TEXTS,
            "document": {"type": ["object", "null"]},
            "context": {"type": "object", "additionalProperties": values},
            "guardrail": _FLAG,
            "guards": _or_null(_TEXT),
            "who": _object(
                {
                    "actor": _one_of(Actor),
                    "account": _or_null(_TEXT),
                    "from_this_account": _FLAG,
                    "text": _TEXT,
                }
            ),
        }
    )


def _object(members: Mapping[str, object], optional: tuple[str, ...] = ()) -> Json:
    return {
        "type": "object",
        "properties": dict(members),
        "required": [name for name in members if name not in optional],
        "additionalProperties": False,
    }


def _list(name: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


def _or_null(schema: object) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(members: Iterable[Enum]) -> Json:
    return {"enum": [member.value for member in members]}
