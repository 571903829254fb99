"""Principals that can't differ where both worlds are asked: one is compared for all.

What is left to tell principals of one account and kind apart, whose own side is the same in both
worlds, is: which statements of theirs are about the actions in question, whom the policies of
resources name, and how the conditions of all these come out. The answers of one are then those of
the others, each with its own statements in the decision.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.principal import PrincipalTest
from iamsim.core.decision import Layer
from iamsim.engine.plan import reference
from iamsim.query.batch.contents import OWN_SLOTS, content_of
from iamsim.query.changes.resources import may_meet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.policy import CompiledPolicy, PolicySet
    from iamsim.compile.principal import NotPrincipalTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.decision import StatementReference
    from iamsim.core.request import ContextValue
    from iamsim.engine.facts import CallerFacts
    from iamsim.query.batch import ActionUniverse, BatchAnswer, Candidate
    from iamsim.query.changes.model import Change, Reached

__all__ = ["NOTHING", "Alike", "Compared", "Sight"]


Member = tuple["CompiledPolicy", "CompiledStatement"]


class Seen(NamedTuple):
    """The statements of one policy that are about the actions, by what they mean there."""

    members: tuple[tuple[object, Member], ...]
    reading: tuple[Reading, ...]


class Reading(NamedTuple):
    """Something that reads context keys: a condition, or (`None`) a pattern with variables."""

    content: object
    keys: tuple[str, ...]
    test: ConditionTest | None

    def outcome(self, values: Mapping[str, ContextValue]) -> object:
        """How it comes out with what is known of a caller; else the values that it reads."""
        if self.test is not None and all(key in values for key in self.keys):
            return self.test.test(values)
        return tuple([values.get(key) for key in self.keys])


@dataclass(slots=True)
class Sight:
    """What statements on the side of resources and guardrails tell principals apart by, for a set
    of actions on resources that begin as `heads` say. `arns` are the resources themselves: a
    principal may be one of them."""

    universe: ActionUniverse
    actions: int
    heads: tuple[str, ...] | None
    statements: Iterable[CompiledStatement]
    arns: frozenset[str]
    names: frozenset[str] = field(init=False)
    others: tuple[NotPrincipalTest, ...] = field(init=False)
    reading: tuple[Reading, ...] = field(init=False)
    _policies: dict[int, tuple[CompiledPolicy, Seen]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep what is about the actions."""
        names: set[str] = set()
        others: dict[int, NotPrincipalTest] = {}
        found: dict[object, Reading] = {}
        for statement in self.statements:
            if not self.universe.mask(statement.actions) & self.actions:
                continue
            principals = statement.principals
            if isinstance(principals, PrincipalTest):
                names |= principals.names
            elif principals is not None:
                others[id(principals)] = principals
            found.update((one.content, one) for one in _reading(statement))
        self.statements = ()
        self.names = frozenset(names)
        self.others = tuple(others.values())
        self.reading = tuple(found.values())

    def of_set(self, policies: PolicySet | None) -> Iterator[Seen]:
        """What each policy of a layer says about the actions."""
        for policy in policies.policies if policies is not None else ():
            known = self._policies.get(id(policy))
            if known is None:
                # The policy is kept beside it, so that its id stays its own.
                known = self._policies[id(policy)] = policy, self._look(policy)
            yield known[1]

    def _look(self, policy: CompiledPolicy) -> Seen:
        members: list[tuple[object, Member]] = []
        reading: list[Reading] = []
        for statement in policy.statements:
            mask = self.universe.mask(statement.actions) & self.actions
            resources = self._resources(statement) if mask else ()
            if resources != ():
                content = content_of(statement)._replace(actions=mask, resources=resources)
                members.append((content, (policy, statement)))
                reading += _reading(statement)
        return Seen(tuple(members), tuple(reading))

    def _resources(self, statement: CompiledStatement) -> tuple[object, ...]:
        """The Resource element as far as it can be about these resources; empty if it can't."""
        resources = statement.resources
        if resources is None or resources.negated or self.heads is None:
            return (content_of(statement).resources,)
        found = []
        for pattern in resources.patterns:
            first = pattern.template.parts[0] if pattern.template.parts else ""
            if not isinstance(first, str) or may_meet(first, self.heads):
                found.append(pattern.template)
        return tuple(found)


def _reading(statement: CompiledStatement) -> Iterator[Reading]:
    """What of a statement reads context keys."""
    for one in statement.conditions:
        content = one.written_operator, one.key, one.values.templates
        yield Reading(content, one.keys, one)
    for pattern in statement.resources.patterns if statement.resources is not None else ():
        if pattern.keys:
            yield Reading(pattern.template, pattern.keys, None)


class Own(NamedTuple):
    """The statements of a principal that are about the actions, in both worlds and by layer."""

    layers: Mapping[tuple[int, Layer], tuple[tuple[object, Member], ...]] = MappingProxyType({})

    def moved(self, one: StatementReference, other: Own) -> StatementReference:
        """The statement of another principal that says what one of this one's says."""
        for (world, layer), members in self.layers.items():
            if layer is one.layer:
                for position, (_, (_, statement)) in enumerate(members):
                    if statement.source is one.source and statement.path == one.path:
                        found = other.layers[world, layer][position][1]
                        return reference(OWN_SLOTS[layer], *found)
        return one


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found for one principal, to be given to those that are like it."""

    bounds: tuple[Reached, ...] = ()
    changes: tuple[Change, ...] = ()
    complete: bool = True
    own: Own = field(default_factory=Own)

    def joined(self, other: Compared) -> Compared:
        """What was found for one principal in two ways."""
        return Compared(
            (*self.bounds, *other.bounds),
            (*self.changes, *other.changes),
            self.complete and other.complete,
        )

    def for_other(self, candidate: Candidate, own: Own) -> Compared:
        """The same for somebody alike."""
        return Compared(
            tuple([one._replace(candidate=candidate) for one in self.bounds]),
            tuple([self._moved(one, candidate, own) for one in self.changes]),
            self.complete,
            own,
        )

    def _moved(self, change: Change, candidate: Candidate, own: Own) -> Change:
        return replace(
            change,
            candidate=candidate,
            before=self._answer(change.before, own),
            after=self._answer(change.after, own),
            through=tuple([self.own.moved(one, own) for one in change.through]),
        )

    def _answer(self, answer: BatchAnswer, own: Own) -> BatchAnswer:
        statements = answer.decision.statements
        if not any(one.layer in OWN_SLOTS for one in statements):
            return answer
        moved = tuple([self.own.moved(one, own) for one in statements])
        return answer._replace(decision=replace(answer.decision, statements=moved))


NOTHING = Compared()


@dataclass(slots=True)
class Alike:
    """Remembers what was compared, by all that tells principals apart."""

    _known: dict[object, Compared] = field(default_factory=dict)

    def find(
        self,
        candidate: Candidate,
        sides: tuple[CallerFacts, CallerFacts],
        sight: Sight,
        changed: object,
    ) -> tuple[object, Own, Compared | None]:
        """What is known of somebody alike, under a key to `remember`. `changed` says where both
        worlds are asked, and about what."""
        caller, values = sides[1].caller, sides[1].context.values
        layers = {}
        reading: dict[object, Reading] = {}
        for world, facts in enumerate(sides):
            for layer, policies in (
                (Layer.IDENTITY_BASED_POLICY, facts.identity),
                (Layer.PERMISSIONS_BOUNDARY, facts.boundary),
            ):
                seen = list(sight.of_set(policies))
                layers[world, layer] = tuple([one for some in seen for one in some.members])
                reading.update((one.content, one) for some in seen for one in some.reading)
        key = (
            type(candidate.entity),
            candidate.kind,
            candidate.account,
            caller.kind,
            caller.service_linked,
            tuple([facts.boundary is None for facts in sides]),
            id(sight),  # kept by whoever asks
            changed,
            tuple([tuple([content for content, _ in some]) for some in layers.values()]),
            frozenset([(name, caller.names[name]) for name in sight.names & caller.names.keys()]),
            tuple([one.concerns(caller) for one in sight.others]),
            tuple([one.outcome(values) for one in sight.reading]),
            frozenset([(content, one.outcome(values)) for content, one in reading.items()]),
            candidate.principal if candidate.principal in sight.arns else None,
        )
        return key, Own(layers), self._known.get(key)

    def remember(self, key: object, compared: Compared) -> None:
        """Keep what was compared for those that are alike."""
        self._known[key] = compared
