"""The JSON Schema of edits, as the answer's schema holds it."""

from __future__ import annotations

from iamsim.core.decision import Layer, Verdict
from iamsim.query.edits.model import Actor, EditKind, Obstacle
from iamsim.report.schema_parts import (
    FLAG,
    NUMBER,
    PLACE,
    TEXT,
    TEXTS,
    Json,
    list_of,
    one_of,
    or_null,
    record,
)


def edit_schemas() -> Json:
    """Make the definitions, by name: `edits` is what an answer has."""
    return {
        "edits": record(
            {
                "goal": {"enum": ["allowed", "denied"]},
                "granted_by": list_of("grant"),
                "sets": list_of("edit_set"),
                "unchangeable": list_of("unchangeable"),
                "tried": NUMBER,
            },
            {"untried": FLAG},
        ),
        "edit_set": record(
            {
                "guardrail": FLAG,
                "from_this_account": FLAG,
                "path": or_null(TEXT),
                "decision": one_of(Verdict),
                "edits": list_of("edit") | {"minItems": 1},
                "beyond_the_request": _reach(),
                "patches": {
                    "type": "array",
                    "items": record({"file": TEXT, "policies": TEXTS, "diff": TEXT}),
                },
            }
        ),
        "edit": _edit(),
        "grant": record(
            {
                "layer": one_of(Layer),
                "level": or_null(TEXT),
                "policy": TEXT,
                "statement": NUMBER,
                "sid": or_null(TEXT),
                "file": TEXT,
                "line": PLACE,
                "column": PLACE,
            }
        ),
        "unchangeable": record(
            {
                "reason": one_of(Obstacle),
                "text": TEXT,
                "layer": or_null(one_of(Layer)),
                "policy": or_null(TEXT),
            }
        ),
    }


def _reach() -> Json:
    names = record({"count": NUMBER, "first": TEXTS})
    kinds = dict.fromkeys(("actions", "resources", "principals", "elsewhere"), names)
    return record({"count": NUMBER, "text": TEXT, **kinds})


def _edit() -> Json:
    values = {"type": ["string", "array", "null"], "items": TEXT}
    return record(
        {
            "kind": one_of(EditKind),
            "text": TEXT,
            "layer": or_null(one_of(Layer)),
            **dict.fromkeys(("level", "policy", "arn", "file"), or_null(TEXT)),
            **dict.fromkeys(("line", "column"), or_null(PLACE)),
            "statement": or_null(NUMBER),
            "sid": or_null(TEXT),
            "element": or_null(TEXT),
            "added": TEXTS,
            "removed": TEXTS,
            "document": {"type": ["object", "null"]},
            "context": {"type": "object", "additionalProperties": values},
            "guardrail": FLAG,
            "guards": or_null(TEXT),
            "who": record(
                {
                    "actor": one_of(Actor),
                    "account": or_null(TEXT),
                    "from_this_account": FLAG,
                    "text": TEXT,
                }
            ),
        }
    )
