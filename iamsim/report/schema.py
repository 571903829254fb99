"""The JSON Schema (Draft 2020-12) of JSON answers, with the closed lists taken from the code.

``docs/reference/answer.schema.json`` is written from it; see https://json-schema.org.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import Element
from iamsim.core.hint import HintKind
from iamsim.core.reason import Note, Reason
from iamsim.query.comparison import Aspect
from iamsim.report.denial_schema import denial_schemas
from iamsim.report.edit_schema import edit_schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import Enum

Json = dict[str, object]

# What one command prints.
_WHOLE = ("answer", "answers", "chain", "comparison", "comparisons", "denials", "scenarios")
_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer", "minimum": 0}
_PLACE: Json = {"type": "integer", "minimum": 1}
_FLAG: Json = {"type": "boolean"}
_VALUES: Json = {"type": ["string", "array"], "items": _TEXT}
_CONTEXT: Json = {"type": "object", "additionalProperties": _VALUES}
_EFFECTS: Json = {"enum": ["Allow", "Deny"]}


def answer_schema() -> Json:
    """Make the schema: one answer, the answers of several questions, a chain of roles with the
    answers at its end, answers side by side, what `--denied` says, or the answers of scenarios."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answers of iamsim",
        "description": "What `iamsim explain --format json` prints and `Answer.to_dict()` gives.",
        "oneOf": [_reference(name) for name in _WHOLE],
        "$defs": {
            "verdict": _one_of(Verdict),
            "layer": _one_of(Layer),
            "outcome": _one_of(Outcome),
            "reason": _one_of(Reason),
            "element": _one_of(Element),
            "note": _object({"code": _one_of(Note), "text": _TEXT}),
            "hint": _hint(),
            "answer": _answer(),
            "answers": _object(
                {"decision": _reference("verdict"), "answers": _list("answer") | {"minItems": 1}}
            ),
            "chain": _object(
                {
                    "decision": _reference("verdict"),
                    "hops": _list("hop") | {"minItems": 1},
                    "answers": _list("answer"),
                }
            ),
            "hop": _hop(),
            "comparison": _comparison(),
            "comparisons": _object(
                {
                    "decision": _reference("verdict"),
                    "comparisons": _list("comparison") | {"minItems": 2},
                },
                {"hops": _list("hop") | {"minItems": 1}},
            ),
            "difference": _difference(),
            **edit_schemas(),
            **denial_schemas(),
            "request": _object(
                {"principal": _TEXT, "action": _TEXT, "resource": _TEXT, "context": _CONTEXT}
            ),
            "decider": _decider(),
            "near": _object({"policy": _TEXT, **_place(), "failed": _list("element")}),
            "layer_entry": _layer(),
            "policy": _object({"name": _TEXT, "file": _TEXT, "statements": _list("statement")}),
            "statement": _statement(),
            "clause": _clause(),
            "path": _object(
                {
                    "name": _TEXT,
                    "requires": _list("layer"),
                    "open": _FLAG,
                    "blocked_by": _list("layer"),
                }
            ),
            "condition": _condition(),
            "residual_detail": _residual_detail(),
            "unknown_part": _object(
                {
                    "layer": {"anyOf": [_reference("layer"), {"enum": ["principal", "resource"]}]},
                    "policy": _TEXT,
                    "statement": _or_null(_NUMBER),
                    "why": _TEXT,
                    "source": _TEXT,
                },
                {"fact": _TEXT},
            ),
            "context_entry": _object(
                {"key": _TEXT, "value": _VALUES, "origin": _TEXT, "from": _or_null(_TEXT)}
            ),
        },
    }


def _answer() -> Json:
    return _object(
        {
            "decision": _reference("verdict"),
            "request": _reference("request"),
            "summary": _TEXT,
            "message": _or_null(_TEXT),
            "reason": _reference("reason"),
            "relation": _reference("reason"),
            "decided_by": _list("decider"),
            "layers": _list("layer_entry"),
            "paths": _list("path"),
            "missing_context": {"type": "array", "items": _TEXT},
            "residual": _or_null(_list("condition")),
            "unknowns": _list("unknown_part"),
            "context_detail": _list("context_entry"),
            "notes": _list("note"),
        },
        {
            "residual_detail": _reference("residual_detail"),
            "hints": _list("hint"),
            "edits": _reference("edits"),
        },
    )


def _hop() -> Json:
    """One role of a chain: who assumed it, the session that it gave, an answer a permission."""
    session = {
        "name": _or_null(_TEXT),
        "tags": {"type": "object", "additionalProperties": _TEXT},
        "transitive_tags": {"type": "array", "items": _TEXT},
        "source_identity": _or_null(_TEXT),
    }
    return _object(
        {
            "decision": _reference("verdict"),
            "caller": _TEXT,
            "role": _TEXT,
            "principal": _TEXT,
            "session": _object(session),
            "answers": _list("answer") | {"minItems": 1},
        }
    )


def _comparison() -> Json:
    """Two answers; of a chain that breaks, the second is that of the hop."""
    return _object(
        {
            "before": _reference("answer"),
            "after": _reference("answer"),
            "differences": _list("difference"),
        },
        {"hops": _list("hop") | {"minItems": 1}},
    )


def _difference() -> Json:
    side = {"type": ["string", "array", "null"], "items": _TEXT}
    return _object(
        {"what": _one_of(Aspect), "before": side, "after": side},
        {"layer": _reference("layer"), "level": _TEXT},
    )


def _decider() -> Json:
    return _object(
        {
            "layer": _reference("layer"),
            "policy": _or_null(_TEXT),
            **{name: _or_null(part) for name, part in _place().items()},
            "reason": _reference("reason"),
        },
        {"level": _TEXT, "owner": _TEXT, "near": _reference("near")},
    )


def _place() -> Json:
    """Which statement, and where it stands."""
    return {
        "statement": _NUMBER,
        "sid": _or_null(_TEXT),
        "effect": _EFFECTS,
        "file": _TEXT,
        "line": _PLACE,
        "column": _PLACE,
    }


def _layer() -> Json:
    return _object(
        {
            "layer": _reference("layer"),
            "outcome": _reference("outcome"),
            "reason": _reference("reason"),
            "policies": _list("policy"),
        },
        {
            "level": _TEXT,
            "owner": _TEXT,
            "residual": _layer_residual(),
            "notes": _list("note"),
        },
    )


def _layer_residual() -> Json:
    """When an undecided layer allows, and when it denies explicitly."""
    found = _object({"sentence": _TEXT, "condition": _or_null(_list("condition"))})
    return _object({"allow": _or_null(found), "explicitDeny": _or_null(found)})


def _statement() -> Json:
    return _object(
        {
            "index": _NUMBER,
            "sid": _or_null(_TEXT),
            "effect": _EFFECTS,
            "matches": _FLAG,
            "line": _PLACE,
            "column": _PLACE,
            "elements": {
                "type": "object",
                "propertyNames": _reference("element"),
                "additionalProperties": _FLAG,
            },
            "clauses": _list("clause"),
        },
        {"missing_context": {"type": "array", "items": _TEXT}, "notes": _list("note")},
    )


def _clause() -> Json:
    return _object(
        {
            "element": _reference("element"),
            "pattern": _TEXT,
            "value": _or_null(_TEXT),
            "matches": _FLAG,
            "reason": _reference("reason"),
            "line": _PLACE,
            "column": _PLACE,
        },
        {
            "operator": _TEXT,
            "key": _TEXT,
            "resolved": _TEXT,
            "grant": _TEXT,
            "notes": _list("note"),
        },
    )


def _condition() -> Json:
    """A Condition block of the policy language: operator, key, values."""
    values = {"type": "array", "items": _TEXT}
    keys = {"type": "object", "additionalProperties": values}
    return {"type": "object", "additionalProperties": keys}


def _residual_detail() -> Json:
    example = _or_null(_CONTEXT)
    return _object(
        {
            "sentence": _TEXT,
            "keys": {"type": "array", "items": _TEXT},
            "stand_ins": {"type": "array", "items": _TEXT},
            "simplified": _FLAG,
            "examples": _object({"allowed": example, "denied": example}),
        }
    )


def _hint() -> Json:
    """What the service reference adds; with a place where it is about a statement."""
    texts = {"type": "array", "items": _TEXT}
    place = _place()
    del place["effect"]
    return _object(
        {
            "code": _one_of(HintKind),
            "text": _TEXT,
            "subject": _TEXT,
            "suggestions": texts,
            "formats": texts,
            "snapshot": _TEXT,
        },
        {"policy": _TEXT, **place},
    )


def _object(required: Mapping[str, object], optional: Mapping[str, object] | None = None) -> Json:
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _reference(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _list(name: str) -> Json:
    return {"type": "array", "items": _reference(name)}


def _or_null(schema: object) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(members: Iterable[Enum]) -> Json:
    return {"enum": [member.value for member in members]}
