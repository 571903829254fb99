"""What is found out once for all holders of permissions: the places that their statements tell
apart, what meets there besides these, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.policy import PolicySet
from iamsim.core.errors import RequestError
from iamsim.engine.authorize import prepare
from iamsim.universe.alike import Alike, Member, Others
from iamsim.universe.contents import conditions_of, reads_context, resources_of
from iamsim.universe.meeting import Meeting, meeting_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.question import Question
    from iamsim.query.batch import ActionUniverse, Batch
    from iamsim.query.what_can.places import Place


class NamedPlace(NamedTuple):
    """A place that the policies of a principal tell apart, and the actions that they name there."""

    place: Place
    actions: int


class Outcome(NamedTuple):
    """Whether a request is allowed, for certain or under conditions; else whether a guardrail
    denies it."""

    possible: bool
    stopped: bool


@dataclass(slots=True)
class PlaceMeeting:
    """What callers of one kind and account meet at a place in one service: `others` are the
    statements that are not the caller's own and whose resources fit, each with its actions (a
    mask); `bound` where policy variables make the place itself matter."""

    meeting: Meeting
    others: tuple[tuple[int, CompiledStatement], ...]
    bound: bool
    _about: dict[tuple[int, ...], Others] = field(default_factory=dict)

    def about(self, action: int, alike: Alike) -> tuple[tuple[int, ...], Others]:
        """Which of the others are about an action (one bit), and what they tell callers apart
        by."""
        numbers = tuple([n for n, (actions, _) in enumerate(self.others) if actions & action])
        known = self._about.get(numbers)
        if known is None:
            known = self._about[numbers] = alike.others(self.others[n][1] for n in numbers)
        return numbers, known

    def fits(self, statement: CompiledStatement) -> bool:
        """Whether a statement's resources fit the place, for some value of policy variables."""
        return reads_context(statement.resources) or (
            statement.resources is None or statement.resources.matches(self.meeting.request)
        )


class Known:
    """What is known so far, for all holders of a world."""

    def __init__(self, universe: ActionUniverse) -> None:
        """Know nothing yet."""
        self._universe = universe
        self.alike = Alike(self._says)

    def _says(self, statement: CompiledStatement) -> tuple[int, Hashable]:
        """The actions of a statement, and what it says beyond them."""
        said = statement.denies, resources_of(statement.resources), conditions_of(statement)
        return self._universe.mask(statement.actions), said

    def met(
        self,
        where: tuple[Hashable, ...],
        kind: Hashable,
        ask: Callable[[], Question],
        batch: Batch,
    ) -> PlaceMeeting | None:
        """What a caller of a kind meets besides its own policies, remembered by service and place;
        `None` where the action can't be asked about the place."""

        def meet() -> PlaceMeeting | None:
            question = ask()
            try:
                prepared = prepare(question, batch.world)
            except RequestError:
                return None
            derived = batch.world.caller_facts(question).context.values
            return self._meet(meeting_of(prepared, derived, kind, self.alike))

        return self.alike.once(("met", kind, *where), meet)

    def _meet(self, meeting: Meeting) -> PlaceMeeting:
        statements = meeting.statements()
        bound = any(
            station.resource is not None or reads_context(entry.resources)
            for station, entry in statements
        )
        met = PlaceMeeting(meeting, (), bound)
        met.others = tuple(
            [
                (self._universe.mask(entry.actions), entry)
                for station, entry in statements
                if station.resource is not None or met.fits(entry)
            ]
        )
        return met


def policies_alone(some: Iterable[Member]) -> PolicySet:
    """Policies with only some of their statements."""
    return PolicySet(
        tuple(replace(member.policy, statements=(member.statement,)) for member in some)
    )
