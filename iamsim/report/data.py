"""Answers as plain data: the JSON form of an answer.

The keys and their order are fixed; ``docs/reference`` describes them. `statement` and `index` count
from 0, lines and columns from 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iamsim.core.answer import Answer, RequestRecord, Residual
from iamsim.core.errors import UnsupportedError
from iamsim.core.explanation import (
    ClauseExplanation,
    ContextEntry,
    Decider,
    LayerExplanation,
    NearMiss,
    PolicyExplanation,
    StatementExplanation,
    WayExplanation,
)
from iamsim.core.overall import overall_verdict
from iamsim.core.reason import Note
from iamsim.report.hints import hints_to_dict
from iamsim.report.message import denied_message
from iamsim.report.summary import summary
from iamsim.words.sentences import NOTES
from iamsim.words.wording import value_text

Json = dict[str, object]


def answer_to_dict(answer: Answer) -> Json:
    """Turn one answer into plain data that `json.dumps` takes, with a stable order of keys."""
    explanation = answer.explanation
    residual = answer.residual
    return {
        "decision": answer.decision.verdict.value,
        "request": _request(answer.request),
        "summary": summary(answer),
        "message": denied_message(answer),
        "reason": answer.decision.reason.value,
        "relation": explanation.relation.value,
        "decided_by": [_decider(decider) for decider in explanation.decided_by],
        "layers": [_layer(layer, answer.request.action) for layer in explanation.layers],
        "paths": [_way(way) for way in explanation.ways],
        "missing_context": [missing.name for missing in explanation.missing],
        "residual": None if residual is None else _blocks(residual),
        **({} if residual is None else {"residual_detail": _residual(residual)}),
        "unknowns": [part.to_dict() for part in answer.unknowns],
        "context_detail": [_context(entry) for entry in explanation.context],
        "notes": _notes(explanation.notes),
        **_hints(answer),
    }


def answers_to_dict(answers: Sequence[Answer]) -> Json:
    """Turn the answers of one call into plain data: the verdict over all, then each."""
    verdict = overall_verdict(answer.decision.verdict for answer in answers)
    return {
        "decision": verdict.value,
        "answers": [answer_to_dict(answer) for answer in answers],
    }


def _blocks(residual: Residual) -> list[dict[str, dict[str, list[str]]]] | None:
    """The Condition blocks, one of which must hold; `None` where there are no words for it."""
    try:
        return residual.to_condition()
    except UnsupportedError:
        return None


def _residual(residual: Residual) -> Json:
    allowed, denied = residual.examples()
    return {
        "sentence": residual.sentence,
        "keys": list(residual.keys),
        "stand_ins": list(residual.stand_ins),
        "simplified": residual.simplified,
        "examples": {"allowed": allowed, "denied": denied},
    }


def _request(request: RequestRecord) -> Json:
    return {
        "principal": request.principal,
        "action": request.action,
        "resource": request.resource,
        "context": _plain_context(request.context),
    }


def _plain_context(context: Mapping[str, str | tuple[str, ...]]) -> Json:
    return {key: value if isinstance(value, str) else list(value) for key, value in context.items()}


def _decider(decider: Decider) -> Json:
    entry: Json = {"layer": decider.layer.value}
    if decider.level is not None:
        entry["level"] = decider.level
    if decider.owner is not None:
        entry["owner"] = decider.owner
    entry["policy"] = decider.policy
    entry |= _statement_place(decider.statement)
    entry["reason"] = decider.reason.value
    if decider.near is not None:
        entry["near"] = _near(decider.near)
    return entry


def _statement_place(statement: StatementExplanation | None) -> Json:
    if statement is None:
        return dict.fromkeys(("statement", "sid", "effect", "file", "line", "column"))
    span = statement.span
    return {
        "statement": statement.index,
        "sid": statement.sid,
        "effect": statement.effect,
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
    }


def _near(near: NearMiss) -> Json:
    return {
        "policy": near.policy,
        **_statement_place(near.statement),
        "failed": [element.value for element in near.failed],
    }


def _layer(layer: LayerExplanation, action: str) -> Json:
    entry: Json = {"layer": layer.layer.value}
    if layer.level is not None:
        entry["level"] = layer.level
    if layer.owner is not None:
        entry["owner"] = layer.owner
    entry["outcome"] = layer.outcome.value
    entry["reason"] = layer.reason.value
    entry["policies"] = [_policy(policy, action) for policy in layer.policies]
    if layer.residual is not None:
        entry["residual"] = {
            "allow": _layer_residual(layer.residual.allows),
            "explicitDeny": _layer_residual(layer.residual.denies),
        }
    if layer.notes:
        entry["notes"] = _notes(layer.notes)
    return entry


def _layer_residual(residual: Residual | None) -> Json | None:
    """When an undecided layer has one outcome; `None` where it never has."""
    if residual is None:
        return None
    return {"sentence": residual.sentence, "condition": _blocks(residual)}


def _policy(policy: PolicyExplanation, action: str) -> Json:
    return {
        "name": policy.name,
        "file": policy.source.name,
        "statements": [_statement(statement, action) for statement in policy.statements],
    }


def _statement(statement: StatementExplanation, action: str) -> Json:
    span = statement.span
    entry: Json = {
        "index": statement.index,
        "sid": statement.sid,
        "effect": statement.effect,
        "matches": statement.matched,
        "line": span.line,
        "column": span.column,
        "elements": {element.value: holds for element, holds in statement.elements},
        "clauses": [_clause(clause, action) for clause in statement.clauses],
    }
    if statement.missing:
        entry["missing_context"] = list(statement.missing)
    if statement.notes:
        entry["notes"] = _notes(statement.notes)
    return entry


def _clause(clause: ClauseExplanation, action: str) -> Json:
    span = clause.span
    entry: Json = {
        "element": clause.element.value,
        "pattern": clause.pattern,
        "value": value_text(clause, action),
        "matches": clause.matched,
        "reason": clause.reason.value,
        "line": span.line,
        "column": span.column,
    }
    for name, text in (
        ("operator", clause.operator),
        ("key", clause.key),
        ("resolved", clause.resolved),
        ("grant", clause.grant),
    ):
        if text is not None:
            entry[name] = text
    if clause.notes:
        entry["notes"] = _notes(clause.notes)
    return entry


def _way(way: WayExplanation) -> Json:
    return {
        "name": way.name,
        "requires": [layer.value for layer in way.requires],
        "open": way.open,
        "blocked_by": [layer.value for layer in way.blocked_by],
    }


def _context(entry: ContextEntry) -> Json:
    return {
        "key": entry.key,
        "value": list(entry.values) if entry.multivalued else ",".join(entry.values),
        "origin": entry.origin.kind,
        "from": entry.origin.detail or None,
    }


def _hints(answer: Answer) -> Json:
    """What the service reference adds; left out where it has nothing to say."""
    hints = hints_to_dict(answer)
    return {"hints": hints} if hints else {}


def _notes(notes: Sequence[Note]) -> list[Json]:
    return [{"code": note.value, "text": NOTES[note]} for note in notes]
