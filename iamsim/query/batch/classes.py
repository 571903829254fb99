"""All actions of one principal on one resource: cut into classes that are decided once.

Two actions of one class meet the same relation, the same places, the same context and the same
statements that could match; so the engine's decision for one of them is that of all. Classes are
cut with masks: the actions of services that meet the same, split by the mask of every statement
that is about the caller and the resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.presence import keys_through_endpoints
from iamsim.core.arn import find_arn
from iamsim.core.errors import RequestError
from iamsim.engine.authorize import Prepared, prepare
from iamsim.engine.singular_actions import SINGULAR_ACTIONS
from iamsim.query.batch.answers import BatchAnswer, decide_one

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.symbolic.actions import ActionUniverse


class ActionClass(NamedTuple):
    """Actions (a set of the universe) that are decided alike, and how."""

    actions: int
    answer: BatchAnswer


class Group(NamedTuple):
    """Services whose actions meet the same but for the statements, by one prepared request."""

    signature: object
    prepared: Prepared
    actions: int


def action_classes(
    question: Question, world: CompiledWorld, universe: ActionUniverse, actions: int
) -> list[ActionClass]:
    """Decide a set of actions; the action of the question plays no role.

    Actions that can't be asked about this resource (a key's actions about its alias) are left out.
    """
    singular = universe.mask_of(SINGULAR_ACTIONS) & actions
    action_class: list[ActionClass] = []
    for number in universe.numbers(singular):
        asked = replace(question, action=universe.names[number])
        try:
            action_class.append(ActionClass(1 << number, decide_one(asked, world)))
        except RequestError:
            if not _cannot_be_asked(asked):
                raise
    for group in _groups(question, world, universe, actions ^ singular):
        for part in refine(group.actions, _masks(group, universe)):
            asked = replace(question, action=universe.first(part))
            action_class.append(ActionClass(part, decide_one(asked, world)))
    return _joined(action_class)


def _cannot_be_asked(question: Question) -> bool:
    """Whether AWS authorizes an action on something else than this resource: the key, not its
    alias."""
    return question.action.startswith("kms:") and ":alias/" in question.resource


def _groups(
    question: Question, world: CompiledWorld, universe: ActionUniverse, actions: int
) -> list[Group]:
    """Sort the actions by what they and their kin meet."""
    groups: list[Group] = []
    kins = universe.kins_of(actions)
    if is_without_resource(question, world):
        kins = universe.kins_without_resource(actions, world.rcp_services)
    for of_kin in kins:
        asked = replace(question, action=universe.first(of_kin))
        try:
            prepared = prepare(asked, world)
        except RequestError:
            if not _cannot_be_asked(asked):
                raise
            continue
        request = prepared.request
        arrangement = arrangement_signature(prepared.situation.arrange(asked.action))
        signature = arrangement, request.unknown, request.absent, request.sent
        for position, group in enumerate(groups):
            if group.signature == signature and group.prepared.request.context == request.context:
                groups[position] = group._replace(actions=group.actions | of_kin)
                break
        else:
            groups.append(Group(signature, prepared, of_kin))
    return groups


def is_without_resource(question: Question, world: CompiledWorld) -> bool:
    """Whether a question names nothing that is a resource, and no VPC endpoint is on the way."""
    on_the_way = question.via.vpc_endpoint, question.attached.vpce_policies
    return (
        find_arn(question.resource) is None
        and world.model.find_resource(question.resource) is None
        and on_the_way == (None, None)
        and keys_through_endpoints().isdisjoint(map(str.lower, question.context))
    )


def arrangement_signature(arrangement: Arrangement) -> object:
    """What an action meets besides the statements that are about it."""
    return arrangement.relation, tuple(
        (
            station.slot,
            station.reason,
            id(station.policies),
            station.allows,
            station.applies,
            station.level,
            station.resource,
            station.caller is None,
            station.only_denies,
        )
        for station in arrangement.stations
    )


def _masks(group: Group, universe: ActionUniverse) -> Iterator[int]:
    """The masks of all statements that could match the request if they are about its action."""
    prepared = group.prepared
    request = prepared.request
    for station in prepared.situation.arrange(request.action).stations:
        if station.policies is None or not station.applies:
            continue
        for statement in _statements(station):
            mask = universe.mask(statement.actions) & group.actions
            if mask not in {0, group.actions} and _matters(statement, station, prepared):
                yield mask


def _statements(station: Station) -> Iterator[CompiledStatement]:
    """All statements of a station's policies."""
    if station.policies is not None:
        for policy in station.policies.policies:
            yield from policy.statements


def _matters(statement: CompiledStatement, station: Station, prepared: Prepared) -> bool:
    """Whether a statement can bear on the decision: caller and resource fit, no condition that is
    known fails; or a set operator says that one of its keys may hold a list."""
    seen = station.view(prepared.request)
    if prepared.request.partial and any(
        condition.operator.set_operator is not None for condition in statement.conditions
    ):
        return True
    if not statement.concerns(seen.caller):
        return False
    if not prepared.request.partial and not all(key in seen.context for key in statement.keys):
        # AWS sends other keys with other actions, so what is absent here may be unknown there.
        return statement.resources is None or statement.resources.residual(seen) is not False
    return statement.residual_of_resource_and_conditions(seen) is not False


def refine(everything: int, masks: Iterable[int]) -> list[int]:
    """Cut a set into the parts that no mask cuts any further."""
    if not everything:
        return []
    # Sets of one service are small numbers once they are moved down.
    shift = (everything & -everything).bit_length() - 1
    parts = [everything >> shift]
    for mask in dict.fromkeys((mask & everything) >> shift for mask in masks):
        cut: list[int] = []
        for part in parts:
            inside = part & mask
            if inside and inside != part:
                cut.append(inside)
                cut.append(part ^ inside)
            else:
                cut.append(part)
        parts = cut
    return [part << shift for part in parts]


def _joined(classes: list[ActionClass]) -> list[ActionClass]:
    """Join the classes whose decisions are equal and depend on nothing."""
    joined: dict[object, ActionClass] = {}
    for group in classes:
        answer = group.answer
        key: object = id(group) if answer.residual is not None else answer.decision
        before = joined.get(key)
        joined[key] = (
            group if before is None else before._replace(actions=before.actions | group.actions)
        )
    return sorted(joined.values(), key=lambda entry: entry.actions & -entry.actions)
