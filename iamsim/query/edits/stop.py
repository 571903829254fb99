"""Edits with which an allowed request would be denied."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from iamsim.core.request import GrantKind
from iamsim.engine.formula import RESOURCE_POLICIES, Requirement, Slot
from iamsim.query.edits.deny import narrowings, removal
from iamsim.query.edits.model import Edit, EditKind, Grant
from iamsim.query.edits.parts import new_policy, new_statement, principal_name
from iamsim.query.edits.steps import Step

if TYPE_CHECKING:
    from iamsim.core.explanation import Explanation
    from iamsim.engine.arrangement import Station
    from iamsim.engine.authorize import Prepared
    from iamsim.query.edits.place import Place
    from iamsim.query.edits.places import Places
    from iamsim.query.edits.trial import Trial

MOST_OPTIONS = 3  # edits for one statement
GRANTING = frozenset({*RESOURCE_POLICIES, Slot.IDENTITY})


def ways_to_stop(
    prepared: Prepared, explanation: Explanation, places: Places, trial: Trial
) -> Iterator[tuple[Edit, ...]]:
    """Give the edits that may stop a request: a Deny where it is granted, and the grants taken
    back, for each way in that is open at one of its places."""
    arrangement = prepared.situation.arrange(prepared.request.action)
    pairs = list(zip(arrangement.stations, explanation.layers, strict=True))
    for station in arrangement.stations:
        yield from ((edit,) for edit in _denied(station, prepared, places, trial))
    open_ways = [
        [need for need in way.requires if need.slot in GRANTING]
        for way, seen in zip(arrangement.relation.ways, explanation.ways, strict=True)
        if seen.open
    ]
    for needs in product(*open_ways):
        grants: dict[tuple[int, int], tuple[Edit, ...]] = {}
        for need in dict.fromkeys(needs):
            for station, layer in pairs:
                if station.slot is need.slot:
                    matched = [
                        [statement.matched for statement in policy.statements]
                        for policy in layer.policies
                    ]
                    grants.update(_grants(station, need, matched, prepared, places, trial))
        if grants and all(grants.values()):
            yield from product(*grants.values())


def grants_of(prepared: Prepared, explanation: Explanation) -> Iterator[Grant]:
    """The statements that grant a request, of every way in that is open."""
    arrangement = prepared.situation.arrange(prepared.request.action)
    needs = {
        need
        for way, seen in zip(arrangement.relation.ways, explanation.ways, strict=True)
        if seen.open
        for need in way.requires
    }
    for station, layer in zip(arrangement.stations, explanation.layers, strict=True):
        kinds = 0
        for need in needs:
            kinds |= need.kinds if need.slot is station.slot else 0
        policies = station.policies.policies if station.policies is not None else ()
        for policy, explained in zip(policies, layer.policies, strict=True):
            for statement, entry in zip(policy.statements, explained.statements, strict=True):
                caller = station.view(prepared.request).caller
                if entry.matched and not statement.denies and statement.grants(caller) & kinds:
                    yield Grant(layer, policy.name, entry)


def _denied(station: Station, prepared: Prepared, places: Places, trial: Trial) -> Iterator[Edit]:
    """A Deny of this request, in a policy of a place that grants."""
    if station.slot not in GRANTING or (station.slot in RESOURCE_POLICIES and not station.applies):
        return
    caller = prepared.request.caller
    principal = principal_name(caller, GrantKind.any())
    if station.slot in RESOURCE_POLICIES and principal is None:
        return
    found = [place for place in places.of(station) if place.editable and trial.data(place)]
    if found:
        place = min(found, key=lambda entry: entry.uses > 1)
        statement = new_statement("Deny", prepared.question, station, place, caller, principal)
        yield places.edit(
            place,
            kind=EditKind.ADD_STATEMENT,
            steps=(Step.add(("Statement",), statement),),
            document=statement,
        )
    elif station.slot is Slot.IDENTITY and not caller.service_linked and not caller.kind.is_root:
        place = places.new(station)
        statement = new_statement("Deny", prepared.question, station, place, caller, principal)
        yield places.edit(place, kind=EditKind.ADD_POLICY, document=new_policy([statement]))


def _grants(
    station: Station,
    need: Requirement,
    matched: list[list[bool]],
    prepared: Prepared,
    places: Places,
    trial: Trial,
) -> Iterator[tuple[tuple[int, int], tuple[Edit, ...]]]:
    """For each statement of a place that grants what is needed, the edits that take it back."""
    caller = station.view(prepared.request).caller
    for place, flags in zip(places.of(station), matched, strict=True):
        policy = place.policy
        for statement, holds in zip(policy.statements if policy else (), flags, strict=True):
            if not holds or statement.denies or not statement.grants(caller) & need.kinds:
                continue
            edits: list[Edit] = []
            if trial.data(place) is not None and policy is not None:
                edits += [
                    places.edit(
                        place,
                        kind=EditKind.NARROW_STATEMENT,
                        steps=steps,
                        statement=statement.index,
                        sid=statement.sid,
                        effect="Allow",
                        element=element,
                        added=added,
                        removed=removed,
                    )
                    for element, steps, added, removed in narrowings(station, statement, prepared)
                    if element in {"Action", "Resource", "Principal"}
                ]
                if len(policy.statements) > 1:
                    edits.append(_removed(place, statement.index, places))
            key = id(place.origin) if place.origin is not None else id(policy)
            yield (key, statement.index), tuple(edits[:MOST_OPTIONS])


def _removed(place: Place, index: int, places: Places) -> Edit:
    """Take a whole statement out."""
    if place.policy is None:
        message = "a place without a policy has no statements"
        raise ValueError(message)
    return removal(place, place.policy.statements[index], places)
