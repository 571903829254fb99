"""The whole decision as a formula: the engine's relation, ways and places, over all requests.

The formula is that of `iamsim.engine.formula`, read from the engine's own arrangement of policies
for one caller, one kind of resource and one action; statements are read by `Reader`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.request import GrantKind
from iamsim.engine.formula import DENY_ORDER, GUARDRAILS, Requirement, Slot
from iamsim.proofs.formula import all_of, any_of, negate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.engine.formula import Way
    from iamsim.proofs.formula import Formula
    from iamsim.proofs.statements import Reader
    from iamsim.symbolic.actions import ActionUniverse

__all__ = ["allowed", "statements_about"]

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
    denials: list[Formula] = []
    for slot in DENY_ORDER:
        if slot in relation.unheard:
            continue
        for station in arrangement.at(slot):
            seen = reader(station)
            denials += [
                negate(seen.statement(statement), seen.actions)
                for statement in statements_at(station, denies=True)
            ]
    guards = [_requirement(arrangement, Requirement(slot), reader) for slot in GUARDRAILS]
    ways = [
        all_of(
            _requirement(arrangement, need, reader) for need in _needs(way, direct_only=direct_only)
        )
        for way in relation.ways
        if not direct_only or any(need.slot is Slot.RESOURCE for need in way.requires)
    ]
    return all_of([*denials, *guards, any_of(ways)])


def _needs(way: Way, *, direct_only: bool) -> Iterator[Requirement]:
    """What a way requires."""
    for need in way.requires:
        if direct_only and need.slot is Slot.RESOURCE:
            yield need._replace(kinds=need.kinds & NOT_ACCOUNT)
        else:
            yield need


def _requirement(
    arrangement: Arrangement,
    need: Requirement,
    reader: Callable[[Station], Reader],
) -> Formula:
    """A place allows when all its stations do; a guardrail without stations allows."""
    stations = arrangement.at(need.slot)
    if not stations:
        return need.slot in GUARDRAILS
    return all_of(_allows(station, need, reader) for station in stations)


def _allows(station: Station, need: Requirement, reader: Callable[[Station], Reader]) -> Formula:
    """When a station allows with a grant of one of the asked kinds."""
    if not station.asks_for_allow:
        return station.allows
    seen = reader(station)
    return any_of(
        seen.statement(statement)
        for statement in statements_at(station, denies=False)
        if seen.caller is None or statement.grants(seen.caller) & need.kinds
    )


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
