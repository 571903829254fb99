"""Who can do something to a resource, over all accounts; and who only a guardrail keeps from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from iamsim.catalog.presence import keys_through_endpoints
from iamsim.core.decision import Decision, Layer, Verdict
from iamsim.core.overall import overall_verdict
from iamsim.engine.authorize import prepare
from iamsim.query.batch.alike_actions import alike_actions
from iamsim.query.batch.answers import GUARDRAIL_LAYERS, decide_prepared, without_guardrails
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.encryption import Encryption, find_encryption
from iamsim.query.hints import hints_about
from iamsim.query.role_chains import Route, routes_to
from iamsim.query.who_can_remarks import CanonicalUser, Oddity, canonical_users_of, oddities_of
from iamsim.universe.candidates import CandidateKind

if TYPE_CHECKING:
    from iamsim.core.hint import Hint
    from iamsim.engine.question import ContextValue, Question
    from iamsim.query.batch import Batch, BatchAnswer, Candidate

T = TypeVar("T")
# Callers that are asked for, over all actions that differ. What an action costs beside them, as
# callers; and how many rows of the answer cost as much as one.
MOST_ASKED = 60_000
ONE_ACTION = 12
ROWS = 3


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
        if not self.dependencies and not self.hops:
            return self.answer.verdict
        dependent = [dependency.answer.verdict for dependency in self.dependencies]
        return overall_verdict(
            [self.answer.verdict, *dependent, *(hop.verdict for hop in self.hops)]
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
    name; `denied_by_key` are callers that the resource lets in and its key does not;
    `canonical_users` are named, too, and left out. With `owner_unknown` each caller was asked as if
    its own account owned the resource. `hints` are what the service reference says of the question;
    `odd` is what is odd about the resource. `unsearched` are actions that were not asked for: they
    and the world are too many.
    """

    actions: tuple[str, ...]
    resource: str
    accesses: list[Access] = field(default_factory=list)
    denied_by_key: list[Access] = field(default_factory=list)
    blocked: list[Blocked] | None = None
    unknown_keys: tuple[str, ...] = ()
    canonical_users: tuple[CanonicalUser, ...] = ()
    owner_unknown: bool = False
    hints: tuple[Hint, ...] = ()
    odd: tuple[Oddity, ...] = ()
    unsearched: tuple[str, ...] = ()


def find_who_can(  # noqa: PLR0913 - the arguments are the options of the command
    batch: Batch,
    actions: Sequence[str],
    resource: str,
    context: Mapping[str, ContextValue] | None = None,
    *,
    with_dependencies: bool = False,
    via_roles: bool = False,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> WhoCan:
    """Find who is allowed each action; raises `RequestError` for what can't be asked.

    A VPC endpoint that `context` gives, and that the world lists, is the way of the requests: its
    policy counts.
    """
    owner = batch.world.model.account_of_resource(resource)
    nowhere = _is_nowhere(resource, context)
    parts, unsearched = _parts(batch, actions, nowhere=nowhere, apart=with_dependencies)
    who_can = WhoCan(tuple(actions), resource, owner_unknown=owner is None and resource != "*")
    who_can.unsearched = unsearched
    unknown = []
    canonical: list[CanonicalUser] = []
    units = _units(batch, list(parts), processes)
    asked = _Asked(resource, context, with_dependencies)
    some = processes.spread(batch, _Accesses, asked, units, progress)
    for action, accesses in _by_action(list(parts), units, some).items():
        if with_dependencies:
            encryption = find_encryption(action, resource, batch.world.model)
            if encryption is not None and encryption.key is None:
                unknown.append(action)
        direct = [access for access in accesses if access.possible]
        who_can.denied_by_key += [access for access in accesses if not access.possible]
        if via_roles:
            direct += _through_roles(batch, direct, processes)
        users = canonical_users_of(batch, action, resource)
        for alike in parts[action]:
            who_can.accesses += [access._replace(action=alike) for access in direct]
            canonical += [user._replace(action=alike) for user in users]
    who_can.canonical_users = tuple(canonical)
    who_can.hints = hints_about(
        [(action, resource) for action in actions], context, batch.world.model
    )
    who_can.odd = tuple(oddities_of(resource, batch.world.model))
    who_can.unknown_keys = tuple(unknown)
    places = {action: place for place, action in enumerate(actions)}
    who_can.accesses.sort(key=lambda access: (*_order(access), places[access.action]))
    return who_can


def _is_nowhere(resource: str, context: Mapping[str, ContextValue] | None) -> bool:
    """Whether no resource is named and no VPC endpoint is on the way."""
    return resource == "*" and keys_through_endpoints().isdisjoint(map(str.lower, context or ()))


def _parts(
    batch: Batch, actions: Sequence[str], *, nowhere: bool, apart: bool = False
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Actions that nobody's decision tells apart by the first of them, and those for which there
    are too many callers. With `apart` each action is a part of its own."""
    callers = len(batch.candidates)
    unique = dict.fromkeys(actions)
    alike = alike_actions(tuple(unique), batch.world, nowhere=nowhere, apart=apart)
    asked: dict[str, tuple[str, ...]] = {}
    cost = 0
    left: list[str] = []
    for part in alike:
        cost += ONE_ACTION + callers
        room = (MOST_ASKED - cost) * ROWS // max(callers, 1)
        shown = part[: max(room, 0)] or part[: not asked]  # whatever it costs, one action
        if shown and not left:
            asked[shown[0]] = shown
            cost += len(shown) * callers // ROWS
            left += part[len(shown) :]
        else:
            left += part
    return asked, tuple(left)


class _Part(NamedTuple):
    """One action for some candidates of the batch: neighbors, or (`None`) those that the policies
    of the resource name."""

    action: str
    piece: range | None

    def candidates(self, batch: Batch, resource: str) -> Sequence[Candidate]:
        """Whom to ask for."""
        if self.piece is None:
            # Accounts behind canonical user ids have a remark of their own.
            return [
                candidate
                for candidate in batch.named(self.action, resource)
                if candidate.kind is not CandidateKind.CANONICAL_USER
            ]
        return batch.candidates[self.piece.start : self.piece.stop]


_Unit = tuple[_Part, ...]  # some actions for the same candidates


def _units(batch: Batch, actions: Sequence[str], processes: Processes) -> list[_Unit]:
    """All actions for all callers, in their order."""
    pieces = (*processes.pieces(batch.candidates), None)
    return [
        tuple(_Part(action, piece) for action in group)
        for group in processes.groups(actions)
        for piece in pieces
    ]


def _by_action(
    actions: Sequence[str], units: Sequence[_Unit], results: Sequence[Sequence[list[T]]]
) -> dict[str, list[T]]:
    """What was found for each action."""
    found: dict[str, list[T]] = {action: [] for action in actions}
    for unit, some in zip(units, results, strict=True):
        for part, of_part in zip(unit, some, strict=True):
            found[part.action] += of_part
    return found


class _Asked(NamedTuple):
    """What is the same for all parts."""

    resource: str
    context: Mapping[str, ContextValue] | None
    with_dependencies: bool = False


class _Accesses:
    """Finds who has access, part by part."""

    def __init__(self, batch: Batch, asked: _Asked) -> None:
        self._batch = batch
        self._asked = asked

    def __call__(self, unit: _Unit) -> list[list[Access]]:
        return [self._part(part) for part in unit]

    def _part(self, part: _Part) -> list[Access]:
        batch, (resource, context, with_dependencies) = self._batch, self._asked
        candidates = part.candidates(batch, resource)
        holders = batch.who(part.action, resource, candidates, context)
        accesses = [Access(holder.candidate, part.action, holder.answer) for holder in holders]
        if with_dependencies:
            encryption = find_encryption(part.action, resource, batch.world.model)
            if encryption is not None and encryption.key is not None:
                return _with_dependencies(batch, accesses, encryption, context)
        return accesses


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
    forwarded = {
        # A service that calls another in the caller's name does not hand on whence it came:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
        name: value
        for name, value in (context or {}).items()
        if name.lower() not in keys_through_endpoints()
    }
    key = encryption.key or ""
    for action in encryption.actions:
        answers = {
            holder.principal: holder.answer
            for holder in batch.who(
                action, key, candidates, forwarded, via=encryption.via, denied=True
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


def _through_roles(batch: Batch, direct: list[Access], processes: Processes) -> list[Access]:
    """Who can become one of those that have access."""
    by_role = {access.candidate.principal: access for access in direct}
    have = set(by_role)
    through_roles = []
    targets = [access.candidate for access in direct]
    for candidate, route in routes_to(batch, targets, processes):
        if candidate.principal not in have:
            through_roles.append(_via(candidate, route, by_role[route.roles[-1]]))
    return through_roles


def _via(candidate: Candidate, route: Route, access: Access) -> Access:
    return access._replace(candidate=candidate, roles=route.roles, hops=route.answers)


def find_blocked(
    batch: Batch,
    actions: Sequence[str],
    resource: str,
    context: Mapping[str, ContextValue] | None = None,
    progress: Callable[[int, int], None] = no_progress,
    *,
    processes: Processes = ALONE,
) -> list[Blocked]:
    """Find who could do an action if no guardrail were there, and which guardrails keep them:
    each that would deny without the others. Where only several together deny, all stand there;
    `unsearched_actions` says of which nobody was asked."""
    parts, _ = _parts(batch, actions, nowhere=_is_nowhere(resource, context))
    units = _units(batch, list(parts), processes)
    some = processes.spread(batch, _Blocks, _Asked(resource, context), units, progress)
    return [
        blocked._replace(action=alike)
        for action, found in _by_action(list(parts), units, some).items()
        for alike in parts[action]
        for blocked in found
    ]


def unsearched_actions(
    batch: Batch,
    actions: Sequence[str],
    resource: str,
    context: Mapping[str, ContextValue] | None = None,
) -> tuple[str, ...]:
    """The actions for which there are too many callers in one question."""
    return _parts(batch, actions, nowhere=_is_nowhere(resource, context))[1]


class _Blocks:
    """Finds whom guardrails keep from access, part by part."""

    def __init__(self, batch: Batch, asked: _Asked) -> None:
        self._batch = batch
        self._asked = asked

    def __call__(self, unit: _Unit) -> list[list[Blocked]]:
        return [self._part(part) for part in unit]

    def _part(self, part: _Part) -> list[Blocked]:
        batch, (resource, context, _) = self._batch, self._asked
        action = part.action
        candidates = part.candidates(batch, resource)
        holders = batch.who(action, resource, candidates, context)
        able = {holder.principal for holder in holders}
        found = []
        for holder in batch.who(action, resource, candidates, context, lifted=True):
            if holder.principal not in able:
                question = batch.question_as(
                    holder.candidate, action, resource, context, granted=True
                )
                blockers = _blockers(batch, question)
                if blockers:  # else it can, as one that another stands for
                    found.append(Blocked(holder.candidate, action, blockers))
        return found


def _blockers(batch: Batch, question: Question) -> tuple[Blocker, ...]:
    """The guardrails that deny on their own; else all of them, by the decision as it is. None for
    who is not denied."""
    prepared = prepare(question, batch.world)
    plain = decide_prepared(prepared, batch.world)
    if plain.possible:
        return ()
    blockers = []
    for layer in GUARDRAIL_LAYERS:
        situation = without_guardrails(prepared.situation, (layer,))
        answer = decide_prepared(replace(prepared, situation=situation), batch.world)
        if not answer.possible:
            blockers.append(Blocker(layer, answer.decision))
    if not blockers and plain.decision.layer is not None:
        blockers.append(Blocker(plain.decision.layer, plain.decision))
    return tuple(blockers)
