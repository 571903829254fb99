"""A caller before a resource: all policies that meet there, arranged layer by layer.

A `Situation` holds for every action and context; `arrange` picks what an action needs: the
relation with its ways in, and the state of every place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamsim.catalog.global_services import GATEWAY_SERVICES
from iamsim.catalog.presence import Presence, Way, presence_in
from iamsim.catalog.rules import service_rules
from iamsim.core.data_class import dataclass, field, replace
from iamsim.core.reason import Note, Reason
from iamsim.core.request import Caller, CallerKind, GrantKind, Request
from iamsim.core.unknown import Unknown, fact_words
from iamsim.engine.arrangement import Arrangement, Station
from iamsim.engine.columns import column_of
from iamsim.engine.encounter import Encounter
from iamsim.engine.formula import LAYER_ORDER, Relation, Slot
from iamsim.engine.pitfalls import reads_resource_tags
from iamsim.engine.plan import make_plan
from iamsim.engine.relations import BY_DELEGATION, UNASKED, ResourceKind
from iamsim.engine.rows import find_relation, notes_of
from iamsim.engine.services.access_points import with_buckets
from iamsim.engine.services.kms import needs_foreign_key
from iamsim.engine.services.sts import TRUST_ACTIONS
from iamsim.engine.standing import ADMINISTRATORS, MANAGEMENT, UNKNOWN_STANDING, Standing
from iamsim.engine.unknown_policies import may_allow

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.core.decision import Decision
    from iamsim.engine.unknown_facts import UntoldKeys

Levels = tuple[tuple[str, "PolicySet"], ...]

POINT = "access point"  # the level of what an access point has, where there is a bucket behind it


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPolicies:
    """A resource-based policy.

    That of a bucket behind an access point is a side of its own (`behind`): with its owner, what it
    sees as the resource, and the RCPs of its account.
    """

    policies: PolicySet
    level: str | None = None
    resource: str | None = None
    behind: bool = False
    owner: str | None = None
    rcp_levels: Levels | None = None
    rcp_reason: Reason = Reason.NOT_PRESENT


@dataclass(frozen=True, slots=True)
class PublicAccess:
    """S3 Block Public Access at a bucket: whether it restricts, whether a policy is public (and
    whether that is settled), and the accounts besides the resource's whose callers it spares. Where
    the settings are not known, `unknown` stands for what they may do."""

    restricts: bool
    is_public: bool
    unsettled: bool = False
    spared: frozenset[str | None] = frozenset()
    unknown: PolicySet | None = None


@dataclass(slots=True, eq=False)
class Situation:
    """Everything about one caller, one kind of resource and the policies between them.

    Levels are root first; `None` where a kind of guardrail does not apply, with the reason why.
    """

    caller: Caller
    kind: ResourceKind
    resource_account: str | None
    objects: frozenset[str] = frozenset()
    same_partition: bool = True
    standing: Standing = UNKNOWN_STANDING
    owner: Standing = UNKNOWN_STANDING
    credentials: Mapping[str, PolicySet] = field(default_factory=dict)
    identity: PolicySet | None = None
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource_policies: tuple[PlacedPolicies, ...] = ()
    grants: PolicySet | None = None
    scp_levels: Levels | None = None
    scp_reason: Reason = Reason.NOT_PRESENT
    rcp_levels: Levels | None = None
    rcp_reason: Reason = Reason.NOT_PRESENT
    rcp_services: frozenset[str] = frozenset()
    endpoint: PolicySet | None = None
    endpoint_reason: Reason = Reason.NOT_PRESENT
    endpoint_is_gateway: bool | None = False
    public_access: PublicAccess | None = None
    shared_with: tuple[str, ...] = ()
    shared_for: frozenset[str] = frozenset()  # what those can do with it
    access_point: PolicySet | None = None  # what requests through it have to meet
    notes: tuple[Note, ...] = ()
    way: Way = Way.PUBLIC
    untold: tuple[UntoldKeys, ...] = ()  # keys whose values the world does not know
    owner_unknown: Unknown | None = None  # why nobody knows whose account the resource is in
    _reads: dict[str, bool] = field(default_factory=dict, repr=False)
    _arrangements: dict[str, Arrangement] = field(default_factory=dict, repr=False)
    plans: dict[str, Callable[[Request], Decision]] = field(default_factory=dict, repr=False)

    @property
    def same_account(self) -> bool:
        """Whether the caller's account owns the resource."""
        return self.caller.account == self.resource_account

    @property
    def _is_shared(self) -> bool:
        """Whether the owner shares the resource with the caller's account."""
        return "all" in self.shared_with or self.caller.account in self.shared_with

    @property
    def buckets(self) -> tuple[PlacedPolicies, ...]:
        """The sides behind an access point."""
        return tuple(
            resource_policy for resource_policy in self.resource_policies if resource_policy.behind
        )

    @property
    def all_rcp_levels(self) -> Levels:
        """The RCPs of the resource's account and of those of the buckets behind it."""
        behind = (level for bucket in self.buckets for level in bucket.rcp_levels or ())
        return (*(self.rcp_levels or ()), *behind)

    def arrange(self, action: str) -> Arrangement:
        """The relation and the stations for an action, in lower case; remembered."""
        arrangement = self._arrangements.get(action)
        if arrangement is None:
            arrangement = self._arrangements[action] = self._arrange(action)
        return arrangement

    def reads(self, key: str) -> bool:
        """Whether some statement that meets here reads a context key (in lower case)."""
        known = self._reads.get(key)
        if known is None:
            known = self._reads[key] = self._find_reader(key)
        return known

    def _find_reader(self, key: str) -> bool:
        """Look for a statement that reads a key."""
        sets = (
            *(self.identity, self.boundary, self.session, self.grants, self.endpoint),
            *(self.access_point, *self.credentials.values()),
        )
        levels = (*(self.scp_levels or ()), *self.all_rcp_levels)
        return any(
            policies is not None and key in policies.keys
            for policies in (
                *sets,
                *(placed.policies for placed in self.resource_policies),
                *(policies for _, policies in levels),
            )
        )

    def decide(self, request: Request) -> Decision:
        """Decide a request by the fast reading; its plan is made on first use."""
        plan = self.plans.get(request.action)
        if plan is None:
            plan = self.plans[request.action] = make_plan(self, request.action)
        return plan(request)

    def _arrange(self, action: str) -> Arrangement:
        """Work out relation and stations."""
        met = self._encounter(action)
        relation, delegation = self._relation(met)
        if self.access_point is not None or self.buckets:
            owners = tuple(bucket.owner for bucket in self.buckets)
            relation = with_buckets(relation, self.caller, self.resource_account, owners)
        stations = [
            *self._resource_control(met),
            *self._service_control(),
            *self._endpoint(met.service),
            *self._public_access(),
            *self._resource(action, relation),
            *self._grants(),
            self._identity(),
            self._boundary(),
            self._session(),
            *self._credentials(met.service),
            *delegation,
        ]
        stations.sort(key=lambda station: LAYER_ORDER.index(station.slot))
        notes = list(self.notes)
        if Note.BUCKET_TAGS_WITHOUT_ABAC in notes and not reads_resource_tags(stations, action):
            notes.remove(Note.BUCKET_TAGS_WITHOUT_ABAC)
        if Note.MANAGED_KEY_ACROSS_ACCOUNTS in notes and not needs_foreign_key(met):
            notes.remove(Note.MANAGED_KEY_ACROSS_ACCOUNTS)
        notes += notes_of(met, relation)
        statements = [
            statement
            for station in stations
            if station.policies is not None and station.applies
            for _, statement in station.policies.candidates(action)
        ]
        reads = frozenset(key for statement in statements for key in statement.keys)
        return Arrangement(
            relation,
            tuple(stations),
            tuple(notes),
            reads,
            self._awaited(action, reads),
            any(statement.unknowns for statement in statements),
        )

    def _relation(self, met: Encounter) -> tuple[Relation, list[Station]]:
        """The relation; one of an administrator of the organization may be, where nobody knows who
        is one: that is a place of its own, which may let the caller through."""
        relation, doubt = find_relation(met), met.standing.doubt
        if met.standing.lost is not None and met.caller.kind.has_identity:
            return _of_either(met, met.standing.lost)
        if doubt is None or not met.standing.known or not met.caller.kind.has_identity:
            return relation, []
        supposed = find_relation(met._replace(standing=met.standing.supposing(met.principal)))
        if supposed is relation:
            return relation, []
        policies = may_allow(fact_words(ADMINISTRATORS), doubt)
        return supposed, [Station(Slot.CREDENTIALS, Reason.ADMINISTRATORS_ONLY, policies)]

    def is_untold(self, key: str) -> bool:
        """Whether the world does not know the value of a key (in lower case)."""
        return any(untold_keys.include(key) for untold_keys in self.untold)

    def _awaited(self, action: str, reads: frozenset[str]) -> frozenset[str]:
        """Of keys that are read, those that AWS sends, or of which its pages do not agree, or the
        world does not know the value."""
        column = column_of(self.caller)
        sent = {Presence.ALWAYS, Presence.UNCLEAR}
        return frozenset(
            key
            for key in reads
            if self.is_untold(key)
            or presence_in(action, key, column, self.way, self.objects) in sent
        )

    def _encounter(self, action: str) -> Encounter:
        """All that the choice of the relation depends on."""
        service, _, name = action.partition(":")
        of_service = service_rules(service)
        return Encounter(
            self.caller,
            action,
            of_service.of(name),
            of_service.principal,
            self.kind,
            self.objects,
            self.same_account,
            self.same_partition,
            self.standing,
            self.owner,
            bool(self.resource_policies),
            action in self.shared_for and self._is_shared,
        )

    def _service_control(self) -> list[Station]:
        """Every level must allow: organizations' orgs_manage_policies_scps_evaluation.html."""
        if self.scp_levels is None:
            return [Station(Slot.SERVICE_CONTROL, self.scp_reason, allows=True, applies=False)]
        return [
            Station(Slot.SERVICE_CONTROL, Reason.NO_STATEMENT_ALLOWS, policies, level=name)
            for name, policies in self.scp_levels
        ]

    def _resource_control(self, met: Encounter) -> list[Station]:
        """Covered services only: organizations' orgs_manage_policies_rcps.html. Of a bucket behind
        an access point, those of its account."""
        own = self._controls(met, self.rcp_levels, self.rcp_reason, None)
        behind = [
            station
            for bucket in self.buckets
            for station in self._controls(met, bucket.rcp_levels, bucket.rcp_reason, bucket)
        ]
        return [*own, *behind]

    def _controls(
        self, met: Encounter, levels: Levels | None, why: Reason, bucket: PlacedPolicies | None
    ) -> list[Station]:
        """The RCPs of one account; seen from a bucket behind an access point, the object is its."""
        reason: Reason | None = None
        notes: tuple[Note, ...] = ()
        if levels is None:
            reason = why
        elif met.service not in self.rcp_services:
            reason = Reason.SERVICE_NOT_COVERED
            notes = (Note.RCP_SERVICE_LIST,)
        elif met.rules.no_rcp:
            reason = Reason.ACTION_EXEMPT
        if reason is not None or levels is None:
            if bucket is not None and bucket.owner == self.resource_account:
                return []  # said once of the account
            return [
                Station(
                    Slot.RESOURCE_CONTROL,
                    reason or Reason.NOT_PRESENT,
                    allows=True,
                    applies=False,
                    owner=self._side(bucket),
                    notes=notes,
                )
            ]
        if self.kind is ResourceKind.NONE:
            notes = (Note.RCP_WITHOUT_RESOURCE,)
        elif self.buckets and bucket is None:
            notes = (Note.ACCESS_POINT_SIDES,)
        return [
            Station(
                Slot.RESOURCE_CONTROL,
                Reason.NO_STATEMENT_ALLOWS,
                policies,
                level=name,
                resource=None if bucket is None else bucket.resource,
                owner=self._side(bucket),
                notes=notes,
            )
            for name, policies in levels
        ]

    def _side(self, bucket: PlacedPolicies | None) -> str | None:
        """The owner of a side, where there are several."""
        if bucket is not None:
            return bucket.owner
        return self.resource_account if self.buckets else None

    def _endpoint(self, service: str) -> list[Station]:
        """The policy of the endpoint, which must allow both ARNs of an access point and its bucket;
        and what the access point itself asks of the network.

        https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html
        """
        asked = []
        if self.access_point is not None:
            reason = Reason.OUTSIDE_OF_ACCESS_POINT
            level = "network"
            asked.append(
                Station(Slot.VPC_ENDPOINT, reason, self.access_point, level=level, fixed=True)
            )
        if self.endpoint is None:
            reason = self.endpoint_reason
            return [*asked, Station(Slot.VPC_ENDPOINT, reason, allows=True, applies=False)]
        caller = None
        notes: tuple[Note, ...] = ()
        if self.endpoint_is_gateway is None and service in GATEWAY_SERVICES:
            account = f"account:{self.caller.account}"
            if self.endpoint.names_principal(account):
                notes = (Note.ENDPOINT_TYPE_UNKNOWN,)
        if self.endpoint_is_gateway and self.caller.kind is not CallerKind.ROOT_USER:
            # At a gateway endpoint an account principal means the account's root user only.
            names = {
                name: kind for name, kind in self.caller.names.items() if kind != GrantKind.ACCOUNT
            }
            caller = replace(self.caller, names=names)
        station = Station(
            Slot.VPC_ENDPOINT,
            Reason.NO_STATEMENT_ALLOWS,
            self.endpoint,
            level=POINT if self.buckets else None,
            caller=caller,
            notes=notes,
        )
        behind = [
            replace(station, level=bucket.level, resource=bucket.resource)
            for bucket in self.buckets
        ]
        return [*asked, station, *behind]

    def _public_access(self) -> list[Station]:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html."""
        facts = self.public_access
        if facts is None or not facts.restricts:
            return []
        caller = self.caller
        reason = Reason.PUBLIC_POLICY_RESTRICTED
        allows = True
        if not facts.is_public:
            reason = Reason.POLICY_NOT_PUBLIC
        elif caller.kind is CallerKind.SERVICE:
            reason = Reason.CALLER_IS_SERVICE
        elif caller.account is not None and (self.same_account or caller.account in facts.spared):
            reason = Reason.CALLER_IN_OWNER_ACCOUNT
        else:
            allows = False
        notes = (Note.PUBLIC_POLICY_UNSETTLED,) if facts.unsettled else ()
        unknown = None if allows else facts.unknown
        return [Station(Slot.PUBLIC_ACCESS, reason, unknown, allows=allows, notes=notes)]

    def _resource(self, action: str, relation: Relation) -> list[Station]:
        """The resource-based policy, where the action asks for it."""
        unasked = relation in UNASKED or (
            self.kind is ResourceKind.ROLE and action not in TRUST_ACTIONS
        )
        if unasked or (self.kind is ResourceKind.NONE and relation is not BY_DELEGATION):
            reason = Reason.POLICY_NOT_CONSULTED if self.resource_policies else Reason.NO_POLICY
            return [Station(Slot.RESOURCE, reason, applies=False)]
        if not self.resource_policies:
            return [Station(Slot.RESOURCE, Reason.NO_POLICY, applies=False)]
        return [
            Station(
                Slot.BUCKET if placed.behind else Slot.RESOURCE,
                Reason.NO_STATEMENT_ALLOWS,
                placed.policies,
                level=placed.level or (POINT if self.buckets else None),
                resource=placed.resource,
                owner=self._side(placed if placed.behind else None),
            )
            for placed in self.resource_policies
        ]

    def _grants(self) -> list[Station]:
        """https://docs.aws.amazon.com/kms/latest/developerguide/grants.html."""
        if self.kind is not ResourceKind.KEY:
            return []
        if self.grants is None:
            return [Station(Slot.GRANT, Reason.NOT_PRESENT, applies=False, level="grants")]
        notes = () if self.same_account else (Note.KMS_GRANT_CROSS_ACCOUNT,)
        reason = Reason.NO_STATEMENT_ALLOWS
        return [Station(Slot.GRANT, reason, self.grants, level="grants", notes=notes)]

    def _identity(self) -> Station:
        """The root user may do everything; other callers what their policies say."""
        if self.caller.kind.is_root:
            reason = Reason.ROOT_USER_NEEDS_NO_POLICY
            return Station(Slot.IDENTITY, reason, allows=True)
        if not self.caller.kind.has_identity:
            return Station(Slot.IDENTITY, Reason.CALLER_HAS_NO_IDENTITY, applies=False)
        if self.identity is None:
            return Station(Slot.IDENTITY, Reason.NO_POLICY)
        notes = (Note.ACCESS_POINT_SIDES,) if self.buckets else ()
        return Station(Slot.IDENTITY, Reason.NO_STATEMENT_ALLOWS, self.identity, notes=notes)

    def _boundary(self) -> Station:
        """A boundary that is not there caps nothing."""
        if self.boundary is None:
            return Station(Slot.BOUNDARY, Reason.NOT_PRESENT, allows=True, applies=False)
        return Station(Slot.BOUNDARY, Reason.NO_STATEMENT_ALLOWS, self.boundary)

    def _session(self) -> Station:
        """No session policy: a role session keeps all rights, a federated user session has none.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html
        """
        session = self.session
        if session is not None:
            # The task policies of sts:AssumeRoot only deny: the root user keeps what they leave.
            if self.caller.kind is CallerKind.ASSUMED_ROOT and not session.has_allow:
                reason = Reason.ROOT_USER_NEEDS_NO_POLICY
                return Station(Slot.SESSION, reason, session, allows=True, only_denies=True)
            return Station(Slot.SESSION, Reason.NO_STATEMENT_ALLOWS, session)
        if self.caller.kind is CallerKind.FEDERATED_USER:
            return Station(Slot.SESSION, Reason.FEDERATED_USER_WITHOUT_SESSION_POLICY)
        return Station(Slot.SESSION, Reason.NOT_PRESENT, allows=True, applies=False)

    def _credentials(self, service: str) -> list[Station]:
        """What a service takes the caller's credentials for, where it does not for everything."""
        policies = self.credentials.get(service)
        if policies is None:
            return []
        reason = Reason.CREDENTIALS_DO_NOT_REACH
        return [Station(Slot.CREDENTIALS, reason, policies, level="credentials")]


def _of_either(met: Encounter, lost: Unknown) -> tuple[Relation, list[Station]]:
    """The relation where nobody knows whether the caller is of the management account or of a
    member: where only one of them may call, that is a place of its own, as `_relation` says."""
    owner = met.owner._replace(known=True)
    member, management = (
        find_relation(met._replace(standing=Standing(known=True, management=manages), owner=owner))
        for manages in (False, True)
    )
    if member is management:
        return member, []
    open_to, closed_to = (management, member) if management.ways else (member, management)
    policies = may_allow(fact_words(MANAGEMENT), lost)
    return open_to, [Station(Slot.CREDENTIALS, closed_to.reason, policies)]
