"""What one action meets in one situation: the places, and what stands at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.data_class import dataclass, field, replace

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy, PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.reason import Note, Reason
    from iamsim.core.request import Caller, Request
    from iamsim.engine.formula import Relation, Slot

OpenStatement = tuple["Slot", "CompiledPolicy", "CompiledStatement"]


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """One place of one decision: policies that are asked, or a fixed answer.

    `allows` is the answer where no statement is asked: a boundary that isn't there allows, a
    missing resource-based policy does not. `level` names the node of a guardrail or the second
    policy of a place, `owner` the account whose side it is where a request has several. `resource`
    and `caller` are what this place sees instead of the request's own: a bucket behind an access
    point, an account principal at a gateway endpoint. With `only_denies` its policies take away
    from what is allowed without them; with `fixed` they are AWS's, whatever policies the layer has.
    """

    slot: Slot
    reason: Reason
    policies: PolicySet | None = None
    allows: bool = False
    applies: bool = True
    level: str | None = None
    resource: str | None = None
    caller: Caller | None = None
    only_denies: bool = False
    fixed: bool = False
    owner: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def asks_for_allow(self) -> bool:
        """Whether statements have to allow here; otherwise `allows` is the answer."""
        return self.policies is not None and self.applies and not self.only_denies

    def view(self, request: Request) -> Request:
        """The request as this place sees it."""
        if self.resource is None and self.caller is None:
            return request
        return replace(
            request,
            resource=self.resource or request.resource,
            caller=self.caller or request.caller,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """What one action meets: the relation, and every place in the order of `LAYER_ORDER`.

    `reads` are the context keys that statements about the action read (in lower case), `awaited`
    those of them that AWS sends with every such request, or of which its pages do not agree.
    With `meets_unknown` some statement about the action is not known in whole.
    """

    relation: Relation
    stations: tuple[Station, ...]
    notes: tuple[Note, ...] = ()
    reads: frozenset[str] = frozenset()
    awaited: frozenset[str] = frozenset()
    meets_unknown: bool = False
    _places: dict[Slot, tuple[Station, ...]] = field(default_factory=dict, repr=False)

    def open_statements(self, action: str) -> tuple[OpenStatement, ...]:
        """The statements about an action (in lower case) of which a part is not known."""
        return tuple(
            (station.slot, policy, statement)
            for station in self.stations
            if station.policies is not None and station.applies
            for policy, statement in station.policies.candidates(action)
            if statement.unknowns
        )

    def at(self, slot: Slot) -> tuple[Station, ...]:
        """The stations of one place."""
        known = self._places.get(slot)
        if known is None:
            known = tuple(station for station in self.stations if station.slot is slot)
            self._places[slot] = known
        return known
