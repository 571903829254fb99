"""What S3 has for itself: public policies, access points, tags that do not count, all buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.regions import PARTITIONS
from iamsim.compile.literals import read_network
from iamsim.core.arn import find_arn
from iamsim.core.explanation import Origin
from iamsim.core.wildcard import Wildcard

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.compile.template import Template
    from iamsim.core.unknown import Unknown
    from iamsim.engine.context import Derived
    from iamsim.world.model import Resource

# Actions of S3 without a resource, whose statements AWS's own samples write with this ARN:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
ACCOUNT_ACTIONS = frozenset({"s3:listallmybuckets"})
ALL_BUCKETS = {partition: f"arn:{partition}:s3:::*" for partition in PARTITIONS}
# Keys by which fixed values limit a grant to somebody or something known.
LIMITING_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
    }
)
# Whether these count as principals the page does not say; they name some.
PRINCIPAL_KEYS = frozenset({"aws:principalaccount", "aws:principalarn"})
FEDERATED = "federated:"
LIMITING_OPERATORS = frozenset(
    {"ArnEquals", "ArnLike", "StringEquals", "StringEqualsIgnoreCase", "StringLike"}
)
WIDEST_PREFIX = {32: 8, 128: 32}
PRIVATE_NETWORKS = tuple(
    network[0]
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    if (network := read_network(text)) is not None
)
ACCESS_POINT = "accesspoint/"
# Where the name of an access point stands in the ARNs of a service. Those of S3 Object Lambda are
# not here: what is behind them is asked by requests of their own.
_NAMED = {
    "s3": re.compile(r"accesspoint/[^/]*"),
    "s3express": re.compile(r"accesspoint/[^/]*"),
    "s3-outposts": re.compile(r"outpost/[^/]*/accesspoint/[^/]*"),
}


def all_buckets_of(principal: str) -> str:
    """What a call about all buckets of an account names as its resource, by who calls."""
    arn = find_arn(principal)
    return ALL_BUCKETS["aws" if arn is None or arn.partition not in ALL_BUCKETS else arn.partition]


def is_public(policy: CompiledPolicy, *, of_access_point: bool = False) -> bool:
    """Whether S3 counts a policy as public: some Allow is not limited by fixed values.

    In the policy of an access point a pattern of access points limits nothing. An identity provider
    as principal is public, as the page of 2023 has it; conditions on the caller's ARN and account
    are taken to name principals.
    """
    return _is_public(policy, of_access_point=of_access_point, settled=False)


def lost_publicness(policy: CompiledPolicy, *, of_access_point: bool = False) -> Unknown | None:
    """What nobody knows of a policy that is public only by what that may be; else `None`."""
    open_to_all = list(_public_statements(policy, of_access_point=of_access_point, settled=False))
    if not all(statement.unknowns for statement in open_to_all):
        return None
    return open_to_all[0].unknowns[0] if open_to_all else None


def is_unsettled(policy: CompiledPolicy, *, of_access_point: bool = False) -> bool:
    """Whether what AWS's page leaves open decides whether a policy is public."""
    readings = [
        _is_public(policy, of_access_point=of_access_point, settled=settled)
        for settled in (False, True)
    ]
    return readings[0] is not readings[1]


def _is_public(policy: CompiledPolicy, *, of_access_point: bool, settled: bool) -> bool:
    """Whether a policy is public, by our reading of what is open or (`settled`) the other one."""
    statements = _public_statements(policy, of_access_point=of_access_point, settled=settled)
    return next(statements, None) is not None


def _public_statements(
    policy: CompiledPolicy, *, of_access_point: bool, settled: bool
) -> Iterator[CompiledStatement]:
    for statement in policy.statements:
        allows = not (statement.denies or statement.empty)
        if allows and not _is_limited(statement, of_access_point=of_access_point, settled=settled):
            yield statement


def _is_limited(statement: CompiledStatement, *, of_access_point: bool, settled: bool) -> bool:
    """Whether an Allow names its principals, or a condition does."""
    if statement.principals is not None and not any(
        name == "*" or (name.startswith(FEDERATED) and not settled)
        for name in statement.principals.granted
    ):
        return True
    keys = LIMITING_KEYS if settled else LIMITING_KEYS | PRINCIPAL_KEYS
    return any(
        _limits(condition, keys, of_access_point=of_access_point)
        for condition in statement.conditions
    )


def _limits(condition: ConditionTest, keys: frozenset[str], *, of_access_point: bool) -> bool:
    """Whether one condition limits the grant; negations, IfExists and ForAllValues do not."""
    operator = condition.operator
    templates = condition.values.templates
    if operator.negated or operator.if_exists or operator.set_operator == "ForAllValues":
        return False
    if not templates or any(template.keys for template in templates):
        return False
    if condition.key == "aws:sourceip":
        return operator.base == "IpAddress" and all(map(_is_narrow, templates))
    if operator.base not in LIMITING_OPERATORS:
        return False
    if condition.key == "s3:dataaccesspointarn":
        wild = any(map(_has_wildcard, templates))
        return not wild or (not of_access_point and all(map(_fixes_account, templates)))
    if condition.key not in keys:
        return False
    wild = operator.base not in {"StringEquals", "StringEqualsIgnoreCase"}
    return not (wild and any(map(_has_wildcard, templates)))


def _has_wildcard(template: Template) -> bool:
    """Whether a value has ``*`` or ``?``."""
    return any(isinstance(part, Wildcard) for part in template.parts)


def _is_narrow(template: Template) -> bool:
    """Whether a value is a block of addresses that is small enough, or private."""
    network = read_network(template.text)
    return network is not None and _is_narrow_block(*network[0])


def _is_narrow_block(bits: int, mask: int, start: int) -> bool:
    """Whether a block of addresses is small enough, or private."""
    private = any(
        bits == other and mask & other_mask == other_mask and start & other_mask == other_start
        for other, other_mask, other_start in PRIVATE_NETWORKS
    )
    return private or mask.bit_count() >= WIDEST_PREFIX[bits]


def _fixes_account(template: Template) -> bool:
    """Whether an access point pattern leaves nothing but the access point's name open."""
    arn = find_arn(template.text)
    return arn is not None and not any(
        wild in part for part in (arn.region, arn.account) for wild in "*?"
    )


def is_bucket(resource: str) -> bool:
    """Whether a resource is a general purpose bucket, whose tags count in decisions only where
    attribute-based access control is enabled for it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    arn = find_arn(resource)
    whole = arn is not None and "/" not in arn.resource and arn.resource != "*"
    return arn is not None and whole and arn.service == "s3" and not (arn.region or arn.account)


def access_point_name(resource: str) -> str | None:
    """The ARN of the access point that a request goes through, without the object; `None` where
    the resource is no access point."""
    if ACCESS_POINT not in resource:
        return None
    arn = find_arn(resource)
    named = _NAMED.get(arn.service) if arn is not None else None
    match = named.match(arn.resource) if arn is not None and named is not None else None
    return arn._replace(resource=match[0]).text if arn is not None and match else None


def access_point_context(
    name: str | None, listed: Resource | None, account: str | None
) -> Iterator[Derived]:
    """Keys of requests through the S3 access point with the ARN `name`.

    They come over HTTPS, or not at all; of general purpose buckets AWS's page says so.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-directory-buckets-policies.html
    https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/S3OutpostsAccessPointPolicy.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations.html
    """
    if name is None:
        return
    origin = Origin("resource", name)
    service = name.split(":", 3)[2]
    if service == "s3":
        yield "aws:securetransport", "true", origin
    yield f"{service}:dataaccesspointarn", name, origin
    if account is not None:
        yield f"{service}:dataaccesspointaccount", account, origin
    if listed is not None and listed.network_origin is not None:
        yield f"{service}:accesspointnetworkorigin", listed.network_origin, origin
