"""Which relation a request is: one row of the table of ways in.

The rows, in the order in which they are tried, are those of ``docs/explanation/evaluation.md``.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.reason import Reason
from iamsim.core.request import CallerKind, GrantKind
from iamsim.engine.formula import Relation, Requirement, Slot, Way

if TYPE_CHECKING:
    from iamsim.core.arn import Arn
    from iamsim.core.request import Caller

__all__ = [
    "CROSS_ACCOUNT_KEY_ACTIONS",
    "TOKEN_ACTIONS",
    "TRUST_ACTIONS",
    "ResourceKind",
    "find_relation",
    "is_trust_request",
    "resource_kind",
]

DIRECT = (GrantKind.USER | GrantKind.SESSION | GrantKind.FEDERATED_USER | GrantKind.WILDCARD).value
IDENTITY = Requirement(Slot.IDENTITY)
CAPS = (Requirement(Slot.BOUNDARY), Requirement(Slot.SESSION))


def _resource(*kinds: int) -> Requirement:
    """The resource-based policy, with a grant of one of the kinds."""
    joined = 0
    for kind in kinds:
        joined |= kind
    return Requirement(Slot.RESOURCE, joined)


DIRECT_WAY = Way("resource-based-policy", (_resource(DIRECT),))
ROLE_WAY = Way("resource-based-policy-to-role", (_resource(GrantKind.ROLE), *CAPS))
SOURCE_USER_WAY = Way(
    "resource-based-policy-to-source-user", (_resource(GrantKind.FEDERATED_SOURCE), *CAPS)
)
IDENTITY_WAY = Way("identity-based-policy", (IDENTITY, *CAPS))
DELEGATED_WAY = Way(
    "resource-based-policy-to-account", (_resource(GrantKind.ACCOUNT), IDENTITY, *CAPS)
)
GRANT_WAY = Way("kms-grant", (Requirement(Slot.GRANT),))
BOTH_SIDES_WAY = Way("both-accounts", (_resource(GrantKind.any()), IDENTITY, *CAPS))
SERVICE_WAY = Way("resource-based-policy", (_resource(GrantKind.SERVICE, GrantKind.WILDCARD),))

NO_PERMISSION_NEEDED = Relation(Reason.CALLER_IDENTITY, (), always=True)
WEB_IDENTITY = Relation(
    Reason.WEB_IDENTITY, (Way("role-trust-policy", (_resource(GrantKind.FEDERATED),)),)
)
ANONYMOUS = Relation(
    Reason.ANONYMOUS_CALLER, (Way("resource-based-policy", (_resource(GrantKind.WILDCARD),)),)
)
ORIGIN_ACCESS_IDENTITY = Relation(
    Reason.SERVICE_CALLER,
    (Way("resource-based-policy", (_resource(GrantKind.USER, GrantKind.WILDCARD),)),),
)
SERVICE = Relation(Reason.SERVICE_CALLER, (SERVICE_WAY,))
SERVICE_AND_KEY = Relation(Reason.SERVICE_CALLER, (SERVICE_WAY, GRANT_WAY))
ROLE_TRUST = Relation(Reason.ROLE_TRUST, (DIRECT_WAY, ROLE_WAY, SOURCE_USER_WAY, DELEGATED_WAY))
KMS_KEY = Relation(
    Reason.KMS_KEY, (DIRECT_WAY, ROLE_WAY, SOURCE_USER_WAY, DELEGATED_WAY, GRANT_WAY)
)
ASSUME_ROOT = Relation(Reason.ASSUME_ROOT, (IDENTITY_WAY,))
WITHOUT_IDENTITY = {
    CallerKind.IDENTITY_PROVIDER: WEB_IDENTITY,
    CallerKind.ANONYMOUS: ANONYMOUS,
    CallerKind.ORIGIN_ACCESS_IDENTITY: ORIGIN_ACCESS_IDENTITY,
    CallerKind.SERVICE: SERVICE,
}
SAME_ACCOUNT = Relation(Reason.SAME_ACCOUNT, (DIRECT_WAY, ROLE_WAY, SOURCE_USER_WAY, IDENTITY_WAY))
CROSS_ACCOUNT = Relation(Reason.CROSS_ACCOUNT, (BOTH_SIDES_WAY,))
CROSS_ACCOUNT_KEY = Relation(Reason.CROSS_ACCOUNT_KMS_KEY, (BOTH_SIDES_WAY, GRANT_WAY))
CROSS_PARTITION = Relation(Reason.CROSS_PARTITION, ())
MAY_NOT_CALL = Relation(Reason.RESTRICTED_CREDENTIALS, ())
OWN_ACCOUNT_ONLY = Relation(Reason.OWN_ACCOUNT_ONLY, ())
OWNER_ROOT_UNLOCKS = Relation(
    Reason.SAME_ACCOUNT, SAME_ACCOUNT.ways, unheard=frozenset({Slot.RESOURCE})
)

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setcontext",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)
# Calls for credentials that credentials of a role or of a federated user can't make:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
SESSION_TOKEN = "sts:getsessiontoken"  # noqa: S105 - an action, not a secret
TOKEN_ACTIONS = frozenset({"sts:getfederationtoken", SESSION_TOKEN})
SESSIONS = frozenset({CallerKind.ROLE_SESSION, CallerKind.FEDERATED_USER})
# What can be done to a key of another account; permissions for more have no effect:
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
CROSS_ACCOUNT_KEY_ACTIONS = frozenset(
    {
        "kms:creategrant",
        "kms:decrypt",
        "kms:derivesharedsecret",
        "kms:describekey",
        "kms:encrypt",
        "kms:generatedatakey",
        "kms:generatedatakeypair",
        "kms:generatedatakeypairwithoutplaintext",
        "kms:generatedatakeywithoutplaintext",
        "kms:generatemac",
        "kms:getkeyrotationstatus",
        "kms:getpublickey",
        "kms:listgrants",
        "kms:reencryptfrom",
        "kms:reencryptto",
        "kms:retiregrant",
        "kms:revokegrant",
        "kms:sign",
        "kms:verify",
        "kms:verifymac",
    }
)
SAML_ACTION = "sts:assumerolewithsaml"
WEB_IDENTITY_ACTION = "sts:assumerolewithwebidentity"
UNSIGNED_ACTIONS = frozenset({SAML_ACTION, WEB_IDENTITY_ACTION})
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html: the owner's root user can
# still read, replace and delete a policy that denies everyone. The page lists no action names.
UNLOCK_ACTIONS = frozenset(
    {
        "s3:deletebucketpolicy",
        "s3:getbucketpolicy",
        "s3:putbucketpolicy",
        "sqs:getqueueattributes",
        "sqs:setqueueattributes",
    }
)


class ResourceKind(Enum):
    """What a request's resource is, as far as the ways in depend on it."""

    NONE = "no resource"
    KEY = "KMS key"
    ROLE = "role"
    OTHER = "resource"


def resource_kind(arn: Arn | None, resource: str) -> ResourceKind:
    """Classify the resource of a request, given with its ARN taken apart."""
    if resource == "*":
        return ResourceKind.NONE
    if arn is not None:
        if arn.service == "kms" and arn.resource.startswith("key/"):
            return ResourceKind.KEY
        if arn.service == "iam" and arn.resource.startswith("role/"):
            return ResourceKind.ROLE
    return ResourceKind.OTHER


def is_trust_request(action: str, resource: str) -> bool:
    """Whether the trust policy of a role is what a request asks."""
    kind = resource_kind(find_arn(resource), resource)
    return kind is ResourceKind.ROLE and action.lower() in TRUST_ACTIONS


def _may_federate(caller: Caller, action: str) -> bool:
    """Whether a call with a token of this provider can ask for an action at all: the call of its
    kind, and what goes with it. AssumeRole has to be signed."""
    wanted = SAML_ACTION if ":saml-provider/" in caller.arn else WEB_IDENTITY_ACTION
    return action == wanted or action in TRUST_ACTIONS - UNSIGNED_ACTIONS - {"sts:assumerole"}


def _without_world(caller: Caller, action: str, kind: ResourceKind) -> Relation | None:
    """The rows that ask for nothing but who calls and what: calls that are free or out of reach,
    and callers without identity-based policies."""
    if action == "sts:getcalleridentity":
        return NO_PERMISSION_NEEDED
    if action in TOKEN_ACTIONS and caller.kind in SESSIONS:
        return MAY_NOT_CALL
    if action == SESSION_TOKEN and caller.kind in {CallerKind.USER, CallerKind.ROOT_USER}:
        # Policies that name the action have no effect on such a call:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
        return NO_PERMISSION_NEEDED
    if action in UNSIGNED_ACTIONS and caller.kind is not CallerKind.IDENTITY_PROVIDER:
        # The call carries a token instead of a signature, so it has no other caller.
        return WEB_IDENTITY
    if caller.kind.has_identity:
        return None
    if caller.kind is CallerKind.IDENTITY_PROVIDER and not _may_federate(caller, action):
        return MAY_NOT_CALL
    if caller.kind is CallerKind.SERVICE and kind is ResourceKind.KEY:
        return SERVICE_AND_KEY
    return WITHOUT_IDENTITY[caller.kind]


def _foreign_key(action: str) -> Relation:
    """A key of another account."""
    if action.startswith("kms:") and action not in CROSS_ACCOUNT_KEY_ACTIONS:
        return OWN_ACCOUNT_ONLY
    return CROSS_ACCOUNT_KEY


def find_relation(
    caller: Caller,
    action: str,
    kind: ResourceKind,
    *,
    same_account: bool,
    same_partition: bool,
    may_assume_root: bool,
) -> Relation:
    """Find the first row of the table that fits. `action` is in lower case."""
    settled = _without_world(caller, action, kind)
    if settled is not None:
        return settled
    if not same_partition:
        return CROSS_PARTITION
    if caller.kind.is_root and action in {"sts:assumerole", "sts:assumeroot"}:
        return MAY_NOT_CALL
    if action == "sts:assumeroot":
        return ASSUME_ROOT if may_assume_root else MAY_NOT_CALL
    if kind is ResourceKind.KEY:
        return KMS_KEY if same_account else _foreign_key(action)
    if not same_account:
        return CROSS_ACCOUNT
    if kind is ResourceKind.ROLE and action in TRUST_ACTIONS:
        return ROLE_TRUST
    unlocks = caller.kind.is_root and action in UNLOCK_ACTIONS
    return OWNER_ROOT_UNLOCKS if unlocks else SAME_ACCOUNT
