"""A count of records held against a world, and against the world after a change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.core.errors import InputError
from iamsim.core.overall import overall_verdict
from iamsim.engine.question import Question
from iamsim.query.calls import answer_request
from iamsim.questions.called import in_world, question_of
from iamsim.symbolic import partial

if TYPE_CHECKING:
    from iamsim.calls.model import Requested
    from iamsim.core.answer import Answer
    from iamsim.engine.world import CompiledWorld
    from iamsim.replay.counting import CallGroup, Count


@dataclass(frozen=True, slots=True)
class ChangedCall:
    """A request that the change decides otherwise, with all records that ask it. One that is
    conditional before and after hangs on other conditions now."""

    requested: Requested
    before: Verdict
    after: Verdict
    count: int
    first: str
    last: str
    event: str
    answer: Answer  # in the world after the change

    @property
    def is_certain(self) -> bool:
        """Whether the decision after the change hangs on nothing."""
        return self.after is not Verdict.CONDITIONAL


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Calls that AWS answered otherwise than the world does; `denied` says what AWS answered."""

    requested: Requested
    denied: bool
    count: int
    group: CallGroup
    answer: Answer


@dataclass(slots=True)
class Replay:
    """What came out. `undecided` counts records whose answer hangs on what the trail can't tell;
    `unasked` has the requests that could not be asked, with the reason."""

    count: Count
    agree: int = 0
    undecided: int = 0
    disagree: list[Disagreement] = field(default_factory=list)
    changes: list[ChangedCall] = field(default_factory=list)
    unasked: dict[str, int] = field(default_factory=dict)


class Asker:
    """Decides requests in one world, each once."""

    def __init__(self, world: CompiledWorld) -> None:
        """Start without answers."""
        self._world = world
        self._verdicts: dict[Hashable, Verdict | InputError] = {}

    def verdict(self, key: Hashable, requested: Requested) -> Verdict | InputError:
        """The verdict, or why it can't be asked."""
        known = self._verdicts.get(key)
        if known is None:
            try:
                known = self._decide(requested)
            except InputError as error:
                known = error
            self._verdicts[key] = known
        return known

    def _decide(self, requested: Requested) -> Verdict:
        if "resource" in requested.unknown:
            return self._answered(requested)[0]
        return partial.decide(self._question(requested), self._world).verdict

    def answer(self, requested: Requested) -> Answer:
        """The whole answer; raises `InputError` for what can't be asked."""
        return self._answered(requested)[1]

    def condition(self, requested: Requested) -> str:
        """What a conditional answer hangs on, in words."""
        answer = self.answer(requested)
        if answer.residual is None:
            return str(answer.decision.missing_context)
        return answer.residual.sentence

    def _answered(self, requested: Requested) -> tuple[Verdict, Answer]:
        def ask(question: Question) -> Answer:
            return partial.answer(question, self._world)

        question = self._question(requested)
        answered = answer_request(requested, question, ask, self._world)
        return answered.verdict, answered.answer

    def _question(self, requested: Requested) -> Question:
        base = Question(requested.principal or "", requested.action, requested.resource)
        return question_of(in_world(requested, self._world.model), base)


def replay(
    count: Count,
    before: CompiledWorld,
    after: CompiledWorld | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Replay:
    """Decide every kind of request in a world, and in another one where there is one."""
    result = Replay(count)
    world, changed = Asker(before), None if after is None else Asker(after)
    total = len(count.groups)
    for done, group in enumerate(count.groups.values(), 1):
        _judge(group, world, result)
        progress(done, total)
    if changed is not None:
        result.changes = _changes(result, world, changed)
    result.disagree.sort(key=lambda disagreement: (-disagreement.count, disagreement.group.event))
    return result


def _judge(group: CallGroup, world: Asker, result: Replay) -> None:
    """Hold what AWS answered against the world."""
    requests = result.count.requests
    verdicts = []
    for key in group.requests:
        verdict = world.verdict(key, requests[key])
        if isinstance(verdict, InputError):
            reason = verdict.message
            result.unasked[reason] = result.unasked.get(reason, 0) + group.count
            return
        verdicts.append(verdict)
    overall = overall_verdict(verdicts)
    if overall is Verdict.CONDITIONAL:
        result.undecided += group.count
        return
    allowed = overall is Verdict.ALLOWED
    result.agree += group.allowed if allowed else group.denied
    against = group.denied if allowed else group.allowed
    if against:
        place = 0 if allowed else next(n for n, entry in enumerate(verdicts) if entry is overall)
        requested = requests[group.requests[place]]
        answer = world.answer(requested)
        result.disagree.append(Disagreement(requested, allowed, against, group, answer))


def _changes(result: Replay, world: Asker, changed: Asker) -> list[ChangedCall]:
    """The requests that the second world decides otherwise, the frequent ones first."""
    count = result.count
    groups: dict[Hashable, list[CallGroup]] = {}
    for group in count.groups.values():
        for key in dict.fromkeys(group.requests):
            groups.setdefault(key, []).append(group)
    changes = []
    for key, some in groups.items():
        requested = count.requests[key]
        before, after = world.verdict(key, requested), changed.verdict(key, requested)
        if isinstance(before, InputError):
            continue
        if before is after and not (
            after is Verdict.CONDITIONAL
            and world.condition(requested) != changed.condition(requested)
        ):
            continue
        if isinstance(after, InputError):
            known = result.unasked.get(after.message, 0)
            result.unasked[after.message] = known + sum(group.count for group in some)
            continue
        earliest = min(some, key=lambda group: (group.first, group.event))
        changes.append(
            ChangedCall(
                requested,
                before,
                after,
                sum(group.count for group in some),
                earliest.first,
                max(group.last for group in some),
                earliest.event,
                changed.answer(requested),
            )
        )
    return sorted(changes, key=lambda entry: (-entry.count, entry.event, entry.requested.action))
