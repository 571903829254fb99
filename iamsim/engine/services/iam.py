"""What IAM has for itself: boundaries of those that a call is about, and sessions without MFA.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.explanation import Origin
from iamsim.syntax.read import parse_policy
from iamsim.world.model import PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.engine.context import Derived

# Calls on a user or role that has a boundary carry the boundary's ARN.
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


def boundary_context(action: str, target: User | Role | None) -> Iterator[Derived]:
    """iam:PermissionsBoundary of a target that has one."""
    if action not in BOUNDARY_ACTIONS or target is None or target.boundary is None:
        return
    boundary = target.boundary
    arn = boundary.arn
    if isinstance(boundary, PolicyDocument) and arn is None:
        return
    yield "iam:permissionsboundary", arn or "", Origin("resource", target.arn)


@cache
def session_token_policy() -> PolicySet:
    """What credentials of sts:GetSessionToken may ask of IAM, as a policy: nothing without MFA.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "OnlyWithMFA",
            "Effect": "Allow",
            "Action": "iam:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        },
    }
    policy = parse_policy(
        document, name="credentials of GetSessionToken", policy_type=PolicyType.SESSION
    )
    return PolicySet((compile_policy(policy, PolicyType.SESSION),))
