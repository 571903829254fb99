"""Changes of decisions as data: who, what, on what, from what to what, through which statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from iamsim.engine.question import DIRECT_CALL, Via

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamsim.core.decision import StatementReference
    from iamsim.engine.question import ContextValue
    from iamsim.query.batch import ActionUniverse, BatchAnswer, Candidate
    from iamsim.query.what_can.places import Place

__all__ = ["Change", "Changes", "Direction", "Reached"]


class Direction(Enum):
    """Which way a decision changes."""

    OPENS = "opens"
    CLOSES = "closes"
    SHIFTS = "shifts"  # other conditions, of which neither hold the others
    STAYS_DENIED = "stays-denied"  # explicitly instead of implicitly, or the other way round


class Reached(NamedTuple):
    """What was asked of one principal at one place: a set of actions of the catalog.

    `owner` is the account of the resource where its ARN names none and one of the worlds knows it;
    `via` says that the requests come through a VPC endpoint.
    """

    candidate: Candidate
    place: Place
    actions: int
    context: Mapping[str, ContextValue]
    owner: str | None = None
    via: Via = DIRECT_CALL


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Actions of one principal whose decision at one place changes alike.

    `through` are the statements that make the difference: those that decide afterwards, or, where
    what allowed is gone, those that decided before. `vpc_endpoint` is the id of the endpoint that
    the requests come through; `None` for direct calls.
    """

    candidate: Candidate
    place: Place
    actions: tuple[str, ...]
    before: BatchAnswer
    after: BatchAnswer
    direction: Direction
    through: tuple[StatementReference, ...]
    vpc_endpoint: str | None = None

    @property
    def resource(self) -> str:
        """The pattern, or the resource, that people read."""
        return self.place.label or self.place.sample


@dataclass(slots=True)
class Changes:
    """All changes, and within which bounds they were looked for.

    `complete` is false where patterns meet in more ways than were tried; `silent` says what differs
    and was not asked about.
    """

    universe: ActionUniverse
    found: list[Change] = field(default_factory=list)
    bounds: list[Reached] = field(default_factory=list)
    principals: int = 0
    complete: bool = True
    silent: tuple[str, ...] = ()

    @property
    def decisions(self) -> int:
        """How many decisions of each world were compared."""
        return sum(one.actions.bit_count() for one in self.bounds)

    def of(self, direction: Direction) -> Iterator[Change]:
        """The changes in one direction."""
        return (one for one in self.found if one.direction is direction)
