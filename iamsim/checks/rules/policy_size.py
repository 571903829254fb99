"""The policy is longer than AWS accepts.

## What it finds
More characters than the quota of the type of policy. IAM does not count white space; for service
control and resource control policies white space outside of texts is not counted here, since the
console takes it out.

## Why it matters
The policy can't be saved. Managed policies and boundaries may have 6,144 characters, inline session
policies 2,048, role trust policies 2,048 (up to 4,096 on request), service control policies 10,240,
resource control policies 5,120; resource-based policies differ by service.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamsim.checks.registry import checks
from iamsim.core.decision import PolicyType
from iamsim.core.json_text import JsonNumber

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView

IDENTITY = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"
QUOTAS = {
    PolicyType.IDENTITY: (IDENTITY, 6_144),
    PolicyType.PERMISSIONS_BOUNDARY: (IDENTITY, 6_144),
    PolicyType.SESSION: (IDENTITY, 2_048),
    PolicyType.TRUST: ("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", 2_048),
    PolicyType.SERVICE_CONTROL: ("POLICY_SIZE_EXCEEDS_SCP_QUOTA", 10_240),
    PolicyType.RESOURCE_CONTROL: ("POLICY_SIZE_EXCEEDS_RCP_QUOTA", 5_120),
    PolicyType.VPC_ENDPOINT: ("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", 20_480),
}
RESOURCE_QUOTAS = {
    "AWS::S3::Bucket": 20_480,
    "AWS::S3::AccessPoint": 20_480,
    "AWS::KMS::Key": 32_768,
    "AWS::SNS::Topic": 30_720,
    "AWS::SecretsManager::Secret": 20_480,
    "AWS::DynamoDB::Table": 20_480,
}
WITH_WHITE_SPACE = frozenset({PolicyType.VPC_ENDPOINT, PolicyType.RESOURCE})
ORGANIZATION = frozenset({PolicyType.SERVICE_CONTROL, PolicyType.RESOURCE_CONTROL})


@checks(
    IDENTITY,
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
    "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
    "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
    "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
)
def policy_size(policy: PolicyView) -> Iterator[Finding]:
    """Count the characters as the service does."""
    code, quota = QUOTAS.get(policy.policy_type, ("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", 0))
    if policy.policy_type is PolicyType.RESOURCE:
        quota = RESOURCE_QUOTAS.get(policy.resource_type or "", 0)
    if not quota:
        return
    size = _size(policy)
    if size > quota:
        message = (
            f"the policy has {size:,} characters, {size - quota:,} more than the quota {quota:,}"
        )
        yield policy.finding(code, message, (), hint="split it, or use wildcards")


def _size(policy: PolicyView) -> int:
    """Count what counts."""
    if policy.policy_type in WITH_WHITE_SPACE:
        return len(policy.source.text)
    if policy.policy_type in ORGANIZATION:
        return len(
            json.dumps(policy.raw, separators=(",", ":"), ensure_ascii=False, default=_plain)
        )
    return len("".join(policy.source.text.split()))


def _plain(value: object) -> str:
    """Write a number as it stands."""
    return value.text if isinstance(value, JsonNumber) else str(value)
