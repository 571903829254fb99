"""The thirty mistakes of hand-written evaluators (semantics 15), each as requests with answers."""

from typing import Any

from tests.oracle.vectors import (
    ANY,
    CLOUDTRAIL,
    FEDUSER,
    KEY,
    LINKED,
    NONE,
    OBJECT,
    ROLE,
    ROOT,
    SESSION,
    USER,
    A,
    B,
    allow,
    case,
    deny,
    grant,
    policy,
)

ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicitDeny", "implicitDeny"
IDENTITY, RESOURCE = "identity-based-policy", "resource-based-policy"
SCP, BOUNDARY, SESSION_LAYER = "service-control-policy", "permissions-boundary", "session-policy"
READ = policy(allow("s3:GetObject", "arn:aws:s3:::b/*"))
RUN = {"action": "ec2:RunInstances", "resource": f"arn:aws:ec2:eu-west-1:{A}:subnet/s"}
ACROSS = {"resource_account": B}
TAGS = {"action": "ec2:CreateTags", "resource": f"arn:aws:ec2:eu-west-1:{A}:instance/i"}


def when(principal: str = USER, context: dict[str, Any] | None = None, **block: Any) -> Any:
    """Make a request whose identity policy allows everything under one Condition block."""
    return case(principal, identity=policy(allow(when=block["block"])), context=context or {})


def unless(context: dict[str, Any], block: dict[str, Any]) -> dict[str, Any]:
    """Make a request whose identity policy allows all, but denies all under a Condition block."""
    return case(USER, identity=policy(allow(), deny(when=block)), context=context)


TAG_KEYS = {"ForAllValues:StringEquals": {"aws:TagKeys": ["env"]}}
NO_MFA = {"aws:MultiFactorAuthPresent": "false"}
PAIR = {"StringEquals": {"aws:PrincipalTag/a": "1", "aws:PrincipalTag/b": "2"}}
REGIONS = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}}
VPCE = policy(allow(who="*"), deny(who="*", when={"StringNotEquals": {"aws:SourceVpce": "v-1"}}))
TYPE = policy(allow("ec2:RunInstances", when={"StringLikeIfExists": {"ec2:InstanceType": "t3.*"}}))
NOT_PRINCIPAL = policy(allow(who="*"), deny(NotPrincipal={"AWS": [ROLE, ROOT]}))
BOB = f"arn:aws:iam::{A}:user/bob"
HOME = "arn:aws:s3:::b/${aws:username}/*"
OWN_TAG = "arn:aws:s3:::b/${aws:PrincipalTag/t}/*"
ORGANIZATION: dict[str, Any] = {
    "organization": {
        "id": "o-1",
        "management_account": "999999999999",
        "root": {
            "id": "r-1",
            "accounts": ["999999999999", A],
            "rcps": ["RCPFullAWSAccess", policy(deny("s3:*", who="*"))],
        },
    },
    "accounts": {
        A: {
            "scps": ["FullAWSAccess", policy(deny("s3:*"))],
            "users": {"u": {"policies": [ANY]}},
            "resources": {"arn:aws:s3:::mine": {"policy": grant({"Service": CLOUDTRAIL})}},
        },
        B: {
            "users": {"v": {"policies": [ANY]}},
            "resources": {"arn:aws:s3:::b": {"policy": grant({"AWS": A})}},
        },
        "999999999999": {"scps": [policy(deny())], "users": {"m": {"policies": [ANY]}}},
    },
}
OUTSIDER: dict[str, Any] = {  # the same organization without SCPs on the account
    **ORGANIZATION,
    "accounts": {
        **ORGANIZATION["accounts"],
        A: {**ORGANIZATION["accounts"][A], "scps": ["FullAWSAccess"]},
    },
}


def asks(principal: str, action: str, resource: str) -> dict[str, Any]:
    """Make a request without any policies: the world has them."""
    return {"principal": principal, "action": action, "resource": resource}


Trap = tuple[str, dict[str, Any], dict[str, Any] | None, str, str | None]
TRAPS: list[Trap] = [  # (name, request, world, decision, deciding layer)
    ("T1", case(USER, resource_policy=VPCE), None, EXPLICIT, RESOURCE),
    ("T2", case(USER, identity=TYPE, **RUN), None, ALLOWED, None),
    ("T3 Bool", unless({}, {"Bool": NO_MFA}), None, ALLOWED, None),
    ("T3 BoolIfExists", unless({}, {"BoolIfExists": NO_MFA}), None, EXPLICIT, IDENTITY),
    ("T4", when(block=TAG_KEYS) | TAGS, None, ALLOWED, None),
    (
        "T4 with Null",
        when(block=TAG_KEYS | {"Null": {"aws:TagKeys": "false"}}) | TAGS,
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T5",
        unless({}, {"ForAnyValue:StringEquals": {"aws:CalledVia": ["x.amazonaws.com"]}}),
        None,
        ALLOWED,
        None,
    ),
    ("T6", unless({"aws:RequestedRegion": "eu-west-2"}, REGIONS), None, ALLOWED, None),
    ("T7", when(context={"aws:PrincipalTag/a": "1"}, block=PAIR), None, IMPLICIT, IDENTITY),
    (
        "T8 key",
        when(
            context={"aws:PrincipalTag/Team": "x"},
            block={"StringEquals": {"aws:PrincipalTag/team": "x"}},
        ),
        None,
        ALLOWED,
        None,
    ),
    (
        "T8 value",
        when(
            context={"aws:PrincipalTag/Team": "x"},
            block={"StringEquals": {"aws:PrincipalTag/team": "X"}},
        ),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T9 StringEquals",
        when(context={"s3:prefix": "home/bob"}, block={"StringEquals": {"s3:prefix": "home/*"}}),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T9 StringLike",
        when(context={"s3:prefix": "home/bob"}, block={"StringLike": {"s3:prefix": "home/*"}}),
        None,
        ALLOWED,
        None,
    ),
    (
        "T10",
        when(
            context={"aws:SourceArn": "arn:aws:sns:us-east-1:1:x:t"},
            block={"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:1*:t"}},
        ),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T11",
        when(ROLE, block={"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1*:role/r"}}),
        None,
        ALLOWED,
        None,
    ),
    (
        "T12 session",
        when(SESSION, block={"ArnEquals": {"aws:PrincipalArn": SESSION}}),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T12 role",
        when(SESSION, block={"ArnEquals": {"aws:PrincipalArn": ROLE}}),
        None,
        ALLOWED,
        None,
    ),
    (
        "T13",
        case(SESSION, resource_policy=grant({"AWS": f"arn:aws:iam::{A}:role/*"})),
        None,
        IMPLICIT,
        None,
    ),
    (
        "T14",
        case(USER, identity=READ, resource_policy=grant({"AWS": ROOT}), **ACROSS),
        None,
        ALLOWED,
        None,
    ),
    ("T15", case(USER, resource_policy=grant({"AWS": ROOT})), None, IMPLICIT, IDENTITY),
    ("T16", case(USER, resource_policy=grant({"AWS": USER}), **ACROSS), None, IMPLICIT, IDENTITY),
    (
        "T17",
        case(USER, boundary=NONE, resource_policy=grant({"AWS": USER})),
        None,
        ALLOWED,
        None,
    ),
    (
        "T18 role",
        case(SESSION, boundary=NONE, resource_policy=grant({"AWS": ROLE})),
        None,
        IMPLICIT,
        BOUNDARY,
    ),
    (
        "T18 session",
        case(SESSION, boundary=NONE, resource_policy=grant({"AWS": SESSION})),
        None,
        ALLOWED,
        None,
    ),
    (
        "T18 everyone",
        case(SESSION, boundary=NONE, resource_policy=grant("*")),
        None,
        ALLOWED,
        None,
    ),
    (
        "T19 boundary",
        case(SESSION, boundary=ANY, resource_policy=NOT_PRINCIPAL),
        None,
        EXPLICIT,
        RESOURCE,
    ),
    ("T19 no boundary", case(SESSION, resource_policy=NOT_PRINCIPAL), None, ALLOWED, None),
    (
        "T20",
        case(USER, identity=ANY, scps=[[ANY], [policy(allow("s3:*"))], [ANY]], **RUN),
        None,
        IMPLICIT,
        SCP,
    ),
    (
        "T21 service",
        asks(CLOUDTRAIL, "s3:PutObject", "arn:aws:s3:::mine/k"),
        {**ORGANIZATION, "organization": {"root": {"accounts": [A]}}},
        ALLOWED,
        RESOURCE,
    ),
    ("T21 linked role", case(LINKED, identity=ANY, scps=[[NONE]]), None, ALLOWED, None),
    (
        "T21 management account",
        asks("arn:aws:iam::999999999999:user/m", "ec2:StopInstances", "*"),
        ORGANIZATION,
        ALLOWED,
        IDENTITY,
    ),
    ("T22 bucket outside", asks(USER, "s3:GetObject", OBJECT), OUTSIDER, ALLOWED, None),
    (
        "T22 bucket inside",
        asks(USER, "s3:GetObject", "arn:aws:s3:::mine/k"),
        OUTSIDER,
        EXPLICIT,
        "resource-control-policy",
    ),
    (
        "T23",
        case(
            USER,
            identity=ANY,
            rcps=[[policy(deny("lambda:*", who="*"))]],
            action="lambda:InvokeFunction",
            resource=f"arn:aws:lambda:eu-west-1:{A}:function:f",
        ),
        None,
        ALLOWED,
        IDENTITY,
    ),
    (
        "T24",
        case(
            USER,
            identity=ANY,
            resource_policy=grant({"AWS": ROLE}),
            action="kms:Decrypt",
            resource=KEY,
        ),
        None,
        IMPLICIT,
        RESOURCE,
    ),
    (
        "T25",
        case(
            BOB,
            identity={"Statement": allow("s3:GetObject", HOME)},
            resource="arn:aws:s3:::b/bob/x",
        ),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T25 with Version",
        case(BOB, identity=policy(allow("s3:*", HOME)), resource="arn:aws:s3:::b/bob/x"),
        None,
        ALLOWED,
        IDENTITY,
    ),
    (
        "T26",
        case(USER, identity=policy(allow(), deny(resource=None, NotResource=OWN_TAG))),
        None,
        EXPLICIT,
        IDENTITY,
    ),
    (
        "T27 objects",
        case(
            USER,
            identity=policy(allow("s3:ListBucket", "arn:aws:s3:::b/*")),
            action="s3:ListBucket",
            resource="arn:aws:s3:::b",
        ),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T27 both",
        case(USER, identity=policy(allow(resource="arn:aws:s3:::b*"))),
        None,
        ALLOWED,
        None,
    ),
    ("T28 action", case(USER, identity=policy(allow("S3:getobject"))), None, ALLOWED, None),
    (
        "T28 resource",
        case(
            USER,
            identity=policy(allow(resource=f"arn:aws:iam::{A}:user/Bob")),
            action="iam:GetUser",
            resource=BOB,
        ),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T29 other service",
        case(USER, identity=policy(allow(None, NotAction="iam:*"))),
        None,
        ALLOWED,
        None,
    ),
    (
        "T29 iam",
        case(
            USER,
            identity=policy(allow(None, NotAction="iam:*")),
            action="iam:PassRole",
            resource=ROLE,
        ),
        None,
        IMPLICIT,
        IDENTITY,
    ),
    (
        "T30 nothing",
        case(FEDUSER, identity=ANY, action="s3:ListAllMyBuckets", resource="arn:aws:s3:::*"),
        None,
        IMPLICIT,
        SESSION_LAYER,
    ),
    (
        "T30 named",
        case(FEDUSER, identity=ANY, resource_policy=grant({"AWS": FEDUSER})),
        None,
        ALLOWED,
        RESOURCE,
    ),
    ("T30 role", case(SESSION, identity=ANY), None, ALLOWED, IDENTITY),
]
