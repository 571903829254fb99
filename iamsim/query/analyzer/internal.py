"""Who inside a zone of trust can reach chosen resources, by all policies together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-view.html
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import RequestError
from iamsim.engine.authorize import prepare
from iamsim.query.analyzer.external import own_statements
from iamsim.query.analyzer.finding import AccessFinding, FindingKind
from iamsim.query.analyzer.resources import AnalyzedType, analyzed_type, type_actions
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.changes.callers import own_statements as statements_of_caller
from iamsim.query.changes.model import PROBE
from iamsim.query.what_can.places import EVERYTHING, find_families
from iamsim.universe.candidates import CandidateKind
from iamsim.universe.zone import zones_of
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamsim.compile.statement import CompiledStatement
    from iamsim.query.batch import Batch, Candidate
    from iamsim.symbolic.actions import ActionUniverse
    from iamsim.world.model import World

KINDS = {
    CandidateKind.USER: "IAM_USER",
    CandidateKind.ROLE: "IAM_ROLE",
    CandidateKind.IDENTITY_CENTER: "IAM_ROLE",
}


def find_internal(
    batch: Batch,
    resources: Sequence[str],
    actions: Sequence[str] = (),
    zone: str | None = None,
    progress: Callable[[int, int], None] = no_progress,
    *,
    processes: Processes = ALONE,
) -> list[AccessFinding]:
    """One finding for each principal and resource; by default all actions that are about the
    resource are asked for. Raises `RequestError` for a resource that the world does not have."""
    model = batch.world.model
    zones = zones_of(model, zone)
    findings: list[AccessFinding] = []
    for text in resources:
        arn = text.removesuffix(":*")
        type_ = analyzed_type(arn)
        owner = model.account_of_resource(arn)
        if type_ is None or owner not in zones:
            raise RequestError(
                "resource-not-analyzed",
                f"`{text}` is no resource of the world that Access Analyzer looks at",
                hint="name a bucket, role, key, queue, topic, secret, table or function",
            )
        trusted = zones[owner].accounts
        some = [
            candidate
            for candidate in batch.candidates
            if candidate.account in trusted
            and candidate.kind in KINDS
            and candidate.principal != arn
        ]
        asked = [
            *_asked(batch, arn, type_, actions),
            *_asked_inside(batch, arn, type_, actions, some),
        ]
        chunks = [tuple(asked[chunk.start : chunk.stop]) for chunk in processes.chunks(asked)]
        parts = processes.spread(batch, Reaching, tuple(some), chunks, progress)
        findings += _joined(batch, Subject(arn, type_, owner), chain.from_iterable(parts))
    return findings


class Subject(NamedTuple):
    """A resource with its type and its owner."""

    arn: str
    type: AnalyzedType
    owner: str


class Reached(NamedTuple):
    """Somebody who can do one thing, and what that depends on."""

    candidate: Candidate
    action: str
    depends_on: str | None


class Asking(NamedTuple):
    """An action to ask for at one place: of some, or of everybody inside the zone."""

    place: str
    action: str
    some: tuple[Candidate, ...] = ()


class Reaching:
    """Asks for all candidates, some actions and places at a time."""

    def __init__(self, batch: Batch, candidates: tuple[Candidate, ...]) -> None:
        """Take who is inside the zone."""
        self._batch = batch
        self._candidates = candidates

    def __call__(self, asked: Sequence[Asking]) -> list[Reached]:
        """Who can do these."""
        found = []
        for place, action, some in asked:
            for holder in self._batch.who(action, place, some or self._candidates):
                residual = holder.answer.residual
                sentence = None if residual is None else residual.sentence.removeprefix("allowed ")
                found.append(Reached(holder.candidate, action, sentence))
        return found


def _asked(batch: Batch, arn: str, type_: AnalyzedType, actions: Sequence[str]) -> list[Asking]:
    """What is asked about one resource, or what is in it."""
    universe = batch.universe
    places = [(arn, type_actions(type_, inner=False))]
    if type_.inner:
        places.append((f"{arn}{type_.separator}iamsim-any", type_actions(type_, inner=True)))
    wanted = universe.mask_of(actions) if actions else universe.everything
    return [
        Asking(place, name) for place, mask in places for name in universe.actions(mask & wanted)
    ]


def _asked_inside(
    batch: Batch,
    arn: str,
    type_: AnalyzedType,
    actions: Sequence[str],
    candidates: Sequence[Candidate],
) -> list[Asking]:
    """What is asked about the things in a resource that policies tell apart: each of those who have
    such policies, or of everybody where the resource's own are such."""
    if not type_.inner:
        return []
    universe = batch.universe
    wanted = universe.mask_of(actions) if actions else universe.everything
    about = type_actions(type_, inner=True) & wanted
    start = f"{arn}{type_.separator}"
    item = batch.world.model.find_resource(arn)
    theirs = [] if item is None else _narrow(own_statements(batch, item), start, about, universe)
    places: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        question = batch.question_as(candidate, PROBE, EVERYTHING)
        facts = batch.world.caller_facts(question)
        own = _narrow(statements_of_caller(facts), start, about, universe)
        if not own and not theirs:
            continue
        context = prepare(question, batch.world).request.context
        families, _ = find_families([*own, *theirs], (), universe, context, [(start, about)])
        for family in families:
            for place in family.places():
                if place.sample.startswith(start):
                    places.setdefault(place.sample, []).append(candidate)
    return [
        Asking(place, name, tuple(some))
        for place, some in places.items()
        for name in universe.actions(about)
    ]


def _narrow(
    statements: Iterable[CompiledStatement], start: str, about: int, universe: ActionUniverse
) -> list[CompiledStatement]:
    """The statements that tell apart what begins so."""
    return [
        statement
        for statement in statements
        if statement.resources is not None
        and universe.mask(statement.actions) & about
        and any(
            not pattern.everything
            and (start.startswith(pattern.head) or pattern.head.startswith(start))
            for pattern in statement.resources.patterns
        )
    ]


def _joined(batch: Batch, subject: Subject, reached: Iterable[Reached]) -> list[AccessFinding]:
    """One finding for each principal."""
    by_principal: dict[str, AccessFinding] = {}
    for entry, action, sentence in reached:
        finding = by_principal.get(entry.principal)
        if finding is None:
            finding = _finding(*subject, entry)
            finding.restricted = _restricted(batch.world.model, subject.owner, entry)
            by_principal[entry.principal] = finding
        finding.actions = (*finding.actions, action)
        if sentence is not None:
            finding.depends_on = tuple(dict.fromkeys((*finding.depends_on, sentence)))
    for finding in by_principal.values():
        finding.actions = tuple(sorted(set(finding.actions)))
    return [finding for _, finding in sorted(by_principal.items())]


def _restricted(model: World, owner: str, candidate: Candidate) -> dict[str, str]:
    """Whether resource and service control policies play a part, beyond those that AWS attaches;
    where there are any, they are counted in."""
    levels = {
        "resourceControlPolicyRestriction": model.rcp_levels(owner),
        "serviceControlPolicyRestriction": model.scp_levels(candidate.account or owner),
    }
    default = (FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS)
    return {
        name: "APPLIED"
        if any(policy not in default for _, some in found or () for policy in some)
        else "NOT_APPLICABLE"
        for name, found in levels.items()
    }


def _finding(arn: str, type_: AnalyzedType, owner: str, candidate: Candidate) -> AccessFinding:
    entity = candidate.entity
    return AccessFinding(
        FindingKind.INTERNAL,
        arn,
        type_.name,
        owner,
        {"AWS": candidate.principal},
        details={
            "accessType": "INTRA_ACCOUNT" if candidate.account == owner else "INTRA_ORG",
            "principalType": KINDS[candidate.kind],
        },
        principal_account=candidate.account,
        span=None if entity is None else entity.span,
    )
