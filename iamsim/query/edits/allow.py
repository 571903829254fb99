"""Edits with which a place that does not allow a request would allow it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import policy_services
from iamsim.core.explanation import Element, LayerExplanation
from iamsim.engine.formula import RESOURCE_POLICIES, Requirement, Slot
from iamsim.engine.relations import ResourceKind
from iamsim.engine.services.sts import is_trust_request
from iamsim.query.edits.contexts import context_that_holds
from iamsim.query.edits.model import Edit, EditKind
from iamsim.query.edits.parts import new_policy, new_statement, principal_name
from iamsim.query.edits.steps import Step, policy_data
from iamsim.query.edits.widening import Widening

if TYPE_CHECKING:
    from iamsim.engine.arrangement import Station
    from iamsim.engine.authorize import Prepared
    from iamsim.query.edits.place import Place
    from iamsim.query.edits.places import Places
    from iamsim.query.edits.trial import Trial

MOST_WIDENED = 3  # statements of one place
ROLES = {"iam", "sts"}  # whose trust policies are resource-based policies


def ways_to_allow(
    station: Station,
    seen: LayerExplanation,
    need: Requirement,
    prepared: Prepared,
    places: Places,
    trial: Trial,
) -> list[Edit]:
    """Give the edits with each of which a station may allow what is needed, the smallest first."""
    if not station.asks_for_allow:
        return list(_without_policies(station, need, prepared, places))
    edits: list[Edit] = []
    edits += _contexts(station, seen, prepared, places)
    bypassed = _conditions_met_otherwise(seen, station)
    edits += _added(station, need, bypassed, prepared, places, trial)
    edits += _widened(station, seen, need, prepared, places, trial)
    return edits


def _without_policies(
    station: Station, need: Requirement, prepared: Prepared, places: Places
) -> Iterator[Edit]:
    """Where no policy is asked: make one, or change the setting that forbids."""
    if station.slot is Slot.PUBLIC_ACCESS:
        yield places.edit(places.new(station), kind=EditKind.SETTING)
        return
    if station.slot is Slot.RESOURCE:
        if not _takes_policy(prepared):
            return
    elif station.slot is Slot.IDENTITY:
        if prepared.request.caller.service_linked:
            return
    elif station.slot is not Slot.SESSION:
        return
    yield from _new_policy(station, need, prepared, places)


def _takes_policy(prepared: Prepared) -> bool:
    """Whether the resource of a request is one whose policy would be asked."""
    question = prepared.question
    if prepared.situation.kind is ResourceKind.ROLE:
        return is_trust_request(question.action, question.resource)
    situation = prepared.situation
    from_inside = situation.same_account and situation.caller.kind.has_identity
    if from_inside and situation.kind is not ResourceKind.KEY:
        return False  # an identity-based policy is enough
    service = question.action.partition(":")[0].lower()
    return question.resource != "*" and service in policy_services() | ROLES


def _new_policy(
    station: Station,
    need: Requirement,
    prepared: Prepared,
    places: Places,
    bypassed: tuple[str, ...] = (),
) -> Iterator[Edit]:
    caller = prepared.request.caller
    principal = principal_name(caller, need.kinds)
    if station.slot in RESOURCE_POLICIES and principal is None:
        return
    place = places.new(station)
    statement = new_statement("Allow", prepared.question, station, place, caller, principal)
    yield places.edit(
        place,
        kind=EditKind.ADD_POLICY,
        document=new_policy([statement]),
        effect="Allow",
        bypassed=bypassed,
    )


def _contexts(
    station: Station, seen: LayerExplanation, prepared: Prepared, places: Places
) -> Iterator[Edit]:
    """Another context, for statements that fail by their condition alone."""
    request = station.view(prepared.request)
    for place, explained in zip(places.of(station), seen.policies, strict=True):
        for number, statement in enumerate(explained.statements):
            if place.policy is None or statement.failed_elements != (Element.CONDITION,):
                continue
            compiled = place.policy.statements[number]
            if not compiled.denies:
                yield from context_that_holds(
                    compiled.conditions, prepared.question, request.context, request.caller
                )


def _conditions_met_otherwise(seen: LayerExplanation, station: Station) -> tuple[str, ...]:
    """The keys of conditions by which alone statements of a station fail to allow."""
    keys = []
    policies = station.policies.policies if station.policies is not None else ()
    for policy, explained in zip(policies, seen.policies, strict=True):
        for statement, explanation in zip(policy.statements, explained.statements, strict=True):
            if not statement.denies and explanation.failed_elements == (Element.CONDITION,):
                keys += [test.written_key for test in statement.conditions]
    return tuple(dict.fromkeys(keys))


def _added(
    station: Station,
    need: Requirement,
    bypassed: tuple[str, ...],
    prepared: Prepared,
    places: Places,
    trial: Trial,
) -> Iterator[Edit]:
    """A statement more in the policy that fits best; where there is none, another policy."""
    caller = prepared.request.caller
    principal = principal_name(caller, need.kinds)
    if station.slot in RESOURCE_POLICIES and principal is None:
        return
    service = prepared.request.action.partition(":")[0]
    found = [place for place in places.of(station) if place.editable and trial.data(place)]
    if found:
        place = min(found, key=lambda entry: (entry.uses > 1, not _is_about(entry, service)))
        statement = new_statement("Allow", prepared.question, station, place, caller, principal)
        yield places.edit(
            place,
            kind=EditKind.ADD_STATEMENT,
            steps=(Step.add(("Statement",), statement),),
            document=statement,
            effect="Allow",
            bypassed=bypassed,
        )
        if station.slot is Slot.IDENTITY and not places.only_of_caller(place):
            yield from _new_policy(station, need, prepared, places, bypassed)
    elif station.slot is Slot.IDENTITY and not caller.service_linked:
        yield from _new_policy(station, need, prepared, places, bypassed)
    elif station.slot is Slot.BOUNDARY:
        yield from _copied(station, prepared, places)


def _copied(station: Station, prepared: Prepared, places: Places) -> Iterator[Edit]:
    """An own copy of a boundary that is AWS's, with a statement more."""
    for place in places.of(station):
        data = None if place.policy is None else policy_data(place.policy.source)
        if data is None:
            continue
        statement = new_statement(
            "Allow", prepared.question, station, place, prepared.request.caller, None
        )
        present = data["Statement"]
        statements = present if isinstance(present, list) else [present]
        yield places.edit(
            place,
            kind=EditKind.COPY_POLICY,
            document={**data, "Statement": [*statements, statement]},
            effect="Allow",
        )


def _is_about(place: Place, service: str) -> bool:
    """Whether some statement of a policy names actions of a service."""
    return place.policy is not None and any(
        pattern.service == service
        for statement in place.policy.statements
        for pattern in statement.actions.patterns
    )


def _widened(
    station: Station,
    seen: LayerExplanation,
    need: Requirement,
    prepared: Prepared,
    places: Places,
    trial: Trial,
) -> list[Edit]:
    """Statements that fail by one element alone, with what this element lacks."""
    found: list[tuple[int, Edit]] = []
    for place, explained in zip(places.of(station), seen.policies, strict=True):
        if place.policy is None or not place.editable or trial.data(place) is None:
            continue
        for statement, explanation in zip(
            place.policy.statements, explained.statements, strict=True
        ):
            if statement.denies:
                continue
            for widened in Widening(station, statement, explanation, need, prepared).all():
                edit = places.edit(
                    place,
                    kind=EditKind.WIDEN_STATEMENT,
                    steps=widened.steps,
                    statement=statement.index,
                    sid=statement.sid,
                    effect="Allow",
                    element=widened.element,
                    added=widened.added,
                    removed=widened.removed,
                )
                found.append((widened.rank + (place.uses > 1), edit))
    found.sort(key=lambda entry: entry[0])
    return [edit for _, edit in found[:MOST_WIDENED]]
