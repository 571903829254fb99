"""The world file, field by field: one table for each kind of record (formats: a world).

These tables are all there is to say about the form of a world: they check files, suggest names
for misspelled keys, and make the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Callable

from iamsim.world.fields import Field, Kind, Table
from iamsim.world.kinds import (
    ACCOUNT_ID,
    ANYTHING,
    ARN,
    FLAG,
    IAM_NAME,
    IAM_PATH,
    NAME_OR_UNKNOWN,
    NODE_ID,
    NOTHING,
    POLICY,
    POLICY_ID,
    SHARE,
    TAGS,
    TEXT,
    TIME,
    TIME_OR_NEVER,
    WHOLE_NUMBER,
    choice,
    list_of,
    map_of,
    record,
)

_POLICIES = list_of(POLICY)
_INSTEAD = (
    'list what is attached; write `[]` where nothing is, `{unknown: "why"}` as an item for what is'
    " not known, or leave the key out where AWS's {} alone is attached"
)
_SCPS_INSTEAD = _INSTEAD.replace("{}", "FullAWSAccess")
_RCPS_INSTEAD = _INSTEAD.replace("{}", "RCPFullAWSAccess")
_POLICY_INSTEAD = (
    'write the policy, `{unknown: "why"}` where it is not known, or leave the key out where there'
    " is none"
)
_INLINE_POLICIES = Field("inline_policies", map_of(IAM_NAME, POLICY), "Inline policies by name.")
_ACCOUNT_IDS = list_of(ACCOUNT_ID)


def _principals(find_table: Callable[[], Table], name: str) -> Kind:
    """Principals by name: one whose name IAM refuses is not known, and the others count."""
    return map_of(IAM_NAME, record(find_table, name), lost=True)


_TEXT_MAP = map_of(TEXT, TEXT)

PUBLIC_ACCESS_BLOCK = Table(
    "a public access block",
    (
        Field("block_public_acls", FLAG, "Refuse public ACLs.", ("BlockPublicAcls",)),
        Field("ignore_public_acls", FLAG, "Ignore public ACLs.", ("IgnorePublicAcls",)),
        Field("block_public_policy", FLAG, "Refuse public policies.", ("BlockPublicPolicy",)),
        Field(
            "restrict_public_buckets",
            FLAG,
            "Keep other accounts out of buckets with a public policy.",
            ("RestrictPublicBuckets",),
        ),
    ),
)
_PUBLIC_ACCESS_BLOCK = record(lambda: PUBLIC_ACCESS_BLOCK, "public_access_block")

GRANT_CONSTRAINTS = Table(
    "the constraints of a grant",
    (
        Field("EncryptionContextEquals", _TEXT_MAP, "The encryption context, exactly."),
        Field("EncryptionContextSubset", _TEXT_MAP, "Pairs the encryption context must hold."),
        Field("SourceArn", TEXT, "The resource for which a service uses the key."),
    ),
)

KMS_GRANT = Table(
    "a grant",
    (
        Field(
            "grantee",
            TEXT,
            "The ARN of a principal, or a service principal.",
            ("GranteePrincipal", "GranteeServicePrincipal"),
            required=True,
        ),
        Field("operations", list_of(TEXT), "Operations such as Decrypt.", ("Operations",)),
        Field(
            "constraints",
            record(lambda: GRANT_CONSTRAINTS, "grant_constraints"),
            "What requests must hold for the grant to count.",
            ("Constraints",),
        ),
        Field(
            "retiring_principal",
            TEXT,
            "Who may retire it: the ARN of a principal, or a service principal.",
            ("RetiringPrincipal", "RetiringServicePrincipal"),
        ),
        Field(
            "issuing_account",
            TEXT,
            "The account in which it was made: its id or ARN. If left out, the key's owner.",
            ("IssuingAccount",),
        ),
        Field("name", TEXT, "Its name.", ("Name",)),
        Field("id", TEXT, "Its id.", ("GrantId",)),
    ),
)

RESOURCE = Table(
    "a resource",
    (
        Field("policy", POLICY, "Its resource-based policy.", instead=_POLICY_INSTEAD),
        Field("tags", TAGS, "Its tags.", unknown=True),
        Field(
            "account", ACCOUNT_ID, "Its owner, if not the account it is listed under.", unknown=True
        ),
        Field(
            "public_access_block",
            _PUBLIC_ACCESS_BLOCK,
            "Of a bucket or an access point.",
            unknown=True,
        ),
        Field(
            "grants",
            list_of(record(lambda: KMS_GRANT, "kms_grant")),
            "Of a KMS key.",
            unknown=True,
        ),
        Field("bucket", ARN, "The ARN of the bucket of an S3 access point.", unknown=True),
        Field("buckets", list_of(ARN), "Those behind a multi-Region access point.", unknown=True),
        Field("network_origin", choice("Internet", "VPC"), "Of an S3 access point.", unknown=True),
        Field(
            "vpc",
            TEXT,
            "The id of the VPC that an S3 access point is of: its origin, then.",
            unknown=True,
        ),
        Field("kms_key", TEXT, "The ARN of the KMS key that encrypts it, or `none`.", unknown=True),
        Field(
            "abac",
            FLAG,
            "Whether tags of a bucket count in decisions; if left out, they do.",
            unknown=True,
        ),
        Field("role", ARN, "Of a workload: the role that it runs with.", unknown=True),
        Field(
            "shared_with",
            list_of(SHARE),
            "Accounts that an image or snapshot is shared with, or `all`.",
            unknown=True,
        ),
    ),
)

VPC_ENDPOINT = Table(
    "a VPC endpoint",
    (
        Field("service", TEXT, "The service's prefix (s3), or its full endpoint name."),
        Field("vpc", TEXT, "The id of its VPC."),
        Field(
            "policy",
            POLICY,
            "Its policy; without one everything passes.",
            instead=_POLICY_INSTEAD,
        ),
        Field("type", choice("Gateway", "Interface"), "The type of the endpoint."),
    ),
)

SERVICE_ACCESS = Table(
    "what was called of a service",
    (
        Field("at", TIME_OR_NEVER, "When it last called the service; `never` if left out."),
        Field("actions", map_of(TEXT, TIME_OR_NEVER), "When each tracked action, by name."),
    ),
)
_CREATED = Field("created", TIME, "When it was made.")
_LAST_ACCESSED = Field(
    "last_accessed",
    map_of(TEXT, record(lambda: SERVICE_ACCESS, "service_access")),
    "When it last called services, by service prefix.",
)
_MFA_TYPES = Field(
    "mfa_types",
    list_of(choice("fido", "fido-or-u2f", "hardware", "text-message", "u2f", "virtual")),
    "The types of its MFA devices: passkeys and security keys are `fido`, keys that may have been"
    " registered as U2F `fido-or-u2f`.",
)

USER = Table(
    "a user",
    (
        Field("path", IAM_PATH, "The path, `/` by default."),
        Field("id", TEXT, "The unique id (AIDA...)."),
        Field("groups", list_of(NAME_OR_UNKNOWN), "Names of groups of the account."),
        Field("policies", _POLICIES, "Identity-based policies."),
        _INLINE_POLICIES,
        Field("boundary", POLICY, "The permissions boundary.", instead=_POLICY_INSTEAD),
        Field("tags", TAGS, "Its tags.", unknown=True),
        Field("mfa_devices", WHOLE_NUMBER, "How many MFA devices it has."),
        _MFA_TYPES,
        Field("access_keys", list_of(ANYTHING), "Its access keys."),
        Field("signing_certificates", list_of(ANYTHING), "Its X.509 signing certificates."),
        Field("ssh_public_keys", list_of(ANYTHING), "Its SSH public keys, for CodeCommit."),
        Field(
            "service_specific_credentials",
            list_of(ANYTHING),
            "Its credentials for one service, such as CodeCommit, Keyspaces and Bedrock.",
        ),
        Field("password_last_used", TEXT, "When it last signed in with its password."),
        _CREATED,
        Field("password_enabled", FLAG, "Whether it has a password."),
        Field("password_last_changed", TIME, "When its password was last set."),
        _LAST_ACCESSED,
    ),
)

ROOT_USER = Table(
    "the root user",
    (
        Field("mfa_devices", WHOLE_NUMBER, "How many MFA devices it has."),
        _MFA_TYPES,
        Field("access_keys", list_of(ANYTHING), "Its access keys."),
        Field("signing_certificates", list_of(ANYTHING), "Its X.509 signing certificates."),
        Field("password_enabled", FLAG, "Whether it has a password."),
        Field("password_last_used", TEXT, "When it last signed in with its password."),
    ),
)

GROUP = Table(
    "a group",
    (
        Field("path", IAM_PATH, "The path, `/` by default."),
        Field("id", TEXT, "The unique id (AGPA...)."),
        Field("policies", _POLICIES, "Identity-based policies."),
        _INLINE_POLICIES,
    ),
)

ROLE = Table(
    "a role",
    (
        Field("path", IAM_PATH, "The path, `/` by default."),
        Field("id", TEXT, "The unique id (AROA...)."),
        Field("trust", POLICY, "The role trust policy.", instead=_POLICY_INSTEAD),
        Field("policies", _POLICIES, "Identity-based policies."),
        _INLINE_POLICIES,
        Field("boundary", POLICY, "The permissions boundary.", instead=_POLICY_INSTEAD),
        Field("tags", TAGS, "Its tags.", unknown=True),
        Field("service_linked", FLAG, "Whether the role is service-linked."),
        Field("max_session_duration", WHOLE_NUMBER, "In seconds; 3600 by default."),
        Field("last_used", TEXT, "When a session of it last called AWS."),
        Field("instance_profiles", list_of(TEXT), "ARNs of the instance profiles it is in."),
        _CREATED,
        _LAST_ACCESSED,
    ),
)

PERMISSION_SET = Table(
    "a permission set",
    (
        Field("policies", _POLICIES, "Managed policies."),
        Field("inline", POLICY, "The inline policy."),
        Field("boundary", POLICY, "The permissions boundary.", instead=_POLICY_INSTEAD),
        Field("session_duration", TEXT, "As ISO 8601 has it: PT8H."),
        Field("assignments", list_of(TEXT), "Who may use it here: `GROUP/ID` or `USER/ID`."),
        Field("arn", ARN, "Its ARN: `arn:aws:sso:::permissionSet/ssoins-.../ps-...`."),
    ),
)

_PARENT = Field(
    "parent",
    NOTHING,
    "Only a marker: which node it is in is not known, whatever the tree says.",
    unknown=True,
)

ACCOUNT = Table(
    "an account",
    (
        Field("name", TEXT, "The account's name."),
        _PARENT,
        Field("partition", choice("aws", "aws-cn", "aws-us-gov"), "Read from ARNs if left out."),
        Field("canonical_user_id", TEXT, "The id that S3 knows the account by."),
        Field(
            "scps",
            _POLICIES,
            "Service control policies attached to the account itself.",
            instead=_SCPS_INSTEAD,
        ),
        Field(
            "rcps",
            _POLICIES,
            "Resource control policies attached to the account itself.",
            instead=_RCPS_INSTEAD,
        ),
        Field("users", _principals(lambda: USER, "user"), "IAM users by name."),
        Field("groups", _principals(lambda: GROUP, "group"), "IAM groups by name."),
        Field("roles", _principals(lambda: ROLE, "role"), "IAM roles by name."),
        Field("policies", map_of(IAM_NAME, POLICY), "Customer managed policies by name."),
        Field("policy_paths", map_of(IAM_NAME, IAM_PATH), "Paths of customer managed policies."),
        Field("root_user", record(lambda: ROOT_USER, "root_user"), "The root user."),
        Field("providers", list_of(ARN), "ARNs of OIDC and SAML identity providers."),
        Field("public_access_block", _PUBLIC_ACCESS_BLOCK, "Of the whole account.", unknown=True),
        Field("resources", map_of(ARN, record(lambda: RESOURCE, "resource")), "By ARN."),
        Field(
            "vpc_endpoints",
            map_of(TEXT, record(lambda: VPC_ENDPOINT, "vpc_endpoint")),
            "VPC endpoints by id.",
        ),
        Field(
            "permission_sets",
            map_of(IAM_NAME, record(lambda: PERMISSION_SET, "permission_set")),
            "Permission sets of IAM Identity Center, as provisioned into the account.",
        ),
        Field("analyzers", list_of(ANYTHING), "Its analyzers of IAM Access Analyzer."),
        Field(
            "alternate_contacts",
            list_of(choice("BILLING", "OPERATIONS", "SECURITY")),
            "The alternate contacts that it has.",
        ),
        Field("password_policy", map_of(TEXT, ANYTHING), "The password policy for its users."),
        Field(
            "empty_lists",
            list_of(TEXT),
            "Empty lists: `users`, `roles`, or calls such as `eu-west-1/list-queues`.",
        ),
    ),
)


def _find_node_table() -> Table:
    """Give the table of nodes, which holds itself."""
    return NODE


_NODE_FIELDS = (
    Field("id", NODE_ID, "The id (r-... or ou-...)."),
    Field("name", TEXT, "The name."),
    _PARENT,
    Field(
        "scps", _POLICIES, "All service control policies that are attached.", instead=_SCPS_INSTEAD
    ),
    Field(
        "rcps", _POLICIES, "All resource control policies that are attached.", instead=_RCPS_INSTEAD
    ),
    Field("accounts", _ACCOUNT_IDS, "Ids of the accounts directly under it."),
    Field("units", map_of(TEXT, record(_find_node_table, "node")), "Organizational units by name."),
)
NODE: Table = Table("a node of the organization", _NODE_FIELDS)

ORGANIZATION_POLICY = Table(
    "a policy of the organization",
    (Field("id", POLICY_ID, "The id (p-...), as in the ARN of the policy.", required=True),),
)

ORGANIZATION = Table(
    "the organization",
    (
        Field("id", NODE_ID, "The id (o-...).", unknown=True),
        Field("management_account", ACCOUNT_ID, "The id of the management account.", unknown=True),
        Field(
            "delegated_administrators",
            _ACCOUNT_IDS,
            "Member accounts that may make privileged root sessions.",
            unknown=True,
        ),
        Field(
            "delegated_services",
            map_of(ACCOUNT_ID, list_of(TEXT)),
            "Service principals for which a member account is a delegated administrator.",
        ),
        Field(
            "root_features",
            list_of(choice("RootCredentialsManagement", "RootSessions")),
            "The features of centralized root access that are on.",
        ),
        Field(
            "policies",
            map_of(TEXT, record(lambda: ORGANIZATION_POLICY, "organization_policy")),
            "What Organizations knows of attached policies, by the name that attaches them.",
        ),
        Field("root", record(_find_node_table, "node"), "The root of the tree."),
    ),
)

WORLD = Table(
    "a world",
    (
        Field("include", list_of(TEXT), "More world files, or folders that hold one: all count."),
        Field("policies", map_of(TEXT, POLICY), "Policies that several places share, by name."),
        Field(
            "unlisted",
            list_of(POLICY),
            "Markers of lost sources: there may be principals, resources and endpoints that"
            " the world does not list, only of the `kinds` and `accounts` beside; with `services`,"
            " only policies of resources of these.",
        ),
        Field(
            "unverified",
            WHOLE_NUMBER,
            "Of how many of the collected files that it was imported from nothing says that they"
            " are whole.",
        ),
        Field("organization", record(lambda: ORGANIZATION, "organization"), "The organization."),
        Field(
            "accounts",
            map_of(ACCOUNT_ID, record(lambda: ACCOUNT, "account")),
            "Accounts by id.",
        ),
    ),
)

TABLES = {
    "account": ACCOUNT,
    "grant_constraints": GRANT_CONSTRAINTS,
    "group": GROUP,
    "kms_grant": KMS_GRANT,
    "node": NODE,
    "organization": ORGANIZATION,
    "organization_policy": ORGANIZATION_POLICY,
    "permission_set": PERMISSION_SET,
    "public_access_block": PUBLIC_ACCESS_BLOCK,
    "resource": RESOURCE,
    "role": ROLE,
    "root_user": ROOT_USER,
    "service_access": SERVICE_ACCESS,
    "user": USER,
    "vpc_endpoint": VPC_ENDPOINT,
}
