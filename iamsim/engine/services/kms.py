"""What KMS has for itself: grants and the keys that AWS manages, written as the policies that they
amount to; and aliases.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.catalog.key_permissions import key_permissions, service_of_managed_key
from iamsim.compile.policy import CompiledPolicy, compile_policy
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.request import CallerKind
from iamsim.engine.relations import ResourceKind
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.core.arn import Arn
    from iamsim.engine.encounter import Encounter
    from iamsim.world.model import KmsGrant

    Condition = dict[str, dict[str, object]]

# What grants can allow; others, such as changes of the key policy, they never do.
# https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations
GRANTED = tuple(
    f"kms:{operation}"
    for operation in (
        "CreateGrant",
        "Decapsulate",
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encapsulate",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncryptFrom",
        "ReEncryptTo",
        "RetireGrant",
        "Sign",
        "Verify",
        "VerifyMac",
    )
)

ALIAS_ACTIONS = frozenset({"kms:createalias", "kms:deletealias", "kms:updatealias"})
LONGEST = 400  # characters of an ARN that an error repeats
RESERVED = ":alias/aws/"
# Operations that constraints on the encryption context do not limit:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
FREE_OF_CONTEXT = frozenset({"DescribeKey", "RetireGrant"})
RETIRE, CREATE = "RetireGrant", "CreateGrant"


def is_service_at_key(met: Encounter) -> bool:
    """Whether a service calls a key as itself, for which grants count as well."""
    return met.caller.kind is CallerKind.SERVICE and met.kind is ResourceKind.KEY


def retires_grant(met: Encounter) -> bool:
    """Whether a call retires a grant, which the grant itself decides.

    https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
    """
    key = met.kind is ResourceKind.KEY
    return key and met.same_partition and met.action == "kms:retiregrant"


def check_alias(action: str, written: str, resource: str) -> None:
    """Refuse to guess which key an alias stands for: AWS authorizes the key, not the alias.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    """
    if action not in ALIAS_ACTIONS and RESERVED not in resource:
        raise RequestError(
            "alias-instead-of-key",
            f"{quote(written)} is authorized on a key, not on its alias {quote(resource, LONGEST)}",
            hint="ask for the ARN of the key that the alias stands for",
        )


def grant_policy(grant: KmsGrant, number: int) -> CompiledPolicy:
    """One grant: its grantee may call its operations, as far as its constraints hold, and make
    grants that are at least as strict. Its retiring principal may retire it, and so may the
    account in which it was made.

    https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html
    """
    source: Condition = {}
    if grant.source_arn is not None:
        source = {"ArnEquals": {"aws:SourceArn": grant.source_arn}}
    limited = {**_context_condition(grant), **source}
    conditions: dict[str, Condition] = {
        operation: source if operation in FREE_OF_CONTEXT else limited
        for operation in grant.operations
        if operation != RETIRE
    }
    if CREATE in conditions:
        conditions[CREATE] = _at_least_as_strict(grant, limited)
    alike: dict[str, tuple[list[str], object]] = {}
    for operation, condition in conditions.items():
        alike.setdefault(repr(condition), ([], condition))[0].append(f"kms:{operation}")
    statements: list[dict[str, object]] = [
        {
            "Effect": "Allow",
            "Principal": _principal(grant.grantee),
            "Action": actions,
            "Condition": condition,
        }
        for actions, condition in alike.values()
    ]
    retiring = [grant.grantee] if RETIRE in grant.operations else []
    retiring += filter(None, (grant.retiring_principal, grant.issuing_account))
    statements += [
        {"Effect": "Allow", "Principal": _principal(name), "Action": f"kms:{RETIRE}"}
        for name in dict.fromkeys(retiring)
    ]
    name = grant.name or grant.id or f"grant {number}"
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = parse_policy(document, name=name, policy_type=PolicyType.RESOURCE)
    return compile_policy(policy, PolicyType.RESOURCE)


def _principal(name: str) -> dict[str, str]:
    """The Principal element for a principal's ARN, an account's id, or for a service."""
    return {"Service" if "." in name and not name.startswith("arn:") else "AWS": name}


def _at_least_as_strict(grant: KmsGrant, limited: Condition) -> Condition:
    """What a grant asks of the grants that are made under it: operations of its own, and its pairs
    in their constraints, which the request's encryption context then is."""
    condition = {operator: dict(keys) for operator, keys in limited.items()}
    operations = sorted(grant.operations)
    condition.setdefault("ForAllValues:StringEquals", {})["kms:GrantOperations"] = operations
    if grant.encryption_context_equals is not None:
        exact = {"kms:GrantConstraintType": "EncryptionContextEquals"}
        condition.setdefault("ForAnyValue:StringEquals", {}).update(exact)
    return condition


def _context_condition(grant: KmsGrant) -> Condition:
    """What a grant asks of the encryption context."""
    condition: Condition = {}
    exact = grant.encryption_context_equals
    # Two operators, since both constraints must hold: with a set operator the one value is a set.
    for operator, pairs in (
        ("StringEquals", grant.encryption_context_subset),
        ("ForAnyValue:StringEquals" if grant.encryption_context_subset else "StringEquals", exact),
    ):
        for key, value in (pairs or {}).items():
            condition.setdefault(operator, {})[f"kms:EncryptionContext:{key}"] = value
    if exact is not None:
        # Nothing beyond the listed pairs: the set of keys must not be larger.
        condition["ForAllValues:StringEqualsIgnoreCase"] = {
            "kms:EncryptionContextKeys": sorted(exact)
        }
    return condition


def needs_foreign_key(met: Encounter) -> bool:
    """Whether a call needs, in the name of a caller of another account, the key that encrypts its
    resource."""
    return not met.same_account and met.caller.kind.has_identity and met.action in key_permissions()


def managed_key_policy(arn: Arn, account: str) -> CompiledPolicy:
    """The key policy of an AWS managed key, by its alias.

    The service that the key is for uses it for callers of the account; the account's own policies
    let its users look at it. Nothing else is possible.
    """
    name = arn.resource.rpartition("/")[2]
    service = f"{service_of_managed_key(name)}.{arn.region}.amazonaws.com"
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ForTheServiceAlone",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:CreateGrant",
                    "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"kms:CallerAccount": account, "kms:ViaService": service}
                },
            },
            {
                "Sid": "ToLookAt",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{arn.partition}:iam::{account}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    }
    policy = parse_policy(document, name=f"aws/{name}", policy_type=PolicyType.RESOURCE)
    return compile_policy(policy, PolicyType.RESOURCE)
