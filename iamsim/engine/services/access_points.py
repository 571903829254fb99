"""S3 access points: what holds for requests through them, whatever their policies say.

The access point and the bucket behind it are sides of a request, each with its owner, its policy
and the control policies of its account; both must permit it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-directory-buckets-policies.html
https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/S3OutpostsAccessPointPolicy.html
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.json_text import locate_json
from iamsim.core.reason import Reason
from iamsim.core.request import Caller, CallerKind, GrantKind
from iamsim.core.span import Source
from iamsim.engine.formula import Relation, Requirement, Slot, Way
from iamsim.engine.unknown_policies import may_allow
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.world.model import Resource

DIRECT = (GrantKind.USER | GrantKind.SESSION | GrantKind.FEDERATED_USER | GrantKind.WILDCARD).value
OBJECT = "/object/"
TAG_ACTIONS = ("listtagsforresource", "tagresource", "untagresource")
NEEDS_SIGNATURE = Relation(Reason.ACCESS_POINT_NEEDS_SIGNATURE, ())
CALLER = (Requirement(Slot.IDENTITY), Requirement(Slot.BOUNDARY), Requirement(Slot.SESSION))
# Through an access point of another account, nothing but the bucket's policy opens the bucket.
FOREIGN = Relation(
    Reason.FOREIGN_ACCESS_POINT,
    (Way("both-accounts", (Requirement(Slot.RESOURCE), Requirement(Slot.BUCKET), *CALLER)),),
)
OWN_POINT_FOREIGN_BUCKET = Relation(
    Reason.FOREIGN_ACCESS_POINT, (Way("both-accounts", (Requirement(Slot.BUCKET), *CALLER)),)
)


def is_about_the_point(action: str) -> bool:
    """Whether an action (in lower case) is about the access point itself, not what is behind it."""
    return "accesspoint" in action or action.partition(":")[2] in TAG_ACTIONS


def object_behind(resource: str, point: str, bucket: str) -> str:
    """The same object, or the bucket itself, as the bucket's policy names it."""
    below = resource.removeprefix(point)
    if not below.startswith(OBJECT):
        return bucket
    return bucket + (below.removeprefix("/object") if ":s3:::" in bucket else below)


def with_buckets(
    relation: Relation, caller: Caller, owner: str | None, buckets: tuple[str | None, ...]
) -> Relation:
    """The relation of a request through an access point of an account to buckets of others.

    Each is decided for its own owner's account: identity or resource policy for callers of that
    account, both for others.
    """
    if caller.kind is CallerKind.ANONYMOUS:
        return NEEDS_SIGNATURE
    if not buckets:
        return relation
    if caller.kind.has_identity and relation.ways and any(bucket != owner for bucket in buckets):
        return OWN_POINT_FOREIGN_BUCKET if caller.account == owner else FOREIGN
    return _of_both(relation)


@lru_cache(maxsize=64)
def _of_both(relation: Relation) -> Relation:
    """The same ways in, asked of the bucket's policy as well. What grants to a role there may grant
    to its session here."""
    ways = []
    for way in relation.ways:
        needs: list[Requirement] = []
        for need in way.requires:
            if need.slot is Slot.RESOURCE:
                kinds = need.kinds | DIRECT
                needs += [Requirement(Slot.RESOURCE, kinds), Requirement(Slot.BUCKET, kinds)]
            else:
                needs.append(need)
        ways.append(Way(way.name, tuple(needs)))
    return Relation(relation.reason, tuple(ways), relation.always, relation.unheard)


def conditions_of_access(name: str, point: Resource | None) -> PolicySet | None:
    """What every request through the access point with the ARN `name` has to meet, as a policy:
    TLS for general purpose buckets, and from a VPC where the access point is of that origin."""
    for fact in ("network_origin", "vpc"):
        unknown = point.unknown.get(fact) if point is not None else None
        if unknown is not None:
            return may_allow(f"the network origin of {name}", unknown)
    origin = point is not None and point.network_origin == "VPC"
    secure = name.split(":", 3)[2] == "s3"
    if not (secure or origin):
        return None
    return _conditions(secure, origin, point.vpc if point is not None else None)


@lru_cache(maxsize=1024)
def _conditions(secure: bool, inside: bool, vpc: str | None) -> PolicySet:
    """The policy for one origin."""
    condition: dict[str, dict[str, str]] = {}
    if secure:
        condition["BoolIfExists"] = {"aws:SecureTransport": "true"}
    if inside and vpc is not None:
        condition["StringEquals"] = {"aws:SourceVpc": vpc}
    elif inside:
        condition["Null"] = {"aws:SourceVpce": "false"}
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccessPoint",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "*",
                "Resource": "*",
                "Condition": condition,
            }
        ],
    }
    text = json.dumps(document, indent=2)
    source = Source("access point", text, locate_json)
    policy = parse_policy(
        document, name="access point", source=source, policy_type=PolicyType.VPC_ENDPOINT
    )
    return PolicySet((compile_policy(policy, PolicyType.VPC_ENDPOINT),))
