"""What callers of one kind and account meet in a question besides their own policies."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.engine.formula import Slot

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue, Request
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.engine.authorize import Prepared
    from iamsim.universe.alike import Alike

# The places of what is the caller's own.
OWN = frozenset({Slot.IDENTITY, Slot.BOUNDARY, Slot.SESSION})


class Meeting(NamedTuple):
    """What is met: `number` is the same where all of it is the same. `request` is that of one of
    the callers, `context` what of its keys does not follow from the caller; `stations` are the
    places besides the caller's own. Where one of these has a view of its own, another resource or
    caller is another meeting.
    """

    number: int
    request: Request
    arrangement: Arrangement
    stations: tuple[Station, ...]
    context: Mapping[str, ContextValue]

    def statements(self) -> list[tuple[Station, CompiledStatement]]:
        """All that the policies there say, whatever it is about."""
        return [
            (station, statement)
            for station in self.stations
            if station.policies is not None and station.applies
            for policy in station.policies.policies
            for statement in policy.statements
        ]


def meeting_of(
    prepared: Prepared, derived: Mapping[str, ContextValue], caller: Hashable, alike: Alike
) -> Meeting:
    """What one of the callers meets, where `derived` follows from the caller alone; `caller` is the
    kind and the account of all of them, which counts where a place sees a caller of its own."""
    request = prepared.request
    arrangement = prepared.situation.arrange(request.action)
    stations = tuple([station for station in arrangement.stations if station.slot not in OWN])
    met = (
        arrangement.relation,
        tuple([_met_at(station) for station in stations]),
        caller if any(station.caller is not None for station in stations) else None,
    )
    context = {name: value for name, value in request.context.items() if name not in derived}
    return Meeting(alike.number(met), request, arrangement, stations, context)


def _met_at(station: Station) -> Hashable:
    """What a station is to a decision; the name of its level is not part of one."""
    return (
        station.slot,
        station.reason,
        station.policies,  # counts by identity, and is kept here
        station.allows,
        station.applies,
        station.resource,
        station.only_denies,
        station.fixed,
    )
