"""The statements whose change decides: put back one by one, until the answer is the old one.

What differs between two worlds about one request is a list of statements that only one of them has.
The world behind the change is asked again with each of these as it was before: where the old answer
comes back, that statement is the cause. Where only several together bring it back, all are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from iamsim.compile.policy import CompiledPolicy, PolicySet
from iamsim.core.errors import IamsimError
from iamsim.core.request import Request
from iamsim.engine.authorize import Prepared, prepare
from iamsim.engine.formula import Slot
from iamsim.engine.plan import reference
from iamsim.engine.presence import lacks_keys, leave_open
from iamsim.query.batch.answers import decide_prepared
from iamsim.query.changes.same import direction_of
from iamsim.universe.contents import content_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.decision import StatementReference
    from iamsim.core.work import Work
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch import BatchAnswer

    Member = tuple[CompiledPolicy, CompiledStatement]

MOST = 24  # statements that are put back one by one for one change
SINGLE = {
    "identity": Slot.IDENTITY,
    "boundary": Slot.BOUNDARY,
    "session": Slot.SESSION,
    "grants": Slot.GRANT,
    "endpoint": Slot.VPC_ENDPOINT,
}
LEVELS = {"scp_levels": Slot.SERVICE_CONTROL, "rcp_levels": Slot.RESOURCE_CONTROL}


class Place(NamedTuple):
    """Where policies of a situation stand: a field, and a number in it (`None` for a single)."""

    name: str
    number: int | None
    slot: Slot


class Unit(NamedTuple):
    """A statement that is another in the two worlds: as it was, and as it is. One of which a part
    is not known has several members: what it is for certain, and what it may be."""

    place: Place
    before: tuple[Member, ...]
    after: tuple[Member, ...]

    @property
    def reference(self) -> StatementReference:
        """The statement as it is, or as it was where it is gone."""
        known = (self.after or self.before)[0]
        return reference(self.place.slot, *known)


def find_cause(
    before: tuple[Question, CompiledWorld],
    after: tuple[Question, CompiledWorld],
    trials: Work,
    answers: tuple[BatchAnswer, BatchAnswer] | None = None,
) -> tuple[StatementReference, ...]:
    """The statements whose change makes the answers to one request differ, proved by putting them
    back; none where no statement does it alone or together with others, or where `trials` are used
    up. Questions come with what a stranger's own account allows. `answers` are those to the two
    questions, where somebody has asked them and they differ."""
    if trials.done >= trials.most:
        return ()
    try:
        old, new = prepare(*before), prepare(*after)
        was = decide_prepared(old, before[1]) if answers is None else answers[0]
        units = list(_units(old, new))

        def returns(some: Sequence[Unit]) -> bool:
            trials.take()
            put_back = _again(new, _put_back(new.situation, some), after[1])
            return direction_of(was, decide_prepared(put_back, after[1])) is None

        if len(units) > MOST:
            return ()
        if answers is None and direction_of(was, decide_prepared(new, after[1])) is None:
            return ()
        found = [unit for unit in units if _is_about(unit, new) and returns([unit])]
        if not found:
            for place in dict.fromkeys(unit.place for unit in units):
                together = [unit for unit in units if unit.place == place]
                if returns(together):
                    found += together
        if not found and units and returns(units):
            found = units
    except IamsimError:
        return ()
    return tuple(unit.reference for unit in found)


def _is_about(unit: Unit, prepared: Prepared) -> bool:
    """Whether a statement could be about the resource of a request, as it was or as it is. Of the
    policies of a resource all counts: whether it is public depends on each statement."""
    if unit.place.name in ("resource_policies", "endpoint", "grants"):
        return True
    for _, statement in (*unit.before, *unit.after):
        resources = statement.resources
        if (
            resources is None
            or any(pattern.keys for pattern in resources.patterns)
            or any(resources.matches(view) for view in prepared.views())
        ):
            return True
    return False


def _again(prepared: Prepared, situation: Situation, world: CompiledWorld) -> Prepared:
    """The question before other policies, which leave other keys open."""
    known, question = prepared.request, prepared.question
    request = Request(known.caller, known.action, known.resource, known.context)
    if lacks_keys(question, request, situation):
        facts = world.resource_facts(question, request.caller)
        leave_open(question, request, situation, world, tags_listed=facts.tags_listed)
    return replace(prepared, situation=situation, request=request)


def _units(old: Prepared, new: Prepared) -> Iterator[Unit]:
    """The statements about the action that only one of the worlds has; one that stands at the same
    place of the same policy in both is one that was changed."""
    action = new.request.action
    first, second = (dict(_sets(prepared.situation)) for prepared in (old, new))
    for place in dict.fromkeys((*first, *second)):
        mine, theirs = first.get(place), second.get(place)
        if mine is theirs:
            continue
        was = _members(mine, action)
        now = _members(theirs, action)
        gone = _by_name(member for key, member in was.items() if key not in now)
        come = _by_name(member for key, member in now.items() if key not in was)
        for name in dict.fromkeys((*come, *gone)):
            yield Unit(place, gone.get(name, ()), come.get(name, ()))


def _by_name(members: Iterable[Member]) -> dict[object, tuple[Member, ...]]:
    """Members by the policy and the statement that they are of."""
    found: dict[object, tuple[Member, ...]] = {}
    for member in members:
        name = _name(member)
        found[name] = (*found.get(name, ()), member)
    return found


def _members(policies: PolicySet | None, action: str) -> dict[object, Member]:
    """The statements about an action, by what they say."""
    if policies is None:
        return {}
    return {content_of(member[1]): member for member in policies.candidates(action)}


def _name(member: Member) -> object:
    policy, statement = member
    return policy.name, statement.sid or statement.index


def _sets(situation: Situation) -> Iterator[tuple[Place, PolicySet]]:
    """The policies of a situation, by where they stand."""
    for name, slot in SINGLE.items():
        policies = getattr(situation, name)
        if policies is not None:
            yield Place(name, None, slot), policies
    for name, slot in LEVELS.items():
        for number, (_, policies) in enumerate(getattr(situation, name) or ()):
            yield Place(name, number, slot), policies
    for number, placed in enumerate(situation.resource_policies):
        slot = Slot.BUCKET if placed.behind else Slot.RESOURCE
        yield Place("resource_policies", number, slot), placed.policies


def _put_back(situation: Situation, units: Sequence[Unit]) -> Situation:
    """The situation with some statements as they were."""
    for place in dict.fromkeys(unit.place for unit in units):
        some = [unit for unit in units if unit.place == place]
        gone = {id(statement) for unit in some for _, statement in unit.after}
        back = [member for unit in some for member in unit.before]

        def changed(
            policies: PolicySet | None,
            gone: set[int] = gone,
            back: list[Member] = back,
        ) -> PolicySet:
            kept = [
                replace(
                    policy,
                    statements=tuple(
                        statement for statement in policy.statements if id(statement) not in gone
                    ),
                )
                for policy in (policies.policies if policies is not None else ())
            ]
            kept += [replace(policy, statements=(statement,)) for policy, statement in back]
            return PolicySet(tuple(kept))

        value = getattr(situation, place.name)
        if place.number is None:
            made: object = changed(value)
        elif place.name == "resource_policies":
            listed = list(situation.resource_policies)
            if place.number >= len(listed):
                continue
            placed = listed[place.number]
            listed[place.number] = replace(placed, policies=changed(placed.policies))
            made = tuple(listed)
        else:
            levels = list(cast("tuple[tuple[str, PolicySet], ...]", value or ()))
            if place.number >= len(levels):
                continue
            level, policies = levels[place.number]
            levels[place.number] = level, changed(policies)
            made = tuple(levels)
        fresh: dict[str, Any] = {"_reads": {}, "_arrangements": {}, "plans": {}, place.name: made}
        situation = replace(situation, **fresh)
    return situation
