"""What sources say of KMS keys until all are read: who is encrypted with which, and the aliases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from iamsim.catalog.key_permissions import service_of_managed_key
from iamsim.core.arn import find_arn
from iamsim.importers.resource_kinds import url_suffix


class Claim(NamedTuple):
    """A source's word on the key of a resource: an id, an ARN, an alias, or `none`.

    `reference` is `None` where there is a key that the source does not tell.
    """

    reference: str | None
    source: str
    place: str
    assumed: bool = False


@dataclass(slots=True)
class KeyRing:
    """Claims by the ARN of the resource, keys by the ARN of an alias, regions of buckets.

    `elsewhere` are keys with policies in the world that sources are laid over. The partition is
    left out of the ARNs of resources, which is settled late.
    """

    claims: dict[str, list[Claim]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)

    def claim(self, arn: str, claim: Claim) -> None:
        """Note which key encrypts a resource."""
        claims = self.claims.setdefault(without_partition(arn), [])
        if claim not in claims:
            claims.append(claim)

    def claims_of(self, arn: str) -> list[Claim]:
        """Give what is said of the key of a resource: what is assumed only if nobody says more."""
        claims = self.claims.get(without_partition(arn), [])
        return [claim for claim in claims if not claim.assumed] or claims

    def name(self, alias: str, target: str) -> None:
        """Note the key (by its ARN or id) that the ARN of an alias stands for."""
        arn = find_arn(alias)
        if arn is not None and target:
            home = f"arn:{arn.partition}:kms:{arn.region}:{arn.account}"
            self.aliases.setdefault(alias, key_arn(home, target))

    def locate(self, arn: str, region: str) -> None:
        """Note the region of a bucket, whose ARN does not name it."""
        self.regions.setdefault(without_partition(arn), region)


def key_arn(home: str, key: str) -> str:
    """Give the ARN of a key from its id (or its ARN); `home` is the ARN's part in front of it."""
    return key if key.startswith("arn:") else f"{home}:{key if '/' in key else f'key/{key}'}"


def without_partition(arn: str) -> str:
    """Give an ARN from its service on."""
    return arn.split(":", 2)[-1]


def managed_key_policy(alias: str) -> dict[str, object]:
    """Write the policy of an AWS managed key, given with the ARN of its alias.

    AWS sets it, and nobody can change it: everyone of the account may use the key through the
    service. The pages of several services show it:
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html,
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html.
    """
    arn = find_arn(alias)
    if arn is None:
        raise ValueError(alias)
    name = arn.resource.removeprefix("alias/aws/")
    via = f"{service_of_managed_key(name)}.{arn.region}.{url_suffix(arn.partition)}"
    through_service: dict[str, object] = {
        "Sid": "ThroughTheServiceForEveryoneOfTheAccount",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": arn.account, "kms:ViaService": via}},
    }
    metadata: dict[str, object] = {
        "Sid": "MetadataForTheAccount",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{arn.partition}:iam::{arn.account}:root"},
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [through_service, metadata]}
