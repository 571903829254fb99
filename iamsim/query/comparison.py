"""Two answers to one question, held against each other: what differs, as data."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from iamsim.core.answer import Answer
from iamsim.core.decision import Layer
from iamsim.core.explanation import Decider


class Aspect(Enum):
    """What of an answer can differ."""

    VERDICT = "verdict"
    CALLER = "caller"
    LAYER = "layer"
    DECIDED_BY = "decided-by"
    MISSING_CONTEXT = "missing-context"
    RESIDUAL = "residual"


class AnswerDifference(NamedTuple):
    """One difference. The two sides are codes or names; of a layer that only one answer has, the
    other side is `None`."""

    aspect: Aspect
    before: str | tuple[str, ...] | None
    after: str | tuple[str, ...] | None
    layer: Layer | None = None
    level: str | None = None


class Comparison(NamedTuple):
    """Two answers with their differences. `after` is what the denied hop said where a chain of
    roles breaks; that `hop` is counted from 1."""

    before: Answer
    after: Answer
    differences: tuple[AnswerDifference, ...]
    hop: int | None = None


def compare_answers(before: Answer, after: Answer) -> tuple[AnswerDifference, ...]:
    """Give what differs between two answers: verdict, caller, outcome of each layer, deciding
    statements, missing keys, and the condition on unknown keys. Empty when nothing does."""
    answer_differences = [
        AnswerDifference(
            Aspect.VERDICT, before.decision.verdict.value, after.decision.verdict.value
        ),
        AnswerDifference(Aspect.CALLER, before.request.principal, after.request.principal),
        AnswerDifference(
            Aspect.DECIDED_BY, deciding_statements(before), deciding_statements(after)
        ),
    ]
    if same_request(before, after):
        answer_differences += [
            *_layers(before, after),
            AnswerDifference(Aspect.MISSING_CONTEXT, missing_keys(before), missing_keys(after)),
            AnswerDifference(Aspect.RESIDUAL, _residual(before), _residual(after)),
        ]
    return tuple(
        answer_difference
        for answer_difference in answer_differences
        if answer_difference.before != answer_difference.after
    )


def same_request(before: Answer, after: Answer) -> bool:
    """Whether both answers are about one action on one resource: a chain that breaks ends in the
    call of the hop."""
    asked, other = before.request, after.request
    return (asked.action, asked.resource) == (other.action, other.resource)


def _layers(before: Answer, after: Answer) -> list[AnswerDifference]:
    """The outcome of each layer, level by level, in the order of the answers."""
    first, second = _outcomes(before), _outcomes(after)
    return [
        AnswerDifference(Aspect.LAYER, first.get(key), second.get(key), *key)
        for key in dict.fromkeys((*first, *second))
    ]


def _outcomes(answer: Answer) -> dict[tuple[Layer, str | None], str]:
    """The outcome of each layer and level."""
    return {(entry.layer, entry.level): entry.outcome.value for entry in answer.explanation.layers}


def deciding_statements(answer: Answer) -> tuple[str, ...]:
    """Name what decided an answer: `LAYER: POLICY#NUMBER`, the layer alone where no statement did;
    each once."""
    return tuple(dict.fromkeys(map(_decider, answer.explanation.decided_by)))


def _decider(decider: Decider) -> str:
    layer = (
        decider.layer.value if decider.level is None else f"{decider.layer.value} {decider.level}"
    )
    if decider.statement is None:
        return layer
    number = decider.statement.index + 1
    name = decider.statement.sid or str(number)
    return f"{layer}: {decider.policy}#{name}"


def missing_keys(answer: Answer) -> tuple[str, ...]:
    """The context keys that the policies ask for and the request lacks."""
    return tuple(missing.name for missing in answer.explanation.missing)


def _residual(answer: Answer) -> str | None:
    """The condition on the unknown keys, as a sentence."""
    return None if answer.residual is None else answer.residual.sentence
