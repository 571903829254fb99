"""From the checked records of one world file to the world they describe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.data_class import replace
from iamsim.core.span_parts import part_of
from iamsim.core.unknown import Unknown
from iamsim.world.fields import Fields, Problems
from iamsim.world.items import (
    LOST_KINDS,
    Account,
    AnyPolicy,
    Group,
    KmsGrant,
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
from iamsim.world.model import World

if TYPE_CHECKING:
    from iamsim.world.policies import Policies

UNLISTED = "what the world does not list"
is_service = re.compile(r"[a-z0-9-]+", re.ASCII).fullmatch
# What may stand beside the marker of a lost source, and what is in these lists.
BESIDE: dict[str, Callable[[str], object]] = {
    "services": is_service,
    "kinds": LOST_KINDS.__contains__,
    "accounts": is_account_id,
}


def find_partitions(worlds: Iterable[Fields]) -> dict[str, str]:
    """Find the partition of each account: as said, else as its ARNs have it, else `aws`."""
    said: dict[str, str] = {}
    seen: dict[str, str] = {}
    for world in worlds:
        for account_id, account in world.records("accounts"):
            partition = account.text("partition")
            if partition is not None:
                said.setdefault(account_id, partition)
            arns = (*account.texts("providers"), *account.map("resources"))
            for arn in map(find_arn, arns):
                if arn is not None and arn.partition.startswith("aws"):
                    seen.setdefault(account_id, arn.partition)
    return seen | said


class WorldBuilder:
    """Makes the items of one world file."""

    def __init__(self, policies: Policies, partitions: dict[str, str], problems: Problems) -> None:
        """Keep what references are looked up in."""
        self.policies = policies
        self.partitions = partitions
        self.problems = problems

    def world(self, fields: Fields) -> World:
        """Make the world of a file."""
        organization = fields.record("organization")
        return World(
            organization=None if organization is None else self.organization(organization),
            accounts={
                account_id: self.account(account_id, account)
                for account_id, account in fields.records("accounts")
            },
            policies=self.policies.named(None),
            unlisted=(
                *(
                    _unlisted(policy)
                    for policy in self.policies.find_all(fields.items("unlisted"), None, UNLISTED)
                    if isinstance(policy, PolicyDocument)
                ),
                *(
                    principal
                    for account_id, account in fields.records("accounts")
                    for principal in _refused_principals(account_id, account)
                ),
            ),
            unverified=fields.number("unverified"),
        )

    def organization(self, fields: Fields) -> Organization:
        """Make the organization with its tree."""
        root = fields.record("root")
        return Organization(
            source=fields.place.source,
            position=fields.place.path,
            id=fields.text("id"),
            management_account=fields.text("management_account"),
            delegated_administrators=fields.texts("delegated_administrators"),
            delegated_services={
                account_id: tuple(item for item in services if isinstance(item, str))
                for account_id, services in fields.map("delegated_services").items()
                if isinstance(services, tuple)
            },
            root_features=fields.optional_texts("root_features"),
            root=None if root is None else self.node("Root", root, None),
            unknown=fields.unknown(),
        )

    def node(self, name: str, fields: Fields, parent: Node | None) -> Node:
        """Make a node with all below it."""
        name = fields.text("name") or name
        node = Node(
            source=fields.place.source,
            position=fields.place.path,
            name=name,
            id=fields.text("id"),
            scps=self.attached(fields, "scps", None, name),
            rcps=self.attached(fields, "rcps", None, name),
            accounts=fields.texts("accounts"),
            unknown=fields.unknown(),
            parent=parent,
        )
        node.units = tuple(
            self.node(unit_name, unit, node) for unit_name, unit in fields.records("units")
        )
        return node

    def attached(
        self, fields: Fields, key: str, account_id: str | None, owner: str
    ) -> tuple[AnyPolicy, ...] | None:
        """Find the policies attached to a node or an account; `None` where nothing was said."""
        if not fields.has(key):
            return None
        found = self.policies.find_all(fields.items(key), account_id, owner)
        return self.policies.of_organization.identified(found, key)

    def account(self, account_id: str, fields: Fields) -> Account:
        """Make an account with all that it holds."""
        partition = self.partitions.get(account_id, "aws")
        refused = _refused(fields, "groups")
        return Account(
            source=fields.place.source,
            position=fields.place.path,
            id=account_id,
            name=fields.text("name"),
            partition=partition,
            canonical_user_id=fields.text("canonical_user_id"),
            scps=self.attached(fields, "scps", account_id, f"account {account_id}"),
            rcps=self.attached(fields, "rcps", account_id, f"account {account_id}"),
            users={
                name: self.user(account_id, name, user, refused)
                for name, user in fields.records("users")
            },
            groups={
                name: self.group(account_id, name, group)
                for name, group in fields.records("groups")
            },
            roles={
                name: self.role(account_id, name, role) for name, role in fields.records("roles")
            },
            policies=self.policies.named(account_id),
            policy_paths=fields.text_map("policy_paths") or {},
            root_user=root_user(fields),
            providers=fields.texts("providers"),
            public_access_block=public_access_block(fields),
            resources={
                arn: self.resource(account_id, arn, resource)
                for arn, resource in fields.records("resources")
            },
            vpc_endpoints={
                endpoint_id: self.vpc_endpoint(account_id, endpoint_id, endpoint)
                for endpoint_id, endpoint in fields.records("vpc_endpoints")
            },
            permission_sets={
                name: self.permission_set(account_id, name, permission_set)
                for name, permission_set in fields.records("permission_sets")
            },
            analyzers=fields.optional_items("analyzers"),
            alternate_contacts=fields.optional_texts("alternate_contacts"),
            password_policy=(
                fields.map("password_policy") if fields.has("password_policy") else None
            ),
            empty_lists=fields.texts("empty_lists"),
            unknown=fields.unknown(),
        )

    def policy(self, fields: Fields, key: str, account_id: str, name: str) -> AnyPolicy | None:
        """Find the one policy under a key, called `name` if it is inline."""
        return self.policies.find(fields.values.get(key), account_id, name)

    def user(
        self, account_id: str, name: str, fields: Fields, refused: Mapping[str, Unknown]
    ) -> User:
        """Make a user; a group with a name that IAM refuses may be any."""
        return User(
            source=fields.place.source,
            position=fields.place.path,
            account=account_id,
            name=name,
            partition=self.partitions.get(account_id, "aws"),
            path=fields.text("path") or "/",
            id=fields.text("id"),
            groups=tuple(group for group in fields.texts("groups") if group not in refused),
            policies=(
                *self.identity_policies(account_id, fields, f"user {name}"),
                *unknown_groups(fields, name, refused),
            ),
            boundary=self.policy(fields, "boundary", account_id, f"boundary of user {name}"),
            tags=fields.text_map("tags") or {},
            mfa_devices=fields.optional_number("mfa_devices"),
            mfa_types=fields.optional_texts("mfa_types"),
            access_keys=fields.optional_items("access_keys"),
            signing_certificates=fields.optional_items("signing_certificates"),
            ssh_public_keys=fields.optional_items("ssh_public_keys"),
            service_specific_credentials=fields.optional_items("service_specific_credentials"),
            password_last_used=fields.text("password_last_used"),
            created=fields.text("created"),
            password_enabled=fields.optional_flag("password_enabled"),
            password_last_changed=fields.text("password_last_changed"),
            last_accessed=last_accessed(fields),
            unknown=fields.unknown(),
        )

    def identity_policies(
        self, account_id: str, fields: Fields, owner: str
    ) -> tuple[AnyPolicy, ...]:
        """Find the policies attached to a principal, and behind them those inline, by name."""
        attached = self.policies.find_all(fields.items("policies"), account_id, owner)
        inline = (
            self.policies.find_inline(raw, account_id, name)
            for name, raw in fields.map("inline_policies").items()
        )
        return (*attached, *(policy for policy in inline if policy is not None))

    def group(self, account_id: str, name: str, fields: Fields) -> Group:
        """Make a group."""
        return Group(
            source=fields.place.source,
            position=fields.place.path,
            account=account_id,
            name=name,
            partition=self.partitions.get(account_id, "aws"),
            path=fields.text("path") or "/",
            id=fields.text("id"),
            policies=self.identity_policies(account_id, fields, f"group {name}"),
        )

    def role(self, account_id: str, name: str, fields: Fields) -> Role:
        """Make a role."""
        return Role(
            source=fields.place.source,
            position=fields.place.path,
            account=account_id,
            name=name,
            partition=self.partitions.get(account_id, "aws"),
            path=fields.text("path") or "/",
            id=fields.text("id"),
            trust=self.policy(fields, "trust", account_id, f"trust policy of role {name}"),
            policies=self.identity_policies(account_id, fields, f"role {name}"),
            boundary=self.policy(fields, "boundary", account_id, f"boundary of role {name}"),
            tags=fields.text_map("tags") or {},
            service_linked=fields.flag("service_linked"),
            max_session_duration=fields.number("max_session_duration", 3600),
            last_used=fields.text("last_used"),
            instance_profiles=fields.texts("instance_profiles"),
            created=fields.text("created"),
            last_accessed=last_accessed(fields),
            unknown=fields.unknown(),
        )

    def permission_set(self, account_id: str, name: str, fields: Fields) -> PermissionSet:
        """Make a permission set; an empty map as its inline policy stands for none."""
        owner = f"permission set {name}"
        inline = self.policy(fields, "inline", account_id, f"inline policy of {owner}")
        if isinstance(inline, PolicyDocument) and not inline.document:
            inline = None
        return PermissionSet(
            source=fields.place.source,
            position=fields.place.path,
            account=account_id,
            name=name,
            policies=self.policies.find_all(fields.items("policies"), account_id, owner),
            inline=inline,
            boundary=self.policy(fields, "boundary", account_id, f"boundary of {owner}"),
            session_duration=fields.text("session_duration"),
            assignments=fields.texts("assignments"),
            arn=fields.text("arn"),
        )

    def resource(self, account_id: str, arn_text: str, fields: Fields) -> Resource:
        """Make a resource; its ARN must not name another account than its owner."""
        owner = fields.text("account") or account_id
        arn = find_arn(arn_text)
        if arn is not None and is_account_id(arn.account) and arn.account != owner:
            self.problems.add(
                "resource-in-other-account",
                f"the resource belongs to the account `{arn.account}`, not to `{owner}`",
                fields.place.key_span,
                "list it under the account that its ARN names",
            )
        bucket = fields.text("bucket")
        # An access point with a VPC has that origin (S3 guide, access-points-vpc).
        vpc, tags = fields.text("vpc"), fields.text_map("tags") or {}
        doubled = _names_in_two_cases(tags)
        unknown = {**fields.unknown(), **doubled} if doubled else fields.unknown()
        return Resource(
            source=fields.place.source,
            position=fields.place.path,
            arn=arn_text,
            account=owner,
            policy=self.policy(fields, "policy", account_id, f"policy of {arn_text}"),
            tags={key: tags[key] for key in tags if f"tags/{key}" not in doubled},
            public_access_block=public_access_block(fields),
            grants=tuple(grant(entry) for _, entry in fields.records("grants")),
            buckets=fields.texts("buckets") or (() if bucket is None else (bucket,)),
            network_origin=fields.text("network_origin") or ("VPC" if vpc is not None else None),
            vpc=vpc,
            kms_key=fields.text("kms_key"),
            role=fields.text("role"),
            shared_with=fields.texts("shared_with"),
            abac=None if "abac" in unknown else fields.optional_flag("abac"),
            unknown=unknown,
        )

    def vpc_endpoint(self, account_id: str, endpoint_id: str, fields: Fields) -> VpcEndpoint:
        """Make a VPC endpoint."""
        return VpcEndpoint(
            source=fields.place.source,
            position=fields.place.path,
            id=endpoint_id,
            account=account_id,
            service=fields.text("service"),
            vpc=fields.text("vpc"),
            policy=self.policy(fields, "policy", account_id, f"policy of {endpoint_id}"),
            type=fields.text("type"),
        )


def _names_in_two_cases(tags: Mapping[str, str]) -> dict[str, Unknown]:
    """Mark the tags of a resource whose names differ in letter case alone, and whose values differ:
    a condition matches one of them, AWS does not say which.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
    """
    values: dict[str, set[str]] = {}
    for key, value in tags.items():
        values.setdefault(key.lower(), set()).add(value)
    doubled = {key for key, found in values.items() if len(found) > 1}
    why = "a tag with this name in other letters has another value"
    return {f"tags/{key}": Unknown(why) for key in tags if key.lower() in doubled}


def _refused(account: Fields, kind: str) -> dict[str, Unknown]:
    """The users, groups or roles of an account with names that IAM refuses."""
    items = account.map(kind).items()
    return {name: item for name, item in items if isinstance(item, Unknown)}


def _refused_principals(account_id: str, account: Fields) -> Iterator[PolicyDocument]:
    """What stands for principals with names that IAM refuses: others, that are not listed."""
    for kind in ("users", "groups", "roles"):
        for name, unknown in _refused(account, kind).items():
            source = part_of(account.place.source, (*account.place.path, kind, name))
            lost = PolicyDocument(UNLISTED, unknown.to_marker(), source)
            accounts = frozenset((account_id,))
            yield replace(lost, kinds=frozenset(("principals",)), accounts=accounts)


def unknown_groups(
    fields: Fields, name: str, refused: Mapping[str, Unknown]
) -> Iterator[PolicyDocument]:
    """Give an unknown policy for each group of a user that is not known: it may have any."""
    for index, group in enumerate(fields.items("groups")):
        unknown = group if isinstance(group, Unknown) else refused.get(str(group))
        if unknown is not None:
            source = part_of(fields.place.source, (*fields.place.path, "groups", index))
            yield PolicyDocument(f"a group of user {name}", unknown.to_marker(), source)


def _unlisted(policy: PolicyDocument) -> PolicyDocument:
    """A policy that is lost: the marker, and beside it what it may be of, where that is known."""
    beside = {key: value for key, value in policy.document.items() if key in BESIDE}
    marker = {key: value for key, value in policy.document.items() if key not in BESIDE}
    if not beside or not all(_fits(value, BESIDE[key]) for key, value in beside.items()):
        return policy
    of = {key: frozenset(value) for key, value in beside.items() if isinstance(value, list)}
    services, kinds, accounts = (of.get(key, frozenset()) for key in BESIDE)
    lost = PolicyDocument(policy.name, marker, policy.source)
    return replace(lost, services=services, kinds=kinds, accounts=accounts)


def _fits(value: object, fits: Callable[[str], object]) -> bool:
    """Whether a value is a list, and not an empty one, of texts that fit."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, str) and fits(entry) for entry in value)
    )


def root_user(fields: Fields) -> RootUser | None:
    """Read what is known of the root user of an account."""
    known = fields.record("root_user")
    if known is None:
        return None
    return RootUser(
        source=known.place.source,
        position=known.place.path,
        mfa_devices=known.optional_number("mfa_devices"),
        mfa_types=known.optional_texts("mfa_types"),
        access_keys=known.optional_items("access_keys"),
        signing_certificates=known.optional_items("signing_certificates"),
        password_enabled=known.optional_flag("password_enabled"),
        password_last_used=known.text("password_last_used"),
    )


def last_accessed(fields: Fields) -> dict[str, ServiceAccess] | None:
    """Read when services were last called; `None` where nobody says."""
    if not fields.has("last_accessed"):
        return None

    def time(text: str | None) -> str | None:
        """Take a time; `never` is none."""
        return None if text == "never" else text

    return {
        service.lower(): ServiceAccess(
            time(access.text("at")),
            {name: time(at) for name, at in (access.text_map("actions") or {}).items()},
        )
        for service, access in fields.records("last_accessed")
    }


def public_access_block(fields: Fields) -> PublicAccessBlock | None:
    """Read the settings of S3 Block Public Access; what is not said is off."""
    settings = fields.record("public_access_block")
    if settings is None:
        return None
    return PublicAccessBlock(
        block_public_acls=settings.flag("block_public_acls"),
        ignore_public_acls=settings.flag("ignore_public_acls"),
        block_public_policy=settings.flag("block_public_policy"),
        restrict_public_buckets=settings.flag("restrict_public_buckets"),
    )


def grant(fields: Fields) -> KmsGrant:
    """Make a grant on a KMS key."""
    constraints = fields.record("constraints") or Fields(fields.place, {})
    return KmsGrant(
        source=fields.place.source,
        position=fields.place.path,
        grantee=fields.text("grantee") or "",
        operations=fields.texts("operations"),
        encryption_context_equals=constraints.text_map("EncryptionContextEquals"),
        encryption_context_subset=constraints.text_map("EncryptionContextSubset"),
        source_arn=constraints.text("SourceArn"),
        retiring_principal=fields.text("retiring_principal"),
        issuing_account=fields.text("issuing_account"),
        name=fields.text("name"),
        id=fields.text("id"),
    )
