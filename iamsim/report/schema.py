"""The JSON Schema (Draft 2020-12) of JSON answers, with the closed lists taken from the code.

``docs/reference/answer.schema.json`` is written from it; see https://json-schema.org.
"""

from __future__ import annotations

from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import Element
from iamsim.core.hint import HintKind
from iamsim.core.reason import Note, Reason
from iamsim.query.comparison import Aspect
from iamsim.report.denial_schema import denial_schemas
from iamsim.report.edit_schema import edit_schemas
from iamsim.report.schema_parts import (
    FLAG,
    NUMBER,
    PLACE,
    TEXT,
    Json,
    list_of,
    one_of,
    or_null,
    record,
    reference,
)

# What one command prints.
_WHOLE = ("answer", "answers", "chain", "comparison", "comparisons", "denials", "scenarios")
_VALUES: Json = {"type": ["string", "array"], "items": TEXT}
_CONTEXT: Json = {"type": "object", "additionalProperties": _VALUES}
_EFFECTS: Json = {"enum": ["Allow", "Deny"]}


def answer_schema() -> Json:
    """Make the schema: one answer, the answers of several questions, a chain of roles with the
    answers at its end, answers side by side, what `--denied` says, or the answers of scenarios."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answers of iamsim",
        "description": "What `iamsim explain --format json` prints and `Answer.to_dict()` gives.",
        "oneOf": [reference(name) for name in _WHOLE],
        "$defs": {
            "verdict": one_of(Verdict),
            "layer": one_of(Layer),
            "outcome": one_of(Outcome),
            "reason": one_of(Reason),
            "element": one_of(Element),
            "note": record({"code": one_of(Note), "text": TEXT}),
            "hint": _hint(),
            "answer": _answer(),
            "answers": record(
                {"decision": reference("verdict"), "answers": list_of("answer") | {"minItems": 1}}
            ),
            "chain": record(
                {
                    "decision": reference("verdict"),
                    "hops": list_of("hop") | {"minItems": 1},
                    "answers": list_of("answer"),
                }
            ),
            "hop": _hop(),
            "comparison": _comparison(),
            "comparisons": record(
                {
                    "decision": reference("verdict"),
                    "comparisons": list_of("comparison") | {"minItems": 2},
                },
                {"hops": list_of("hop") | {"minItems": 1}},
            ),
            "difference": _difference(),
            **edit_schemas(),
            **denial_schemas(),
            "request": record(
                {"principal": TEXT, "action": TEXT, "resource": TEXT, "context": _CONTEXT}
            ),
            "decider": _decider(),
            "near": record({"policy": TEXT, **_place(), "failed": list_of("element")}),
            "layer_entry": _layer(),
            "policy": record({"name": TEXT, "file": TEXT, "statements": list_of("statement")}),
            "statement": _statement(),
            "clause": _clause(),
            "path": record(
                {
                    "name": TEXT,
                    "requires": list_of("layer"),
                    "open": FLAG,
                    "blocked_by": list_of("layer"),
                }
            ),
            "condition": _condition(),
            "residual_detail": _residual_detail(),
            "unknown_part": record(
                {
                    "layer": {"anyOf": [reference("layer"), {"enum": ["principal", "resource"]}]},
                    "policy": TEXT,
                    "statement": or_null(NUMBER),
                    "why": TEXT,
                    "source": TEXT,
                },
                {"fact": TEXT},
            ),
            "context_entry": record(
                {"key": TEXT, "value": _VALUES, "origin": TEXT, "from": or_null(TEXT)}
            ),
        },
    }


def _answer() -> Json:
    return record(
        {
            "decision": reference("verdict"),
            "request": reference("request"),
            "summary": TEXT,
            "message": or_null(TEXT),
            "reason": reference("reason"),
            "relation": reference("reason"),
            "decided_by": list_of("decider"),
            "layers": list_of("layer_entry"),
            "paths": list_of("path"),
            "missing_context": {"type": "array", "items": TEXT},
            "residual": or_null(list_of("condition")),
            "unknowns": list_of("unknown_part"),
            "context_detail": list_of("context_entry"),
            "notes": list_of("note"),
        },
        {
            "residual_detail": reference("residual_detail"),
            "hints": list_of("hint"),
            "edits": reference("edits"),
        },
    )


def _hop() -> Json:
    """One role of a chain: who assumed it, the session that it gave, an answer a permission."""
    session = {
        "name": or_null(TEXT),
        "tags": {"type": "object", "additionalProperties": TEXT},
        "transitive_tags": {"type": "array", "items": TEXT},
        "source_identity": or_null(TEXT),
    }
    return record(
        {
            "decision": reference("verdict"),
            "caller": TEXT,
            "role": TEXT,
            "principal": TEXT,
            "session": record(session),
            "answers": list_of("answer") | {"minItems": 1},
        }
    )


def _comparison() -> Json:
    """Two answers; of a chain that breaks, the second is that of the hop."""
    return record(
        {
            "before": reference("answer"),
            "after": reference("answer"),
            "differences": list_of("difference"),
        },
        {"hops": list_of("hop") | {"minItems": 1}},
    )


def _difference() -> Json:
    side = {"type": ["string", "array", "null"], "items": TEXT}
    return record(
        {"what": one_of(Aspect), "before": side, "after": side},
        {"layer": reference("layer"), "level": TEXT},
    )


def _decider() -> Json:
    return record(
        {
            "layer": reference("layer"),
            "policy": or_null(TEXT),
            **{name: or_null(part) for name, part in _place().items()},
            "reason": reference("reason"),
        },
        {"level": TEXT, "owner": TEXT, "near": reference("near")},
    )


def _place() -> Json:
    """Which statement, and where it stands."""
    return {
        "statement": NUMBER,
        "sid": or_null(TEXT),
        "effect": _EFFECTS,
        "file": TEXT,
        "line": PLACE,
        "column": PLACE,
    }


def _layer() -> Json:
    return record(
        {
            "layer": reference("layer"),
            "outcome": reference("outcome"),
            "reason": reference("reason"),
            "policies": list_of("policy"),
        },
        {
            "level": TEXT,
            "owner": TEXT,
            "residual": _layer_residual(),
            "notes": list_of("note"),
        },
    )


def _layer_residual() -> Json:
    """When an undecided layer allows, and when it denies explicitly."""
    found = record({"sentence": TEXT, "condition": or_null(list_of("condition"))})
    return record({"allow": or_null(found), "explicitDeny": or_null(found)})


def _statement() -> Json:
    return record(
        {
            "index": NUMBER,
            "sid": or_null(TEXT),
            "effect": _EFFECTS,
            "matches": FLAG,
            "line": PLACE,
            "column": PLACE,
            "elements": {
                "type": "object",
                "propertyNames": reference("element"),
                "additionalProperties": FLAG,
            },
            "clauses": list_of("clause"),
        },
        {"missing_context": {"type": "array", "items": TEXT}, "notes": list_of("note")},
    )


def _clause() -> Json:
    return record(
        {
            "element": reference("element"),
            "pattern": TEXT,
            "value": or_null(TEXT),
            "matches": FLAG,
            "reason": reference("reason"),
            "line": PLACE,
            "column": PLACE,
        },
        {
            "operator": TEXT,
            "key": TEXT,
            "resolved": TEXT,
            "grant": TEXT,
            "notes": list_of("note"),
        },
    )


def _condition() -> Json:
    """A Condition block of the policy language: operator, key, values."""
    values = {"type": "array", "items": TEXT}
    keys = {"type": "object", "additionalProperties": values}
    return {"type": "object", "additionalProperties": keys}


def _residual_detail() -> Json:
    example = or_null(_CONTEXT)
    return record(
        {
            "sentence": TEXT,
            "keys": {"type": "array", "items": TEXT},
            "stand_ins": {"type": "array", "items": TEXT},
            "simplified": FLAG,
            "examples": record({"allowed": example, "denied": example}),
        }
    )


def _hint() -> Json:
    """What the service reference adds; with a place where it is about a statement."""
    texts = {"type": "array", "items": TEXT}
    place = _place()
    del place["effect"]
    return record(
        {
            "code": one_of(HintKind),
            "text": TEXT,
            "subject": TEXT,
            "suggestions": texts,
            "formats": texts,
            "snapshot": TEXT,
        },
        {"policy": TEXT, **place},
    )
