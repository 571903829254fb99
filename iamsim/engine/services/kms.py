"""Grants of KMS keys, written as the policy statements that they amount to.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.compile.policy import CompiledPolicy, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.world.model import KmsGrant

__all__ = ["grant_policy"]


def grant_policy(grant: KmsGrant, number: int) -> CompiledPolicy:
    """One grant: its grantee may call its operations, as far as its constraints hold."""
    condition: dict[str, dict[str, object]] = {}
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
        condition["ForAllValues:StringEquals"] = {"kms:EncryptionContextKeys": sorted(exact)}
    if grant.source_arn is not None:
        condition["ArnEquals"] = {"aws:SourceArn": grant.source_arn}
    kind = "AWS" if grant.grantee.startswith("arn:") else "Service"
    name = grant.name or grant.id or f"grant {number}"
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {kind: grant.grantee},
            "Action": [f"kms:{operation}" for operation in grant.operations],
            "Condition": condition,
        },
    }
    policy = parse_policy(document, name=name, policy_type=PolicyType.RESOURCE)
    return compile_policy(policy, PolicyType.RESOURCE)
