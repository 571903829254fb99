"""One action on one resource for all callers: those that can't differ are decided once.

Callers of one account and kind meet the same guardrails and the same resource; those of another
account often do, too. What is left to tell them apart is: which statements of their own policies
are about the action and the resource, which statements of the others name them, and the values of
the context keys that all these read. Equal in these, their decision is the same, and the engine
makes it once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError
from iamsim.engine.authorize import prepare
from iamsim.engine.formula import Slot
from iamsim.engine.inventory import identity_policies
from iamsim.engine.plan import reference
from iamsim.engine.presence import marks_read
from iamsim.query.batch.answers import BatchAnswer, decide_one
from iamsim.query.batch.contents import OWN_SLOTS, conditions_of, reads_context, resources_of
from iamsim.query.batch.scan import ActionScan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamsim.compile.policy import CompiledPolicy, PolicySet
    from iamsim.compile.principal import NotPrincipalTest, PrincipalTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Request
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.engine.question import ContextValue, Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.universe.candidates import Candidate
    from iamsim.world.model import Role, User, World

__all__ = ["CallerSweep"]

OWN = frozenset({Slot.IDENTITY, Slot.BOUNDARY, Slot.SESSION})
GRANTING = frozenset({Slot.RESOURCE, Slot.BUCKET, Slot.GRANT})
EVERYONE = "*"

Member = tuple["CompiledPolicy", "CompiledStatement"]


class Own(NamedTuple):
    """The statements of one policy, or of all of a layer, that are about action and resource.

    `contents` are their meanings, each once and as a number; `members` the first statement of each;
    `keys` the context keys that they read.
    """

    contents: tuple[int, ...]
    members: tuple[Member, ...]
    keys: frozenset[str]


NOTHING = Own((), (), frozenset())


@dataclass(slots=True)
class Frame:
    """What all callers of one account and kind share.

    `meets` is what they meet, as a number: frames of several accounts may share it. `context` are
    the values that do not follow from the caller alone. `named` are the principal elements on the
    resource's side; `granted` the names that some Allow there has, or `None` where there are ways
    in that need no such grant. With `needs_own` every way in needs an own policy that allows.
    """

    meets: int
    context: dict[str, ContextValue]
    named: tuple[PrincipalTest | NotPrincipalTest, ...]
    keys: frozenset[str]
    granted: frozenset[str] | None
    needs_own: bool


class Known(NamedTuple):
    """An answer with the own statements of the caller for whom it was made, by layer."""

    answer: BatchAnswer
    own: dict[Layer, Own]


@dataclass(slots=True)
class CallerSweep:
    """Decides one question for many callers; see the module. `question` is the one asked, with any
    principal. With `denied`, who can't possibly be allowed is decided, too; with `lifted`,
    guardrails are taken away (see `decide_one`). `decided` counts what the engine was asked."""

    question: Question
    world: CompiledWorld
    denied: bool = False
    lifted: bool = False
    decided: int = 0
    _frames: dict[object, Frame] = field(default_factory=dict)
    _meetings: dict[object, int] = field(default_factory=dict)
    _sets: dict[int, tuple[PolicySet, Own]] = field(default_factory=dict)
    _policies: dict[int, tuple[CompiledPolicy, Own]] = field(default_factory=dict)
    _contents: dict[object, int] = field(default_factory=dict)
    _answers: dict[object, Known] = field(default_factory=dict)
    _scan: ActionScan = field(init=False)
    _request: Request | None = None  # of one of the callers: its resource is that of all

    def __post_init__(self) -> None:
        """Make the scan for the action."""
        self._scan = ActionScan(self.question.action.lower())

    def answers(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, BatchAnswer]]:
        """Decide the candidates in turn; without `denied`, only those that are allowed come."""
        for candidate in candidates:
            entity = candidate.entity
            if entity is None or candidate.principal != entity.arn:
                yield from self._alone(candidate)
                continue
            answer = self._answer(candidate, entity)
            if answer is not None and (self.denied or answer.possible):
                yield candidate, answer

    def _answer(self, candidate: Candidate, entity: User | Role) -> BatchAnswer | None:
        """Decide one; `None` where a resource-based policy would have to name it and none does,
        or where an own policy would have to name the action and none does."""
        question = replace(self.question, principal=candidate.principal)
        key = (type(entity), entity.account, getattr(entity, "service_linked", False))
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = self._frame(key, question)
        granted = None if self.denied else frame.granted
        if granted is not None and granted.isdisjoint(names_of(entity, self.world.model)):
            return None
        if not self.denied and frame.needs_own:
            policies = identity_policies(entity, self.world.model)
            if not self._scan.may_find(policies):
                return None
        facts = self.world.caller_facts(question)
        own = {
            layer: NOTHING if policies is None else self._of_set(policies)
            for layer, policies in (
                (Layer.IDENTITY_BASED_POLICY, facts.identity),
                (Layer.PERMISSIONS_BOUNDARY, facts.boundary),
            )
        }
        keys = frame.keys.union(*[one.keys for one in own.values()])
        values = facts.context.values
        shared = frame.context
        caller = facts.caller
        signature = (
            frame.meets,
            tuple([one.contents for one in own.values()]),
            facts.boundary is None,
            tuple([(test.concerns(caller), test.grants(caller)) for test in frame.named]),
            frozenset([(name, values[name]) for name in keys if name in values]),
            frozenset([(name, shared[name]) for name in keys if name in shared]),
            marks_read(question, caller, keys - values.keys(), self.world),
        )
        known = self._answers.get(signature)
        if known is None:
            self.decided += 1
            answer = decide_one(question, self.world, self.lifted)
            self._answers[signature] = Known(answer, own)
            return answer
        return _with_statements_of(own, known)

    def _alone(self, candidate: Candidate) -> Iterator[tuple[Candidate, BatchAnswer]]:
        """Decide somebody who is like nobody else: the first of those that stand for it who can,
        or else the first. Nothing comes for what is no caller at all."""
        denied: tuple[Candidate, BatchAnswer] | None = None
        for asked in candidate.asked:
            question = asked.question(self.question, granted=self.lifted)
            try:
                answer = decide_one(question, self.world, self.lifted)
            except RequestError as error:
                if error.code == "invalid-principal":
                    continue
                raise
            if answer.possible:
                yield candidate.narrowed(asked), answer
                return
            denied = denied or (candidate.narrowed(asked), answer)
        if denied is not None and self.denied:
            yield denied

    def _frame(self, key: tuple[object, ...], question: Question) -> Frame:
        """Look at what is not the caller's own, by one caller of the kind."""
        prepared = prepare(question, self.world)
        request = self._request = prepared.request
        arrangement = prepared.situation.arrange(request.action)
        others = [station for station in arrangement.stations if station.slot not in OWN]
        own_view = any(station.caller is not None for station in others)
        meeting = (
            key if own_view else (key[0], *key[2:]),
            arrangement.relation,
            tuple([_met_at(station) for station in others]),
        )
        derived = self.world.caller_facts(question).context.values
        named: dict[int, PrincipalTest | NotPrincipalTest] = {}
        keys: set[str] = set()
        granted: set[str] = set()
        for station in others:
            if station.policies is None or not station.applies:
                continue
            for _, statement in station.policies.candidates(request.action):
                keys.update(statement.keys)
                principals = statement.principals
                if principals is None:
                    continue
                named[id(principals)] = principals
                if station.slot in GRANTING and not statement.denies:
                    granted |= principals.granted
        ways = arrangement.relation.ways
        must = not arrangement.relation.always and all(
            any(need.slot in GRANTING for need in way.requires) for way in ways
        )
        return Frame(
            self._meetings.setdefault(meeting, len(self._meetings)),
            {name: value for name, value in request.context.items() if name not in derived},
            tuple(named.values()),
            frozenset(keys),
            frozenset(granted) if must else None,
            not arrangement.relation.always
            and all(
                any(
                    need.slot is Slot.IDENTITY or _is_closed(arrangement, need.slot)
                    for need in way.requires
                )
                for way in ways
            ),
        )

    def _of_set(self, policies: PolicySet) -> Own:
        """The statements of a layer that are about action and resource."""
        found = self._sets.get(id(policies))
        if found is None:
            first: dict[int, Member] = {}
            keys: set[str] = set()
            for policy in policies.policies:
                own = self._of_policy(policy)
                keys |= own.keys
                for content, member in zip(own.contents, own.members, strict=True):
                    first.setdefault(content, member)
            own = Own(tuple(first), tuple(first.values()), frozenset(keys)) if first else NOTHING
            # The set is kept beside it, so that its id stays its own.
            found = self._sets[id(policies)] = policies, own
        return found[1]

    def _of_policy(self, policy: CompiledPolicy) -> Own:
        """The same for one policy, which many callers may share."""
        found = self._policies.get(id(policy))
        if found is None:
            first: dict[int, Member] = {}
            keys: set[str] = set()
            for statement in policy.statements:
                if self._is_about(statement):
                    content = self._contents.setdefault(_content(statement), len(self._contents))
                    first.setdefault(content, (policy, statement))
                    keys.update(statement.keys)
            own = Own(tuple(first), tuple(first.values()), frozenset(keys)) if first else NOTHING
            found = self._policies[id(policy)] = policy, own
        return found[1]

    def _is_about(self, statement: CompiledStatement) -> bool:
        """Whether a statement could match, whatever the context is."""
        if not statement.actions.covers(self.question.action.lower()):
            return False
        resources = statement.resources
        if resources is None or reads_context(resources):
            return True
        return self._request is None or resources.matches(self._request)


def names_of(entity: User | Role, model: World) -> tuple[str, ...]:
    """The names by which a Principal element can grant to a user or role of a world."""
    account = model.accounts[entity.account]
    owner = f"canonicaluser:{account.canonical_user_id}"
    return EVERYONE, f"account:{entity.account}", f"aws:{entity.arn}", f"aws:{entity.id}", owner


def _is_closed(arrangement: Arrangement, slot: Slot) -> bool:
    """Whether a place that is not the caller's own allows nobody: without any policy."""
    return slot not in OWN and any(
        station.policies is None and not station.allows for station in arrangement.at(slot)
    )


def _met_at(station: Station) -> object:
    """What a station is to a decision; the name of its level is not part of one."""
    return (
        station.slot,
        station.reason,
        station.policies,  # counts by identity, and is kept here
        station.allows,
        station.applies,
        station.resource,
        station.only_denies,
    )


def _content(statement: CompiledStatement) -> object:
    """What a statement that is about action and resource says beyond that."""
    resources = statement.resources
    said = resources_of(resources) if reads_context(resources) else None
    return statement.denies, said, conditions_of(statement)


def _with_statements_of(own: dict[Layer, Own], known: Known) -> BatchAnswer:
    """The answer of a caller like this one, with this one's own statements in its decision."""
    decision = known.answer.decision
    if not any(one.layer in known.own for one in decision.statements):
        return known.answer
    moved = []
    for one in decision.statements:
        theirs = known.own.get(one.layer)
        for position, (_, statement) in enumerate(theirs.members if theirs else ()):
            if statement.source is one.source and statement.path == one.path:
                moved.append(reference(OWN_SLOTS[one.layer], *own[one.layer].members[position]))
                break
        else:
            moved.append(one)
    return known.answer._replace(decision=replace(decision, statements=tuple(moved)))
