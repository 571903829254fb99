"""Finding the smallest edits that change an answer; each set is decided before it is named.

A set is smallest when it changes the verdict and no part of it does. Single edits come first, then
combinations over the layers that stand in the way together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import combinations
from typing import TYPE_CHECKING

from iamsim.core.decision import Decision, Verdict
from iamsim.core.reason import Reason
from iamsim.engine.authorize import prepare
from iamsim.engine.world import CompiledWorld, without_world
from iamsim.query.edits.model import Blocker, Edit, EditKind, EditReport, EditSet, Obstacle
from iamsim.query.edits.obstacles import Hurdle, Hurdles
from iamsim.query.edits.patches import make_patches
from iamsim.query.edits.places import Places
from iamsim.query.edits.reach import Measure
from iamsim.query.edits.stop import grants_of, ways_to_stop
from iamsim.query.edits.trial import Trial
from iamsim.symbolic.partial import answer as explain

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question

MOST_COMBINATIONS = 400  # of one way in
EVERY_PART = 6  # edits of which every part is tried
MOST_FOUND = 8
MOST_SHOWN = 5
MOST_ALIKE = 3  # of edits at the same layers
# How many edits are tried for each hurdle, by how many hurdles there are.
EDITS_EACH = {1: 8, 2: 6, 3: 4, 4: 3}
DENIALS = frozenset({Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY})
# Why there is no way in at all; else the caller may not make such a call.
CLOSED = {
    Reason.CROSS_PARTITION: Obstacle.OTHER_PARTITION,
    Reason.OWN_ACCOUNT_ONLY: Obstacle.OWN_ACCOUNT_ONLY,
}
Edits = tuple[Edit, ...]


def suggest_edits(
    question: Question, world: CompiledWorld | None = None, *, most: int = MOST_SHOWN
) -> EditReport:
    """Find the edits that would allow a denied request, or deny an allowed one.

    Every set was applied to a copy and decided; the narrowest comes first, and those that weaken a
    guardrail come last. What can't be changed is listed beside them. Raises `InputError` for what
    can't be asked.
    """
    world = world if world is not None else without_world()
    answered = explain(question, world)
    if answered.residual is not None:
        return EditReport(answered, "allowed", (), (Blocker(Obstacle.UNKNOWN_KEYS),), 0)
    return _Search(question, world, answered).report(most)


class _Search:
    """The search for one question."""

    def __init__(self, question: Question, world: CompiledWorld, answer: Answer) -> None:
        """Take the question, and its answer as it stands."""
        self.prepared = prepare(question, world)
        self.answer = answer
        self.trial = Trial(question, world)
        self.places = Places(self.prepared, world)
        self.stops = self.answer.decision.allowed
        self.found: list[Edits] = []
        self.untried = False

    def report(self, most: int) -> EditReport:
        """Search, measure, and put in order."""
        goal = "denied" if self.stops else "allowed"
        blockers = self._stop() if self.stops else self._open()
        measure = Measure(self.trial, self.places, opens=not self.stops)
        measured = sorted(
            ((measure.reach(edits), edits) for edits in self.found),
            key=lambda entry: _rank(entry[1], entry[0].size),
        )
        sets: list[EditSet] = []
        alike: dict[frozenset[object], int] = {}
        for reach, edits in measured:
            where = frozenset(edit.layer for edit in edits)
            alike[where] = alike.get(where, 0) + 1
            if len(sets) == most or alike[where] > MOST_ALIKE:
                continue
            asked = self.trial.apply(edits)
            answer = None if asked is None else explain(*asked)
            if answer is not None and self._flips(answer.decision):
                way = next((way.name for way in answer.explanation.ways if way.open), None)
                patches = make_patches(edits, self.trial)
                sets.append(EditSet(edits, way, patches, reach, answer))
        if not sets and not blockers:
            blockers = (Blocker(Obstacle.NOTHING_FOUND),)
        explanation = self.answer.explanation
        grants = tuple(grants_of(self.prepared, explanation)) if self.stops else ()
        return EditReport(
            self.answer, goal, tuple(sets), blockers, self.trial.tried, grants, self.untried
        )

    def _open(self) -> tuple[Blocker, ...]:
        """Look for edits that allow; gives what can't be edited."""
        relation = self.prepared.situation.arrange(self.prepared.request.action).relation
        if not relation.ways:
            return (Blocker(CLOSED.get(relation.reason, Obstacle.CALLER_MAY_NOT_CALL)),)
        hurdles = Hurdles(self.prepared, self.answer.explanation, self.places, self.trial)
        common = hurdles.common()
        ways = [[*common, *hurdles.of_way(way)] for way in hurdles.ways]
        merged: dict[tuple[object, ...], Edit] = {}
        for needed in ways:
            for hurdle in needed:
                _distinct(hurdle.edits, merged)
        for edit in tuple(merged.values()):
            self._try((edit,))
        for needed in sorted(ways, key=len):
            self._try_some(_combined(needed, merged))
        if self.found:
            return _blockers(common)
        blockers = _blockers(hurdle for needed in ways for hurdle in needed)
        # Where there are several ways in, none of them needs a policy of the resource.
        telling = [
            blocker for blocker in blockers if blocker.reason is not Obstacle.NO_RESOURCE_POLICIES
        ]
        return tuple(telling) if telling and len(ways) > 1 else blockers

    def _stop(self) -> tuple[Blocker, ...]:
        """Look for edits that deny; gives what can't be edited."""
        if self.answer.decision.reason is Reason.ALWAYS_ALLOWED:
            return (Blocker(Obstacle.ALWAYS_ALLOWED),)
        merged: dict[tuple[object, ...], Edit] = {}
        candidates = ways_to_stop(self.prepared, self.answer.explanation, self.places, self.trial)
        self._try_some(_distinct(edits, merged) for edits in candidates)
        caller = self.prepared.request.caller
        if self.found or not (caller.kind.is_root or caller.service_linked):
            return ()
        is_root = caller.kind.is_root
        return (Blocker(Obstacle.ROOT_USER if is_root else Obstacle.SERVICE_LINKED_ROLE),)

    def _try_some(self, candidates: Iterator[Edits]) -> None:
        """Try edits in their order, until enough were found or tried."""
        for number, edits in enumerate(candidates):
            if number == MOST_COMBINATIONS or len(self.found) >= MOST_FOUND:
                self.untried = True
                return
            self._try(edits)

    def _flips(self, decision: Decision | None) -> bool:
        if decision is None:
            return False
        if self.stops:
            return decision.verdict in DENIALS
        # A key that AWS sends and nobody said may be left to decide.
        return decision.verdict not in DENIALS

    def _try(self, edits: Edits) -> None:
        """Keep edits that change the verdict, and of which no part does."""
        chosen = set(edits)
        if not edits or any(chosen >= set(known) for known in self.found):
            return
        if not self._flips(self.trial.decide(edits)):
            return
        part = self._part_that_flips(edits)
        if part is None:
            self.found.append(edits)
        else:
            self._try(part)

    def _part_that_flips(self, edits: Edits) -> Edits | None:
        """A part that changes the verdict as well. Of a few edits each part is tried, so that the
        smallest is found; of many each is left out once, for there are too many parts."""
        if len(edits) <= EVERY_PART:
            parts = (part for size in range(1, len(edits)) for part in combinations(edits, size))
            return next((part for part in parts if self._flips(self.trial.decide(part))), None)
        kept = edits
        for edit in edits:
            part = tuple(other_edit for other_edit in kept if other_edit is not edit)
            if self._flips(self.trial.decide(part)):
                kept = part
        return None if len(kept) == len(edits) else kept


def _rank(edits: Edits, reach: int) -> tuple[object, ...]:
    """The order of sets: guardrails last, the narrowest first, then what the own account can do."""
    return (
        any(edit.guardrail for edit in edits),
        reach,
        not all(edit.own for edit in edits),
        len(edits),
        any(edit.kind is not EditKind.CONTEXT for edit in edits),
    )


def _combined(needed: list[Hurdle], merged: dict[tuple[object, ...], Edit]) -> Iterator[Edits]:
    """One edit for each hurdle, the most likely combinations first."""
    if len(needed) < 2 or not all(hurdle.edits for hurdle in needed):  # noqa: PLR2004 - singles are tried
        return
    most = EDITS_EACH.get(len(needed), 2)
    lists = [hurdle.edits[:most] for hurdle in needed]
    for ranks in _by_rank([len(listing) for listing in lists]):
        chosen = (listed[rank] for listed, rank in zip(lists, ranks, strict=True))
        yield _distinct(chosen, merged)


def _by_rank(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The places to choose in lists of some lengths, those of the smallest sum first; made one by
    one, since there are exponentially many."""
    waiting = [(0, (0,) * len(lengths))]
    known = {waiting[0][1]}
    while waiting:
        total, ranks = heappop(waiting)
        yield ranks
        for place, length in enumerate(lengths):
            if ranks[place] + 1 < length:
                follower = (*ranks[:place], ranks[place] + 1, *ranks[place + 1 :])
                if follower not in known:
                    known.add(follower)
                    heappush(waiting, (total + 1, follower))


def _distinct(edits: Iterable[Edit], merged: dict[tuple[object, ...], Edit]) -> Edits:
    """Each edit once, equal ones being the same object."""
    return tuple(dict.fromkeys(merged.setdefault(edit.key, edit) for edit in edits))


def _blockers(hurdles: Iterable[Hurdle]) -> tuple[Blocker, ...]:
    """What can't be edited, each once."""
    blockers: dict[tuple[object, ...], Blocker] = {}
    for hurdle in hurdles:
        blocker = hurdle.blocker
        if blocker is not None:
            blockers.setdefault((blocker.reason, blocker.layer, blocker.policy), blocker)
    return tuple(blockers.values())
