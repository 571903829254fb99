"""The JSON Schema of what `--denied` and scenario files give, as the answer's schema holds it."""

from __future__ import annotations

from iamsim.core.decision import Layer
from iamsim.query.denial import Agreement
from iamsim.query.difference import DifferenceKind
from iamsim.report.schema_parts import FLAG, TEXT, TEXT_OR_NULL, Json, list_of, one_of, record
from iamsim.syntax.denial import DenialForm


def denial_schemas() -> Json:
    """Make the definitions, by name: `denials` and `scenarios` stand alone."""
    change: Json = {
        "kind": one_of(DifferenceKind),
        **dict.fromkeys(("key", "name"), TEXT_OR_NULL),
        "values": {"type": "array", "items": TEXT},
        "layer": one_of(Layer, null=True),
    }
    several = {"also": {"anyOf": [record(change), {"type": "null"}]}, "text": TEXT}
    return {
        "denials": record({"explained": FLAG, "more": FLAG, "denials": list_of("denial")}),
        "denial": record(
            {
                "explained": FLAG,
                "agreement": one_of(Agreement),
                "summary": TEXT,
                "message": _message(),
                "remark": TEXT_OR_NULL,
                "would_explain": {
                    "type": "array",
                    "items": record({**change, **several, "summary": TEXT_OR_NULL}),
                },
                "tried": {"type": "integer", "minimum": 0},
                "not_everything_tried": FLAG,
                "fetch": {"type": "array", "items": TEXT},
                "answer": {"$ref": "#/$defs/answer"},
            }
        ),
        "scenarios": record({"scenarios": list_of("scenario")}),
        "scenario": record({"title": TEXT, "file": TEXT, "requests": list_of("asked")}),
        "asked": record(
            {
                "name": TEXT_OR_NULL,
                "met": FLAG,
                "failures": {"type": "array", "items": TEXT},
                "answer": {
                    "anyOf": [
                        {"$ref": "#/$defs/answer"},
                        {"$ref": "#/$defs/answers"},
                        {"type": "null"},
                    ]
                },
                "error": TEXT_OR_NULL,
            }
        ),
    }


def _message() -> Json:
    names = ("action", "resource", "policy", "operation", "principal")
    return record(
        {
            "form": one_of(DenialForm),
            **dict.fromkeys(names, TEXT_OR_NULL),
            "layer": one_of(Layer, null=True),
            "explicit": {"type": ["boolean", "null"]},
            "text": TEXT,
        }
    )
