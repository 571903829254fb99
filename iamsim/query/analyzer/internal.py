"""Who inside a zone of trust can reach chosen resources, by all policies together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-view.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.unknown import Unknown
from iamsim.engine.authorize import prepare
from iamsim.engine.unknowns import UnknownInWorld
from iamsim.query.analyzer.external import statements_about
from iamsim.query.analyzer.finding import AccessFinding, FindingKind
from iamsim.query.analyzer.inside import Inside, find_inside, keys_of_patterns, tells_apart
from iamsim.query.analyzer.resources import AnalyzedType, analyzed_type, type_actions
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.changes.callers import own_statements
from iamsim.query.changes.model import PROBE
from iamsim.query.what_can.places import EVERYTHING, MORE_WAYS
from iamsim.questions.near_misses import near_resource
from iamsim.symbolic.actions import joined_mask
from iamsim.universe.candidates import CandidateKind
from iamsim.universe.contents import content_of
from iamsim.universe.zone import zones_of
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.question import Question
    from iamsim.query.batch import Batch, Candidate
    from iamsim.world.model import World

KINDS = {
    CandidateKind.USER: "IAM_USER",
    CandidateKind.ROLE: "IAM_ROLE",
    CandidateKind.IDENTITY_CENTER: "IAM_ROLE",
}


class Internal(NamedTuple):
    """The findings, and what was not searched: the resources whose patterns meet in more ways."""

    findings: list[AccessFinding]
    unsearched: list[UnknownInWorld]


def find_internal(
    batch: Batch,
    resources: Sequence[str],
    actions: Sequence[str] = (),
    zone: str | None = None,
    progress: Callable[[int, int], None] = no_progress,
    *,
    processes: Processes = ALONE,
) -> Internal:
    """One finding for each principal and resource; by default all actions that are about the
    resource are asked for. Raises `RequestError` for a resource that the world does not have."""
    model = batch.world.model
    zones = zones_of(model, zone)
    found = Internal([], [])
    for text in resources:
        arn = text.removesuffix(":*")
        type_ = analyzed_type(arn)
        owner = model.account_of_resource(arn)
        if type_ is None or owner not in zones:
            near = near_resource(arn, "", model)
            raise RequestError(
                "resource-not-analyzed",
                f"`{text}` is no resource of the world that Access Analyzer looks at",
                hint=f"did you mean `{near}`?"
                if near is not None
                else "name a bucket, role, key, queue, topic, secret, table or function",
            )
        subject = Subject(arn, type_, owner)
        trusted = zones[owner].accounts
        some = [
            candidate
            for candidate in batch.candidates
            if candidate.account in trusted
            and candidate.kind in KINDS
            and candidate.principal != arn
        ]
        universe = batch.universe
        wanted = universe.mask_of(actions) if actions else universe.everything
        inside = PartsOf(batch, subject, wanted)
        asked = [*_asked(batch, subject, wanted), *inside.asked(some)]
        chunks = [tuple(asked[chunk.start : chunk.stop]) for chunk in processes.chunks(asked)]
        parts = processes.spread(batch, Reaching, tuple(some), chunks, progress)
        found.findings.extend(_joined(batch, subject, chain.from_iterable(parts)))
        if not inside.complete:
            span = (inside.item or model.accounts[owner]).span
            why = Unknown(f"inside of it {MORE_WAYS}")
            found.unsearched.append(UnknownInWorld(PolicyType.RESOURCE, arn, None, why, span))
    return found


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


def _asked(batch: Batch, subject: Subject, wanted: int) -> list[Asking]:
    """What is asked about one resource, or what is in it."""
    universe = batch.universe
    arn, type_, _ = subject
    places = [(arn, type_actions(type_, inner=False))]
    if type_.inner:
        places.append((f"{arn}{type_.separator}iamsim-any", type_actions(type_, inner=True)))
    return [
        Asking(place, name) for place, mask in places for name in universe.actions(mask & wanted)
    ]


class PartsOf:
    """The things in a resource that policies tell apart: its own, or those of who calls."""

    def __init__(self, batch: Batch, subject: Subject, wanted: int) -> None:
        """Read the policies on the side of the resource."""
        self.item = batch.world.model.find_resource(subject.arn)
        self.complete = True
        self._batch = batch
        self._start = f"{subject.arn}{subject.type.separator}"
        self._about = type_actions(subject.type, inner=True) & wanted
        self._telling: dict[int, tuple[CompiledStatement, object]] = {}
        self._known: dict[object, Inside] = {}
        some = statements_about(batch, self.item, subject.owner) if self._about else ()
        self._theirs = self._narrow(some)

    def asked(self, candidates: Sequence[Candidate]) -> list[Asking]:
        """What is asked about each: of those who have such policies, or of everybody where those of
        the resource are such."""
        universe = self._batch.universe
        places: dict[tuple[str, int], list[Candidate]] = {}
        for candidate in candidates if self._about else ():
            question = self._batch.question_as(candidate, PROBE, EVERYTHING)
            own = self._narrow(own_statements(self._batch.world.caller_facts(question)))
            some = {**self._theirs, **own}
            if some:
                actions = joined_mask(some.values(), universe) & self._about
                for name in self._inside(question, some).names:
                    places.setdefault((name, actions), []).append(candidate)
        return [
            Asking(place, name, tuple(some))
            for (place, actions), some in places.items()
            for name in universe.actions(actions)
        ]

    def _inside(self, question: Question, some: Mapping[object, CompiledStatement]) -> Inside:
        """What somebody's statements tell apart, each way in which they differ once."""
        keys = keys_of_patterns(some.values())
        context = prepare(question, self._batch.world).request.context if keys else {}
        alike = frozenset(some), tuple([context.get(key) for key in keys])
        known = self._known.get(alike)
        if known is None:
            known = find_inside(self._start, some.values(), self._batch.universe, context)
            self._known[alike] = known
            self.complete = self.complete and known.complete
        return known

    def _narrow(self, statements: Iterable[CompiledStatement]) -> dict[object, CompiledStatement]:
        """The statements that tell apart what is in the resource, by what they say."""
        found: dict[object, CompiledStatement] = {}
        for statement in statements:
            known = self._telling.get(id(statement))
            if known is None:
                telling = tells_apart(statement, self._start) and bool(
                    self._batch.universe.mask(statement.actions) & self._about
                )
                # Kept beside its id, so that the id stays its own.
                known = statement, content_of(statement) if telling else None
                self._telling[id(statement)] = known
            if known[1] is not None:
                found.setdefault(known[1], statement)
        return found


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
