"""Answers where not everything about a request is known.

The same statements are read as terms over the unknown keys. A term that is always or never true is
a decision; any other is a residual, with which the answer is `conditional`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.answer import Answer, RequestRecord
from iamsim.core.decision import Decision, Outcome, Verdict
from iamsim.core.errors import RequestError, UnsupportedError
from iamsim.core.explanation import Decider, LayerExplanation
from iamsim.core.reason import Reason
from iamsim.engine import authorize
from iamsim.engine.explain import explain_request
from iamsim.engine.plan import reference
from iamsim.engine.terms import decision_terms
from iamsim.symbolic.influence import with_matters
from iamsim.symbolic.lists import listed_keys
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.residual import PartialResidual
from iamsim.symbolic.solve import Modality
from iamsim.symbolic.unknowns import LAYERS, Unknowns, named_things, open_layers
from iamsim.symbolic.wording import written_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.core.decision import StatementReference
    from iamsim.core.explanation import Explanation
    from iamsim.core.request import ContextValue, Request
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.terms import DecisionTerms, StationTerms
    from iamsim.engine.world import CompiledWorld
    from iamsim.symbolic.solve import Solution

__all__ = ["PartialDecision", "answer_partially", "decide_partially"]

ASSUMED_ROOT = "aws:assumedroot"


class PartialDecision(NamedTuple):
    """What is known of a request in spite of unknown keys; without `residual` it is settled.

    `listed` are the keys that may hold lists.
    """

    decision: Decision
    residual: PartialResidual | None
    terms: DecisionTerms
    listed: frozenset[str]


def answer_partially(question: Question, world: CompiledWorld | None = None) -> Answer:
    """Answer one question with something unknown; see `iamsim.symbolic.partial.answer`."""
    unknowns = named_things(question)
    asked = unknowns.question
    prepared = authorize.prepare(asked, world)
    _check_caller(prepared.request, asked)
    partial = decide_partially(prepared, unknowns, world)

    def explanation() -> Explanation:
        return _explain(prepared, partial)

    record = RequestRecord(
        question.principal, question.action, question.resource, dict(question.context)
    )
    return Answer(record, partial.decision, partial.residual, explanation)


def decide_partially(
    prepared: Prepared, unknowns: Unknowns | None = None, world: CompiledWorld | None = None
) -> PartialDecision:
    """Decide a prepared question with its unknown keys, without explaining it."""
    situation, request = prepared.situation, prepared.request
    if unknowns is None:
        unknowns = Unknowns(prepared.question, (), session_name=False)
    terms = decision_terms(situation, request, open_layers(unknowns, situation, request))
    listed = listed_keys(situation, request.action)
    solution = remembered_solution(terms.allowed, listed)
    if solution.modality is Modality.SOMETIMES:
        references = _references(situation, request)
        residual = PartialResidual(
            terms.allowed,
            request,
            solution,
            lambda values: _decides(unknowns.question, world, request, values),
            references,
            _names(unknowns.question, solution),
        )
        statements = dict.fromkeys(
            statement
            for region in solution.encoding.regions
            for atom in region.atoms
            for statement in references.get(id(atom.leaf), ())
        )
        decision = Decision(
            Verdict.CONDITIONAL,
            Reason.DEPENDS_ON_UNKNOWN,
            None,
            tuple(statements),
            missing_context=residual.keys,
        )
        return PartialDecision(decision, residual, terms, listed)
    denied = remembered_solution(terms.denied, listed)
    return PartialDecision(_settled(situation, request, solution, denied), None, terms, listed)


def _settled(
    situation: Situation, request: Request, solution: Solution, denied: Solution
) -> Decision:
    """The decision that holds for all values; its reasons are those of one completion."""
    if solution.modality is Modality.ALWAYS:
        decision = situation.decide(request)
        if decision.allowed:
            return decision
        return Decision(Verdict.ALLOWED, Reason.ALLOWED, None)
    wanted = Verdict.IMPLICIT_DENY
    point: Mapping[str, ContextValue] | None = {}
    if denied.modality is Modality.ALWAYS:
        wanted = Verdict.EXPLICIT_DENY
    elif denied.modality is Modality.SOMETIMES:
        point = denied.denying
    if point is not None:
        decision = situation.decide(replace(request, context={**request.context, **point}))
        if decision.verdict is wanted:
            return decision
    reason = Reason.EXPLICITLY_DENIED if wanted is Verdict.EXPLICIT_DENY else Reason.NO_WAY_IN
    return Decision(wanted, reason, None)


def _check_caller(request: Request, question: Question) -> None:
    """Who calls must be known: for a root ARN one key decides whether it is an assumed root."""
    if not question.principal.endswith(":root"):
        return
    if ASSUMED_ROOT in request.unknown:
        raise UnsupportedError(
            "unknown-caller-kind",
            "an unknown `aws:AssumedRoot` is not modelled for a root ARN: it decides who calls",
            hint="ask once with `true` and once without the key",
        )
    request.absent |= {ASSUMED_ROOT}


def _decides(
    question: Question,
    world: CompiledWorld | None,
    request: Request,
    values: Mapping[str, ContextValue],
) -> bool:
    """Ask the whole question with values filled in."""
    if request.unknown & LAYERS.keys():
        raise RequestError(
            "known-key-with-unknown-layer",
            "a residual that depends on an unknown layer takes values of unknown keys only",
        )
    given = {key: value for key, value in question.context.items() if key.lower() not in values}
    left_out = {
        key for key in request.unknown if key not in values and not key.startswith("aws:sourceorg")
    }
    left_out |= {key.lower() for key in question.unknown if key.lower() not in values}
    complete = replace(
        question,
        context={**given, **values},
        unset=question.unset | left_out,
        unknown=frozenset(),
        partial=False,
    )
    return authorize.decide(complete, world).allowed


def _references(
    situation: Situation, request: Request
) -> dict[int, tuple[StatementReference, ...]]:
    """The statements that each open test stands in, by the test's identity."""
    found: dict[int, tuple[StatementReference, ...]] = {}
    for station in situation.arrange(request.action).stations:
        if station.policies is None or not station.applies:
            continue
        for policy, statement in station.policies.candidates(request.action):
            if not any(map(request.is_unknown, statement.keys)):
                continue
            made = reference(station.slot, policy, statement)
            patterns = () if statement.resources is None else statement.resources.patterns
            for leaf in (*statement.conditions, *patterns):
                found[id(leaf)] = (*found.get(id(leaf), ()), made)
    return found


def _names(question: Question, solution: Solution) -> dict[str, str]:
    """How keys are written: as the question does, else as the policies do."""
    names = {
        key: written_key(region, key) for region in solution.encoding.regions for key in region.keys
    }
    return {**names, **{key.lower(): key for key in question.unknown}}


def _explain(prepared: Prepared, partial: PartialDecision) -> Explanation:
    """The trace in which unknown keys count as absent, with what depends on them marked."""
    decision = partial.decision
    explained = explain_request(prepared.situation, prepared.request, prepared.entries())
    explanation = explained.explanation
    layers = tuple(
        _layer(layer, terms, partial.listed)
        for layer, terms in zip(explanation.layers, partial.terms.stations, strict=True)
    )
    explanation = replace(explanation, layers=layers)
    if decision.verdict is not explained.decision.verdict:
        explanation = replace(
            explanation, decided_by=tuple(_deciders(explanation, decision.statements))
        )
    return with_matters(explanation, prepared, partial.terms)


def _layer(
    layer: LayerExplanation, terms: StationTerms, listed: frozenset[str]
) -> LayerExplanation:
    """A layer whose outcome depends on unknown keys."""
    denies = remembered_solution(terms.denies, listed).modality
    allows = remembered_solution(terms.allows, listed).modality
    open_ = denies is Modality.SOMETIMES or (
        denies is Modality.NEVER and allows is Modality.SOMETIMES
    )
    if not open_:
        return layer
    reason = Reason.DEPENDS_ON_UNKNOWN
    return LayerExplanation(
        layer.layer, Outcome.UNKNOWN, reason, layer.policies, layer.level, layer.notes
    )


def _deciders(
    explanation: Explanation, statements: tuple[StatementReference, ...]
) -> list[Decider]:
    """The statements that the decision names, with their traces."""
    found = []
    for wanted in statements:
        for layer in explanation.layers:
            for policy in layer.policies:
                for statement in policy.statements:
                    same = statement.source is wanted.source and statement.path == wanted.path
                    if same and layer.layer is wanted.layer:
                        found.append(
                            Decider(
                                layer.layer,
                                Reason.DEPENDS_ON_UNKNOWN,
                                policy.name,
                                statement,
                                layer.level,
                            )
                        )
    return found
