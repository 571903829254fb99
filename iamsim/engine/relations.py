"""The relations between caller and resource, each with its ways in.

Which of them a request is says `iamsim.engine.rows`.
"""

from __future__ import annotations

from enum import Enum

from iamsim.core.arn import Arn
from iamsim.core.reason import Reason
from iamsim.core.request import GrantKind
from iamsim.engine.formula import Relation, Requirement, Slot, Way

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
# A grant to an account lets that account's own policies decide, as a key policy that names it does.
TO_ACCOUNT = GrantKind.ACCOUNT.value
GRANT_WAY = Way("kms-grant", (Requirement(Slot.GRANT, GrantKind.any() & ~TO_ACCOUNT),))
GRANT_TO_ACCOUNT_WAY = Way(
    "kms-grant-to-account", (Requirement(Slot.GRANT, TO_ACCOUNT), IDENTITY, *CAPS)
)
GRANT_WAYS = (GRANT_TO_ACCOUNT_WAY, GRANT_WAY)
BOTH_SIDES_WAY = Way("both-accounts", (_resource(GrantKind.any()), IDENTITY, *CAPS))
BOTH_POLICIES_WAY = Way("both-policies", BOTH_SIDES_WAY.requires)
SERVICE_WAY = Way("resource-based-policy", (_resource(GrantKind.SERVICE, GrantKind.WILDCARD),))

NO_PERMISSION_NEEDED = Relation(Reason.CALLER_IDENTITY, (), always=True)
NO_POLICY_CONTROLS = Relation(Reason.NO_POLICY_CONTROLS, (), always=True)
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
    Reason.KMS_KEY, (DIRECT_WAY, ROLE_WAY, SOURCE_USER_WAY, DELEGATED_WAY, *GRANT_WAYS)
)
# No key policy has a say in that: https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
RETIRED_GRANT = Relation(
    Reason.RETIRED_GRANT, (IDENTITY_WAY, *GRANT_WAYS), unheard=frozenset({Slot.RESOURCE})
)
RETIRED_FOREIGN_GRANT = Relation(
    Reason.RETIRED_GRANT, GRANT_WAYS, unheard=frozenset({Slot.RESOURCE})
)
ASSUME_ROOT = Relation(Reason.ASSUME_ROOT, (IDENTITY_WAY,))
SAME_ACCOUNT = Relation(Reason.SAME_ACCOUNT, (DIRECT_WAY, ROLE_WAY, SOURCE_USER_WAY, IDENTITY_WAY))
# https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
BOTH_POLICIES = Relation(Reason.BOTH_POLICIES, (BOTH_POLICIES_WAY,))
IDENTITY_ONLY = Relation(
    Reason.IDENTITY_POLICIES_ONLY, (IDENTITY_WAY,), unheard=frozenset({Slot.RESOURCE})
)
# Shared by an attribute: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html
SHARED = Relation(Reason.SHARED_RESOURCE, (IDENTITY_WAY,))
CROSS_ACCOUNT = Relation(Reason.CROSS_ACCOUNT, (BOTH_SIDES_WAY,))
# By the organization's own policy, which has no resource of its own in a request.
BY_DELEGATION = Relation(Reason.CROSS_ACCOUNT, (BOTH_SIDES_WAY,))
CROSS_ACCOUNT_KEY = Relation(Reason.CROSS_ACCOUNT_KMS_KEY, (BOTH_SIDES_WAY, *GRANT_WAYS))
OWNER_ROOT_UNLOCKS = Relation(
    Reason.SAME_ACCOUNT, SAME_ACCOUNT.ways, unheard=frozenset({Slot.RESOURCE})
)
# Without a way in: somebody who may not call, and calls that the service refuses.
CROSS_PARTITION = Relation(Reason.CROSS_PARTITION, ())
MAY_NOT_CALL = Relation(Reason.RESTRICTED_CREDENTIALS, ())
OWN_ACCOUNT_ONLY = Relation(Reason.OWN_ACCOUNT_ONLY, ())
# An AWS service has no identity-based policy, and no resource-based one reaches the call.
NOTHING_LETS_SERVICES = Relation(
    Reason.IDENTITY_POLICIES_ONLY, (), unheard=frozenset({Slot.RESOURCE})
)
SIGNED_CALLS_ONLY = Relation(Reason.SIGNED_CALLS_ONLY, ())
FOREIGN_PROVIDER = Relation(Reason.FOREIGN_PROVIDER, ())
MANAGEMENT_ACCOUNT_ONLY = Relation(Reason.MANAGEMENT_ACCOUNT_ONLY, ())
ADMINISTRATORS_ONLY = Relation(Reason.ADMINISTRATORS_ONLY, ())
DELEGATED_ADMINISTRATORS_ONLY = Relation(Reason.DELEGATED_ADMINISTRATORS_ONLY, ())
MEMBER_ACCOUNTS_ONLY = Relation(Reason.MEMBER_ACCOUNTS_ONLY, ())
FIXED_OBJECT = Relation(Reason.FIXED_OBJECT, (), refusal=Reason.SERVICE_REFUSES)


# Where no resource-based policy is asked.
UNASKED = (IDENTITY_ONLY, NOTHING_LETS_SERVICES)
# Keys by their ids, and AWS managed keys by the aliases that only those have.
KEYS = ("key/", "alias/aws/")


class ResourceKind(Enum):
    """What a request's resource is, as far as the ways in depend on it."""

    __hash__ = object.__hash__  # an Enum's own reads its name, for each request

    NONE = "no resource"
    KEY = "KMS key"
    ROLE = "role"
    OTHER = "resource"


def resource_kind(arn: Arn | None, resource: str) -> ResourceKind:
    """Classify the resource of a request, given with its ARN taken apart."""
    if resource == "*":
        return ResourceKind.NONE
    if arn is not None:
        if arn.service == "kms" and arn.resource.startswith(KEYS):
            return ResourceKind.KEY
        if arn.service == "iam" and arn.resource.startswith("role/"):
            return ResourceKind.ROLE
    return ResourceKind.OTHER
