"""The trace of an answer where not everything is known: which layers depend on what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamsim.compile.residual import Term, all_of, negate
from iamsim.core.data_class import NamedTuple, replace
from iamsim.core.decision import Decision, Outcome, StatementReference, Verdict
from iamsim.core.explanation import Decider, Explanation, LayerExplanation, LayerResidual
from iamsim.core.reason import Reason
from iamsim.engine.explain import explain_request
from iamsim.engine.formula import GUARDRAILS, LAYER_ORDER, Slot
from iamsim.symbolic.cases import Case, Cases, is_open
from iamsim.symbolic.influence import with_matters
from iamsim.symbolic.marking import with_open_clauses
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.solve import Modality

if TYPE_CHECKING:
    from iamsim.engine.terms import DecisionTerms, StationTerms
    from iamsim.symbolic.residual import PartialResidual

    MakeResidual = Callable[[list[Term], str], PartialResidual]

Place = tuple["Slot", "str | None", int]


class Row(NamedTuple):
    """One layer (or level of it), with what it says in each case."""

    slot: Slot
    layer: LayerExplanation
    allows: list[Term]
    denies: list[Term]


def explain_partially(decision: Decision, cases: Cases, residual: MakeResidual) -> Explanation:
    """Give the trace in which unknown keys count as absent, and unknown parts of policies do
    nothing, with what depends on them marked.

    `residual` makes the residual of terms, one for each case, that begins with a word.
    """
    first = cases.found[0]
    settled = replace(first.prepared.request, settled=True)
    explained = explain_request(
        first.prepared.situation, settled, cases.found[-1].prepared.entries()
    )
    explanation = explained.explanation
    layers = tuple(_layer(row, cases, residual) for row in _rows(explanation, cases))
    explanation = replace(explanation, layers=layers, relation=_relation(explanation, cases))
    if decision.verdict is not explained.decision.verdict:
        deciders = _deciders(explanation, decision.statements)
        if decision.verdict is Verdict.IMPLICIT_DENY:
            deciders = list(_lacking(explanation, cases))
        explanation = replace(explanation, decided_by=tuple(deciders))
    return with_matters(with_open_clauses(explanation, cases), cases)


def _relation(explanation: Explanation, cases: Cases) -> Reason:
    """What caller and resource are to each other, if that is the same in all cases."""
    relations = {
        case.prepared.situation.arrange(case.prepared.request.action).relation.reason
        for case in cases.found
    }
    return explanation.relation if len(relations) == 1 else Reason.DEPENDS_ON_UNKNOWN


def _rows(explanation: Explanation, cases: Cases) -> list[Row]:
    """The layers of the first case, and levels that only other cases have."""
    placed = [_placed(case.terms) for case in cases.found]
    shown: dict[Place, LayerExplanation] = dict(zip(placed[0], explanation.layers, strict=True))
    for case, places in zip(cases.found[1:], placed[1:], strict=True):
        fresh = [
            place
            for place, statement in places.items()
            if place not in shown
            and statement.applies
            and is_open(statement.allows, statement.denies)
        ]
        if fresh:
            layers = _layers(case)
            shown.update((place, layers[place]) for place in fresh)
    several = {place[0] for place in shown if place not in placed[0]}
    rows = [
        Row(
            place[0],
            layer,
            [_said(place, places).allows for places in placed],
            [_said(place, places).denies for places in placed],
        )
        for place, layer in shown.items()
        if layer.outcome is not Outcome.NOT_APPLICABLE or place[0] not in several
    ]
    rows.sort(key=lambda row: LAYER_ORDER.index(row.slot))
    return rows


class Said(NamedTuple):
    """What a place says in one case; without policies there, it is as if it were not there."""

    allows: Term
    denies: Term
    applies: bool = False


def _placed(terms: DecisionTerms) -> dict[Place, Said]:
    """The stations of one case by their place."""
    found: dict[Place, Said] = {}
    for place, station in zip(_places(terms.stations), terms.stations, strict=True):
        found[place] = Said(station.allows, station.denies, station.station.applies)
    return found


def _places(stations: tuple[StationTerms, ...]) -> Iterator[Place]:
    """Tell stations apart: by layer and level, and by number where levels share a name."""
    counts: dict[tuple[Slot, str | None], int] = {}
    for station in stations:
        name = station.station.slot, station.station.level
        counts[name] = counts.get(name, 0) + 1
        yield (*name, counts[name])


def _said(place: Place, places: dict[Place, Said]) -> Said:
    """What a place says in a case that may lack it: a guardrail that is not there allows."""
    return places.get(place) or Said(place[0] in GUARDRAILS, False)


def _layers(case: Case) -> dict[Place, LayerExplanation]:
    prepared = case.prepared
    settled = replace(prepared.request, settled=True)
    explained = explain_request(prepared.situation, settled, ())
    layers = explained.explanation.layers
    return dict(zip(_places(case.terms.stations), layers, strict=True))


def _layer(row: Row, cases: Cases, residual: MakeResidual) -> LayerExplanation:
    """A layer, with its residual where its outcome depends on what is unknown."""
    passing = [
        all_of([allows, negate(denies)])
        for allows, denies in zip(row.allows, row.denies, strict=True)
    ]
    denies = remembered_solution(cases.term(row.denies), cases.shapes).modality
    allows = remembered_solution(cases.term(passing), cases.shapes).modality
    open_ = Modality.SOMETIMES in {denies, allows}
    if not open_:
        return row.layer
    if all(row.slot in case.layers for case in cases.found):
        # There is no more to say of a layer that is not known itself.
        reason = Reason.DEPENDS_ON_UNKNOWN
        return row.layer._replace(outcome=Outcome.UNKNOWN, reason=reason)
    return row.layer._replace(
        outcome=Outcome.UNKNOWN,
        reason=Reason.DEPENDS_ON_UNKNOWN,
        residual=LayerResidual(
            residual(passing, "allows") if allows is Modality.SOMETIMES else None,
            residual(row.denies, "denies explicitly") if denies is Modality.SOMETIMES else None,
        ),
    )


def _lacking(explanation: Explanation, cases: Cases) -> Iterator[Decider]:
    """What lacks an allow whatever the unknown keys are, where it is also open whether something
    denies: seen with values with which nothing does."""
    point = remembered_solution(cases.denied, cases.shapes).denying
    if point is None:
        return
    prepared = cases.found[0].prepared
    request = prepared.request
    completed = replace(request, context={**request.context, **point}, settled=True)
    seen = explain_request(prepared.situation, completed, ()).explanation
    for decider in seen.decided_by:
        same = [
            layer
            for layer in explanation.layers
            if (layer.layer, layer.level) == (decider.layer, decider.level)
        ]
        if any(layer.residual is None or layer.residual.allows is None for layer in same):
            yield decider


def _deciders(
    explanation: Explanation, statements: tuple[StatementReference, ...]
) -> list[Decider]:
    """The statements that the decision names, with their traces."""
    deciders = []
    for wanted in statements:
        for layer in explanation.layers:
            for policy in layer.policies:
                for statement in policy.statements:
                    same = statement.source is wanted.source and statement.path == wanted.path
                    if same and layer.layer is wanted.layer:
                        deciders.append(
                            Decider(
                                layer.layer,
                                Reason.DEPENDS_ON_UNKNOWN,
                                policy.name,
                                statement,
                                layer.level,
                            )
                        )
    return deciders
