"""The test vectors of the specification (semantics 18), as data."""

from typing import Any

A, B = "111111111111", "222222222222"
USER = f"arn:aws:iam::{A}:user/u"
ROLE = f"arn:aws:iam::{A}:role/r"
SESSION = f"arn:aws:sts::{A}:assumed-role/r/s"
ROOT = f"arn:aws:iam::{A}:root"
FEDUSER = f"arn:aws:sts::{A}:federated-user/f"
LINKED = f"arn:aws:iam::{A}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
OBJECT = "arn:aws:s3:::b/k"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/1"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Make a document of the current version."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Make an Allow statement; `who=` is its Principal, `when=` its Condition."""
    return statement("Allow", action, resource, **more)


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Make a Deny statement; `who=` is its Principal, `when=` its Condition."""
    return statement("Deny", action, resource, **more)


def statement(effect: str, action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    """Make a statement; an element that is None is left out."""
    raw = {"Effect": effect, "Action": action, "Resource": resource}
    raw |= {"Principal": more.pop("who", None), "Condition": more.pop("when", None)} | more
    return {name: value for name, value in raw.items() if value is not None}


ACTIONS = [  # (element, patterns, action, the statement applies)
    ("Action", "*", "iam:GetUser", True),
    ("Action", "s3:*", "s3:GetObject", True),
    ("Action", "S3:GET*", "s3:GetObject", True),
    ("Action", "s3:Get?bject", "s3:GetObject", True),
    ("Action", "s3:Get", "s3:GetObject", False),
    ("Action", "s3:*Object", "s3:GetObjectAcl", False),
    ("Action", "s3:*Object*", "s3:GetObjectAcl", True),
    ("Action", "iam:*AccessKey*", "iam:CreateAccessKey", True),
    ("Action", "ec2:Describe*", "ec2messages:DescribeX", False),
    ("NotAction", ["iam:*", "sts:*"], "s3:PutObject", True),
    ("NotAction", ["iam:*"], "IAM:getuser", False),
]

RESOURCES = [  # (pattern, resource, match)
    ("*", "*", True),
    ("*", OBJECT, True),
    ("arn:aws:s3:::b", "arn:aws:s3:::b/k", False),
    ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", True),
    ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/1/2/test/3/o", True),
    ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b//test/o", True),
    ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/test/o", False),
    ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/1-test/o", False),
    (f"arn:aws:iam::{A}:user/accounting/*", f"arn:aws:iam::{A}:user/Accounting/x", False),
    ("arn:aws:sqs", "arn:aws:sqs:us-east-1:1:q", True),
    ("arn:aws:ec2:*:*:instance/i-1?", "arn:aws:ec2:us-east-1:1:instance/i-12", True),
    ("arn:aws:ec2:us-east-1:1:instance/*", "arn:aws:ec2:us-west-2:1:instance/i", False),
    (
        "arn:aws:logs:us-east-1:1:log-group:g:*",
        "arn:aws:logs:us-east-1:1:log-group:g:log-stream:s",
        True,
    ),
    ("arn:aws:s3:*:*:b/*", "arn:aws:s3:::b/k", True),
    ("arn:aws:dynamodb:us-east-1:1:table/T", "*", False),
]

ABSENT = None
CONDITIONS: list[tuple[str, Any, Any, bool]] = [  # (operator, policy values, context, result)
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", ["A"], "a", False),
    ("StringEqualsIgnoreCase", ["A"], "a", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", ["a"], ABSENT, True),
    ("StringNotEqualsIfExists", ["a"], ABSENT, True),
    ("StringEqualsIfExists", ["a"], ABSENT, True),
    ("StringEqualsIfExists", ["a"], "c", False),
    ("StringLike", ["a*c"], "abc", True),
    ("StringLike", ["a?c"], "ac", False),
    ("StringLike", [""], "", True),
    ("StringNotLike", ["a*"], "abc", False),
    ("ForAnyValue:StringEquals", ["x"], ["x", "y"], True),
    ("ForAnyValue:StringEquals", ["x"], ABSENT, False),
    ("ForAnyValue:StringNotEquals", ["x"], ["x", "y"], True),
    ("ForAnyValue:StringNotEquals", ["x"], ["x"], False),
    ("ForAnyValue:StringNotEquals", ["x"], ABSENT, False),
    ("ForAllValues:StringEquals", ["x", "y"], ["x"], True),
    ("ForAllValues:StringEquals", ["x"], ["x", "y"], False),
    ("ForAllValues:StringEquals", ["x"], ABSENT, True),
    ("ForAllValues:StringNotEquals", ["x"], ["y", "z"], True),
    ("ForAllValues:StringNotEquals", ["x"], ["x", "y"], False),
    ("ForAllValues:StringNotLike", ["o-a/*"], [], True),
    ("ForAnyValue:StringEqualsIfExists", ["x"], ABSENT, True),
    ("NumericEquals", ["10"], "10.0", True),
    ("NumericLessThan", ["2.0"], "1.0", True),
    ("NumericLessThan", ["5"], ABSENT, False),
    ("NumericNotEquals", ["5"], ABSENT, True),
    ("NumericGreaterThanIfExists", ["5"], ABSENT, True),
    ("NumericEquals", ["10"], "ten", False),
    ("NumericNotEquals", ["10"], "ten", True),
    ("NumericNotEquals", ["ten"], "10", False),
    ("DateLessThan", ["2026-01-01T00:00:00Z"], "2025-12-31T23:59:59Z", True),
    ("DateGreaterThan", ["1735689600"], "2025-01-01T00:00:01Z", True),
    ("DateGreaterThan", ["2020-01-01T00:00:01Z"], ABSENT, False),
    ("DateEquals", ["2025-01-01T01:00:00+01:00"], "2025-01-01T00:00:00Z", True),
    ("Bool", ["true"], "true", True),
    ("Bool", [True], True, True),
    ("Bool", ["false"], ABSENT, False),
    ("BoolIfExists", ["false"], ABSENT, True),
    ("BinaryEquals", ["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
    ("IpAddress", ["203.0.113.0/24"], "203.0.113.9", True),
    ("IpAddress", ["203.0.113.9"], "203.0.113.9", True),
    ("IpAddress", ["203.0.113.0/24"], "2001:db8::1", False),
    ("IpAddress", ["2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::9", True),
    ("NotIpAddress", ["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.7", False),
    ("NotIpAddress", ["203.0.113.0/24"], ABSENT, True),
    ("ArnEquals", [f"arn:aws:sns:*:{A}:t*"], f"arn:aws:sns:us-east-1:{A}:topic", True),
    ("ArnLike", ["arn:aws:iam::*:role/*"], "arn:aws:iam::1:role/a/b", True),
    ("ArnLike", ["arn:aws:iam::1*:role/x"], "arn:aws:iam::1:role/role/x", False),
    ("ArnNotEquals", ["arn:aws:iam::1:role/x"], ABSENT, True),
    ("Null", ["true"], ABSENT, True),
    ("Null", ["false"], "v", True),
    ("Null", ["true"], [], True),
]

ANY = policy(allow())
NONE = policy(allow("ec2:*"))
DENY = policy(deny())


def grant(who: Any, effect: str = "Allow") -> dict[str, Any]:
    """Make a resource-based policy of one statement."""
    return policy(statement(effect, "*", "*", who=who))


def case(principal: str, **layers: Any) -> dict[str, Any]:
    """Make a request for an object of account A."""
    identity = layers.pop("identity", None)
    request: dict[str, Any] = {"principal": principal, "action": "s3:GetObject", "resource": OBJECT}
    request |= {"resource_account": A, "identity_policies": [identity] if identity else []}
    return request | layers


TRUST = {"action": "sts:AssumeRole", "resource": f"arn:aws:iam::{A}:role/other"}
OWN_KEY = {"action": "kms:Decrypt", "resource": KEY}
ACROSS = {"resource_account": B}
FULL = [policy(allow())]
RCP = [[policy(deny("s3:*", who="*"))]]
NO_TRUST = policy(
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": USER + "2"}},
)

LAYERS: list[tuple[str, dict[str, Any], str, str | None]] = [  # (name, request, decision, layer)
    ("identity", case(USER, identity=ANY), "allowed", None),
    ("grant to the user", case(USER, resource_policy=grant({"AWS": USER})), "allowed", None),
    (
        "grant to the account",
        case(USER, resource_policy=grant({"AWS": A})),
        "implicitDeny",
        "identity-based-policy",
    ),
    (
        "grant to the user, past the boundary",
        case(USER, resource_policy=grant({"AWS": USER}), boundary=NONE),
        "allowed",
        None,
    ),
    (
        "boundary",
        case(USER, identity=ANY, boundary=NONE),
        "implicitDeny",
        "permissions-boundary",
    ),
    ("grant to the role", case(SESSION, resource_policy=grant({"AWS": ROLE})), "allowed", None),
    (
        "grant to the role, boundary",
        case(SESSION, resource_policy=grant({"AWS": ROLE}), boundary=NONE),
        "implicitDeny",
        "permissions-boundary",
    ),
    (
        "grant to the role, session policy",
        case(
            SESSION,
            identity=ANY,
            resource_policy=grant({"AWS": ROLE}),
            boundary=ANY,
            session_policies=[NONE],
        ),
        "implicitDeny",
        "session-policy",
    ),
    (
        "grant to the session",
        case(
            SESSION,
            resource_policy=grant({"AWS": SESSION}),
            boundary=NONE,
            session_policies=[NONE],
        ),
        "allowed",
        None,
    ),
    (
        "grant to everyone",
        case(SESSION, resource_policy=grant("*"), boundary=NONE, session_policies=[NONE]),
        "allowed",
        None,
    ),
    (
        "grant to the session, Deny in the boundary",
        case(SESSION, resource_policy=grant({"AWS": SESSION}), boundary=DENY),
        "explicitDeny",
        "permissions-boundary",
    ),
    (
        "a level without Allow",
        case(SESSION, identity=ANY, scps=[FULL, [NONE], FULL]),
        "implicitDeny",
        "service-control-policy",
    ),
    (
        "grant to everyone, but no SCP",
        case(USER, resource_policy=grant("*"), scps=[[NONE]]),
        "implicitDeny",
        "service-control-policy",
    ),
    (
        "RCP",
        case(USER, identity=ANY, resource_policy=grant("*"), rcps=RCP),
        "explicitDeny",
        "resource-control-policy",
    ),
    (
        "service-linked role under an SCP",
        case(LINKED, identity=ANY, scps=[[DENY]]),
        "allowed",
        None,
    ),
    (
        "service principal under an SCP",
        case(CLOUDTRAIL, resource_policy=grant({"Service": CLOUDTRAIL}), scps=[[DENY]]),
        "allowed",
        None,
    ),
    ("service principal", case(CLOUDTRAIL), "implicitDeny", "resource-based-policy"),
    (
        "cross-account, own Allow only",
        case(USER, identity=ANY, **ACROSS),
        "implicitDeny",
        "resource-based-policy",
    ),
    (
        "cross-account, their Allow only",
        case(USER, resource_policy=grant({"AWS": USER}), **ACROSS),
        "implicitDeny",
        "identity-based-policy",
    ),
    (
        "cross-account, both",
        case(USER, identity=ANY, resource_policy=grant({"AWS": A}), **ACROSS),
        "allowed",
        None,
    ),
    (
        "cross-account, boundary",
        case(
            SESSION,
            identity=ANY,
            resource_policy=grant({"AWS": SESSION}),
            boundary=NONE,
            **ACROSS,
        ),
        "implicitDeny",
        "permissions-boundary",
    ),
    ("root", case(ROOT, scps=[FULL]), "allowed", None),
    ("root under an SCP", case(ROOT, scps=[[DENY]]), "explicitDeny", "service-control-policy"),
    (
        "root and a locked bucket",
        case(ROOT, resource_policy=grant("*", "Deny")),
        "explicitDeny",
        "resource-based-policy",
    ),
    (
        "root unlocks a bucket",
        case(
            ROOT,
            resource_policy=grant("*", "Deny"),
            action="s3:DeleteBucketPolicy",
            resource="arn:aws:s3:::b",
        ),
        "allowed",
        None,
    ),
    ("federated user", case(FEDUSER, identity=ANY), "implicitDeny", "session-policy"),
    (
        "federated user with a session policy",
        case(FEDUSER, identity=ANY, session_policies=[ANY]),
        "allowed",
        None,
    ),
    ("anonymous", case("anonymous", resource_policy=grant("*")), "allowed", None),
    (
        "anonymous and Block Public Access",
        case(
            "anonymous",
            resource_policy=grant("*"),
            public_access_block={"restrict_public_buckets": "true"},
        ),
        "implicitDeny",
        "s3-block-public-access",
    ),
    (
        "key policy without the account",
        case(USER, identity=ANY, resource_policy=grant({"AWS": USER + "2"}), **OWN_KEY),
        "implicitDeny",
        "resource-based-policy",
    ),
    (
        "trust policy of somebody else",
        case(USER, identity=ANY, resource_policy=NO_TRUST, **TRUST),
        "implicitDeny",
        "resource-based-policy",
    ),
]
