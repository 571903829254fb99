"""What a world is made of: accounts, principals, resources, endpoints, policies, organization.

Plain records without behavior of AWS: who owns what, and which policies hang where. Policies stay
plain data here (`PolicyDocument`); the engine parses those that a question needs. The terms are
those of https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.core.data_class import dataclass, field
from iamsim.core.span import Path, Source, Span

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from iamsim.core.unknown import Unknown

NOWHERE = Source("world", "")
# What a lost source may have told of: users, groups and roles; resources; VPC endpoints; settings
# and credentials, on which no decision hangs.
LOST_KINDS = frozenset(("principals", "resources", "endpoints", "settings"))
SERVICE_LINKED_PATH = "/aws-service-role/"


@dataclass(slots=True, eq=False, kw_only=True)
class Placed:
    """Something that stands in a world file: `position` is its path inside `source`."""

    source: Source = field(default=NOWHERE, repr=False, compare=False)
    position: Path = field(default=(), repr=False, compare=False)

    @property
    def span(self) -> Span:
        """Where it is written."""
        return self.source.span(self.position)


@dataclass(slots=True, eq=False)
class PolicyDocument:
    """A policy as plain data, not yet parsed.

    Paths of `source` start at the policy itself, also where it stands inside a world file. `arn`
    is given for customer managed and built-in policies. Equal only to itself, so that it can be a
    key of caches. One that is lost may be that of something that no source lists: of one of some
    `kinds` (`LOST_KINDS`), of an account of `accounts`; without any, of any. With `services` it is
    the policy of a resource of one of these, listed or not, that has none.
    """

    name: str
    document: Mapping[str, object]
    source: Source = field(repr=False)
    arn: str | None = None
    services: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        """The name of the text that it stands in."""
        return self.source.name

    def may_be_of(
        self, kind: str, account: str | None, services: AbstractSet[str] = frozenset()
    ) -> bool:
        """Whether it may be that of something of a kind, of an account, if one is known, and as a
        resource of one of some services."""
        if self.accounts and account is not None and account not in self.accounts:
            return False
        if self.services:
            return kind == "resources" and not self.services.isdisjoint(services)
        return not self.kinds or kind in self.kinds

    def called(self, name: str, arn: str | None) -> PolicyDocument:
        """The same document under another name and ARN."""
        return PolicyDocument(name, self.document, self.source, arn)


@dataclass(frozen=True, slots=True)
class ManagedPolicyReference:
    """An AWS managed policy, named by its ARN; the catalog holds its text."""

    arn: str
    source: Source = field(default=NOWHERE, repr=False, compare=False)
    position: Path = field(default=(), repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name of the policy: the last part of its ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def span(self) -> Span:
        """Where the ARN is written."""
        return self.source.span(self.position)


AnyPolicy = PolicyDocument | ManagedPolicyReference


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """When a user or role last called a service, and which of its actions: times in ISO 8601.

    `None` stands for what it did not call in the time that IAM looks back to. `actions` has the
    actions that IAM tracks, by name. Where `whole` is not so, nothing but `actions` is known.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
    """

    at: str | None = None
    actions: Mapping[str, str | None] = field(default_factory=dict)
    whole: bool = True


@dataclass(slots=True, eq=False, kw_only=True)
class User(Placed):
    """An IAM user; `groups` are names of groups of the same account.

    `last_accessed` is by service prefix. It, `password_enabled`, `mfa_devices` and the credentials
    are `None` where nobody says, which is not the same as none.
    """

    account: str
    name: str
    partition: str = "aws"
    path: str = "/"
    id: str | None = None
    groups: tuple[str, ...] = ()
    policies: tuple[AnyPolicy, ...] = ()
    boundary: AnyPolicy | None = None
    tags: dict[str, str] = field(default_factory=dict)
    mfa_devices: int | None = None
    mfa_types: tuple[str, ...] | None = None
    access_keys: tuple[object, ...] | None = None
    signing_certificates: tuple[object, ...] | None = None
    ssh_public_keys: tuple[object, ...] | None = None
    service_specific_credentials: tuple[object, ...] | None = None
    password_last_used: str | None = None
    created: str | None = None
    password_enabled: bool | None = None
    password_last_changed: str | None = None
    last_accessed: Mapping[str, ServiceAccess] | None = None
    unknown: Mapping[str, Unknown] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN, path included."""
        return f"arn:{self.partition}:iam::{self.account}:user{self.path}{self.name}"


@dataclass(slots=True, eq=False, kw_only=True)
class RootUser(Placed):
    """What is known of the root user of an account; `None` where nobody says."""

    mfa_devices: int | None = None
    mfa_types: tuple[str, ...] | None = None
    access_keys: tuple[object, ...] | None = None
    signing_certificates: tuple[object, ...] | None = None
    password_enabled: bool | None = None
    password_last_used: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Group(Placed):
    """An IAM group: policies that its users share."""

    account: str
    name: str
    partition: str = "aws"
    path: str = "/"
    id: str | None = None
    policies: tuple[AnyPolicy, ...] = ()

    @property
    def arn(self) -> str:
        """The ARN, path included."""
        return f"arn:{self.partition}:iam::{self.account}:group{self.path}{self.name}"


@dataclass(slots=True, eq=False, kw_only=True)
class Role(Placed):
    """An IAM role; `permission_set` names the permission set that provisioned it.

    A role under the path ``/aws-service-role/`` is service-linked, said or not. `last_accessed` is
    by service prefix, `None` where nobody says.
    """

    account: str
    name: str
    partition: str = "aws"
    path: str = "/"
    id: str | None = None
    trust: AnyPolicy | None = None
    policies: tuple[AnyPolicy, ...] = ()
    boundary: AnyPolicy | None = None
    tags: dict[str, str] = field(default_factory=dict)
    service_linked: bool = False
    max_session_duration: int = 3600
    last_used: str | None = None
    instance_profiles: tuple[str, ...] = ()
    permission_set: str | None = None
    created: str | None = None
    last_accessed: Mapping[str, ServiceAccess] | None = None
    unknown: Mapping[str, Unknown] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Recognize service-linked roles by their path."""
        if self.path.startswith(SERVICE_LINKED_PATH):
            self.service_linked = True

    @property
    def arn(self) -> str:
        """The ARN, path included."""
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"


@dataclass(slots=True, eq=False, kw_only=True)
class PermissionSet(Placed):
    """A permission set of IAM Identity Center, as provisioned into one account.

    `arn` is its own, which all accounts share; `None` where nobody says it. See
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html.
    """

    account: str
    name: str
    policies: tuple[AnyPolicy, ...] = ()
    inline: AnyPolicy | None = None
    boundary: AnyPolicy | None = None
    session_duration: str | None = None
    assignments: tuple[str, ...] = ()
    arn: str | None = None


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """The four settings of S3 Block Public Access, of a bucket, an access point or an account.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class KmsGrant(Placed):
    """A grant on a KMS key: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html.

    `grantee` is the ARN of a principal, or a service principal; so is `retiring_principal`, which
    may retire the grant. `issuing_account` is the account in which it was made, where nobody says
    the key's owner. A constraint that is `None` is not set.
    """

    grantee: str
    operations: tuple[str, ...] = ()
    encryption_context_equals: dict[str, str] | None = None
    encryption_context_subset: dict[str, str] | None = None
    source_arn: str | None = None
    retiring_principal: str | None = None
    issuing_account: str | None = None
    name: str | None = None
    id: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Resource(Placed):
    """A resource with what bears on access to it; `account` is the id of its owner.

    For S3 access points there are `buckets` (the ARNs of those behind it, several of a multi-Region
    one), `network_origin` (`Internet` or `VPC`) and `vpc` (the id of that VPC); `grants` are for
    KMS keys. `kms_key` is the ARN of the key that encrypts the resource, `none` where no key's
    policy bears on it, `None` where nobody says. `abac` says whether the tags of a bucket count in
    decisions, `None` where nobody says. `shared_with` are the accounts that a snapshot is shared
    with, or `all`. `role` is the role that a function, an instance, a task or a stack runs
    with. `unknown` are the fields of its record that are not known, with why.
    """

    arn: str
    account: str
    policy: AnyPolicy | None = None
    tags: dict[str, str] = field(default_factory=dict)
    public_access_block: PublicAccessBlock | None = None
    grants: tuple[KmsGrant, ...] = ()
    buckets: tuple[str, ...] = ()
    network_origin: str | None = None
    vpc: str | None = None
    kms_key: str | None = None
    role: str | None = None
    abac: bool | None = None
    shared_with: tuple[str, ...] = ()
    unknown: Mapping[str, Unknown] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class VpcEndpoint(Placed):
    """A VPC endpoint; without a policy it lets everything pass. `type`: `Gateway` or `Interface`.

    See https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html.
    """

    id: str
    account: str
    service: str | None = None
    vpc: str | None = None
    policy: AnyPolicy | None = None
    type: str | None = None

    @property
    def service_prefix(self) -> str | None:
        """The service's short name: `s3` for both `s3` and `com.amazonaws.eu-west-1.s3`."""
        if self.service is None:
            return None
        labels = self.service.split(".")
        if labels[0] == "com" and len(labels) > len(("com", "amazonaws", "region")):
            return labels[3]
        return labels[0]


@dataclass(slots=True, eq=False, kw_only=True)
class Account(Placed):
    """An AWS account. `scps` and `rcps` hang on the account itself; `None` where not said.

    `policies` are the customer managed policies by name; `resources` are by ARN, the others by
    name or id. `analyzers` are those of IAM Access Analyzer, `alternate_contacts` their types; both
    and `password_policy` are `None` where nobody says. `empty_lists` are those that were collected
    and have nothing in them: ``users``, ``roles``, and calls of the AWS CLI by Region.
    """

    id: str
    name: str | None = None
    partition: str = "aws"
    canonical_user_id: str | None = None
    scps: tuple[AnyPolicy, ...] | None = None
    rcps: tuple[AnyPolicy, ...] | None = None
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    policies: dict[str, AnyPolicy] = field(default_factory=dict)
    policy_paths: dict[str, str] = field(default_factory=dict)
    root_user: RootUser | None = None
    providers: tuple[str, ...] = ()
    public_access_block: PublicAccessBlock | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    vpc_endpoints: dict[str, VpcEndpoint] = field(default_factory=dict)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)
    analyzers: tuple[object, ...] | None = None
    alternate_contacts: tuple[str, ...] | None = None
    password_policy: Mapping[str, object] | None = None
    empty_lists: tuple[str, ...] = ()
    unknown: Mapping[str, Unknown] = field(default_factory=dict)

    def groups_of(self, user: User) -> tuple[Group, ...]:
        """Give the groups of a user, in the user's order."""
        return tuple(self.groups[name] for name in user.groups if name in self.groups)


@dataclass(slots=True, eq=False, kw_only=True)
class Node(Placed):
    """The root of an organization or one of its organizational units.

    `scps` and `rcps` are all that is attached; `None` where nothing was said, which stands for
    the AWS managed policy that is attached by default. `parent` is `None` for the root; with
    `parent` in `unknown`, it may be another node than that.
    """

    name: str
    id: str | None = None
    scps: tuple[AnyPolicy, ...] | None = None
    rcps: tuple[AnyPolicy, ...] | None = None
    accounts: tuple[str, ...] = ()
    units: tuple[Node, ...] = ()
    unknown: Mapping[str, Unknown] = field(default_factory=dict)
    parent: Node | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True, eq=False, kw_only=True)
class Organization(Placed):
    """An organization: its id, its management account and its tree.

    `delegated_administrators` are the member accounts that may make privileged root sessions;
    `delegated_services` are the services that member accounts administer, by account.
    `root_features` are those of centralized root access that are on, `None` where nobody says.
    With `delegated_administrators` in `unknown`, any member account may administer any service.
    """

    id: str | None = None
    management_account: str | None = None
    delegated_administrators: tuple[str, ...] = ()
    delegated_services: dict[str, tuple[str, ...]] = field(default_factory=dict)
    root_features: tuple[str, ...] | None = None
    root: Node | None = None
    unknown: Mapping[str, Unknown] = field(default_factory=dict)
