"""What is known of a caller and of a resource, from the question and the world together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.catalog.presence import has_resource_account
from iamsim.catalog.resource_types import sharing_services, type_of_arn
from iamsim.compile.policy import PolicySet
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.data_class import NamedTuple, replace
from iamsim.core.decision import PolicyType
from iamsim.core.reason import Note, Reason
from iamsim.core.request import Caller, CallerKind, GrantKind
from iamsim.engine.callers import make_caller
from iamsim.engine.context import DerivedKeys, InOrganization, caller_context, resource_context
from iamsim.engine.documents import PolicyLibrary, compile_all
from iamsim.engine.inventory import identity_policies
from iamsim.engine.relations import ResourceKind
from iamsim.engine.services.access_points import (
    conditions_of_access,
    is_about_the_point,
    object_behind,
)
from iamsim.engine.services.iam import boundary_context
from iamsim.engine.services.kms import GRANTED, managed_key_policy
from iamsim.engine.services.logs import is_all_log_groups
from iamsim.engine.services.s3 import (
    access_point_context,
    access_point_name,
    is_public,
    is_unsettled,
    lost_publicness,
)
from iamsim.engine.services.sts import credentials_of
from iamsim.engine.situation import Levels, PlacedPolicies, PublicAccess
from iamsim.engine.standing import Standing, standing_of
from iamsim.engine.target import (
    AWS_MANAGED_KEY,
    SERVICE_LINKED_ROLE,
    Target,
    has_listed_tags,
    tag_context,
    tags_of,
)
from iamsim.engine.unknown_facts import untold_of_caller, untold_of_organization, untold_of_resource
from iamsim.engine.unknown_policies import lost_level, may_allow, may_do_anything
from iamsim.world.builtin import RCP_FULL_AWS_ACCESS
from iamsim.world.model import Account, AnyPolicy, PolicyDocument, Resource, Role, User, World

if TYPE_CHECKING:
    from iamsim.core.unknown import Unknown
    from iamsim.engine.question import AttachedPolicies, Question
    from iamsim.engine.unknown_facts import UntoldKeys
    from iamsim.syntax.ast import Policy

__all__ = [
    "CallerFacts",
    "Levels",
    "ResourceFacts",
    "caller_facts",
    "organization_of",
    "public_access",
    "resource_facts",
]

# Objects that resource control policies leave alone:
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
EXEMPT = frozenset({AWS_MANAGED_KEY, SERVICE_LINKED_ROLE})
UNLISTED = "what the world does not list"  # the level of what may be in a source that is lost
BEHIND = "bucket"  # the level of the policy of a bucket behind an access point
MANAGED_ALIAS = ":alias/aws/"
ASSUMED_ROOT_KEY = "aws:assumedroot"


class CallerFacts(NamedTuple):
    """A caller with the policies on its side, and the context that follows from it.

    `credentials` are what services take such credentials for at all, as policies, by service.
    """

    caller: Caller
    identity: PolicySet | None
    boundary: PolicySet | None
    session: PolicySet | None
    scp_levels: Levels | None
    scp_reason: Reason
    standing: Standing
    credentials: Mapping[str, PolicySet]
    context: DerivedKeys
    notes: tuple[Note, ...]
    untold: tuple[UntoldKeys, ...] = ()


class ResourceFacts(NamedTuple):
    """A resource with the policies on its side, and the context that follows from it. With
    `tags_listed` it has no other tags than those of the context."""

    kind: ResourceKind
    objects: frozenset[str]
    account: str | None
    standing: Standing
    policies: tuple[PlacedPolicies, ...]
    grants: PolicySet | None
    rcp_levels: Levels | None
    rcp_reason: Reason
    public_access: PublicAccess | None
    access_point: PolicySet | None
    shared_with: tuple[str, ...]
    shared_for: frozenset[str]
    context: DerivedKeys
    notes: tuple[Note, ...]
    tags_listed: bool = False
    untold: tuple[UntoldKeys, ...] = ()
    owner_unknown: Unknown | None = None


def organization_of(model: World, account: str | None) -> InOrganization | None:
    """The id of an account's organization and the account's path in it, where they are known."""
    organization = model.organization
    if account is None or organization is None or organization.id is None:
        return None
    if not model.in_organization(account):
        return None
    return organization.id, model.organization_path_text(account)


def caller_facts(question: Question, model: World, library: PolicyLibrary) -> CallerFacts:
    """Work out the caller's side of a question; raises `RequestError` for no caller at all."""
    attached = question.attached
    session = question.session
    entity = model.find_principal(question.principal)
    holder = entity
    if session.source_user is not None:
        # Policies, boundary and tags of the user who asked for it hold for a federated user:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
        holder = model.find_principal(session.source_user)
    passed = session.policies if session.policies is not None else attached.session_policies
    boundary = _boundary(attached, holder, library)
    caller = _caller(question, model, entity, has_boundary=boundary is not None)
    notes = []
    known_kind = caller.kind in {CallerKind.USER, CallerKind.ROLE_SESSION}
    account = caller.account
    told = account not in model.accounts and attached.identity_policies is not None
    if entity is None and known_kind and model.accounts and not told:
        notes.append(Note.UNKNOWN_PRINCIPAL_IN_WORLD)
    if caller.service_linked and caller.role_path_assumed:
        notes.append(Note.SERVICE_LINKED_ROLE_BY_NAME)
    if caller.kind is CallerKind.ASSUMED_ROOT:
        notes.append(Note.ASSUME_ROOT_SESSION)
    levels, reason = _scp_levels(caller, attached, model, library)
    if reason is Reason.CALLER_NOT_IN_ORGANIZATION and _is_in_no_unit(account, model):
        notes.append(Note.ACCOUNT_IN_NO_UNIT)
    identity = caller.kind.has_identity
    return CallerFacts(
        caller,
        _identity(attached, holder, caller.account, model, library) if identity else None,
        boundary if identity and not caller.kind.is_root else None,
        compile_all(passed, PolicyType.SESSION) if passed is not None and identity else None,
        levels,
        reason,
        standing_of(model, account),
        credentials_of(caller, session),
        DerivedKeys(
            caller_context(
                caller,
                holder.tags if holder is not None else {},
                session,
                organization_of(model, account),
            )
        ),
        tuple(notes),
        (
            *untold_of_caller(holder),
            *(untold_of_organization(model, account, "principal") if identity else ()),
        ),
    )


def caller_alone(question: Question, model: World) -> Caller:
    """Who calls, as `caller_facts` says it, for one that is no federated user; nothing is compiled.
    Raises `RequestError` for no caller at all."""
    entity = model.find_principal(question.principal)
    boundary = question.attached.boundary or getattr(entity, "boundary", None)
    return _caller(question, model, entity, has_boundary=boundary is not None)


def _caller(
    question: Question, model: World, entity: User | Role | None, *, has_boundary: bool
) -> Caller:
    session, attached = question.session, question.attached
    passed = session.policies if session.policies is not None else attached.session_policies
    caller = make_caller(
        question.principal,
        question.action.lower(),
        session,
        entity,
        has_boundary=has_boundary,
        assumed_root=_is_assumed_root(question, passed is not None),
    )
    return _with_canonical_user(caller, model, attached.canonical_user)


def _with_canonical_user(caller: Caller, model: World, told: str | None) -> Caller:
    """The caller, also by the canonical user id of its account where the world or the question says
    it: an entry with that id names the account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
    """
    account = model.accounts.get(caller.account or "")
    known = told if account is None else account.canonical_user_id
    if known is None or not caller.kind.has_identity:
        return caller
    name = f"canonicaluser:{known}"
    names = {**caller.names, name: GrantKind.ACCOUNT.value}
    return replace(caller, names=names, layers=(caller.layers[0] | {name}, *caller.layers[1:]))


def _is_assumed_root(question: Question, has_session_policy: bool) -> bool:
    """Whether a root ARN stands for a session of sts:AssumeRoot: its context says so, or it has a
    task policy."""
    given = {key.lower(): value for key, value in question.context.items()}
    return given.get(ASSUMED_ROOT_KEY) == "true" or has_session_policy


def _boundary(
    attached: AttachedPolicies, entity: User | Role | None, library: PolicyLibrary
) -> PolicySet | None:
    """The permissions boundary: of the question, else of the user or role."""
    if attached.boundary is not None:
        return compile_all([attached.boundary], PolicyType.PERMISSIONS_BOUNDARY)
    if entity is not None and entity.boundary is not None:
        return library.policy_set((entity.boundary,), PolicyType.PERMISSIONS_BOUNDARY)
    return None


def _identity(
    attached: AttachedPolicies,
    entity: User | Role | None,
    account: str | None,
    model: World,
    library: PolicyLibrary,
) -> PolicySet | None:
    """The identity-based policies: of the question, else of user and groups, or of the role."""
    if attached.identity_policies is not None:
        return compile_all(attached.identity_policies, PolicyType.IDENTITY)
    if entity is None:  # it may be in a source that is lost
        unlisted = model.unlisted_of("principals", account)
        return library.policy_set(unlisted, PolicyType.IDENTITY) if unlisted else None
    policies = identity_policies(entity, model)
    return library.policy_set(policies, PolicyType.IDENTITY) if policies else None


def _scp_levels(
    caller: Caller, attached: AttachedPolicies, model: World, library: PolicyLibrary
) -> tuple[Levels | None, Reason]:
    """The SCPs that apply to a caller by level, or why none do.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    """
    if not caller.kind.has_identity or caller.account is None:
        return None, Reason.CALLER_HAS_NO_IDENTITY
    if caller.service_linked:
        return None, Reason.CALLER_IS_SERVICE_LINKED_ROLE
    if model.is_management(caller.account):
        return None, Reason.CALLER_IN_MANAGEMENT_ACCOUNT
    if attached.scps is not None:
        return _given_levels(attached.scps, PolicyType.SERVICE_CONTROL), Reason.NOT_PRESENT
    levels = model.scp_levels(caller.account)
    if levels is None and caller.account not in model.accounts:
        lost = model.unlisted_of("accounts", caller.account)
        levels = ((UNLISTED, lost),) if lost else None
    above = lost_level(caller.account, model)
    if levels is None and not above:
        return None, Reason.CALLER_NOT_IN_ORGANIZATION
    use, doubt = PolicyType.SERVICE_CONTROL, standing_of(model, caller.account).lost
    return (*above, *_world_levels(levels or (), use, library, doubt)), Reason.NOT_PRESENT


def _is_in_no_unit(account: str | None, model: World) -> bool:
    """Whether the world lists an account beside an organization, and not where it stands there."""
    return model.organization is not None and account in model.accounts


def _given_levels(levels: Iterable[Iterable[Policy]], policy_type: PolicyType) -> Levels:
    """Levels that the question brought along, named by their number."""
    return tuple(
        (f"level {number}", compile_all(policies, policy_type))
        for number, policies in enumerate(levels, start=1)
    )


def _world_levels(
    levels: tuple[tuple[str, tuple[AnyPolicy, ...]], ...],
    policy_type: PolicyType,
    library: PolicyLibrary,
    lost: Unknown | None,
) -> Levels:
    """Levels of the organization, named by their nodes; with `lost` they may not apply."""
    return tuple(
        (name, library.control_set(policies, policy_type, lost)) for name, policies in levels
    )


def _lost_policies(target: Target, question: Question, model: World) -> tuple[PolicyDocument, ...]:
    """What a lost source may have held that opens or closes a resource without a policy: a policy,
    shares or, where its ARN does not say, whose it is."""
    if not model.unlisted or target.kind is ResourceKind.NONE:
        return ()
    arn = find_arn(question.resource)
    services = {question.action.lower().partition(":")[0], "" if arn is None else arn.service}
    kind = "principals" if target.kind is ResourceKind.ROLE else "resources"
    lost = model.unlisted_of(kind, target.account if arn and arn.account else None, services)
    lost_policies = tuple(document for document in lost if document.services)
    if target.known is not None:
        return lost_policies
    owned = arn is not None and is_account_id(arn.account)
    known = owned and services.isdisjoint(sharing_services())
    if known and target.kind is not ResourceKind.ROLE:
        return lost_policies
    return lost


def resource_facts(
    question: Question, target: Target, model: World, library: PolicyLibrary, caller: Caller
) -> ResourceFacts:
    """Work out the resource's side of a question."""
    attached = question.attached
    kind, listed, entity, account = target[:4]
    action = question.action.lower()
    policies = _resource_policies(attached, target, library)
    arn_of_target = find_arn(question.resource)
    if not policies and AWS_MANAGED_KEY in target.objects and arn_of_target and account:
        managed = managed_key_policy(arn_of_target, account)
        policies = (PlacedPolicies(PolicySet((managed,))),)
    service = action.partition(":")[0]
    lost_policies = () if policies else _lost_policies(target, question, model)
    if lost_policies:
        use = PolicyType.TRUST if kind is ResourceKind.ROLE else PolicyType.RESOURCE
        policies = (PlacedPolicies(library.policy_set(lost_policies, use)),)
    point = None if is_about_the_point(action) else target.access_point
    through = point is not None
    unknown = {} if listed is None else listed.unknown
    lost = unknown.get("bucket", unknown.get("buckets"))
    if through and listed is not None and lost is not None:
        anything = may_do_anything(f"the bucket behind {listed.arn}", lost)
        policies = (*policies, PlacedPolicies(anything))
    elif through and listed is not None and listed.buckets:
        behind = _buckets_behind(question, listed, account, model, library, caller)
        if not policies:  # a policy that is not there allows nothing
            policies = (PlacedPolicies(library.policy_set((), PolicyType.RESOURCE)),)
        policies = (*policies, *behind)
    grants = library.grants(listed) if listed is not None and listed.grants else None
    if listed is not None and "grants" in listed.unknown:
        name = f"the list of grants of {listed.arn}"
        grants = may_allow(name, listed.unknown["grants"], GRANTED)
    if listed is not None and "shared_with" in listed.unknown:
        shares = may_allow(f"the list of shares of {listed.arn}", listed.unknown["shared_with"])
        policies = (*policies, PlacedPolicies(shares))
    levels, reason = _rcp_levels(caller, account, attached, model, library)
    if levels is not None and not EXEMPT.isdisjoint(target.objects):
        levels, reason = None, Reason.RESOURCE_EXEMPT
    known = target.known
    tags, notes = tags_of(target)
    organization = organization_of(model, account)
    arn = known.arn if known is not None else None
    several = target.all_buckets or is_all_log_groups(question.resource)
    single = kind is not ResourceKind.NONE and not several
    nobodys = known is None and target.container is None and single
    told = account not in model.accounts and attached.resource_policy is not None
    unlisted = nobodys and bool(model.accounts) and not told
    in_no_unit = reason is Reason.RESOURCE_NOT_IN_ORGANIZATION and _is_in_no_unit(account, model)
    return ResourceFacts(
        kind,
        target.objects,
        account,
        standing_of(model, account),
        policies,
        grants,
        levels,
        reason,
        public_access(attached, service, listed, account, policies, model),
        conditions_of_access(point, listed) if point is not None else None,
        *_shares(listed),
        DerivedKeys(
            (
                *resource_context(action, target.region, account, organization, arn),
                *tag_context(service, target, tags),
                *access_point_context(target.access_point, listed, account),
                *boundary_context(action, entity),
            )
        ),
        (
            *notes,
            *((Note.UNKNOWN_RESOURCE_IN_WORLD,) if unlisted else ()),
            *((Note.ACCOUNT_IN_NO_UNIT,) if in_no_unit else ()),
            *((Note.MANAGED_KEY_ACROSS_ACCOUNTS,) if _under_managed_key(target) else ()),
            *(_access_point_notes(listed, model) if through else ()),
        ),
        has_listed_tags(target),
        (
            *untold_of_resource(service, target),
            *(
                untold_of_organization(model, account, "resource")
                if has_resource_account(action)
                else ()
            ),
        ),
        _unknown_owner(target),
    )


def _under_managed_key(target: Target) -> bool:
    """Whether an AWS managed key encrypts the resource, or what it lies in."""
    holder = target.listed or target.container
    return holder is not None and MANAGED_ALIAS in (holder.kms_key or "")


def _unknown_owner(target: Target) -> Unknown | None:
    """Why the owner of a resource is not known, where a world says that it is not."""
    owner = target.listed or target.container
    arn = find_arn(owner.arn) if owner is not None else None
    if owner is None or arn is None or is_account_id(arn.account):
        return None
    return owner.unknown.get("account")


def _shares(listed: Resource | None) -> tuple[tuple[str, ...], frozenset[str]]:
    """With whom an attribute of the resource shares it, and for which actions."""
    kind = type_of_arn(listed.arn) if listed is not None and listed.shared_with else None
    if listed is None or kind is None:
        return (), frozenset()
    return listed.shared_with, frozenset(action.lower() for action in kind.shared)


def _access_point_notes(point: Resource | None, model: World) -> Iterator[Note]:
    """What is not known of an access point, and what AWS leaves open of several buckets."""
    buckets = point.buckets if point is not None else ()
    if not buckets or not all(map(model.find_resource, buckets)):
        yield Note.ACCESS_POINT_BUCKET_UNKNOWN
    if len(buckets) > 1:
        yield Note.SEVERAL_BUCKETS_BEHIND
    if point is not None and point.network_origin == "VPC" and point.vpc is None:
        yield Note.ACCESS_POINT_VPC_UNKNOWN


def _buckets_behind(
    question: Question,
    point: Resource,
    account: str | None,
    model: World,
    library: PolicyLibrary,
    caller: Caller,
) -> Iterator[PlacedPolicies]:
    """The buckets behind an access point, each with its policy and the RCPs of its account. A
    policy that is not there allows nothing; a bucket of nobody known is taken to be the access
    point owner's."""
    for arn in point.buckets:
        bucket = model.find_resource(arn)
        owner = account if bucket is None else bucket.account
        policies = () if bucket is None or bucket.policy is None else (bucket.policy,)
        levels, reason = _rcp_levels(caller, owner, question.attached, model, library)
        if levels is not None:
            levels = tuple((f"{name} (bucket)", policies) for name, policies in levels)
        yield PlacedPolicies(
            library.policy_set(policies, PolicyType.RESOURCE),
            BEHIND,
            object_behind(question.resource, point.arn, arn),
            behind=True,
            owner=owner,
            rcp_levels=levels,
            rcp_reason=reason,
        )


def _resource_policies(
    attached: AttachedPolicies, target: Target, library: PolicyLibrary
) -> tuple[PlacedPolicies, ...]:
    """The policy of the resource itself, together with that of its container."""
    role, listed, container = target.entity, target.listed, target.container
    policy_type = PolicyType.TRUST if target.kind is ResourceKind.ROLE else PolicyType.RESOURCE
    around = () if container is None or container.policy is None else (container.policy,)
    if attached.resource_policy is not None:
        given = compile_all([attached.resource_policy], policy_type).policies
        return (
            PlacedPolicies(PolicySet((*given, *library.policy_set(around, policy_type).policies))),
        )
    if isinstance(role, Role) and role.trust is not None:
        return (PlacedPolicies(library.policy_set((role.trust,), PolicyType.TRUST)),)
    own = () if listed is None or listed.policy is None else (listed.policy,)
    if not own and not around:
        return ()
    return (PlacedPolicies(library.policy_set((*own, *around), policy_type)),)


def _rcp_levels(
    caller: Caller,
    account: str | None,
    attached: AttachedPolicies,
    model: World,
    library: PolicyLibrary,
) -> tuple[Levels | None, Reason]:
    """The RCPs that apply to a resource by level, or why none do.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    if caller.service_linked:
        return None, Reason.CALLER_IS_SERVICE_LINKED_ROLE
    if account is not None and model.is_management(account):
        return None, Reason.RESOURCE_IN_MANAGEMENT_ACCOUNT
    if attached.rcps is not None:
        full_access = library.policy_set((RCP_FULL_AWS_ACCESS,), PolicyType.RESOURCE_CONTROL)
        return tuple(
            (name, PolicySet((*full_access.policies, *policies.policies)))
            for name, policies in _given_levels(attached.rcps, PolicyType.RESOURCE_CONTROL)
        ), Reason.NOT_PRESENT
    levels = model.rcp_levels(account) if account is not None else None
    above = () if account is None else lost_level(account, model)
    if levels is None and not above:
        return None, Reason.RESOURCE_NOT_IN_ORGANIZATION
    # RCPFullAWSAccess can't be detached: it is there, listed or not.
    attached_levels = tuple(
        (name, policies if RCP_FULL_AWS_ACCESS in policies else (RCP_FULL_AWS_ACCESS, *policies))
        for name, policies in levels or ()
    )
    use, lost = PolicyType.RESOURCE_CONTROL, standing_of(model, account).lost
    return (*above, *_world_levels(attached_levels, use, library, lost)), Reason.NOT_PRESENT


def public_access(
    attached: AttachedPolicies,
    service: str,
    listed: Resource | None,
    account: str | None,
    policies: tuple[PlacedPolicies, ...],
    model: World,
) -> PublicAccess | None:
    """Block Public Access of the access point, the bucket and the accounts of both together; the
    stricter setting wins. Callers of either account are spared.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html
    """
    if service != "s3":
        return None
    unknown: PolicySet | None = None
    if attached.public_access_block is not None:
        restricts = bool(attached.public_access_block.get("restrict_public_buckets"))
    else:
        buckets = [model.find_resource(arn) for arn in listed.buckets] if listed else []
        accounts = {account, *(bucket.account for bucket in buckets if bucket is not None)}
        owners = [model.accounts[account] for account in accounts if account in model.accounts]
        asked_of = [known for known in (listed, *buckets, *owners) if known]
        blocks = [known.public_access_block for known in asked_of]
        restricts = any(block.restrict_public_buckets for block in blocks if block is not None)
        if not restricts:
            unknown = next(
                (_unknown_block(account) for account in asked_of if _is_lost(account)), None
            )
            restricts = unknown is not None
    if not restricts:
        return None
    access_point = listed is not None and access_point_name(listed.arn) is not None
    inside = listed is not None and listed.network_origin == "VPC"
    asked = [
        (policy, access_point and not placed.behind)
        for placed in policies
        if placed.behind or not inside
        for policy in placed.policies.policies
    ]
    public = [
        (policy, lost_publicness(policy, of_access_point=point))
        for policy, point in asked
        if is_public(policy, of_access_point=point)
    ]
    if unknown is None and public and all(lost for _, lost in public):
        policy, lost = public[0]
        assert lost is not None  # noqa: S101 - all of them are
        unknown = may_do_anything(f"unknown part of {policy.name}", lost)
    return PublicAccess(
        restricts=True,
        is_public=bool(public),
        unsettled=any(is_unsettled(policy, of_access_point=point) for policy, point in asked),
        spared=frozenset(placed.owner for placed in policies if placed.behind),
        unknown=unknown,
    )


def _is_lost(holder: Resource | Account) -> bool:
    """Whether nobody knows the settings of Block Public Access of a bucket or an account."""
    return "public_access_block" in holder.unknown


def _unknown_block(holder: Resource | Account) -> PolicySet:
    """What settings that nobody knows may do."""
    whose = holder.arn if isinstance(holder, Resource) else f"account {holder.id}"
    name = f"Block Public Access of {whose}"
    return may_do_anything(name, holder.unknown["public_access_block"])
