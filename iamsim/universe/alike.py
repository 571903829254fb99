"""Who can't differ: what is decided once for all whom nothing that is asked tells apart.

A decision depends on what meets in it besides the caller's own policies (see `meeting`), on which
statements of these are about what is asked, on whom the others name, and on how the conditions of
all come out. Equal in these, callers have the same answer, each with its own statements in it.
who-can, unused permissions, changes and paths all ask here, so that no two of them can hold
different things for alike. A law takes the memory away, and finds the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from iamsim.compile.principal import NotPrincipalTest, PrincipalTest
from iamsim.core.decision import Decision, Layer, StatementReference
from iamsim.core.remember import remember
from iamsim.engine.plan import reference
from iamsim.engine.presence import marks_read
from iamsim.universe.contents import OWN_SLOTS, reads_context

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.policy import CompiledPolicy, PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller, ContextValue
    from iamsim.engine.facts import CallerFacts
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld

T = TypeVar("T")
REMEMBERED = 200_000  # entries of each table


class Reading(NamedTuple):
    """Something that reads context keys: a condition, or (`test` is `None`) a pattern with
    variables; `number` is the same for those that say the same."""

    number: int
    keys: tuple[str, ...]
    test: ConditionTest | None

    def outcome(self, values: Mapping[str, ContextValue]) -> object:
        """How it comes out with what is known of a caller; else the values that it reads."""
        if self.test is not None and all(key in values for key in self.keys):
            return self.test.test(values)
        return tuple([values.get(key) for key in self.keys])


def outcomes(some: Iterable[Reading], values: Mapping[str, ContextValue]) -> frozenset[object]:
    """How all that reads context keys comes out for a caller."""
    return frozenset([(reading.number, reading.outcome(values)) for reading in some])


def untold(
    question: Question, facts: CallerFacts, keys: frozenset[str], world: CompiledWorld
) -> Hashable:
    """What is known of the keys (in lower case) of a caller that are read and have no value: those
    that it may have all the same, and those that the world does not tell."""
    missing = keys - facts.context.values.keys()
    return (
        marks_read(question, facts.caller, missing, world),
        tuple([untold_keys for untold_keys in facts.untold if any(map(untold_keys.include, keys))]),
    )


class Member(NamedTuple):
    """A statement of a caller's own that is about what is asked: a number for what it says, its
    actions (a mask), and what it reads. `listed` where a set operator makes lists of the values of
    keys; `open` where it allows on the resources that it names, whatever the context is."""

    content: int
    actions: int
    policy: CompiledPolicy
    statement: CompiledStatement
    reading: tuple[Reading, ...]
    listed: bool
    open: bool


class Own(NamedTuple):
    """The statements of one policy, or of all of a layer, that are about what is asked; `contents`
    is what they say, each once."""

    members: tuple[Member, ...] = ()
    contents: tuple[int, ...] = ()
    reading: tuple[Reading, ...] = ()
    keys: frozenset[str] = frozenset()


NOTHING = Own()


class Side(NamedTuple):
    """What one caller's own policies say, by number of the world and layer, and which of its worlds
    give it a permissions boundary."""

    layers: Mapping[tuple[int, Layer], Own] = MappingProxyType({})
    bounded: tuple[bool, ...] = ()

    @property
    def says(self) -> object:
        """What tells it from the side of another caller."""
        return self.bounded, tuple([own.contents for own in self.layers.values()])

    @property
    def keys(self) -> frozenset[str]:
        """The context keys that it reads, in lower case."""
        return frozenset().union(*[own.keys for own in self.layers.values()])

    def outcomes(self, values: Mapping[str, ContextValue]) -> frozenset[object]:
        """How what it reads comes out."""
        return outcomes(
            (reading for own in self.layers.values() for reading in own.reading), values
        )

    def moved(self, one: StatementReference, other: Side) -> StatementReference:
        """The statement of somebody alike that says what one of this side says."""
        for place, own in self.layers.items():
            for member in own.members if place[1] is one.layer else ():
                statement = member.statement
                if statement.source is one.source and statement.path == one.path:
                    for theirs in other.layers[place].members:
                        if theirs.content == member.content:
                            return reference(OWN_SLOTS[one.layer], theirs.policy, theirs.statement)
        return one

    def moved_in(self, decision: Decision, other: Side) -> Decision:
        """A decision with the statements of somebody alike."""
        if other is self or not any(
            statement.layer in OWN_SLOTS for statement in decision.statements
        ):
            return decision
        moved = tuple([self.moved(statement, other) for statement in decision.statements])
        return replace(decision, statements=moved)


class Others(NamedTuple):
    """What statements that are not the callers' own tell callers apart by: the names in Principal
    elements, the elements that spare some, and what they read."""

    names: frozenset[str]
    sparing: tuple[NotPrincipalTest, ...]
    reading: tuple[Reading, ...]
    keys: frozenset[str]

    def seen(self, caller: Caller, values: Mapping[str, ContextValue]) -> object:
        """What they see of a caller."""
        names = caller.names
        return (
            frozenset([(name, names[name]) for name in self.names & names.keys()]),
            tuple([not_principal_test.concerns(caller) for not_principal_test in self.sparing]),
            outcomes(self.reading, values),
        )


class Alike:
    """What can't differ in a question, or in a row of questions about the same; see the module.

    `about` gives the actions (a mask) of a statement of a caller's own, and what it says of what is
    asked; `None` where it is not about it.
    """

    def __init__(self, about: Callable[[CompiledStatement], tuple[int, Hashable] | None]) -> None:
        """Know nothing yet."""
        self._about = about
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[Hashable, object] = {}
        # What is looked up by its id is kept beside it, so that its id stays its own.
        self._sets: dict[int, tuple[PolicySet, Own]] = {}
        self._policies: dict[int, tuple[CompiledPolicy, Own]] = {}

    def once(self, key: Hashable, decide: Callable[[], T]) -> T:
        """What was decided under a key, else decide it; `key` holds all that it can depend on."""
        if key not in self._known:
            return remember(self._known, key, decide(), REMEMBERED)  # type: ignore[return-value]
        return self._known[key]  # type: ignore[return-value]  # by whoever chose the key

    def number(self, said: Hashable) -> int:
        """A number that equal things share."""
        return self._numbers.setdefault(said, len(self._numbers))

    def side(self, *worlds: CallerFacts) -> Side:
        """What a caller brings, in one world or in several."""
        return Side(
            {
                (number, layer): self.own(policies)
                for number, facts in enumerate(worlds)
                for layer, policies in (
                    (Layer.IDENTITY_BASED_POLICY, facts.identity),
                    (Layer.PERMISSIONS_BOUNDARY, facts.boundary),
                )
            },
            tuple([facts.boundary is not None for facts in worlds]),
        )

    def own(self, policies: PolicySet | None) -> Own:
        """The statements of a layer that are about what is asked; each policy is read once."""
        if policies is None:
            return NOTHING
        known = self._sets.get(id(policies))
        if known is None:
            parts = [self._of_policy(policy).members for policy in policies.policies]
            made = _own([member for part in parts for member in part])
            known = remember(self._sets, id(policies), (policies, made), REMEMBERED)
        return known[1]

    def _of_policy(self, policy: CompiledPolicy) -> Own:
        known = self._policies.get(id(policy))
        if known is None:
            members = []
            for statement in policy.statements:
                about = self._about(statement)
                if about is not None:
                    members.append(self._member(policy, statement, *about))
            known = remember(self._policies, id(policy), (policy, _own(members)), REMEMBERED)
        return known[1]

    def _member(
        self, policy: CompiledPolicy, statement: CompiledStatement, actions: int, said: Hashable
    ) -> Member:
        if statement.unknowns:  # answers name the policy of which a part is not known
            said = said, policy.name, statement.index, statement.unknowns
        listed = any(
            condition.operator.set_operator is not None for condition in statement.conditions
        )
        unbound = not statement.conditions and not reads_context(statement.resources)
        return Member(
            self.number(said),
            actions,
            policy,
            statement,
            self.reading((statement,)),
            listed,
            not statement.denies and unbound,
        )

    def others(self, statements: Iterable[CompiledStatement]) -> Others:
        """What statements that are not the callers' own tell them apart by."""
        some = tuple(statements)
        names: set[str] = set()
        sparing: dict[int, NotPrincipalTest] = {}
        for statement in some:
            principals = statement.principals
            if isinstance(principals, PrincipalTest):
                names |= principals.names
            elif principals is not None:
                sparing[id(principals)] = principals
        keys: frozenset[str] = frozenset().union(*(statement.keys for statement in some))
        return Others(frozenset(names), tuple(sparing.values()), self.reading(some), keys)

    def reading(self, statements: Iterable[CompiledStatement]) -> tuple[Reading, ...]:
        """What of statements reads context keys, each once."""
        readings: dict[int, Reading] = {}
        for statement in statements:
            for condition in statement.conditions:
                said = (
                    "condition",
                    condition.written_operator,
                    condition.key,
                    condition.values.templates,
                )
                number = self.number(said)
                readings[number] = Reading(number, condition.keys, condition)
            for pattern in statement.resources.patterns if statement.resources is not None else ():
                if pattern.keys:
                    number = self.number(("pattern", pattern.template))
                    readings[number] = Reading(number, pattern.keys, None)
        return tuple(readings.values())


def _own(members: Sequence[Member]) -> Own:
    """Sum up the statements of a policy or a layer."""
    if not members:
        return NOTHING
    reading = {reading.number: reading for member in members for reading in member.reading}
    return Own(
        tuple(members),
        tuple(dict.fromkeys([member.content for member in members])),
        tuple(reading.values()),
        frozenset().union(*[member.statement.keys for member in members]),
    )


def classes(some: Iterable[T], seen: Callable[[T], Hashable]) -> list[list[T]]:
    """Sort what is asked about into classes that nothing which is asked tells apart."""
    found: dict[Hashable, list[T]] = {}
    for t in some:
        found.setdefault(seen(t), []).append(t)
    return list(found.values())


def fitting(arn: str, tests: Sequence[Callable[[str], bool] | None]) -> Hashable:
    """Which patterns fit; one with a policy variable (it has no test) may see the whole name."""
    if any(test is None for test in tests):
        return arn
    return tuple([test(arn) for test in tests if test is not None])
