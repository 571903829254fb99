"""What is decided once for all holders of permissions who can't differ in it.

Statements of many policies say the same beyond their actions, and what they need of a caller are
the values of the context keys that they read. Callers of one kind and account with the same
statements and values have the same answers, which the engine gives once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.policy import PolicySet
from iamsim.core.errors import RequestError
from iamsim.core.remember import remember
from iamsim.engine.authorize import prepare
from iamsim.engine.formula import Slot
from iamsim.query.batch.contents import conditions_of, reads_context, resources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.principal import NotPrincipalTest, PrincipalTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller, ContextValue, Request
    from iamsim.engine.arrangement import Station
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.query.batch import ActionUniverse, Batch
    from iamsim.query.what_can.places import Place

__all__ = [
    "REMEMBERED",
    "Known",
    "Met",
    "Outcome",
    "Own",
    "Spot",
    "policies_alone",
    "values_of",
]

OF_CALLER = frozenset({Slot.IDENTITY, Slot.BOUNDARY, Slot.SESSION})
REMEMBERED = 200_000  # entries of each table


class Own(NamedTuple):
    """A statement of a caller's own: its actions (a mask), and what it says beyond them, as a
    number. `listed` where a set operator makes lists of the values of keys; `open` where it
    allows on the resources that it names, whatever the context is."""

    policy: CompiledPolicy
    statement: CompiledStatement
    actions: int
    content: int
    listed: bool
    open: bool


class Spot(NamedTuple):
    """A place that the policies of a principal tell apart, and the actions that they name there."""

    place: Place
    actions: int


class Outcome(NamedTuple):
    """Whether a request is allowed, for certain or under conditions; else whether a guardrail
    denies it."""

    possible: bool
    stopped: bool


class Other(NamedTuple):
    """A statement that is not the caller's own: its number, its actions and whom it names."""

    number: int
    actions: int
    principals: PrincipalTest | NotPrincipalTest | None
    keys: tuple[str, ...]


@dataclass(slots=True)
class Met:
    """What callers of one kind and account meet at a place in one service.

    `meeting` is the same number where all is the same but the place; `others` are the statements
    that are not the caller's own and whose resources fit. `request` is one caller's, `context` what
    does not follow from the caller; `bound` where policy variables make the place itself matter.
    """

    meeting: int
    others: tuple[Other, ...]
    request: Request
    context: Mapping[str, ContextValue]
    bound: bool

    def signature(self, action: int, caller: Caller) -> tuple[object, set[str]]:
        """What these statements are to a caller who asks for an action (one bit), and the keys that
        they read."""
        said = []
        keys: set[str] = set()
        for one in self.others:
            if one.actions & action:
                keys.update(one.keys)
                test = one.principals
                named = None if test is None else (test.concerns(caller), test.grants(caller))
                said.append((one.number, named))
        return tuple(said), keys

    def fits(self, statement: CompiledStatement) -> bool:
        """Whether a statement's resources fit the place, for some value of policy variables."""
        return reads_context(statement.resources) or (
            statement.resources is None or statement.resources.matches(self.request)
        )


@dataclass(slots=True)
class Known:
    """What is known so far, for all holders of a world."""

    granted: dict[object, bool] = field(default_factory=dict)
    outcomes: dict[object, Outcome | None] = field(default_factory=dict)
    places: dict[object, tuple[Place, ...]] = field(default_factory=dict)
    spots: dict[object, tuple[tuple[CompiledStatement, ...], list[Spot]]] = field(
        default_factory=dict
    )
    _by_policy: dict[int, tuple[CompiledPolicy, tuple[Own, ...]]] = field(default_factory=dict)
    _contents: dict[object, int] = field(default_factory=dict)
    _met: dict[object, Met | None] = field(default_factory=dict)
    _meetings: dict[object, int] = field(default_factory=dict)

    def own(self, policies: PolicySet | None, universe: ActionUniverse) -> tuple[Own, ...]:
        """The statements of a caller's policies; a policy that many have is read once."""
        found: list[Own] = []
        for policy in () if policies is None else policies.policies:
            known = self._by_policy.get(id(policy))
            if known is None:
                # The policy is kept beside it, so that its id stays its own.
                known = (
                    policy,
                    tuple([self._read(policy, one, universe) for one in policy.statements]),
                )
                remember(self._by_policy, id(policy), known, REMEMBERED)
            found += known[1]
        return tuple(found)

    def _read(
        self, policy: CompiledPolicy, statement: CompiledStatement, universe: ActionUniverse
    ) -> Own:
        content = self._contents.setdefault(_content(statement), len(self._contents))
        listed = any(one.operator.set_operator is not None for one in statement.conditions)
        plain = (
            not statement.denies
            and not statement.conditions
            and not reads_context(statement.resources)
        )
        return Own(policy, statement, universe.mask(statement.actions), content, listed, plain)

    def met(self, key: object, ask: Callable[[], Question], batch: Batch) -> Met | None:
        """What a caller meets besides its own policies, remembered by kind, account, service and
        place; `None` where the action can't be asked about the place."""
        if key not in self._met:
            question = ask()
            try:
                prepared = prepare(question, batch.world)
            except RequestError:
                remember(self._met, key, None, REMEMBERED)
            else:
                derived = batch.world.caller_facts(question).context.values
                remember(self._met, key, self._meet(prepared, derived, batch.universe), REMEMBERED)
        return self._met[key]

    def _meet(
        self, prepared: Prepared, derived: Mapping[str, ContextValue], universe: ActionUniverse
    ) -> Met:
        request = prepared.request
        arrangement = prepared.situation.arrange(request.action)
        stations = [one for one in arrangement.stations if one.slot not in OF_CALLER]
        statements = [
            (station, one)
            for station in stations
            if station.policies is not None
            for policy in station.policies.policies
            for one in policy.statements
        ]
        bound = any(
            station.resource is not None or reads_context(one.resources)
            for station, one in statements
        )
        # Policies count by identity, and are kept here.
        meeting = arrangement.relation, tuple([_met_at(station) for station in stations])
        number = self._meetings.setdefault(meeting, len(self._meetings))
        context = {key: value for key, value in request.context.items() if key not in derived}
        met = Met(number, (), request, context, bound)
        met.others = tuple(
            [
                Other(number, universe.mask(one.actions), one.principals, one.keys)
                for number, (station, one) in enumerate(statements)
                if station.resource is not None or met.fits(one)
            ]
        )
        return met


def _met_at(station: Station) -> object:
    """What a station is to a decision; the name of its level is not part of one."""
    return (
        station.slot,
        station.reason,
        station.policies,
        station.allows,
        station.applies,
        station.only_denies,
    )


def values_of(keys: Iterable[str], values: Mapping[str, ContextValue]) -> object:
    """What a caller has of some context keys."""
    return frozenset([(key, values[key]) for key in keys if key in values])


def policies_alone(some: Iterable[Own]) -> PolicySet:
    """Policies with only some of their statements."""
    return PolicySet(tuple(replace(one.policy, statements=(one.statement,)) for one in some))


def _content(statement: CompiledStatement) -> object:
    """What a statement says beyond its actions, wherever it stands."""
    return statement.denies, resources_of(statement.resources), conditions_of(statement)
