"""Changes of decisions as data: who, what, on what, from what to what, through which statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from iamsim.engine.question import DIRECT_CALL, ContextValue, Via
from iamsim.query.role_chains import assume_action
from iamsim.universe.candidates import CandidateKind

if TYPE_CHECKING:
    from iamsim.core.decision import StatementReference
    from iamsim.query.batch import ActionUniverse, BatchAnswer, Candidate
    from iamsim.query.what_can.places import Place
    from iamsim.universe.asked import Asked

PROBE = "sts:GetCallerIdentity"


class Direction(Enum):
    """Which way a decision changes."""

    OPENS = "opens"
    CLOSES = "closes"
    SHIFTS = "shifts"  # other conditions, of which neither hold the others
    STAYS_DENIED = "stays-denied"  # explicitly instead of implicitly, or the other way round


OPENING = frozenset({Direction.OPENS, Direction.SHIFTS})
EVERYBODY = frozenset({CandidateKind.ANONYMOUS, CandidateKind.ANY_ACCOUNT})


class Reached(NamedTuple):
    """What was asked of one principal at one place: a set of actions of the catalog.

    `owner` is the account of the resource where its ARN names none and one of the worlds knows it;
    `via` says that the requests come through a VPC endpoint, or are made by a service for the
    caller. With `open_to_all` the owner is a stranger, who lets everybody in.
    """

    candidate: Candidate
    place: Place
    actions: int
    context: Mapping[str, ContextValue]
    owner: str | None = None
    via: Via = DIRECT_CALL
    open_to_all: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Actions of one principal whose decision at one place changes alike.

    `through` are the statements that make the difference: with `proved`, those whose change
    decides, since without it the answer is the old one; else (as after 200 trials for one
    principal) those that decide afterwards, or, where what allowed is gone, those that decided
    before. `vpc_endpoint` is the id of the endpoint that the requests come through, `services`
    those that make them for the caller; `asked` is in whose name the engine was asked.
    """

    candidate: Candidate
    place: Place
    actions: tuple[str, ...]
    before: BatchAnswer
    after: BatchAnswer
    direction: Direction
    through: tuple[StatementReference, ...]
    vpc_endpoint: str | None = None
    services: tuple[str, ...] = ()
    proved: bool = False
    asked: Asked | None = None

    @property
    def is_opening(self) -> bool:
        """Whether somebody gets what nobody gave before."""
        return self.direction in OPENING

    @property
    def is_public(self) -> bool:
        """Whether it opens to everybody: without credentials, or with any."""
        return self.is_opening and self.candidate.kind in EVERYBODY

    @property
    def is_latent(self) -> bool:
        """Whether it counts for nobody yet."""
        return self.candidate.kind is CandidateKind.FUTURE

    @property
    def resource(self) -> str:
        """The pattern, or the resource, that people read."""
        return self.place.label or self.place.sample


class Latent(NamedTuple):
    """What differs and counts for nobody yet: a policy that is attached to nobody, a group without
    users, the guardrails of accounts that the world does not list. `where` names it; `statements`
    are those that only one world has."""

    where: str
    direction: Direction
    actions: tuple[str, ...]
    statements: tuple[StatementReference, ...]


@dataclass(slots=True)
class Changes:
    """All changes, and within which bounds they were looked for.

    Public openings come first. `latent` is what counts for nobody yet; changes for principals that
    do not exist yet are in `future`.

    `complete` is false where patterns meet in more ways than were tried, or a principal has more
    than 1,000 changes, after which its other places are not asked; `silent` says what differs
    and was not asked about.
    """

    universe: ActionUniverse
    found: list[Change] = field(default_factory=list)
    future: list[Change] = field(default_factory=list)
    latent: list[Latent] = field(default_factory=list)
    bounds: list[Reached] = field(default_factory=list)
    principals: int = 0
    complete: bool = True
    silent: tuple[str, ...] = ()

    @property
    def decisions(self) -> int:
        """How many decisions of each world were compared."""
        return sum(bound.actions.bit_count() for bound in self.bounds)

    def has(self, what: str) -> bool:
        """Whether there is what a gate names: `opened`, `changed`, or `latent`: opened, also for
        nobody yet."""
        if what == "changed":
            return bool(self.found or self.future or self.latent)
        later = self.future if what == "latent" else ()
        return any(entry.is_opening for entry in (*self.found, *later)) or (
            what == "latent" and any(latent.direction in OPENING for latent in self.latent)
        )

    def of(self, direction: Direction) -> Iterator[Change]:
        """The changes in one direction."""
        return (change for change in self.found if change.direction is direction)


def probe(candidate: Candidate) -> str:
    """What is asked where only the caller matters. A service and a provider may share a name, and
    differ by what they call (see `iamsim.engine.callers`)."""
    if candidate.kind is CandidateKind.IDENTITY_PROVIDER:
        return assume_action(candidate)
    return PROBE
