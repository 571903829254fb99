"""The full reading: every layer, every statement, every clause, near misses included.

It asks the same statements as the plan, combines them by the same formula, and checks that both
come to the same verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING

from iamsim.catalog.keys import spelled
from iamsim.core.data_class import NamedTuple, replace
from iamsim.core.decision import Decision, Layer, Outcome, Verdict
from iamsim.core.errors import InternalError
from iamsim.core.explanation import (
    ContextEntry,
    Decider,
    Element,
    Explanation,
    LayerExplanation,
    MissingKey,
    NearMiss,
    PolicyExplanation,
    StatementExplanation,
    WayExplanation,
)
from iamsim.core.reason import Note, Reason
from iamsim.engine.fold import GUARDS, Folded
from iamsim.engine.formula import GUARDRAILS, Requirement, Slot, Way, blocking_slots
from iamsim.engine.inert import notes_of_idle_deny
from iamsim.engine.pitfalls import call_notes
from iamsim.engine.plan import ALWAYS_ALLOWED, implicit_denial, reference

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Request
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.engine.situation import Situation


class Member(NamedTuple):
    """One statement of one station that matches."""

    policy: CompiledPolicy
    statement: CompiledStatement
    grants: int
    explanation: StatementExplanation


class Visited(NamedTuple):
    """One station with all its statements, and apart those that match, by effect.

    `notes` and `missing` are those of the statements that are about the request; a missing key
    comes with its spelling in the policy.
    """

    station: Station
    policies: list[PolicyExplanation]
    notes: dict[Note, None]
    missing: dict[str, str | None]
    allowing: list[Member]
    denying: list[Member]

    def allows(self, need: Requirement) -> bool:
        """Whether the station allows, with a grant of one of the asked kinds."""
        if not self.station.asks_for_allow:
            return self.station.allows
        return any(member.grants & need.kinds for member in self.allowing)

    def granting(self, need: Requirement) -> list[Member]:
        """The matching allow statements that grant in one of the asked kinds."""
        return [member for member in self.allowing if member.grants & need.kinds]


class Explained(NamedTuple):
    """Decision and explanation of one request, made together."""

    decision: Decision
    explanation: Explanation


def explain_request(
    situation: Situation, request: Request, context: tuple[ContextEntry, ...]
) -> Explained:
    """Decide a request and say everything about it; raises `InternalError` if the fast reading
    comes to another verdict."""
    arrangement = situation.arrange(request.action)
    visits = tuple(_visit(station, request) for station in arrangement.stations)
    reading = _Reading(arrangement, visits)
    decision = reading.decide()
    fast = situation.decide(request)
    if (fast.verdict, fast.layer, fast.reason) != (
        decision.verdict,
        decision.layer,
        decision.reason,
    ):
        raise InternalError(
            "readings-disagree",
            f"two readings of one request disagree: {fast.verdict.value} and "
            f"{decision.verdict.value}",
            hint="please report this with the policies and the request",
        )
    missing = reading.missing()
    absent = {key.key for key in missing}
    told = dict.fromkeys((*reading.notes(), *call_notes(request, arrangement, absent)))
    if not decision.allowed:
        told.pop(Note.SOURCES_UNVERIFIED, None)  # a Deny that was lost would change nothing
    notes = tuple(told)
    decision = replace(decision, notes=notes, missing_context=tuple(key.name for key in missing))
    explanation = Explanation(
        arrangement.relation.reason,
        tuple(reading.layer(visit) for visit in visits),
        reading.ways(),
        reading.deciders(decision),
        context,
        missing,
        notes,
    )
    return Explained(decision, explanation)


def _visit(station: Station, request: Request) -> Visited:
    """Hold every statement of a station against the request."""
    visited = Visited(station, [], {}, {}, [], [])
    if station.policies is None or not station.applies:
        return visited
    visited.notes.update(dict.fromkeys(station.notes))
    seen = station.view(request)
    caller = seen.caller
    attached = station.slot is Slot.RESOURCE
    for policy in station.policies.policies:
        explanations = []
        for statement in policy.statements:
            explanation = statement.explain(seen)
            explanations.append(explanation)
            if explanation.notes:
                visited.notes.update(dict.fromkeys(explanation.notes))
            if explanation.missing:
                for key in explanation.missing:
                    visited.missing.setdefault(key, statement.written_key(key))
            if statement.denies and not explanation.matched:
                idle = notes_of_idle_deny(statement, explanation, seen, attached=attached)
                visited.notes.update(dict.fromkeys(idle))
            if explanation.matched:
                member = Member(policy, statement, statement.grants(caller), explanation)
                (visited.denying if statement.denies else visited.allowing).append(member)
        visited.policies.append(PolicyExplanation(policy.name, policy.source, tuple(explanations)))
    return visited


class _Stations:
    """What each station says by itself: the reading of the formula."""

    def __init__(self, visits: dict[Station, Visited]) -> None:
        """Take the visits."""
        self._of_station = visits

    def denies(self, station: Station) -> list[Member]:
        """The deny statements of a station that match."""
        return self._of_station[station].denying

    def allows(self, station: Station, need: Requirement) -> bool:
        """Whether a station allows, with a grant of one of the asked kinds."""
        return self._of_station[station].allows(need)

    def every(self, gates: Iterable[bool]) -> bool:
        """All stations of a place must allow."""
        return all(gates)

    def settled(self, *, allows: bool) -> bool:
        """A place without stations."""
        return allows


class _Reading:
    """What the visited stations say together: the formula over the statements that match."""

    def __init__(self, arrangement: Arrangement, visits: tuple[Visited, ...]) -> None:
        """Fold the formula over the visits."""
        self.arrangement = arrangement
        self.relation = arrangement.relation
        self.visits = visits
        self._of_station = dict(zip(arrangement.stations, visits, strict=True))
        # A reading of its own: one that led back here would keep each trace for the collector.
        folded = Folded(self.relation, arrangement.at, _Stations(self._of_station))
        self.opened = folded.gate
        self.denying = [denial for denial in folded.denials() if denial[1]]
        self.closed = [need.slot for need in GUARDS if not folded.gate(need)]
        self.way = next((way for way in self.relation.ways if not self.blocked(way)), None)

    def at(self, slot: Slot) -> list[Visited]:
        """The visits of one place."""
        return [self._of_station[station] for station in self.arrangement.at(slot)]

    def blocked(self, way: Way) -> list[Slot]:
        """The places of a way in that do not allow."""
        return [need.slot for need in way.requires if not self.opened(need)]

    def decide(self) -> Decision:
        """The verdict by the formula."""
        if self.relation.always:
            return ALWAYS_ALLOWED
        if self.denying:
            slot = self.denying[0][0]
            statements = tuple(
                reference(slot, member.policy, member.statement)
                for place, members in self.denying
                if place is slot
                for member in members
            )
            return Decision(Verdict.EXPLICIT_DENY, Reason.EXPLICITLY_DENIED, slot.layer, statements)
        if self.way is None or self.closed:
            return implicit_denial(self._blocking(), self.relation)
        statements = tuple(
            reference(need.slot, member.policy, member.statement)
            for need in self.way.requires
            for visit in self.at(need.slot)
            for member in visit.granting(need)
        )
        layer = self.way.requires[0].slot.layer
        return Decision(Verdict.ALLOWED, Reason.ALLOWED, layer, statements)

    def _blocking(self) -> tuple[Slot, ...]:
        """The places without which the request would have passed."""
        return blocking_slots(self.relation, self.closed, self.opened)

    def layer(self, visit: Visited) -> LayerExplanation:
        """What one station says, for the answer."""
        station = visit.station
        outcome, reason = self._outcome(visit)
        return LayerExplanation(
            station.slot.layer,
            outcome,
            reason,
            tuple(visit.policies),
            station.level,
            tuple(visit.notes) or station.notes,
            owner=station.owner,
        )

    def _outcome(self, visit: Visited) -> tuple[Outcome, Reason]:
        """Outcome and reason of one station."""
        station = visit.station
        if not station.applies:
            return Outcome.NOT_APPLICABLE, station.reason
        if visit.denying:
            if station.slot in self.relation.heard:
                return Outcome.EXPLICIT_DENY, Reason.STATEMENT_DENIES
            return Outcome.NOT_APPLICABLE, Reason.OWNER_ROOT_MAY_UNLOCK
        if visit.allows(Requirement(station.slot)):
            reason = Reason.STATEMENT_ALLOWS if station.asks_for_allow else station.reason
            return Outcome.ALLOW, reason
        return Outcome.IMPLICIT_DENY, station.reason

    def ways(self) -> tuple[WayExplanation, ...]:
        """The ways in, and what blocks each."""
        ways = []
        for way in self.relation.ways:
            blocked = tuple(dict.fromkeys(slot.layer for slot in self.blocked(way)))
            requires = tuple(dict.fromkeys(need.slot.layer for need in way.requires))
            ways.append(WayExplanation(way.name, requires, not blocked, blocked))
        return tuple(ways)

    def deciders(self, decision: Decision) -> tuple[Decider, ...]:
        """The entries of `decided_by`."""
        if self.relation.always:
            return ()
        if decision.verdict is Verdict.EXPLICIT_DENY:
            return tuple(
                _decider(visit, member, Reason.STATEMENT_DENIES)
                for slot in self.relation.heard
                for visit in self.at(slot)
                for member in visit.denying
            )
        if decision.verdict is Verdict.ALLOWED and self.way is not None:
            return tuple(self._allowers(self.way.requires))
        return tuple(entry for slot in self._blocking() for entry in self._blockers(slot))

    def _allowers(self, requires: tuple[Requirement, ...]) -> Iterable[Decider]:
        """The allow statements of the open way; a place that allows by itself stands alone."""
        for need in requires:
            for visit in self.at(need.slot):
                station = visit.station
                members = visit.granting(need)
                for member in members:
                    yield _decider(visit, member, Reason.STATEMENT_ALLOWS)
                if not members and station.applies:
                    yield Decider(
                        need.slot.layer, station.reason, level=station.level, owner=station.owner
                    )

    def _blockers(self, slot: Slot) -> Iterable[Decider]:
        """One entry for each station of a place that does not allow, with its near miss."""
        need = Requirement(slot)
        visits = self.at(slot)
        if slot in GUARDRAILS:
            visits = [visit for visit in visits if not visit.allows(need)]
        for visit in visits:
            station = visit.station
            yield Decider(
                slot.layer,
                station.reason,
                level=station.level,
                near=_near_miss(visit.policies),
                owner=station.owner,
            )

    def missing(self) -> tuple[MissingKey, ...]:
        """The keys that statements about this request read and did not find."""
        layers: dict[str, dict[Layer, None]] = {}
        written: dict[str, str | None] = {}
        for visit in self.visits:
            for key, spelling in visit.missing.items():
                layers.setdefault(key, {})[visit.station.slot.layer] = None
                written[key] = written.get(key) or spelling
        return tuple(
            MissingKey(key, tuple(places), written=_as_written(key, written[key]))
            for key, places in sorted(layers.items(), key=itemgetter(0))
        )

    def notes(self) -> tuple[Note, ...]:
        """All notes, each once, in the order of the layers."""
        notes = list(self.arrangement.notes)
        for visit in self.visits:
            notes += visit.station.notes
            notes += visit.notes
        return tuple(dict.fromkeys(notes))


def _as_written(key: str, in_policy: str | None) -> str:
    """A key as AWS spells it, else as the policy does."""
    known = spelled(key)
    return known if known != key else in_policy or key


def _decider(visit: Visited, member: Member, reason: Reason) -> Decider:
    return Decider(
        visit.station.slot.layer,
        reason,
        member.policy.name,
        member.explanation,
        visit.station.level,
        owner=visit.station.owner,
    )


CLOSENESS = {
    Element.CONDITION: 1,
    Element.RESOURCE: 2,
    Element.NOT_RESOURCE: 2,
    Element.PRINCIPAL: 3,
    Element.NOT_PRINCIPAL: 3,
    Element.ACTION: 5,
    Element.NOT_ACTION: 5,
}


def _near_miss(policies: list[PolicyExplanation]) -> NearMiss | None:
    """The allow statement that lacked least: a failed condition is nearer than another action.

    A statement whose action does not match is near only when it is about the same service.
    """
    best: NearMiss | None = None
    shortest = 0
    for policy in policies:
        for statement in policy.statements:
            failed = statement.failed_elements
            if statement.effect == "Deny" or not failed:
                continue
            distance = sum([CLOSENESS[element] for element in failed])
            if best is not None and distance >= shortest:
                continue
            if _fails_by_action(failed) and not _same_service(statement):
                continue
            best, shortest = NearMiss(policy.name, statement, failed), distance
    return best


def _fails_by_action(failed: tuple[Element, ...]) -> bool:
    """Whether another action than the one asked for is what a statement is about."""
    return Element.ACTION in failed or Element.NOT_ACTION in failed


def _same_service(explanation: StatementExplanation) -> bool:
    """Whether some action pattern of a statement is about the service that was asked for."""
    return any(
        clause.element is Element.ACTION
        and clause.value is not None
        and clause.pattern.partition(":")[0].lower() == clause.value.partition(":")[0]
        for clause in explanation.clauses
    )
