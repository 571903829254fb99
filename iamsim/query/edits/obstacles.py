"""What stands in the way of a request: every Deny, every guardrail, and what each way in lacks.

For each there is a list of edits, with each of which it may be gone, or a reason why there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamsim.core.decision import Outcome
from iamsim.core.request import GrantKind
from iamsim.engine.formula import GUARDRAILS, Requirement, Slot, Way
from iamsim.query.edits.allow import ways_to_allow
from iamsim.query.edits.deny import ways_to_except
from iamsim.query.edits.model import Blocker, Edit, Obstacle

if TYPE_CHECKING:
    from iamsim.core.explanation import Explanation, LayerExplanation
    from iamsim.engine.arrangement import Station
    from iamsim.engine.authorize import Prepared
    from iamsim.query.edits.places import Places
    from iamsim.query.edits.trial import Trial


@dataclass(frozen=True, slots=True, eq=False)
class Hurdle:
    """One thing that must go, with the edits that may do it; `blocker` says why there is none."""

    edits: tuple[Edit, ...]
    blocker: Blocker | None = None


@dataclass(slots=True, eq=False)
class Hurdles:
    """The hurdles of one request."""

    prepared: Prepared
    explanation: Explanation
    places: Places
    trial: Trial
    _pairs: tuple[tuple[Station, LayerExplanation], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put each station beside what it says."""
        arrangement = self.prepared.situation.arrange(self.prepared.request.action)
        pairs = zip(arrangement.stations, self.explanation.layers, strict=True)
        self._pairs = tuple(pairs)

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways in of the request's relation."""
        return self.prepared.situation.arrange(self.prepared.request.action).relation.ways

    def common(self) -> list[Hurdle]:
        """What every way in meets: denies, and guardrails that do not allow."""
        hurdles = list(self._denies())
        for station, seen in self._pairs:
            if station.slot in GUARDRAILS and not self._allows(station, seen, GrantKind.any()):
                hurdles.append(self._closed(station, seen, Requirement(station.slot)))
        return hurdles

    def of_way(self, way: Way) -> list[Hurdle]:
        """What one way in lacks."""
        found = []
        for need in way.requires:
            stations = [pair for pair in self._pairs if pair[0].slot is need.slot]
            for station, seen in stations:
                if not self._allows(station, seen, need.kinds):
                    found.append(self._closed(station, seen, need))
            if not stations:
                found.append(Hurdle(()))
        return found

    def _denies(self) -> Iterator[Hurdle]:
        """The Deny statements that count."""
        for station, seen in self._pairs:
            if seen.outcome is not Outcome.EXPLICIT_DENY:
                continue
            for place, explained in zip(self.places.of(station), seen.policies, strict=True):
                policy = place.policy
                if policy is None:
                    continue
                for statement, explanation in zip(
                    policy.statements, explained.statements, strict=True
                ):
                    if not explanation.matched or not statement.denies:
                        continue
                    edits = ways_to_except(
                        station, place, statement, self.prepared, self.places, self.trial
                    )
                    reason = Obstacle.NO_EXCEPTION
                    if not place.editable:
                        reason = Obstacle.AWS_MANAGED_POLICY
                    blocker = Blocker(
                        reason, station.slot.layer, place, policy.name, statement.index
                    )
                    open_to_edits = place.editable and bool(edits)
                    yield Hurdle(tuple(edits), None if open_to_edits else blocker)

    def _closed(self, station: Station, seen: LayerExplanation, need: Requirement) -> Hurdle:
        """A place that does not allow."""
        edits = ways_to_allow(station, seen, need, self.prepared, self.places, self.trial)
        return Hurdle(tuple(edits), None if edits else self._blocker(station))

    def _blocker(self, station: Station) -> Blocker | None:
        """Why nothing can be done at a place."""
        layer = station.slot.layer
        if station.slot is Slot.IDENTITY and self.prepared.request.caller.service_linked:
            return Blocker(Obstacle.SERVICE_LINKED_ROLE, layer)
        if station.slot is Slot.RESOURCE and not station.asks_for_allow:
            return Blocker(Obstacle.NO_RESOURCE_POLICIES, layer)
        for place in self.places.of(station):
            if not place.editable and place.policy is not None and station.slot is not Slot.GRANT:
                reason = Obstacle.AWS_MANAGED_POLICY
                return Blocker(reason, layer, place, place.policy.name)
        return None

    def _allows(self, station: Station, seen: LayerExplanation, kinds: int) -> bool:
        """Whether a station allows with a grant of some kinds, as its statements were read."""
        if not station.asks_for_allow:
            return station.allows
        caller = station.view(self.prepared.request).caller
        return any(
            explanation.matched and not statement.denies and statement.grants(caller) & kinds
            for policy, explained in zip(
                station.policies.policies if station.policies is not None else (),
                seen.policies,
                strict=True,
            )
            for statement, explanation in zip(policy.statements, explained.statements, strict=True)
        )
