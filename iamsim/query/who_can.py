"""Who can do something to a resource, over all accounts; and who only a guardrail keeps from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.core.overall import overall_verdict
from iamsim.engine.authorize import prepare
from iamsim.query.batch.answers import GUARDRAIL_LAYERS, decide_prepared, without_guardrails
from iamsim.query.batch.candidates import CandidateKind
from iamsim.query.encryption import find_encryption
from iamsim.query.role_chains import Route, routes_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from iamsim.core.decision import Decision, Layer
    from iamsim.engine.question import ContextValue
    from iamsim.query.batch import Batch, BatchAnswer, Candidate
    from iamsim.query.encryption import Encryption

__all__ = ["Access", "Blocked", "Blocker", "Dependency", "WhoCan", "find_blocked", "find_who_can"]


class Dependency(NamedTuple):
    """A permission on the key that encrypts the resource, and what the caller gets there."""

    action: str
    resource: str
    answer: BatchAnswer


class Access(NamedTuple):
    """One caller that can do one action. `roles` are those that it assumes first, in their order;
    the `answer` is then that of the last of them, and `hops` those of the calls before."""

    candidate: Candidate
    action: str
    answer: BatchAnswer
    dependencies: tuple[Dependency, ...] = ()
    roles: tuple[str, ...] = ()
    hops: tuple[BatchAnswer, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Allowed when all that it takes is allowed for certain."""
        dependent = [one.answer.verdict for one in self.dependencies]
        return overall_verdict(
            [self.answer.verdict, *dependent, *(one.verdict for one in self.hops)]
        )

    @property
    def possible(self) -> bool:
        """Whether all that it takes is allowed, for certain or under conditions."""
        return self.verdict in {Verdict.ALLOWED, Verdict.CONDITIONAL}


class Blocker(NamedTuple):
    """A guardrail that would deny on its own, with all others gone."""

    layer: Layer
    decision: Decision


class Blocked(NamedTuple):
    """A caller that could do an action if nothing limited it, and what does."""

    candidate: Candidate
    action: str
    blockers: tuple[Blocker, ...]


@dataclass(slots=True)
class WhoCan:
    """The whole answer. `accesses` are sorted by account and principal, those through roles last.

    `unknown_keys` are the actions whose content may be encrypted with a key that the world does not
    name; `denied_by_key` are callers that the resource lets in and its key does not. With
    `owner_unknown` each caller was asked as if its own account owned the resource.
    """

    actions: tuple[str, ...]
    resource: str
    accesses: list[Access] = field(default_factory=list)
    denied_by_key: list[Access] = field(default_factory=list)
    blocked: list[Blocked] | None = None
    unknown_keys: tuple[str, ...] = ()
    owner_unknown: bool = False


def find_who_can(
    batch: Batch,
    actions: Sequence[str],
    resource: str,
    context: Mapping[str, ContextValue] | None = None,
    *,
    with_dependencies: bool = False,
    via_roles: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> WhoCan:
    """Find who is allowed each action; raises `RequestError` for what can't be asked."""
    owner = batch.world.model.account_of_resource(resource)
    found = WhoCan(tuple(actions), resource, owner_unknown=owner is None and resource != "*")
    unknown = []
    for number, action in enumerate(actions):
        progress(number, len(actions))
        holders = batch.who(action, resource, context=context)
        accesses = [Access(holder.candidate, action, holder.answer) for holder in holders]
        if with_dependencies:
            encryption = find_encryption(action, resource, batch.world.model)
            if encryption is not None and encryption.key is None:
                unknown.append(action)
            elif encryption is not None:
                accesses = _with_dependencies(batch, accesses, encryption, context)
        direct = [access for access in accesses if access.possible]
        found.denied_by_key += [access for access in accesses if not access.possible]
        found.accesses += direct
        if via_roles:
            found.accesses += _through_roles(batch, direct)
    found.unknown_keys = tuple(unknown)
    found.accesses.sort(key=_order)
    return found


def _order(access: Access) -> tuple[object, ...]:
    candidate = access.candidate
    no_account = candidate.account is None or candidate.kind in {
        CandidateKind.EXTERNAL,
        CandidateKind.EXTERNAL_ACCOUNT,
    }
    return no_account, candidate.account or "", candidate.principal, len(access.roles)


def _with_dependencies(
    batch: Batch,
    accesses: list[Access],
    encryption: Encryption,
    context: Mapping[str, ContextValue] | None,
) -> list[Access]:
    """Ask for the key in the name of all that have access."""
    candidates = [access.candidate for access in accesses]
    key = encryption.key or ""
    for action in encryption.actions:
        answers = {
            holder.principal: holder.answer
            for holder in batch.who(
                action, key, candidates, context, via=encryption.via, denied=True
            )
        }
        accesses = [
            access._replace(
                dependencies=(
                    *access.dependencies,
                    Dependency(action, key, answers[access.candidate.principal]),
                )
            )
            if access.candidate.principal in answers
            else access
            for access in accesses
        ]
    return accesses


def _through_roles(batch: Batch, direct: list[Access]) -> list[Access]:
    """Who can become one of those that have access."""
    by_role = {access.candidate.principal: access for access in direct}
    have = set(by_role)
    found = []
    for candidate, route in routes_to(batch, [access.candidate for access in direct]):
        if candidate.principal not in have:
            found.append(_via(candidate, route, by_role[route.roles[-1]]))
    return found


def _via(candidate: Candidate, route: Route, access: Access) -> Access:
    return access._replace(candidate=candidate, roles=route.roles, hops=route.answers)


def find_blocked(
    batch: Batch,
    actions: Sequence[str],
    resource: str,
    context: Mapping[str, ContextValue] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Blocked]:
    """Find who could do an action if no guardrail were there, and which guardrails keep them:
    each that would deny without the others. Where only several together deny, all stand there."""
    found = []
    for number, action in enumerate(actions):
        progress(number, len(actions))
        able = {holder.principal for holder in batch.who(action, resource, context=context)}
        for holder in batch.who(action, resource, context=context, lifted=True):
            if holder.principal not in able:
                blockers = _blockers(batch, holder.candidate, action, resource, context)
                found.append(Blocked(holder.candidate, action, blockers))
    return found


def _blockers(
    batch: Batch,
    candidate: Candidate,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue] | None,
) -> tuple[Blocker, ...]:
    """The guardrails that deny on their own; else all of them, by the decision as it is."""
    question = batch.question(candidate.principal, action, resource, context)
    prepared = prepare(question, batch.world)
    found = []
    for layer in GUARDRAIL_LAYERS:
        situation = without_guardrails(prepared.situation, (layer,))
        answer = decide_prepared(replace(prepared, situation=situation), batch.world)
        if not answer.possible:
            found.append(Blocker(layer, answer.decision))
    if not found:
        decision = decide_prepared(prepared, batch.world).decision
        if decision.layer is not None:
            found.append(Blocker(decision.layer, decision))
    return tuple(found)
