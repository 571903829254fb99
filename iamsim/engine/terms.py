"""The reading with unknown context keys: the formula over terms instead of truth values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.compile.residual import all_of, any_of, negate
from iamsim.core.data_class import NamedTuple
from iamsim.engine.formula import DENY_ORDER, GUARDRAILS, Requirement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.compile.residual import Term
    from iamsim.core.request import Request
    from iamsim.engine.arrangement import Station
    from iamsim.engine.formula import Slot
    from iamsim.engine.situation import Situation

__all__ = ["DecisionTerms", "StationTerms", "decision_terms"]


class StationTerms(NamedTuple):
    """One station: under which condition it allows (with any grant) and denies explicitly."""

    station: Station
    allows: Term
    denies: Term


class DecisionTerms(NamedTuple):
    """The whole decision: when the request is allowed, when some layer denies it explicitly."""

    allowed: Term
    denied: Term
    stations: tuple[StationTerms, ...]


def decision_terms(
    situation: Situation, request: Request, unknown: Mapping[Slot, tuple[Term, Term]] | None = None
) -> DecisionTerms:
    """Read the formula of `iamsim.engine.formula` over the terms of all statements.

    `unknown` are places whose policies are not known, with terms for *it allows* and *it denies
    explicitly* that stand in for them.
    """
    arrangement = situation.arrange(request.action)
    relation = arrangement.relation
    unknown = unknown or {}
    heard = [slot for slot in DENY_ORDER if slot not in relation.unheard]
    known_terms: dict[tuple[int, int], Term] = {}

    def allows(station: Station, need: Requirement) -> Term:
        """When a station allows, worked out once for all the requirements of a request."""
        key = id(station), need.kinds
        if key not in known_terms:
            known_terms[key] = _allows(station, need, request)
        return known_terms[key]

    stations = tuple(
        StationTerms(station, *unknown[station.slot])
        if station.slot in unknown and not station.fixed
        else StationTerms(
            station,
            allows(station, Requirement(station.slot)),
            _denies(station, request) if station.slot in heard else False,
        )
        for station in arrangement.stations
    )
    if relation.always:
        return DecisionTerms(True, False, stations)
    open_denies = [unknown[slot][1] for slot in heard if slot in unknown]
    known = [terms.denies for terms in stations if terms.station.slot not in unknown]
    denied = any_of([*known, *open_denies])

    def requirement(need: Requirement) -> Term:
        if need.slot in unknown:
            fixed = [station for station in arrangement.at(need.slot) if station.fixed]
            return all_of([unknown[need.slot][0], *(allows(station, need) for station in fixed)])
        found = arrangement.at(need.slot)
        if not found:  # a guardrail without stations allows
            return need.slot in GUARDRAILS
        return all_of(allows(station, need) for station in found)

    guarded = all_of(requirement(Requirement(slot)) for slot in GUARDRAILS)
    open_way = any_of(all_of(requirement(need) for need in way.requires) for way in relation.ways)
    return DecisionTerms(all_of([negate(denied), guarded, open_way]), denied, stations)


def _allows(station: Station, need: Requirement, request: Request) -> Term:
    """When a station allows with a grant of one of the asked kinds."""
    if station.policies is None or not station.asks_for_allow:
        return station.allows
    seen = station.view(request)
    return any_of(
        statement.residual(seen)
        for _, statement in station.policies.candidates(request.action)
        if not statement.denies and statement.grants(seen.caller) & need.kinds
    )


def _denies(station: Station, request: Request) -> Term:
    """When a station denies explicitly."""
    if station.policies is None or not station.applies:
        return False
    seen = station.view(request)
    return any_of(
        statement.residual(seen)
        for _, statement in station.policies.candidates(request.action)
        if statement.denies
    )
