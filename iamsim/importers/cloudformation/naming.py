"""What the resources of a stack are called: names, ARNs, and what references to them give.

Names that AWS would make are ``STACK-LOGICALID``, without the random end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.importers.resource_kinds import (
    BY_CLOUDFORMATION_TYPE,
    Scope,
    arn_of,
    name_like,
    partition_of_region,
    reference_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.importers.resource_kinds import ResourceKind

__all__ = ["Environment", "Identity", "attribute_of", "identify", "identify_alias"]

LOWER_CASE = ("S3::Bucket", "ECR::Repository")


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
    """What a resource is called; `reference` is what `Ref` gives."""

    name: str
    arn: str
    reference: str


def identify(
    kind: ResourceKind,
    environment: Environment,
    logical_id: str,
    text: Callable[[str], str | None],
) -> Identity:
    """Find what a resource is called; `text` gives a property, if it is a text that is known."""
    name = text(kind.property)
    path = text("Path") or "/"
    if kind.cloudformation == "IAM::ServiceLinkedRole":
        service = text("AWSServiceName") or "unknown"
        suffix = text("CustomSuffix")
        path = f"/aws-service-role/{service}/"
        name = name_like("AWSServiceRoleFor" + service.partition(".")[0].capitalize())
        name = f"{name}_{suffix}" if suffix else name
    if not name:
        name = name_like(environment.stack, logical_id)
        name = name.lower() if kind.cloudformation in LOWER_CASE else name
    arn = arn_of(kind, environment.scope, name, path)
    reference = reference_of(environment.scope, kind.reference, name, arn)
    return Identity(name, arn, reference)


def identify_alias(environment: Environment, text: Callable[[str], str | None]) -> Identity | None:
    """Find what the alias of a function is called: a reference to it gives its ARN."""
    function, name = text("FunctionName"), text("Name")
    if not function or not name:
        return None
    arn = function
    if not function.startswith("arn:"):
        arn = arn_of(BY_CLOUDFORMATION_TYPE["AWS::Lambda::Function"], environment.scope, function)
    return Identity(name, f"{arn}:{name}", f"{arn}:{name}")


def attribute_of(kind: ResourceKind, identity: Identity, attribute: str) -> str | None:
    """Give an attribute that `Fn::GetAtt` reads, as far as it follows from the name."""
    if attribute == "Arn" and kind.cloudformation == "Logs::LogGroup":
        return f"{identity.arn}:*"
    own_arn = f"{kind.cloudformation.rpartition(':')[2]}Arn"
    if attribute in ("Arn", own_arn, "PolicyArn", "TopicArn"):
        return identity.arn
    if attribute in (kind.property, "Id", "KeyId", "QueueName", "TopicName"):
        return identity.name
    return identity.reference if attribute == "QueueUrl" else None
