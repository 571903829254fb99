"""Access from outside a zone of trust, one finding for each grant, as Access Analyzer has them.

A grant counts when the engine allows some outsider some action, through the service and resource
control policies and Block Public Access of the world too; what only these keep inside is told
apart. https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-view.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.unknown import Unknown
from iamsim.core.work import Work
from iamsim.engine.authorize import prepare
from iamsim.engine.question import AttachedPolicies, ContextValue, Question
from iamsim.engine.services.s3 import is_public
from iamsim.engine.unknowns import UnknownInWorld
from iamsim.query.analyzer.anywhere import from_anywhere, is_mounted
from iamsim.query.analyzer.finding import AccessFinding, FindingKind, Kept
from iamsim.query.analyzer.inside import Inside, find_inside, keys_of_patterns
from iamsim.query.analyzer.resources import (
    ACCESS_POINT,
    AnalyzedType,
    analyzed_type,
    type_actions,
    unlisted_type,
)
from iamsim.query.batch.answers import decide_one
from iamsim.query.batch.classes import action_classes
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.chained_context import ABOUT_THE_CALLER
from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS
from iamsim.query.what_can.places import MORE_WAYS
from iamsim.universe.mentions import Mentions, mentions_of, with_spared
from iamsim.universe.outsiders import Outsider, outsiders, through_services
from iamsim.universe.zone import Zone, zones_of
from iamsim.world.builtin import RCP_FULL_AWS_ACCESS

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.query.batch import ActionClass, Batch, BatchAnswer
    from iamsim.world.model import Account, Resource, Role

GRANTING = frozenset({"grants", "shared_with"})  # facts that let somebody in beside policies
MOST_ASKED = 20_000  # requests about one resource
PRINCIPAL_ARN = "aws:principalarn"
EVERYBODY = "all"  # as EC2 and RDS write it


@dataclass(slots=True)
class External:
    """All findings of a world, and the grants that guardrails keep inside; `looked_at` counts the
    resources. `unsearched` are the policies that tell more callers apart than were asked for."""

    findings: list[AccessFinding] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    looked_at: int = 0
    unsearched: list[UnknownInWorld] = field(default_factory=list)


class Granted(NamedTuple):
    """A statement that grants, in its policy."""

    policy: CompiledPolicy
    statement: CompiledStatement


class Subject(NamedTuple):
    """A resource with its type and its zone."""

    item: Resource | Role
    type: AnalyzedType
    zone: Zone

    @property
    def reported(self) -> str:
        """The resource that findings name: for an access point, its bucket."""
        buckets = getattr(self.item, "buckets", ())
        return buckets[0] if self.type is ACCESS_POINT and buckets else self.item.arn


def _type_of(item: Resource | Role) -> AnalyzedType | None:
    """The type of a resource, by the service reference if it has a policy and no row."""
    found = analyzed_type(item.arn)
    if found is None and getattr(item, "policy", None) is not None:
        return unlisted_type(item.arn)
    return found


def find_external(
    batch: Batch,
    zone: str | None = None,
    progress: Callable[[int, int], None] = no_progress,
    *,
    processes: Processes = ALONE,
) -> External:
    """Look at every resource-based policy; raises `RequestError` for a zone that is not there."""
    model = batch.world.model
    zones_of(model, zone)
    items = [
        item
        for account in sorted(model.accounts.values(), key=lambda account: account.id)
        for item in _items(account)
        if _type_of(item) is not None
    ]
    external = External(looked_at=len(items))
    chunks = [tuple(items[chunk.start : chunk.stop]) for chunk in processes.chunks(items)]
    for part in processes.spread(batch, Looking, zone, chunks, progress):
        external.findings += part.findings
        external.kept += part.kept
        external.unsearched += part.unsearched
    return external


class Looking:
    """Looks at resources and roles, some at a time."""

    def __init__(self, batch: Batch, zone: str | None) -> None:
        """Take the zone of trust."""
        self._batch = batch
        self._zones = zones_of(batch.world.model, zone)

    def __call__(self, items: Sequence[Resource | Role]) -> External:
        """What is found at these."""
        external = External()
        for item in items:
            kind = _type_of(item)
            if kind is not None:
                _look_at(self._batch, Subject(item, kind, self._zones[item.account]), external)
        return external


def _items(account: Account) -> list[Resource | Role]:
    """What policies hang on; nobody can change whom a service-linked role trusts."""
    items: list[Resource | Role] = list(account.resources.values())
    items += [role for role in account.roles.values() if not role.service_linked]
    return sorted(items, key=lambda item: item.arn)


def _look_at(batch: Batch, subject: Subject, found: External) -> None:
    """Find the grants of one resource, or whom a snapshot is shared with."""
    found.findings += _shared(subject)
    found.findings += _not_known(batch, subject)
    granted = list(_granted(batch, subject.item))
    if not granted:
        return
    mentions: Mentions | None = None
    work = Work(MOST_ASKED)
    complete = True
    merged: dict[str, AccessFinding] = {}
    kept: dict[object, Kept] = {}
    for policy, statement in granted:
        for name in sorted(statement.principals.granted if statement.principals else ()):
            if mentions is None:
                every = tuple(_all_statements(batch, subject.item))
                mentions = with_spared(mentions_of(every), every)
            principal, some = outsiders(name, subject.zone, batch.world.model, mentions)
            if some:
                some += through_services(some, _all_statements(batch, subject.item))
                one = _Grant(batch, subject, Granted(policy, statement), principal, work)
                one.decide(some)
                complete = complete and one.complete
                finding = one.finding()
                if finding is not None:
                    _merge(merged, finding)
                elif one.kept:
                    answer = next(iter(one.kept.values()))
                    names = tuple(sorted(one.kept))
                    kept[subject.item.arn, tuple(principal.items())] = Kept(
                        subject.reported,
                        subject.type.name,
                        subject.item.account,
                        principal,
                        names,
                        answer.decision,
                    )
    reasons = [MORE_WAYS] if not complete else []
    if work.refused:
        reasons.append(f"{work.refused:,} requests that tell callers apart were not asked for")
    found.unsearched += [
        UnknownInWorld(
            PolicyType.RESOURCE, granted[0].policy.name, None, Unknown(why), subject.item.span
        )
        for why in reasons
    ]
    found.findings += merged.values()
    found.kept += [
        blocked
        for blocked in kept.values()
        if not any(finding.principal == blocked.principal for finding in merged.values())
    ]


def _not_known(batch: Batch, subject: Subject) -> Iterator[AccessFinding]:
    """What is not known of the policies of a resource, each once: it may grant anything. A resource
    control policy grants nothing; what is not known of one shows in what others grant."""
    item = subject.item
    lost = {
        unknown: statement.source.span(statement.path)
        for statement in _own_statements(batch, item)
        if not statement.denies
        for unknown in statement.unknowns
    }
    for fact in GRANTING & item.unknown.keys():
        lost[item.unknown[fact]] = item.source.span((*item.position, fact))
    for unknown, span in lost.items():
        yield AccessFinding(
            FindingKind.UNKNOWN,
            subject.reported,
            subject.type.name,
            item.account,
            details={"why": unknown.why, "source": unknown.source},
            span=span,
        )


def _shared(subject: Subject) -> Iterator[AccessFinding]:
    """The findings of a snapshot: it has no policy but a list of accounts, which counts as it is.
    No resource control policy bears on snapshots."""
    for name in getattr(subject.item, "shared_with", ()):
        public = name == EVERYBODY
        if subject.type.shared and (public or name not in subject.zone.accounts):
            yield AccessFinding(
                FindingKind.EXTERNAL,
                subject.reported,
                subject.type.name,
                subject.item.account,
                {"AWS": "*" if public else name},
                subject.type.shared,
                is_public=public,
                restricted={"resourceControlPolicyRestriction": "NOT_APPLICABLE"},
                span=subject.item.span,
            )


def _merge(merged: dict[str, AccessFinding], finding: AccessFinding) -> None:
    """Join what two statements give to the same principal under the same conditions."""
    known = merged.get(finding.id)
    if known is None:
        merged[finding.id] = finding
        return
    known.actions = tuple(sorted({*known.actions, *finding.actions}))
    known.depends_on = tuple(dict.fromkeys((*known.depends_on, *finding.depends_on)))
    known.is_public = known.is_public or finding.is_public


def _policies(batch: Batch, item: Resource | Role) -> Iterator[CompiledPolicy]:
    """The policies of a resource; the grants of a key are policies, too."""
    library = batch.world.policies
    trust = getattr(item, "trust", None)
    policy = getattr(item, "policy", None)
    if trust is not None:
        yield library.compiled(trust, PolicyType.TRUST)
    if policy is not None:
        yield library.compiled(policy, PolicyType.RESOURCE)
    if getattr(item, "grants", None):
        yield from library.grants(item).policies  # type: ignore[arg-type]  # only keys have grants


def _granted(batch: Batch, item: Resource | Role) -> Iterator[Granted]:
    for policy in _policies(batch, item):
        for statement in policy.statements:
            if not statement.denies and statement.principals is not None:
                yield Granted(policy, statement)


def _own_statements(batch: Batch, item: Resource | Role) -> Iterator[CompiledStatement]:
    """The statements of the resource's policies, and of those of the buckets behind it."""
    for policy in _policies(batch, item):
        yield from policy.statements
    for bucket in getattr(item, "buckets", ()):
        behind = batch.world.model.find_resource(bucket)
        if behind is not None and behind.policy is not None:
            yield from batch.world.policies.compiled(behind.policy, PolicyType.RESOURCE).statements


def statements_about(
    batch: Batch, item: Resource | Role | None, account: str
) -> Iterator[CompiledStatement]:
    """The statements on a resource's side, whose conditions tell callers apart; of an account's
    resource that the world does not list, those of the resource control policies."""
    if item is not None:
        yield from _own_statements(batch, item)
    for _, policies in batch.world.model.rcp_levels(account) or ():
        for document in policies:
            compiled = batch.world.policies.compiled(document, PolicyType.RESOURCE_CONTROL)
            yield from compiled.statements


def _all_statements(batch: Batch, item: Resource | Role) -> Iterator[CompiledStatement]:
    return statements_about(batch, item, item.account)


def _reads_caller(answer: BatchAnswer) -> bool:
    """Whether an answer depends on what is not known of the caller."""
    keys = () if answer.residual is None else answer.residual.keys
    return any(key.startswith(ABOUT_THE_CALLER) for key in keys)


class _Grant:
    """What one entry of one statement gives to those outside that it names."""

    def __init__(
        self,
        batch: Batch,
        subject: Subject,
        granted: Granted,
        principal: Mapping[str, str],
        work: Work,
    ) -> None:
        self.work = work
        self.batch = batch
        self.subject = subject
        self.statement = granted.statement
        self.policy = granted.policy
        self.principal = dict(principal)
        self.allowed: dict[str, None] = {}
        self.sentences: dict[str, None] = {}
        self.kept: dict[str, BatchAnswer] = {}
        self.public = False
        self.witness: Question | None = None
        self.complete = True
        self._denies = [
            statement
            for statement in _all_statements(batch, subject.item)
            if statement.denies and statement.resources is not None
        ]
        # The keys of the patterns' variables, and what is in the resource for values of these.
        self._variable = keys_of_patterns((self.statement, *self._denies))
        self._inside: dict[object, Inside] = {}
        # What tells principals apart is tested before anything of a request is made.
        self._arn_tests = [
            test
            for test in self.statement.conditions
            if test.key == PRINCIPAL_ARN and test.keys == (PRINCIPAL_ARN,)
        ]

    def decide(self, some: list[Outsider]) -> None:
        """Ask for all of them, on the resource and on what is in it."""
        universe = self.batch.universe
        covered = universe.mask(self.statement.actions)
        some = [outsider for outsider in some if self._may_concern(outsider)]
        # What somebody of an account can do, others of it are not asked for; but for what depends
        # on who it is.
        settled: dict[object, int] = {}
        for outsider in some if covered else ():
            for resource, actions in self._places(outsider):
                alike = resource, outsider.account, outsider.context, outsider.unset
                left = covered & actions & ~settled.get(alike, 0)
                if left and not self.work.take():
                    continue
                question = self._question(outsider, resource) if left else None
                if question is None or not self._concerns(question, universe.first(left)):
                    continue
                for action_group in action_classes(question, self.batch.world, universe, left):
                    self._take(question, action_group, outsider)
                    if action_group.answer.possible and not _reads_caller(action_group.answer):
                        settled[alike] = settled.get(alike, 0) | action_group.actions

    def _take(self, question: Question, action_class: ActionClass, outsider: Outsider) -> None:
        """Keep what one class of actions is: allowed, or denied by a guardrail alone."""
        universe = self.batch.universe
        if action_class.answer.possible:
            self.allowed.update(dict.fromkeys(universe.actions(action_class.actions)))
            if self.witness is None:
                action = next(iter(universe.actions(action_class.actions)))
                self.witness = replace(question, action=action, attached=AttachedPolicies())
            residual = action_class.answer.residual
            if residual is not None:
                self.sentences[residual.sentence.removeprefix("allowed ")] = None
            self.public = self.public or (outsider.plain and self._is_open(question, action_class))
            return
        asked = replace(question, action=universe.first(action_class.actions))
        if decide_one(asked, self.batch.world, lifted=True).possible:
            self.kept.update(
                (name, action_class.answer) for name in universe.actions(action_class.actions)
            )

    def _is_open(self, question: Question, actions: ActionClass) -> bool:
        """Whether somebody can do it from wherever."""
        asked = replace(question, action=self.batch.universe.first(actions.actions))
        tests = (
            test
            for statement in _all_statements(self.batch, self.subject.item)
            for test in statement.conditions
        )
        return any(
            decide_one(question, self.batch.world).possible
            for question in from_anywhere(asked, tests)
        )

    def _question(self, outsider: Outsider, resource: str) -> Question:
        """Somebody's request; what the own account allows is not asked."""
        question = self.batch.question(outsider.principal, "", resource, dict(outsider.context))
        return replace(
            question,
            unset=question.unset | outsider.unset,
            attached=AttachedPolicies(identity_policies=(ADMINISTRATOR_ACCESS,)),
        )

    def _may_concern(self, outsider: Outsider) -> bool:
        """Whether conditions on the ARN of the caller leave open that the statement matches."""
        arn = find_arn(outsider.principal)
        if arn is None or arn.service != "iam" or not arn.resource.startswith(("user/", "role/")):
            return True
        context = {PRINCIPAL_ARN: outsider.principal}
        return all(test.test(context) for test in self._arn_tests)

    def _concerns(self, question: Question, action: str) -> bool:
        """Whether this statement can match a request at all."""
        try:
            prepared = prepare(replace(question, action=action), self.batch.world)
        except RequestError as error:
            if error.code == "invalid-principal":
                return False
            raise
        return (
            self.statement.concerns(prepared.request.caller)
            and self.statement.residual_of_resource_and_conditions(prepared.request) is not False
        )

    def _places(self, outsider: Outsider) -> list[tuple[str, int]]:
        """The resource with its actions, and one of the things in it for each way in which patterns
        of the statement, and of those that deny, meet there."""
        arn = self.subject.item.arn.removesuffix(":*")
        type_ = self.subject.type
        found = [(arn, type_actions(type_, inner=False))]
        if not type_.inner:
            return found
        context = self._context(outsider, arn) if self._variable else {}
        key = tuple([context.get(name) for name in self._variable])
        inside = self._inside.get(key)
        if inside is None:
            start = arn + type_.separator
            inside = find_inside(
                start, (self.statement, *self._denies), self.batch.universe, context
            )
            self._inside[key] = inside
            self.complete = self.complete and inside.complete
        inner = type_actions(type_, inner=True)
        return [*found, *((name, inner) for name in inside.names)]

    def _context(self, outsider: Outsider, arn: str) -> Mapping[str, ContextValue]:
        """What is known of somebody's request."""
        action = self.batch.universe.first(self.batch.universe.mask(self.statement.actions))
        asked = replace(self._question(outsider, arn), action=action)
        try:
            return prepare(asked, self.batch.world).request.context
        except RequestError:
            return {}

    def finding(self) -> AccessFinding | None:
        """The finding, where somebody outside is let in."""
        if not self.allowed:
            return None
        item = self.subject.item
        owner = self.batch.world.model.account_of_resource(self.subject.reported)
        alone = replace(self.policy, statements=(self.statement,))
        through = self.subject.type is ACCESS_POINT
        everyone = self.principal.get("AWS") == "*"
        return AccessFinding(
            FindingKind.EXTERNAL,
            self.subject.reported,
            self.subject.type.name,
            owner or item.account,
            self.principal,
            tuple(sorted(self.allowed)),
            {
                condition.written_key: ",".join(
                    template.text for template in condition.values.templates
                )
                for condition in self.statement.conditions
            },
            tuple(self.sentences),
            is_public=everyone
            and self.public
            and is_public(alone, of_access_point=through)
            and not is_mounted(self.statement),
            access_point=item.arn if through else None,
            restricted={"resourceControlPolicyRestriction": self._control()},
            span=self.statement.source.span(self.statement.path),
            witness=self.witness,
        )

    def _control(self) -> str:
        """Whether a resource control policy bears on such a resource; here it is counted in."""
        universe = self.batch.universe
        type_ = self.subject.type
        about = type_actions(type_, inner=False) | type_actions(type_, inner=True)
        library = self.batch.world.policies
        levels = self.batch.world.model.rcp_levels(self.subject.item.account) or ()
        own = (
            statement
            for _, some in levels
            for policy in some
            if policy is not RCP_FULL_AWS_ACCESS
            for statement in library.compiled(policy, PolicyType.RESOURCE_CONTROL).statements
        )
        applies = any(universe.mask(statement.actions) & about for statement in own)
        return "APPLICABLE" if applies else "NOT_APPLICABLE"
