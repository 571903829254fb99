"""The reading with unknown context keys: the formula over terms instead of truth values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from iamsim.compile.residual import Term, all_of, any_of, negate
from iamsim.core.data_class import NamedTuple
from iamsim.core.reason import Reason
from iamsim.engine.arrangement import Station
from iamsim.engine.fold import Folded
from iamsim.engine.formula import Requirement, Slot

if TYPE_CHECKING:
    from iamsim.core.request import Request
    from iamsim.engine.situation import Situation


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
    heard = relation.heard
    reading = _Reading(request, unknown, {})
    stations = tuple(
        StationTerms(
            station,
            reading.allows(station, Requirement(station.slot)),
            reading.denies(station) if station.slot in heard else False,
        )
        for station in arrangement.stations
    )
    if relation.always:
        return DecisionTerms(True, False, stations)

    def at(slot: Slot) -> tuple[Station, ...]:
        """The stations of a place; one stands for all whose policies are not known."""
        found = arrangement.at(slot)
        if slot not in unknown:
            return found
        fixed = [station for station in found if station.fixed]
        return (Station(slot, Reason.DEPENDS_ON_UNKNOWN), *fixed)

    folded = Folded(relation, at if unknown else arrangement.at, reading)
    denied = any_of(denial for _, denial in folded.denials())
    return DecisionTerms(all_of([negate(denied), folded.passes(all_of, any_of)]), denied, stations)


class _Reading(NamedTuple):
    """Stations as terms; `known` are those that were read before, by station and kinds of grants,
    which are 0 for what denies."""

    request: Request
    unknown: Mapping[Slot, tuple[Term, Term]]
    known: dict[tuple[Station, int], Term]

    def denies(self, station: Station) -> Term:
        """When a station denies explicitly."""
        key = station, 0
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = self._denies(station)
        return known

    def _denies(self, station: Station) -> Term:
        """The same, worked out."""
        if station.slot in self.unknown and not station.fixed:
            return self.unknown[station.slot][1]
        if station.policies is None or not station.applies:
            return False
        seen = station.view(self.request)
        return any_of(
            statement.residual(seen)
            for _, statement in station.policies.candidates(self.request.action)
            if statement.denies
        )

    def allows(self, station: Station, need: Requirement) -> Term:
        """When a station allows with a grant of one of the asked kinds."""
        key = station, need.kinds
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = self._allows(station, need)
        return known

    def _allows(self, station: Station, need: Requirement) -> Term:
        """The same, worked out."""
        if station.slot in self.unknown and not station.fixed:
            return self.unknown[station.slot][0]
        if station.policies is None or not station.asks_for_allow:
            return station.allows
        seen = station.view(self.request)
        return any_of(
            statement.residual(seen)
            for _, statement in station.policies.candidates(self.request.action)
            if not statement.denies and statement.grants(seen.caller) & need.kinds
        )

    def every(self, gates: Iterable[Term]) -> Term:
        """All stations of a place must allow."""
        return all_of(gates)

    def settled(self, *, allows: bool) -> Term:
        """A place without stations."""
        return allows
