"""A world as a whole, and what it answers: who is this, whose is that, what hangs where."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from iamsim.core.arn import Arn, find_arn, is_account_id
from iamsim.core.data_class import dataclass, field
from iamsim.core.identity_center import ROLE_PATH, permission_set_of
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS
from iamsim.world.items import (
    Account,
    AnyPolicy,
    Group,
    KmsGrant,
    ManagedPolicyReference,
    Node,
    Organization,
    PermissionSet,
    PolicyDocument,
    PublicAccessBlock,
    Resource,
    Role,
    RootUser,
    ServiceAccess,
    User,
    VpcEndpoint,
)
from iamsim.world.on_demand import AccountsOnDemand, ResourcesOnDemand

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from iamsim.core.errors import WorldError
    from iamsim.core.unknown import Unknown
    from iamsim.world.index import AccountNames

__all__ = [
    "Account",
    "AnyPolicy",
    "Group",
    "KmsGrant",
    "Level",
    "ManagedPolicyReference",
    "Node",
    "Organization",
    "PermissionSet",
    "PolicyDocument",
    "PublicAccessBlock",
    "Resource",
    "Role",
    "RootUser",
    "ServiceAccess",
    "User",
    "VpcEndpoint",
    "World",
]

Level = tuple[str, tuple[AnyPolicy, ...]]

_SSO_PATH = re.compile(re.escape(ROLE_PATH) + r"([a-z0-9-]+/)?")

# Where names of a service may themselves hold a slash or colon, a longer ARN is another resource.
_SEPARATORS = {"ecr": "", "logs": ":", "s3": "/", "secretsmanager": "", "ssm": ""}


@dataclass(slots=True)
class _Index:
    """What is looked up by key; made once, when first asked for."""

    resources: Mapping[str, Resource] | ResourcesOnDemand
    buckets: Mapping[str, Resource] | ResourcesOnDemand
    nodes: dict[str, Node]
    longest_arn: int
    provisioned: dict[tuple[str, str, str], Role] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class World:
    """Everything that is known: read it with `load_world`, don't change it afterwards.

    `policies` are the documents under the top-level ``policies:`` by name. `problems` is empty
    unless the world was loaded with ``strict=False``. `lost` are policy files that can't be read:
    what they hold is unknown. `unlisted` is there where not everything is listed: what a principal,
    a resource or an endpoint may have that the world does not list, or only a resource of some
    services. `unverified` counts the collected files that it was imported from and of which nothing
    says that they are whole.
    """

    organization: Organization | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    policies: dict[str, AnyPolicy] = field(default_factory=dict)
    problems: list[WorldError] = field(default_factory=list)
    lost: list[WorldError] = field(default_factory=list)
    unlisted: tuple[PolicyDocument, ...] = ()
    unverified: int = 0
    _index: _Index | None = field(default=None, repr=False)

    def unlisted_of(
        self, kind: str, account: str | None, services: AbstractSet[str] = frozenset()
    ) -> tuple[PolicyDocument, ...]:
        """What may be the policy of something that is not listed (`PolicyDocument.may_be_of`)."""
        return tuple(
            document for document in self.unlisted if document.may_be_of(kind, account, services)
        )

    @property
    def is_read_on_demand(self) -> bool:
        """Whether accounts and policies are read when somebody asks for them."""
        return isinstance(self.accounts, AccountsOnDemand)

    @property
    def account_names(self) -> Collection[AccountNames | Account]:
        """The partition and canonical user id of each account, without reading accounts for it."""
        accounts = self.accounts
        read = accounts.names if isinstance(accounts, AccountsOnDemand) else accounts
        return read.values()

    @property
    def index(self) -> _Index:
        """The look-up tables, made on first use."""
        if self._index is None:
            self._index = _make_index(self)
        return self._index

    def find_resources_in(self, homes: Mapping[str, str]) -> None:
        """Take the account of each listed ARN, so that the others need not be read to find it."""
        resources = {arn.removesuffix(":*"): account for arn, account in homes.items()}
        buckets = {
            arn.resource: account
            for text, account in homes.items()
            if ":s3:::" in text and (arn := find_arn(text)) is not None and _is_bucket(arn)
        }
        self._index = _Index(
            ResourcesOnDemand(resources, self.accounts, lambda item: item.arn.removesuffix(":*")),
            ResourcesOnDemand(buckets, self.accounts, lambda item: item.arn.rpartition(":::")[2]),
            _make_nodes(self.organization),
            max(map(len, resources), default=0),
        )

    def find_principal(self, arn_text: str) -> User | Role | None:
        """Find the user or role of an ARN; a session's ARN gives its role.

        Names are case-sensitive, and a user or role needs its path:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html. A role that
        IAM Identity Center provisions is made from its permission set, with any suffix.
        """
        arn = find_arn(arn_text)
        account = None if arn is None else self.accounts.get(arn.account)
        if arn is None or account is None or arn.partition != account.partition or arn.region:
            return None
        kind, _, rest = arn.resource.partition("/")
        if arn.service == "sts" and kind == "assumed-role":
            name, slash, session = rest.partition("/")
            return self._find_role(account, name, None) if slash and session else None
        if arn.service != "iam":
            return None
        path, _, name = ("/" + rest).rpartition("/")
        path += "/"
        if kind == "user":
            user = account.users.get(name)
            return user if user is not None and user.path == path else None
        return self._find_role(account, name, path) if kind == "role" else None

    def _find_role(self, account: Account, name: str, path: str | None) -> Role | None:
        """Find a role by name, under `path` if given, or make it from its permission set."""
        role = account.roles.get(name)
        if role is not None:
            return role if path in (None, role.path) else None
        permission_set = account.permission_sets.get(permission_set_of(name) or "")
        if permission_set is None:
            return None
        if path is None:
            path = ROLE_PATH
        elif not _SSO_PATH.fullmatch(path):
            return None
        key = (account.id, name, path)
        provisioned = self.index.provisioned.get(key)
        if provisioned is None:
            inline = () if permission_set.inline is None else (permission_set.inline,)
            provisioned = self.index.provisioned[key] = Role(
                source=permission_set.source,
                position=permission_set.position,
                account=account.id,
                name=name,
                partition=account.partition,
                path=path,
                policies=permission_set.policies + inline,
                boundary=permission_set.boundary,
                permission_set=permission_set.name,
            )
        return provisioned

    def find_resource(self, arn_text: str) -> Resource | None:
        """Find the listed resource that an ARN names or lies in.

        That is the listed ARN itself, else the longest that the ARN continues with ``/`` or ``:``:
        the bucket of an object, the function of a version, the table of an index.
        """
        index = self.index
        resource = index.resources.get(arn_text)
        if resource is not None:
            return resource
        arn = find_arn(arn_text)
        if arn is None:
            return None
        separators = _SEPARATORS.get(arn.service, "/:")
        start = len(arn_text) - len(arn.resource)
        end = min(len(arn_text), index.longest_arn + 1)
        while True:
            found = [arn_text.rfind(separator, start + 1, end) for separator in separators]
            end = max(found, default=-1)
            if end < 0:
                return None
            resource = index.resources.get(arn_text[:end])
            if resource is not None:
                return resource

    def account_of_bucket(self, bucket: str) -> str | None:
        """Find the id of the account that owns a bucket, given the bucket's name or ARN."""
        arn = find_arn(bucket)
        name = bucket if arn is None else arn.resource.partition("/")[0]
        resource = self.index.buckets.get(name)
        return None if resource is None else resource.account

    def account_of_resource(self, arn_text: str) -> str | None:
        """Find the id of the account that owns a resource: from the world, else from the ARN."""
        resource = self.find_resource(arn_text)
        if resource is not None:
            return resource.account
        arn = find_arn(arn_text)
        return arn.account if arn is not None and is_account_id(arn.account) else None

    def node_of(self, account_id: str) -> Node | None:
        """Find the node that an account stands in; `None` outside of the organization.

        A management account that no node lists stands in the root.
        """
        return self.index.nodes.get(account_id)

    def in_organization(self, account_id: str) -> bool:
        """Say whether an account belongs to the organization."""
        return self.node_of(account_id) is not None or self.is_management(account_id)

    @property
    def in_no_unit(self) -> list[str]:
        """The accounts of which nothing says where in the organization they stand, where there is
        one."""
        if self.organization is None:
            return []
        return [
            account
            for account in self.accounts
            if not self.in_organization(account) and self.lost_place(account) is None
        ]

    def is_management(self, account_id: str) -> bool:
        """Say whether an account is the management account."""
        organization = self.organization
        return organization is not None and organization.management_account == account_id

    def organization_path(self, account_id: str) -> tuple[Node, ...] | None:
        """Give the nodes from the root down to the account's own; `None` outside of the tree."""
        node = self.node_of(account_id)
        if node is None:
            return None
        nodes = []
        while node is not None:
            nodes.append(node)
            node = node.parent
        return tuple(reversed(nodes))

    def lost_place(self, account_id: str) -> Unknown | None:
        """Say why nobody knows where in the organization an account stands, or one of the units
        above it."""
        account = self.accounts.get(account_id)
        nodes = self.organization_path(account_id) or ()
        lost = (item.unknown.get("parent") for item in (account, *nodes) if item is not None)
        return next(filter(None, lost), None)

    def organization_path_text(self, account_id: str) -> str | None:
        """Give the path as aws:PrincipalOrgPaths has it: ``o-a/r-b/ou-b-c/``.

        `None` outside of the organization, or where an id or a place on the way is not known.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        nodes = self.organization_path(account_id)
        if nodes is None or self.organization is None or self.lost_place(account_id) is not None:
            return None
        parts = [self.organization.id, *(node.id for node in nodes)]
        known = [part for part in parts if part is not None]
        return "/".join(known) + "/" if len(known) == len(parts) else None

    def scp_levels(self, account_id: str) -> tuple[Level, ...] | None:
        """Give the service control policies of an account by level, root first.

        A level is a name and all that is attached there. `None` when the account is in no
        organization; but what an account itself lists counts even then, as the only level.
        """
        levels = self.organization_path(account_id)
        account = self.accounts.get(account_id)
        own = None if account is None else account.scps
        if levels is None:
            return None if own is None else ((account_id, own),)
        default = (FULL_AWS_ACCESS,)
        return (
            *((node.name, default if node.scps is None else node.scps) for node in levels),
            (account_id, default if own is None else own),
        )

    def rcp_levels(self, account_id: str) -> tuple[Level, ...] | None:
        """Give the resource control policies of an account by level, as `scp_levels` does."""
        levels = self.organization_path(account_id)
        account = self.accounts.get(account_id)
        own = None if account is None else account.rcps
        if levels is None:
            return None if own is None else ((account_id, own),)
        default = (RCP_FULL_AWS_ACCESS,)
        return (
            *((node.name, default if node.rcps is None else node.rcps) for node in levels),
            (account_id, default if own is None else own),
        )


def _make_index(world: World) -> _Index:
    """Make the look-up tables of a world."""
    resources: dict[str, Resource] = {}
    buckets: dict[str, Resource] = {}
    for account in world.accounts.values():
        for resource in account.resources.values():
            # Log groups are printed with `:*` behind, and meant without it.
            resources[resource.arn.removesuffix(":*")] = resource
            arn = find_arn(resource.arn)
            if arn is not None and _is_bucket(arn):
                buckets[arn.resource] = resource
    longest = max(map(len, resources), default=0)
    return _Index(resources, buckets, _make_nodes(world.organization), longest)


def _make_nodes(organization: Organization | None) -> dict[str, Node]:
    """Find the node of each account of an organization."""
    nodes: dict[str, Node] = {}
    if organization is not None and organization.root is not None:
        if organization.management_account is not None:
            nodes[organization.management_account] = organization.root
        waiting = [organization.root]
        while waiting:
            node = waiting.pop()
            nodes.update(dict.fromkeys(node.accounts, node))
            waiting.extend(node.units)
    return nodes


def _is_bucket(arn: Arn) -> bool:
    """Say whether an ARN is that of a general purpose bucket."""
    return arn.service == "s3" and not arn.region and not arn.account and "/" not in arn.resource
