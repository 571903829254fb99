"""Small vocabularies of actions, ARNs, keys and values, and the statements made of them.

Every pattern is built around one request (the focus), so that matches are frequent.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.property.tape import Tape

A, B, OUTSIDE, MANAGEMENT = "111111111111", "222222222222", "333333333333", "999999999999"
ORG = "o-acme"
PROVIDER = f"arn:aws:iam::{A}:oidc-provider/token.example.com"


@dataclass
class Focus:
    """The request that a case is about: who asks for what, and what names the caller.

    Half of the conditions test one of `keys`, where there are any.
    """

    principal: str = f"arn:aws:iam::{A}:user/alice"
    account: str = A
    action: str = "s3:GetObject"
    resource: str = "arn:aws:s3:::data-1/alice/x"
    owner: str = A
    names: list[Any] = field(default_factory=lambda: [{"AWS": f"arn:aws:iam::{A}:user/alice"}])
    keys: tuple[str, ...] = ()


ACCOUNTS = [A, B, OUTSIDE]
ARNS = [
    "arn:aws:iam::*:user/*",
    "arn:aws:iam::*:role/*",
    f"arn:aws:iam::{A}:user/alice",
    f"arn:aws:iam::{A}:role/app",
    f"arn:aws:iam::{A}:*",
    "arn:aws:iam::*:root",
    "arn:*:iam::1*:role/???",
    f"arn:aws:sts::{A}:assumed-role/app/s1",
    "*",
    "arn:aws:s3:::data-*",
    "not-an-arn",
    "arn:aws:iam*",
]
PATHS = [f"{ORG}/r-ab12/ou-1/", f"{ORG}/r-ab12/*", f"{ORG}/*/ou-1/*", f"{ORG}/r-ab12/"]
# For each key: the family of its operators, values in requests, values in policies.
GIVEN: dict[str, tuple[str, list[Any], list[Any]]] = {
    "aws:MultiFactorAuthPresent": ("Bool", ["true", "false", True], ["true", "false", True, "yes"]),
    "aws:SourceIp": (
        "Ip",
        ["203.0.113.9", "198.51.100.7", "2001:db8::1", "somewhere"],
        [
            "203.0.113.0/24",
            "198.51.100.7",
            "203.0.113.77/8",
            "2001:DB8::/32",
            "0.0.0.0/0",
            "::/129",
        ],
    ),
    "aws:MultiFactorAuthAge": ("Numeric", ["10", 300, "10.0", "ten"], ["10", 300, "3e2", "-1.5"]),
    "aws:CurrentTime": (
        "Date",
        ["2026-06-01T12:00:00Z", "2026-06-01", "1780315200", "soon"],
        ["2026-06-01T14:00:00+02:00", "2026", "2026-06", "1780315200", "2026-06-01T12:00", "x"],
    ),
    "aws:RequestTag/env": ("String", ["dev", "Dev", ""], ["dev", "d*", "prod", ""]),
    "sts:ExternalId": ("String", ["blue", "red"], ["blue", "red"]),
    "s3:prefix": ("String", ["home/alice", "", "home/*"], ["home/*", "home/${aws:username}", ""]),
    "aws:SourceArn": (
        "Arn",
        ["arn:aws:s3:::data-1", f"arn:aws:sns:eu-west-1:{A}:t:x", "short:arn"],
        ["arn:aws:s3:::data-*", f"arn:aws:sns:*:{A}:t*", f"arn:aws:sns:eu-west-1:{A[:3]}*:x", "*"],
    ),
    "aws:SourceAccount": ("String", [A, B], [A, B]),
    "kms:ViaService": ("String", ["s3.eu-west-1.amazonaws.com"], ["s3.*.amazonaws.com", "s3.?"]),
    "kms:EncryptionContext:team": ("String", ["blue", "red"], ["blue", "${aws:PrincipalTag/team}"]),
    "example:Blob": ("Binary", ["Ymx1ZQ==", "cmVk", "!"], ["Ymx1ZQ==", "cmVk", "?"]),
    "aws:TagKeys": ("Many", [["env"], ["env", "team"], [], [""], "env"], ["env", "team", "e*"]),
}
DERIVED: dict[str, tuple[str, list[Any], list[Any]]] = {
    "aws:PrincipalArn": ("Arn", ARNS[2:4], ARNS),
    "aws:PrincipalTag/team": ("String", ["blue", "red", ""], ["blue", "red", "b*", ""]),
    "aws:ResourceTag/team": ("String", ["blue", "red"], ["blue", "${aws:PrincipalTag/team}"]),
    "aws:PrincipalAccount": ("String", ACCOUNTS, [*ACCOUNTS, "1*", "${aws:ResourceAccount}"]),
    "aws:ResourceAccount": ("String", ACCOUNTS, [*ACCOUNTS, "2*", "${aws:PrincipalAccount}"]),
    "aws:PrincipalOrgID": ("String", [ORG, "o-other"], [ORG, "o-other", "${aws:ResourceOrgID}"]),
    "aws:PrincipalOrgPaths": ("Many", [[PATHS[0]]], PATHS),
    "aws:ResourceOrgPaths": ("Many", [[PATHS[0]]], PATHS),
    "aws:PrincipalType": ("String", ["User"], ["User", "AssumedRole", "Account", "Anonymous"]),
    "aws:userid": ("String", ["AIDAX"], ["AROAAPP:*", "AIDAALICE", "A*", "anonymous", A]),
    "aws:username": ("String", ["alice"], ["alice", "ALICE", "bob", "a?ice"]),
    "aws:SourceVpce": ("String", ["vpce-1"], ["vpce-1", "vpce-2", "vpce-*"]),
    "aws:SourceVpc": ("String", ["vpc-1"], ["vpc-1", "vpc-2"]),
    "aws:CalledVia": ("Many", [["athena.amazonaws.com"]], ["athena.amazonaws.com", "glue.*"]),
    "aws:CalledViaLast": ("String", ["glue.amazonaws.com"], ["athena.amazonaws.com", "glue*"]),
    "aws:ViaAWSService": ("Bool", ["true", "false"], ["true", "false"]),
    "aws:SourceIdentity": ("String", ["alice"], ["alice", "a*", "${aws:PrincipalTag/team}"]),
    "aws:SecureTransport": ("Bool", ["true", "false"], ["true", "false", True]),
    "aws:PrincipalIsAWSService": ("Bool", ["true", "false"], ["true", "false"]),
    "aws:RequestedRegion": ("String", ["eu-west-1"], ["eu-west-1", "us-east-1", "eu-*"]),
    "kms:CallerAccount": ("String", [A], [A, B]),
}
BOUNDARIES = [f"arn:aws:iam::{A}:policy/appBoundary", f"arn:aws:iam::{B}:policy/appBoundary"]
POINTS = [f"arn:aws:s3:eu-west-1:{account}:accesspoint/door" for account in ACCOUNTS]
# Keys of rarer requests: conditions of these are made only where the request is one that has them.
RARE: dict[str, tuple[str, list[Any], list[Any]]] = {
    "aws:AssumedRoot": ("Bool", ["true"], ["true", "false"]),
    "aws:FederatedProvider": ("String", [PROVIDER], [PROVIDER, "arn:aws:iam::*:oidc-provider/*"]),
    "aws:PrincipalServiceName": ("String", ["s3.amazonaws.com"], ["s3.amazonaws.com", "events.*"]),
    "aws:ResourceOrgID": ("String", [ORG], [ORG, "o-other", "${aws:PrincipalOrgID}"]),
    "aws:SourceOrgID": ("String", [ORG], [ORG, "o-other", "${aws:ResourceOrgID}"]),
    "aws:SourceOrgPaths": ("Many", [[PATHS[0]]], PATHS),
    "sts:SourceIdentity": ("String", ["alice"], ["alice", "a*"]),
    "iam:PermissionsBoundary": ("Arn", BOUNDARIES, [*BOUNDARIES, "arn:aws:iam::*:policy/app*"]),
    "s3:AccessPointNetworkOrigin": ("String", ["VPC"], ["VPC", "Internet"]),
    "s3:DataAccessPointAccount": ("String", ACCOUNTS, [*ACCOUNTS, "${aws:PrincipalAccount}"]),
    "s3:DataAccessPointArn": (
        "Arn",
        POINTS,
        [*POINTS, f"arn:aws:s3:*:{A}:accesspoint/*", f"arn:aws:s3:eu-west-1:{B}:accesspoint/*"],
    ),
}
RARE |= {
    f"{service}:ResourceTag/team": ("String", ["blue"], ["blue", "red", "${aws:PrincipalTag/team}"])
    for service in ("ec2", "iam", "secretsmanager", "ssm")
}
# Keys that AWS sends with every request of a kind, and that nobody derives.
SENT: dict[str, tuple[str, list[Any], list[Any]]] = {
    "aws:UserAgent": ("String", ["aws-cli/2"], ["aws-cli/*", "Boto3/*"]),
    "aws:TokenIssueTime": (
        "Date",
        ["2026-06-01T11:00:00Z"],
        ["2026-06-01T10:00:00Z", "2026-06-02T00:00:00Z"],
    ),
    "aws:VpcSourceIp": ("Ip", ["10.0.0.7"], ["10.0.0.0/8", "192.168.0.0/16"]),
}
KEYS = {**GIVEN, **DERIVED, **SENT}
# The likely keys stand more than once.
NAMES = [*GIVEN, *DERIVED, *SENT, "aws:PrincipalArn", "aws:PrincipalTag/team", "aws:TagKeys"]
STRINGS = ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"]
STRINGS += ["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]
ORDERS = ["Equals", "LessThan", "GreaterThanEquals", "NotEquals", "LessThanEquals", "GreaterThan"]
OPERATORS = {
    "String": STRINGS,
    "Many": STRINGS[:4],
    "Arn": ["ArnLike", "ArnEquals", "ArnNotEquals", "ArnNotLike", "StringLike", "StringNotEquals"],
    "Bool": ["Bool"],
    "Numeric": [f"Numeric{order}" for order in ORDERS],
    "Date": [f"Date{order}" for order in ORDERS],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Binary": ["BinaryEquals"],
}
VARIABLES = [
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/Team, 'blue'}",
    "${aws:TagKeys}",
    "${aws:TagKeys, 'env'}",
    "home/${*}",
    "${aws:principalaccount}",
]


def condition(tape: Tape, focus: Focus) -> dict[str, Any]:
    """Make a Condition block of one or two entries."""
    block: dict[str, Any] = {}
    for _ in range(2 if tape.chance(20) else 1):
        name = tape.pick(focus.keys if focus.keys and tape.chance(50) else NAMES)
        family, _, values = {**KEYS, **RARE}[name]
        if tape.chance(8):
            operator, chosen = "Null", [tape.pick(["true", "false"])]
            if tape.chance(15):
                operator = tape.pick(["ForAnyValue:", "ForAllValues:"]) + operator
        else:
            operator = tape.pick(OPERATORS[family])
            chosen = tape.some(policy_values(name, values, focus), 2)
            if family in ("String", "Many", "Arn") and tape.chance(8):
                chosen.append(tape.pick(VARIABLES))
            if tape.chance(2):
                chosen = []
            if tape.chance(70 if family == "Many" else 6):
                operator = tape.pick(["ForAnyValue:", "ForAllValues:"]) + operator
            if tape.chance(18):
                operator += "IfExists"
        key = tape.pick([name, name, name, name.lower(), name.upper()])
        value = chosen[0] if len(chosen) == 1 and tape.chance(50) else chosen
        block.setdefault(operator, {})[key] = value
    return block


def policy_values(name: str, values: list[Any], focus: Focus) -> list[Any]:
    """Add what fits the caller or the resource to the values of a key."""
    if name == "aws:PrincipalArn" and "AWS" in focus.names[0]:
        return [focus.names[0]["AWS"], *values]
    extra = {"aws:PrincipalAccount": focus.account, "aws:ResourceAccount": focus.owner}
    return [extra[name], *values] if extra.get(name) else values


def actions(tape: Tape, focus: Focus, kind: str) -> list[str] | str:
    """Make an Action element that fits the focus more often than not."""
    service, _, name = focus.action.partition(":")
    near = [f"{service}:*", focus.action, f"{service}:{name[:3]}*", focus.action.upper()]
    near += [f"{service.upper()}:?{name[1:]}", f"{service}:*{name[-4:]}"]
    if kind != "rcp":
        near += ["*", "*"]
    far = ["ec2:*", f"{service}:Tag*", "s3:List*", f"{service}:?"]
    chosen = [tape.pick(near) if not tape.chance(22) else tape.pick(far)]
    if tape.chance(25):
        chosen.append(tape.pick(far))
    return chosen[0] if len(chosen) == 1 and tape.chance(50) else chosen


def resources(tape: Tape, focus: Focus, kind: str) -> list[str] | str:
    """Make a Resource element that fits the focus more often than not."""
    near = ["*", "*", focus.resource]
    far = ["arn:aws:ec2:*:*:instance/*", "arn:aws:s3:::other/*"]
    if focus.resource != "*":
        head, _, tail = focus.resource.rpartition("/")
        first, second, third, region, account, rest = focus.resource.split(":", 5)
        start = f"{first}:{second}:{third}"
        near += [f"{start}:*:*:{rest}", f"{start}:{region}:{account[:3]}*:{rest}"]
        # A cut inside `${x}` would leave an open variable, which no policy may have.
        stump = rest.partition("$")[0] if "$" in rest else rest[:-2]
        near += [
            f"{start}:{region}:{account}:{stump}*",
            f"{start}:{region}:{account}:{rest.removesuffix('${x}')[:-1]}?",
        ]
        if head:
            near += [f"{head}/*", f"{head}/{tail}"]
        stem = f"{start}:{region}:{account}:"
        if third == "s3":
            bucket = rest.partition("/")[0]
            near += [f"{stem}{bucket}/{name}/*" for name in VARIABLES[:3]]
        else:
            near += [f"{stem}{name}" for name in VARIABLES[:3]]
        far += [f"{start}:us-east-1:{account}:*", f"{stem}x", "arn:aws:${aws:username}:::x"]
        if kind not in ("session", "resource", "vpce", "rcp"):
            near += [start, f"{start}:*"]
    chosen = [tape.pick(near) if not tape.chance(18) else tape.pick(far)]
    if tape.chance(20):
        chosen.append(tape.pick(far))
    return chosen[0] if len(chosen) == 1 and tape.chance(50) else chosen


def principal(tape: Tape, focus: Focus) -> Any:
    """Make a Principal element that fits the caller more often than not."""
    near: list[Any] = [*focus.names, *focus.names, "*", {"AWS": "*"}]
    if focus.account:
        root = f"arn:aws:iam::{focus.account}:root"
        near += [{"AWS": focus.account}, {"AWS": [root]}, {"AWS": root}]
    far: list[Any] = [
        {"AWS": f"arn:aws:iam::{A}:user/nobody"},
        {"AWS": OUTSIDE},
        {"Service": "sns.amazonaws.com"},
        {"AWS": [f"arn:aws:iam::{B}:role/app", f"arn:aws:iam::{A}:role/team/ops"]},
    ]
    return tape.pick(far) if tape.chance(18) else tape.pick(near)


def spared(tape: Tape, focus: Focus) -> Any:
    """Make a NotPrincipal element, often one that spares the caller."""
    root = f"arn:aws:iam::{focus.account or A}:root"
    listed: dict[str, list[Any]] = {} if tape.chance(20) else {"AWS": [root]}
    for name in focus.names if not tape.chance(20) else []:
        for kind, value in name.items():
            listed.setdefault(kind, []).extend(value if isinstance(value, list) else [value])
    return listed or {"AWS": [root]}


DENIES = {"identity": 18, "boundary": 10, "session": 10, "scp": 22, "resource": 18}
DENIES |= {"trust": 10, "vpce": 15, "rcp": 100}


def statement(tape: Tape, focus: Focus, kind: str) -> dict[str, Any]:
    """Make one statement of a policy of the given kind."""
    effect = "Deny" if tape.chance(DENIES[kind]) else "Allow"
    made: dict[str, Any] = {"Effect": effect}
    if kind == "rcp":
        made["Principal"] = "*"
    elif kind == "vpce":
        made["Principal"] = tape.pick(["*", {"AWS": "*"}])
    elif kind == "resource" and tape.chance(12 if effect == "Deny" else 6):
        made["NotPrincipal"] = spared(tape, focus)
    elif kind in ("resource", "trust"):
        made["Principal"] = principal(tape, focus)
    if kind != "rcp" and tape.chance(7):
        far = ["ec2:*", "iam:*", "sqs:Send*", focus.action]
        made["NotAction"] = tape.some(far, 2)
    else:
        made["Action"] = actions(tape, focus, kind)
    if kind != "trust":
        name = "NotResource" if tape.chance(7) else "Resource"
        made[name] = resources(tape, focus, kind)
    if tape.chance(3) and kind != "rcp":
        made = emptied(tape, made)
    if tape.chance(85 if effect == "Deny" else 30):
        made["Condition"] = condition(tape, focus)
    return made


def emptied(tape: Tape, made: dict[str, Any]) -> dict[str, Any]:
    """Let one element list nothing, which AWS stores."""
    name = tape.pick([entry for entry in made if entry != "Effect"])
    nothing: list[Any] = [[]]
    if name.endswith("Principal"):
        nothing = [{}, {"AWS": []}]
    return {**made, name: tape.pick(nothing)}


def policy(tape: Tape, focus: Focus, kind: str) -> dict[str, Any]:
    """Make a document of the given kind: one to three statements."""
    made: dict[str, Any] = {"Version": "2012-10-17"}
    if kind not in ("scp", "rcp") and tape.chance(6):
        made = tape.pick([{}, {"Version": "2008-10-17"}])
    found = [statement(tape, focus, kind) for _ in tape.times(3 if kind != "rcp" else 1)]
    made = {**made, "Statement": found}
    if len(found) == 1 and tape.chance(20):
        made["Statement"] = found[0]
    return made
