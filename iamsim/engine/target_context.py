"""Context keys that follow from the target of a request, in a service of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.explanation import Origin
from iamsim.world.model import PolicyDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.engine.context import Derived
    from iamsim.world.model import Resource, Role, User

__all__ = ["BOUNDARY_ACTIONS", "access_point_context", "boundary_context"]

# Calls on a user or role that has a boundary carry the boundary's ARN:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
BOUNDARY_ACTIONS = frozenset(
    {
        "iam:attachrolepolicy",
        "iam:attachuserpolicy",
        "iam:deleterolepermissionsboundary",
        "iam:deleterolepolicy",
        "iam:deleteuserpermissionsboundary",
        "iam:deleteuserpolicy",
        "iam:detachrolepolicy",
        "iam:detachuserpolicy",
        "iam:putrolepolicy",
        "iam:putuserpolicy",
    }
)


def access_point_context(
    name: str | None, listed: Resource | None, account: str | None
) -> Iterator[Derived]:
    """Keys of requests through the S3 access point with the ARN `name`.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
    """
    if name is None:
        return
    origin = Origin("resource", name)
    yield "s3:dataaccesspointarn", name, origin
    if account is not None:
        yield "s3:dataaccesspointaccount", account, origin
    if listed is not None and listed.network_origin is not None:
        yield "s3:accesspointnetworkorigin", listed.network_origin, origin


def boundary_context(action: str, target: User | Role | None) -> Iterator[Derived]:
    """iam:PermissionsBoundary of a target that has one."""
    if action not in BOUNDARY_ACTIONS or target is None or target.boundary is None:
        return
    boundary = target.boundary
    arn = boundary.arn
    if isinstance(boundary, PolicyDocument) and arn is None:
        return
    yield "iam:permissionsboundary", arn or "", Origin("resource", target.arn)
