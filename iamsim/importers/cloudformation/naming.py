"""What the resources of a stack are called: names, ARNs, and what references to them give.

Names that AWS would make are ``STACK-LOGICALID``, without the random end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from iamsim.importers.resource_kinds import (
    Scope,
    arn_of,
    name_like,
    part_named,
    partition_of_region,
    reference_of,
)

if TYPE_CHECKING:
    from iamsim.catalog.resource_types import ResourceType

LOWER_CASE = ("AWS::S3::Bucket", "AWS::ECR::Repository")


class Environment(NamedTuple):
    """Where a stack is made; what is not known has a placeholder."""

    account: str
    region: str
    stack: str

    @property
    def scope(self) -> Scope:
        """The partition, region and account."""
        return Scope(partition_of_region(self.region), self.region, self.account)


class Identity(NamedTuple):
    """What a resource is called; `reference` is what `Ref` gives.

    `policy_arn` is the ARN whose requests its policy is asked about.
    """

    name: str
    arn: str
    reference: str
    policy_arn: str


def identify(
    kind: ResourceType,
    environment: Environment,
    logical_id: str,
    text: Callable[[str], str | None],
) -> Identity:
    """Find what a resource is called; `text` gives a property, if it is a text that is known."""
    name = text(kind.name_property)
    path = text("Path") or "/"
    if kind.name == "AWS::IAM::ServiceLinkedRole":
        service = text("AWSServiceName") or "unknown"
        suffix = text("CustomSuffix")
        path = f"/aws-service-role/{service}/"
        name = name_like("AWSServiceRoleFor" + service.partition(".")[0].capitalize())
        name = f"{name}_{suffix}" if suffix else name
    if not name:
        name = name_like(environment.stack, logical_id)
        name = name.lower() if kind.name in LOWER_CASE else name
    outer = {
        part: part_named(text(part) or name_like(environment.stack, logical_id))
        for part, _ in kind.outer
    }
    arn = arn_of(kind, environment.scope, name, path, outer)
    reference = reference_of(environment.scope, kind.reference, name, arn)
    holder = arn_of(kind, environment.scope, name, path, outer, of_policy=True)
    return Identity(name, arn, reference, holder)


def attribute_of(kind: ResourceType, identity: Identity, attribute: str) -> str | None:
    """Give an attribute that `Fn::GetAtt` reads, as far as it follows from the name."""
    last = kind.name.rpartition(":")[2].lower()
    what, ending = attribute[:-3].lower(), attribute[-3:].lower()
    if attribute == "Arn" and kind.name == "AWS::Logs::LogGroup":
        return f"{identity.arn}:*"
    if attribute == "Alias" and kind.name == "AWS::S3::MultiRegionAccessPoint":
        return identity.name
    if ending == "arn" and (last.endswith(what) or what.endswith(last)):
        return f"{identity.arn}:1" if kind.reference == "version" else identity.arn
    names = (kind.name_property, "Id", "Identifier", "KeyId", "Name", "QueueName", "TopicName")
    made_id = not kind.name_property and attribute.lower() == f"{last}id"
    if attribute in names or made_id:
        return identity.name
    return identity.reference if attribute == "QueueUrl" else None
