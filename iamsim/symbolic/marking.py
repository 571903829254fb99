"""Clauses that read unknown keys, marked in a trace: neither *yes* nor *no* is true of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.data_class import replace
from iamsim.core.reason import Reason

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.resource import ResourcePattern
    from iamsim.core.explanation import (
        Decider,
        Explanation,
        LayerExplanation,
        PolicyExplanation,
        StatementExplanation,
    )
    from iamsim.core.span import Path
    from iamsim.symbolic.cases import Cases

Places = set[tuple[int, "Path"]]
Replaced = dict[int, "StatementExplanation"]


def with_open_clauses(explanation: Explanation, cases: Cases) -> Explanation:
    """Give every clause that reads an unknown key `DEPENDS_ON_UNKNOWN` as its reason; its `matched`
    stays what it is without the key."""
    places = _open_places(cases)
    if not places:
        return explanation
    replaced: Replaced = {}
    layers = tuple(_layer(layer, places, replaced) for layer in explanation.layers)
    decided_by = tuple(_decider(decider, replaced) for decider in explanation.decided_by)
    return replace(explanation, layers=layers, decided_by=decided_by)


def _open_places(cases: Cases) -> Places:
    """Where the tests stand that read an unknown key, by source and path."""
    open_places: Places = set()
    for case in cases.found:
        request = case.prepared.request
        for station in case.terms.stations:
            if station.station.policies is None:
                continue
            for policy in station.station.policies.policies:
                for statement in policy.statements:
                    patterns = () if statement.resources is None else statement.resources.patterns
                    leaves: list[ConditionTest | ResourcePattern] = [*statement.conditions]
                    leaves += patterns
                    open_places.update(
                        (id(leaf.source), leaf.path)
                        for leaf in leaves
                        if any(map(request.is_unknown, leaf.keys))
                    )
    return open_places


def _layer(layer: LayerExplanation, places: Places, replaced: Replaced) -> LayerExplanation:
    """A layer with its statements marked."""
    policies = tuple(_policy(policy, places, replaced) for policy in layer.policies)
    return layer._replace(policies=policies)


def _policy(policy: PolicyExplanation, places: Places, replaced: Replaced) -> PolicyExplanation:
    """A policy with its statements marked; which statement became which is kept in `replaced`."""
    statements = []
    for statement in policy.statements:
        clauses = tuple(
            clause._replace(reason=Reason.DEPENDS_ON_UNKNOWN)
            if (id(clause.source), clause.path) in places
            else clause
            for clause in statement.clauses
        )
        marked = statement if clauses == statement.clauses else replace(statement, clauses=clauses)
        replaced[id(statement)] = marked
        statements.append(marked)
    return policy._replace(statements=tuple(statements))


def _decider(decider: Decider, replaced: Replaced) -> Decider:
    """A decider with the marked statement in place of its own."""
    statement, near = decider.statement, decider.near
    if statement is not None:
        statement = replaced.get(id(statement), statement)
    if near is not None:
        near = replace(near, statement=replaced.get(id(near.statement), near.statement))
    return replace(decider, statement=statement, near=near)
