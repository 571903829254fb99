"""What tells principals apart where both worlds are asked, and what was found for one of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamsim.query.changes.model import Change, Reached, probe
from iamsim.query.changes.resources import may_meet
from iamsim.universe.alike import Alike, Side, untold
from iamsim.universe.contents import content_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.facts import CallerFacts
    from iamsim.query.batch import ActionUniverse, Batch, BatchAnswer, Candidate


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found for one principal, to be given to those that are like it."""

    bounds: tuple[Reached, ...] = ()
    changes: tuple[Change, ...] = ()
    complete: bool = True
    side: Side = field(default_factory=Side)

    def joined(self, other: Compared) -> Compared:
        """What was found for one principal in two ways."""
        return Compared(
            (*self.bounds, *other.bounds),
            (*self.changes, *other.changes),
            self.complete and other.complete,
        )

    def for_other(self, candidate: Candidate, side: Side) -> Compared:
        """The same for somebody alike."""
        if side is self.side:
            return self
        return Compared(
            tuple([bound._replace(candidate=candidate) for bound in self.bounds]),
            tuple([self._moved(change, candidate, side) for change in self.changes]),
            self.complete,
            side,
        )

    def _moved(self, change: Change, candidate: Candidate, side: Side) -> Change:
        def moved(answer: BatchAnswer) -> BatchAnswer:
            return answer._replace(decision=self.side.moved_in(answer.decision, side))

        return replace(
            change,
            candidate=candidate,
            before=moved(change.before),
            after=moved(change.after),
            through=tuple([self.side.moved(reference, side) for reference in change.through]),
            asked=candidate.asked[0],
        )


NOTHING = Compared()


class Sight:
    """What tells principals of one account and kind apart, whose own side is the same in both
    worlds, for a set of actions on resources that begin as `heads` say.

    `statements` are those on the side of resources and guardrails; `arns` are the resources
    themselves: a principal may be one of them.
    """

    def __init__(
        self,
        batches: tuple[Batch, Batch],
        universe: ActionUniverse,
        actions: int,
        heads: tuple[str, ...] | None,
        statements: Iterable[CompiledStatement],
        arns: frozenset[str],
    ) -> None:
        """Keep what is about the actions."""
        self._batches = batches
        self._universe = universe
        self._actions = actions
        self._heads = heads
        self._arns = arns
        self._alike = Alike(self._about)
        self._others = self._alike.others(
            statement for statement in statements if universe.mask(statement.actions) & actions
        )

    def compared(
        self,
        candidate: Candidate,
        sides: tuple[CallerFacts, CallerFacts],
        compare: Callable[[], Compared],
    ) -> Compared:
        """What is found for a principal, or for one that it can't differ from."""
        side = self._alike.side(*sides)
        caller = sides[1].caller
        apart = sides[0].context.values != sides[1].context.values
        seeing = [(side.caller, side.context.values) for side in (sides if apart else sides[1:])]
        keys = self._others.keys | side.keys
        key = (
            type(candidate.entity),
            candidate.kind,
            candidate.account,
            caller.kind,
            caller.service_linked,
            side.says,
            tuple([(self._others.seen(*parts), side.outcomes(parts[1])) for parts in seeing]),
            tuple(
                [
                    untold(batch.question_as(candidate, probe(candidate)), facts, keys, batch.world)
                    for batch, facts in zip(self._batches, sides, strict=True)
                ]
            ),
            candidate.principal if candidate.principal in self._arns else None,
        )
        known = self._alike.once(key, lambda: replace(compare(), side=side))
        return known.for_other(candidate, side)

    def _about(self, statement: CompiledStatement) -> tuple[int, Hashable] | None:
        """The actions of a statement, and what it says as far as it can be about the resources."""
        mask = self._universe.mask(statement.actions) & self._actions
        resources = self._resources(statement) if mask else ()
        if resources == ():
            return None
        return mask, content_of(statement)._replace(actions=mask, resources=resources)

    def _resources(self, statement: CompiledStatement) -> tuple[object, ...]:
        """The Resource element as far as it can be about these resources; empty if it can't."""
        resources = statement.resources
        if resources is None or resources.negated or self._heads is None:
            return (content_of(statement).resources,)
        found = []
        for pattern in resources.patterns:
            first = (pattern.parts or ("",))[0]
            if not isinstance(first, str) or may_meet(first, self._heads):
                found.append(pattern.template)
        return tuple(found)
