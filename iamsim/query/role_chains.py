"""Who can become somebody by assuming roles, one after the other.

Every call is decided by the engine. A chain is as short as there is; of two that are equally short,
the one without conditions is taken.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.universe.candidates import CandidateKind
from iamsim.world.model import Role

if TYPE_CHECKING:
    from iamsim.query.batch import Batch, BatchAnswer, Candidate


class Route(NamedTuple):
    """The roles that somebody assumes in their order, and the answer of each call."""

    roles: tuple[str, ...]
    answers: tuple[BatchAnswer, ...]


class TrustedRole(NamedTuple):
    """A role with everybody that can assume it, for certain or under conditions."""

    arn: str
    callers: tuple[tuple[Candidate, BatchAnswer], ...]


def assume_action(candidate: Candidate) -> str:
    """The call with which somebody assumes a role."""
    if candidate.kind is not CandidateKind.IDENTITY_PROVIDER:
        return "sts:AssumeRole"
    saml = ":saml-provider/" in candidate.principal
    return f"sts:AssumeRoleWith{'SAML' if saml else 'WebIdentity'}"


class Callers:
    """Who can assume a role, as work for several processes: its items are roles."""

    def __init__(self, batch: Batch, _common: None) -> None:
        """Take whom to ask."""
        self._batch = batch

    def __call__(self, role: str) -> list[tuple[Candidate, BatchAnswer]]:
        """Everybody that can assume one, for certain or under conditions."""
        by_action: dict[str, list[Candidate]] = {}
        for candidate in self._batch.trusted(role):
            if candidate.principal != role:
                by_action.setdefault(assume_action(candidate), []).append(candidate)
        return [
            (holder.candidate, holder.answer)
            for action, candidates in by_action.items()
            for holder in self._batch.who(action, role, candidates)
        ]


def trusted_roles(
    batch: Batch,
    roles: Sequence[str],
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> list[TrustedRole]:
    """Each of these roles with everybody that can assume it, as the engine decides it."""
    callers = processes.spread(batch, Callers, None, roles, progress)
    return [TrustedRole(role, tuple(some)) for role, some in zip(roles, callers, strict=True)]


def routes_to(
    batch: Batch, targets: Iterable[Candidate], processes: Processes = ALONE
) -> list[tuple[Candidate, Route]]:
    """Everybody that can become one of the targets, with the chain; targets themselves are left
    out."""
    waiting: list[tuple[str, Route]] = [
        (target.principal, Route((), ())) for target in targets if isinstance(target.entity, Role)
    ]
    seen = {principal for principal, _ in waiting}
    routes: list[tuple[Candidate, Route]] = []
    while waiting:
        reached: dict[str, tuple[Candidate, Route]] = {}
        roles = [role for role, _ in waiting]
        callers = processes.spread(batch, Callers, None, roles)
        for (role, rest), some in zip(waiting, callers, strict=True):
            for candidate, answer in some:
                if candidate.principal in seen:
                    continue
                route = Route((role, *rest.roles), (answer, *rest.answers))
                before = reached.get(candidate.principal)
                if before is None or _open_hops(route) < _open_hops(before[1]):
                    reached[candidate.principal] = candidate, route
        routes += reached.values()
        seen.update(reached)
        waiting = [
            (candidate.principal, route)
            for candidate, route in reached.values()
            if isinstance(candidate.entity, Role) and candidate.principal == candidate.entity.arn
        ]
    return routes


def _open_hops(route: Route) -> int:
    """How many calls of a chain depend on conditions."""
    return sum(answer.verdict is Verdict.CONDITIONAL for answer in route.answers)
