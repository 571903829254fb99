"""The whole decision as a formula: the engine's relation, ways and places, over all requests.

The formula is that of `iamsim.engine.formula`, read from the engine's own arrangement of policies
for one caller, one kind of resource and one action; statements are read by `Reader`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.data_class import replace
from iamsim.core.request import GrantKind
from iamsim.engine.fold import Folded
from iamsim.engine.formula import Requirement, Slot, Way
from iamsim.proofs.formula import Formula, all_of, any_of, negate

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.proofs.statements import Reader
    from iamsim.symbolic.actions import ActionUniverse

NOT_ACCOUNT = GrantKind.any() & ~GrantKind.ACCOUNT.value


def allowed(
    arrangement: Arrangement,
    reader: Callable[[Station], Reader],
    *,
    direct_only: bool,
) -> Formula:
    """When a request is allowed. `reader` gives what reads the statements at a place; with
    `direct_only` a grant to a whole account opens nothing."""
    relation = arrangement.relation
    if relation.always:
        return True
    if direct_only:
        relation = replace(relation, ways=tuple(_direct(relation.ways)))
    folded = Folded(relation, arrangement.at, _Reading(reader))
    denials = (denial for _, denial in folded.denials())
    return all_of([*denials, folded.passes(all_of, any_of)])


def taken(arrangement: Arrangement, reader: Callable[[Station], Reader]) -> Formula:
    """When an access point takes a request at all: what it asks of every one, TLS among it, is no
    matter of what somebody can do."""
    reading = _Reading(reader)
    return all_of(
        reading.allows(station, Requirement(station.slot))
        for station in arrangement.stations
        if station.slot is Slot.VPC_ENDPOINT and station.fixed
    )


def _direct(ways: Iterable[Way]) -> Iterator[Way]:
    """The ways in by the resource's policy, without its grants to whole accounts."""
    for way in ways:
        if any(need.slot is Slot.RESOURCE for need in way.requires):
            yield way._replace(
                requires=tuple(
                    need._replace(kinds=need.kinds & NOT_ACCOUNT)
                    if need.slot is Slot.RESOURCE
                    else need
                    for need in way.requires
                )
            )


class _Reading(NamedTuple):
    """Stations as formulas over all requests; a denial is that no statement denies."""

    reader: Callable[[Station], Reader]

    def denies(self, station: Station) -> Formula:
        """That a station does not deny."""
        seen = self.reader(station)
        return all_of(
            negate(seen.statement(statement), seen.actions)
            for statement in statements_at(station, denies=True)
        )

    def allows(self, station: Station, need: Requirement) -> Formula:
        """When a station allows with a grant of one of the asked kinds."""
        if not station.asks_for_allow:
            return station.allows
        seen = self.reader(station)
        return any_of(
            seen.statement(statement)
            for statement in statements_at(station, denies=False)
            if seen.caller is None or statement.grants(seen.caller) & need.kinds
        )

    def every(self, gates: Iterable[Formula]) -> Formula:
        """All stations of a place must allow."""
        return all_of(gates)

    def settled(self, *, allows: bool) -> Formula:
        """A place without stations."""
        return allows


def statements_at(station: Station, *, denies: bool) -> Iterator[CompiledStatement]:
    """The statements of one effect at a place."""
    if station.policies is None or not station.applies:
        return
    for policy in station.policies.policies:
        for statement in policy.statements:
            if statement.denies is denies:
                yield statement


def statements_about(
    arrangement: Arrangement, actions: int, universe: ActionUniverse
) -> Iterator[CompiledStatement]:
    """All statements that are about some of a set of actions."""
    for station in arrangement.stations:
        for denies in (True, False):
            for statement in statements_at(station, denies=denies):
                if universe.mask(statement.actions) & actions:
                    yield statement
