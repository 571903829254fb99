"""The JSON Schema of what `--denied` and scenario files give, as the answer's schema holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Layer
from iamsim.query.denial import Agreement
from iamsim.query.difference import DifferenceKind
from iamsim.syntax.denial import DenialForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import Enum

Json = dict[str, object]

_TEXT: Json = {"type": "string"}
_FLAG: Json = {"type": "boolean"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}


def denial_schemas() -> Json:
    """Make the definitions, by name: `denials` and `scenarios` stand alone."""
    change: Json = {
        "kind": _one_of(DifferenceKind),
        **dict.fromkeys(("key", "name"), _TEXT_OR_NULL),
        "values": {"type": "array", "items": _TEXT},
        "layer": _one_of(Layer, null=True),
    }
    several = {"also": {"anyOf": [_object(change), {"type": "null"}]}, "text": _TEXT}
    return {
        "denials": _object({"explained": _FLAG, "more": _FLAG, "denials": _list("denial")}),
        "denial": _object(
            {
                "explained": _FLAG,
                "agreement": _one_of(Agreement),
                "summary": _TEXT,
                "message": _message(),
                "remark": _TEXT_OR_NULL,
                "would_explain": {
                    "type": "array",
                    "items": _object({**change, **several, "summary": _TEXT_OR_NULL}),
                },
                "tried": {"type": "integer", "minimum": 0},
                "not_everything_tried": _FLAG,
                "fetch": {"type": "array", "items": _TEXT},
                "answer": {"$ref": "#/$defs/answer"},
            }
        ),
        "scenarios": _object({"scenarios": _list("scenario")}),
        "scenario": _object({"title": _TEXT, "file": _TEXT, "requests": _list("asked")}),
        "asked": _object(
            {
                "name": _TEXT_OR_NULL,
                "met": _FLAG,
                "failures": {"type": "array", "items": _TEXT},
                "answer": {
                    "anyOf": [
                        {"$ref": "#/$defs/answer"},
                        {"$ref": "#/$defs/answers"},
                        {"type": "null"},
                    ]
                },
                "error": _TEXT_OR_NULL,
            }
        ),
    }


def _message() -> Json:
    names = ("action", "resource", "policy", "operation", "principal")
    return _object(
        {
            "form": _one_of(DenialForm),
            **dict.fromkeys(names, _TEXT_OR_NULL),
            "layer": _one_of(Layer, null=True),
            "explicit": {"type": ["boolean", "null"]},
            "text": _TEXT,
        }
    )


def _object(members: Mapping[str, object]) -> Json:
    return {
        "type": "object",
        "properties": dict(members),
        "required": list(members),
        "additionalProperties": False,
    }


def _list(name: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


def _one_of(members: Iterable[Enum], *, null: bool = False) -> Json:
    return {"enum": [*(member.value for member in members), *([None] if null else [])]}
