"""One action on one resource for all callers: those that can't differ are decided once.

Callers of one account and kind meet the same guardrails and the same resource; those of another
account often do, too. What is left to tell them apart is: which statements of their own policies
are about the action and the resource, which statements of the others name them, and the values of
the context keys that all these read. Equal in these, their decision is the same, and the engine
makes it once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import RequestError
from iamsim.engine.authorize import prepare
from iamsim.engine.formula import Slot
from iamsim.engine.inventory import identity_policies
from iamsim.query.batch.answers import BatchAnswer, decide_one
from iamsim.query.batch.scan import ActionScan
from iamsim.universe.alike import Alike, Others, Side, untold
from iamsim.universe.candidates import EVERYONE, Candidate, names_granted
from iamsim.universe.contents import conditions_of, reads_context, resources_of
from iamsim.universe.meeting import OWN, meeting_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Request
    from iamsim.engine.arrangement import Arrangement
    from iamsim.engine.question import ContextValue, Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import Role, User, World

GRANTING = frozenset({Slot.RESOURCE, Slot.BUCKET, Slot.GRANT})
ABOUT = 1  # there is one action


class Frame(NamedTuple):
    """What all callers of one account and kind share.

    `meets` is what they meet, as a number: frames of several accounts may share it. `context` are
    the values that do not follow from the caller alone, `others` what statements on the resource's
    side tell callers apart by; `granted` the names that some Allow there has, or `None` where there
    are ways in that need no such grant. With `needs_own` every way in needs an own policy that
    allows.
    """

    meets: int
    context: Mapping[str, ContextValue]
    others: Others
    granted: frozenset[str] | None
    needs_own: bool


class Known(NamedTuple):
    """An answer with what the caller brings for whom it was made."""

    answer: BatchAnswer
    side: Side


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
    _alike: Alike = field(init=False)
    _scan: ActionScan = field(init=False)
    _request: Request | None = None  # of one of the callers: its resource is that of all

    def __post_init__(self) -> None:
        """Make the scan for the action."""
        self._scan = ActionScan(self.question.action.lower())
        self._alike = Alike(self._about)

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
        side = self._alike.side(facts)
        values, others = facts.context.values, frame.others
        keys = others.keys | side.keys
        signature = (
            frame.meets,
            side.says,
            others.seen(facts.caller, values),
            side.outcomes(values),
            frozenset([(name, frame.context[name]) for name in keys if name in frame.context]),
            untold(question, facts, keys, self.world),
        )
        known = self._alike.once(signature, lambda: Known(self._decide(question), side))
        answer = known.answer
        return answer._replace(decision=known.side.moved_in(answer.decision, side))

    def _decide(self, question: Question) -> BatchAnswer:
        self.decided += 1
        return decide_one(question, self.world, self.lifted)

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
        derived = self.world.caller_facts(question).context.values
        meeting = meeting_of(prepare(question, self.world), derived, key, self._alike)
        self._request, arrangement = meeting.request, meeting.arrangement
        about: list[CompiledStatement] = []
        granted: set[str] = set()
        for station in meeting.stations:
            if station.policies is None or not station.applies:
                continue
            for _, statement in station.policies.candidates(meeting.request.action):
                about.append(statement)
                if station.slot in GRANTING and not statement.denies:
                    granted.update(names_granted(statement))
        ways = arrangement.relation.ways
        must = not arrangement.relation.always and all(
            any(need.slot in GRANTING for need in way.requires) for way in ways
        )
        return Frame(
            self._alike.number((meeting.number, key[0], *key[2:])),
            meeting.context,
            self._alike.others(about),
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

    def _about(self, statement: CompiledStatement) -> tuple[int, Hashable] | None:
        """What a statement that could match, whatever the context is, says beyond that."""
        if not statement.actions.covers(self.question.action.lower()):
            return None
        resources = statement.resources
        if resources is None or not reads_context(resources):
            if resources is not None and self._request and not resources.matches(self._request):
                return None
            return ABOUT, (statement.denies, None, conditions_of(statement))
        return ABOUT, (statement.denies, resources_of(resources), conditions_of(statement))


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
