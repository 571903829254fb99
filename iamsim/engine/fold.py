"""The one walk through the formula, for all readings.

A reading says what a station's denies and allows are to it: truth values of one request, closures,
terms with unknown keys, formulas over all requests. Which places count, in which order, and what a
place without stations says, is written here alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from iamsim.engine.formula import GUARDRAILS, Relation, Requirement, Slot

if TYPE_CHECKING:
    from iamsim.engine.arrangement import Station

GUARDS = tuple(Requirement(slot) for slot in GUARDRAILS)
Denial_co = TypeVar("Denial_co", covariant=True)
Gate = TypeVar("Gate")


class Reading(Protocol[Denial_co, Gate]):
    """How the stations of a decision are read: what denies there, and what opens a place."""

    def denies(self, station: Station) -> Denial_co:
        """The explicit denies of one station."""
        ...

    def allows(self, station: Station, need: Requirement) -> Gate:
        """Whether one station allows, with a grant of one of the asked kinds."""
        ...

    def every(self, gates: Sequence[Gate]) -> Gate:
        """Whether all stations of a place allow; there are at least two."""
        ...

    def settled(self, *, allows: bool) -> Gate:
        """What a place without stations says."""
        ...


class Folded(Generic[Denial_co, Gate]):
    """The formula as one reading has it; a place is read when somebody asks for it.

    `at` gives the stations of a place.
    """

    def __init__(
        self,
        relation: Relation,
        at: Callable[[Slot], Sequence[Station]],
        reading: Reading[Denial_co, Gate],
    ) -> None:
        """Keep what is to be read."""
        self.relation = relation
        self._at = at
        self._reading = reading
        self._gates: dict[Requirement, Gate] = {}

    def denials(self) -> list[tuple[Slot, Denial_co]]:
        """What denies at each station that is heard, in the order of reporting."""
        return [
            (slot, self._reading.denies(station))
            for slot in self.relation.heard
            for station in self._at(slot)
        ]

    def gate(self, need: Requirement) -> Gate:
        """What a place says: all its stations must allow, and a guardrail without any does."""
        known = self._gates.get(need)
        if known is None:
            reading, stations = self._reading, self._at(need.slot)
            if len(stations) == 1:
                known = reading.allows(stations[0], need)
            elif stations:
                known = reading.every([reading.allows(station, need) for station in stations])
            else:
                known = reading.settled(allows=need.slot in GUARDRAILS)
            self._gates[need] = known
        return known

    def passes(
        self,
        every: Callable[[Iterable[Gate]], Gate],
        some: Callable[[Iterable[Gate]], Gate],
    ) -> Gate:
        """Whether every guardrail allows and some way in is open."""
        gate = self.gate
        ways = (every(gate(need) for need in way.requires) for way in self.relation.ways)
        return every((every(map(gate, GUARDS)), some(ways)))
