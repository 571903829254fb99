"""Strategies for whole cases as plain data: a world with a request, or a request that carries all.

`cases()` gives (world, request), `standalone_cases()` a request with inline layers, no world;
`conditions()`, `statements()` and `policies(kind)` give parts. The shapes are those of the world
and scenario formats. Kinds: identity, boundary, session, scp, rcp, resource, trust, vpce.
"""

from typing import Any

from hypothesis import strategies as st

from tests.property import vocabulary
from tests.property.tape import Tape, built
from tests.property.vocabulary import (
    GIVEN,
    KEYS,
    MANAGEMENT,
    NAMES,
    ORG,
    OUTSIDE,
    PROVIDER,
    A,
    B,
    Focus,
)

Data = dict[str, Any]
LINKED = "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
SSO = "AWSReservedSSO_Developer_0123456789abcdef"
SSO_PATH = "aws-reserved/sso.amazonaws.com"
FULL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
HOMES = [A, A, A, A, B, B, OUTSIDE, MANAGEMENT]
REGION = "eu-west-1"
CALLERS = ["user"] * 7 + ["session"] * 6 + ["role"] * 3 + ["root", "root", "service", "service"]
CALLERS += ["anonymous", "federated", "federated-user", "sso", "linked"]
# action, resource (ACC is the owner's account), the actions' endpoint service
PLAIN = [
    ("s3:GetObject", "arn:aws:s3:::data-ACC/alice/x", "s3"),
    ("s3:PutObject", "arn:aws:s3:::data-ACC/blue/x", "s3"),
    ("s3:ListBucket", "arn:aws:s3:::data-ACC", "s3"),
    ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:ACC:blue", "sqs"),
    ("kms:Decrypt", f"arn:aws:kms:{REGION}:ACC:key/11aa", "kms"),
    ("kms:Encrypt", f"arn:aws:kms:{REGION}:ACC:key/11aa", "kms"),
    ("s3:DeleteObject", "arn:aws:s3:::data-ACC/a*b/${x}", "s3"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:ACC:secret:blue", "sm"),
    ("sns:Publish", f"arn:aws:sns:{REGION}:ACC:news", "sns"),
    ("kms:RetireGrant", f"arn:aws:kms:{REGION}:ACC:key/11aa", "kms"),
    ("s3:DeleteBucketPolicy", "arn:aws:s3:::data-ACC", "s3"),
    ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:ACC:function:blue", "lambda"),
]
SIGNED = [
    *PLAIN,
    ("sts:AssumeRole", "arn:aws:iam::ACC:role/app", "sts"),
    ("sts:AssumeRole", "arn:aws:iam::ACC:role/team/ops", "sts"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:ACC:table/blue", "dynamodb"),
    ("sts:TagSession", "arn:aws:iam::ACC:role/app", "sts"),
    ("ec2:StartInstances", f"arn:aws:ec2:{REGION}:ACC:instance/i-1", "ec2"),
    ("ec2:DescribeVpcs", "*", "ec2"),
    ("sqs:ListQueues", "*", "sqs"),
    ("kms:ListKeys", "*", "kms"),
    ("s3:ListAllMyBuckets", "arn:aws:s3:::*", "s3"),
    ("iam:PassRole", "arn:aws:iam::ACC:role/app", "iam"),
    ("sts:GetCallerIdentity", "*", "sts"),
]


def caller(tape: Tape, kind: str, home: str) -> tuple[str, list[Data]]:
    """Give the principal of a request, and the Principal entries that name it."""
    if kind == "anonymous":
        return "anonymous", [{"AWS": "*"}]
    if kind == "service":
        name = tape.pick(["events.amazonaws.com", "s3.amazonaws.com"])
        return name, [{"Service": name}, {"Service": ["sqs.amazonaws.com", name]}]
    if kind == "federated":
        return PROVIDER, [{"Federated": PROVIDER}]
    iam, sts = f"arn:aws:iam::{home}", f"arn:aws:sts::{home}"
    if kind == "root":
        return f"{iam}:root", [{"AWS": f"{iam}:root"}]
    if kind == "user":
        path, unique_id = tape.pick([("alice", "AIDAALICE"), ("eng/bob", "AIDABOB")])
        return f"{iam}:user/{path}", [{"AWS": f"{iam}:user/{path}"}, {"AWS": unique_id}]
    if kind == "federated-user":
        return f"{sts}:federated-user/alice", [{"AWS": f"{sts}:federated-user/alice"}]
    path, unique_id = tape.pick([("app", "AROAAPP"), ("team/ops", "AROAOPS")])
    if kind == "sso":
        path, unique_id = f"{SSO_PATH}/{SSO}", "AROANONE"
    if kind == "linked":
        path, unique_id = LINKED, "AROANONE"
    session = f"{sts}:assumed-role/{path.rpartition('/')[2]}/s1"
    names = [{"AWS": f"{iam}:role/{path}"}, {"AWS": session}, {"AWS": unique_id}]
    return f"{iam}:role/{path}" if kind == "role" else session, names


def focus_of(tape: Tape, standalone: bool = False) -> tuple[Focus, str, str]:
    """Choose who asks for what: the focus, the caller's kind, and the endpoint service."""
    kind = tape.pick(CALLERS)
    home = tape.pick(HOMES)
    principal, names = caller(tape, kind, home)
    if standalone and kind != "federated":
        names = [name for name in names if not str(name.get("AWS", "")).startswith(("AI", "AR"))]
    if kind == "federated":
        action, pattern, service = ("sts:AssumeRoleWithWebIdentity", SIGNED[12][1], "sts")
    else:
        known = kind not in ("anonymous", "service")
        action, pattern, service = tape.pick(SIGNED if known else PLAIN)
    owner = tape.pick([home, home, home, A, B, OUTSIDE])
    resource = pattern.replace("ACC", owner)
    account = "" if kind in ("anonymous", "service", "federated") else home
    if resource in ("*", "arn:aws:s3:::*"):
        owner = home
    return Focus(principal, account, action, resource, owner, names), kind, service


def request_of(tape: Tape, focus: Focus, kind: str) -> Data:
    """Make the request itself: context and session."""
    request: Data = {"principal": focus.principal, "action": focus.action}
    if focus.resource != "*" or tape.chance(50):
        request["resource"] = focus.resource
    context: Data = {}
    for name, (_, values, _) in GIVEN.items():
        if tape.chance(60):
            context[tape.pick([name, name, name.lower()])] = tape.pick(values)
    if tape.chance(12):
        name = tape.pick(NAMES)
        values = [value for value in KEYS[name][1] if isinstance(value, str)] or ["env"]
        context = {key: of for key, of in context.items() if key.lower() != name.lower()}
        context[name] = tape.pick([values[:1], values[:2], values[0], [], ["", values[0]]])
    if context or tape.chance(50):
        request["context"] = context
    session: Data = {}
    if kind in ("session", "role", "sso", "federated-user"):
        if tape.chance(38 if kind != "federated-user" else 75):
            session["policies"] = [vocabulary.policy(tape, focus, "session") for _ in tape.times(2)]
        if tape.chance(30):
            session["tags"] = {tape.pick(["team", "Team"]): tape.pick(["blue", "red"])}
        if kind != "federated-user" and tape.chance(20):
            session["source_identity"] = tape.pick(["alice", "blue"])
        if kind == "role" and tape.chance(40):
            session["name"] = "s1"
    if session:
        request["session"] = session
    return request


def level(tape: Tape, focus: Focus, kind: str) -> list[Any]:
    """Make the SCPs or RCPs attached to one node."""
    full = "FullAWSAccess" if kind == "scp" else "RCPFullAWSAccess"
    if not tape.chance(45):
        return [full]
    found = vocabulary.policy(tape, focus, kind)
    return [found] if kind == "scp" and tape.chance(45) else [full, found]


def organization(tape: Tape, focus: Focus) -> Data:
    """Make the organization: nested units, SCPs and RCPs at some nodes."""

    def node(name: str, accounts: list[str]) -> Data:
        made: Data = {"id": name, "accounts": accounts}
        for kind in ("scp", "rcp"):
            if tape.chance(28):
                made[f"{kind}s"] = level(tape, focus, kind)
        return made

    root, unit, deep = node("r-ab12", [MANAGEMENT]), node("ou-1", [A]), node("ou-2", [])
    tape.pick([root, unit, deep])["accounts"].append(B)
    root["units"] = {"Work": {**unit, "units": {"Deep": deep}}}
    return {"id": ORG, "management_account": MANAGEMENT, "root": root}


def entity(tape: Tape, focus: Focus, shelf: Data, name: str) -> Data:
    """Make what users and roles share: identity policies by name or inline, a boundary, tags."""
    made: Data = {"policies": []}
    for number in tape.times(2) if not tape.chance(10) else []:
        found = vocabulary.policy(tape, focus, "identity")
        if tape.chance(40):
            shelf[f"{name}{number}"] = found
            named = [f"{name}{number}", f"arn:aws:iam::{focus.account}:policy/{name}{number}"]
            made["policies"].append(tape.pick(named))
        else:
            made["policies"].append(found)
    if tape.chance(35):
        made["boundary"] = f"{name}Boundary"
        shelf[f"{name}Boundary"] = vocabulary.policy(tape, focus, "boundary")
    if tape.chance(50):
        made["tags"] = {tape.pick(["team", "Team"]): tape.pick(["blue", "red", ""])}
    return made


def fill_caller(tape: Tape, focus: Focus, kind: str, account: Data) -> None:
    """Give the caller of the request its policies."""
    shelf = account["policies"]
    if kind == "user":
        name = focus.principal.rpartition("/")[2]
        account["users"][name] |= entity(tape, focus, shelf, name)
        if tape.chance(35):
            account["users"][name]["groups"] = ["devs"]
            account["groups"]["devs"] = {"policies": [vocabulary.policy(tape, focus, "identity")]}
    elif kind == "sso":
        made = entity(tape, focus, shelf, "sso")
        made.pop("tags", None)
        account["permission_sets"] = {"Developer": made}
    elif kind in ("role", "session", "linked"):
        name = focus.names[0]["AWS"].rpartition("/")[2]
        made = entity(tape, focus, shelf, name)
        if kind == "linked":
            made.pop("boundary", None)
        account["roles"][name] |= made


def plain_account(owner: str) -> Data:
    """Make an account with its users and roles, all without policies."""
    linked_path = "/" + LINKED.rpartition("/")[0] + "/"
    return {
        "users": {
            "alice": {"id": "AIDAALICE", "path": "/"},
            "bob": {"id": "AIDABOB", "path": "/eng/"},
        },
        "groups": {"devs": {"policies": []}},
        "roles": {
            "app": {"id": "AROAAPP"},
            "ops": {"id": "AROAOPS", "path": "/team/"},
            "AWSServiceRoleForBackup": {"path": linked_path, "service_linked": True},
        },
        "policies": {},
        "resources": {f"arn:aws:s3:::data-{owner}": {}},
        "vpc_endpoints": {},
    }


def key_grant(tape: Tape, focus: Focus) -> Data:
    """Make a KMS grant in the shape that ListGrants prints."""
    named = [name["AWS"] for name in focus.names if str(name.get("AWS", "")).startswith("arn:")]
    made: Data = {
        "GranteePrincipal": tape.pick([*named[:2], f"arn:aws:iam::{A}:user/nobody"]),
        "Operations": tape.pick([["Decrypt", "Encrypt"], ["Decrypt"], ["Sign"]]),
    }
    if tape.chance(40):
        limit = tape.pick(["EncryptionContextSubset", "EncryptionContextEquals"])
        made["Constraints"] = {limit: {"team": tape.pick(["blue", "red"])}}
    return made


def fill_resource(tape: Tape, focus: Focus, accounts: Data) -> None:
    """Give the resource of the request its policy, tags, grants and public access block."""
    account = accounts[focus.owner]
    if ":role/" in focus.resource:
        role = account["roles"][focus.resource.rpartition("/")[2]]
        if not tape.chance(15):
            role["trust"] = vocabulary.policy(tape, focus, "trust")
        return
    if focus.resource in ("*", "arn:aws:s3:::*"):
        return
    in_s3 = focus.action.startswith("s3:")
    bucket = focus.resource.startswith("arn:aws:s3:::")
    arn = focus.resource.partition("/")[0] if bucket else focus.resource
    entry: Data = {}
    if ":ec2:" not in arn and not tape.chance(15):
        entry["policy"] = vocabulary.policy(tape, focus, "resource")
    if in_s3:
        block = {"restrict_public_buckets": tape.pick(["false", False, "true", True, "true", True])}
        if tape.chance(60):
            tape.pick([account, entry])["public_access_block"] = block
    elif tape.chance(50):
        entry["tags"] = {"team": tape.pick(["blue", "red"])}
    if ":key/" in arn and tape.chance(35):
        entry["grants"] = [key_grant(tape, focus)]
    account["resources"][arn] = entry


def way_there(tape: Tape, focus: Focus, service: str, account: Data) -> Data:
    """Say how the request comes: directly, through a VPC endpoint, or through a service."""
    via: Data = {}
    if tape.chance(22):
        made: Data = {"service": service, "vpc": tape.pick(["vpc-1", "vpc-2"])}
        if not tape.chance(20):
            made["policy"] = vocabulary.policy(tape, focus, "vpce")
        account["vpc_endpoints"]["vpce-1"] = made
        via["vpc_endpoint"] = "vpce-1"
    if tape.chance(9):
        via["service"] = tape.pick(["athena.amazonaws.com", "glue.amazonaws.com"])
    return via


def case(ask: Tape, org: Tape, who: Tape, what: Tape, rest: Tape) -> tuple[Data, Data]:
    """Build a world and a request, each part from a tape of its own."""
    return case_about(*focus_of(ask), (ask, org, who, what, rest))


def case_about(
    focus: Focus, kind: str, service: str, tapes: tuple[Tape, Tape, Tape, Tape, Tape]
) -> tuple[Data, Data]:
    """Build a world and a request around a focus; `kind` is the caller's."""
    ask, org, who, what, rest = tapes
    request = request_of(ask, focus, kind)
    home = focus.account or focus.owner
    accounts = {name: plain_account(name) for name in (A, B, OUTSIDE, MANAGEMENT)}
    unused = {A, B, OUTSIDE, MANAGEMENT} - {home, focus.owner, A, MANAGEMENT}
    for name in sorted(unused):
        del accounts[name]
    world: Data = {"accounts": accounts}
    if not org.chance(15):
        world["organization"] = organization(org, focus)
        for name in {home: 0, focus.owner: 0}:
            if name == OUTSIDE:
                continue
            for policies in ("scp", "rcp"):
                if org.chance(20):
                    accounts[name][f"{policies}s"] = level(org, focus, policies)
    fill_caller(who, focus, kind, accounts[home])
    fill_resource(what, focus, accounts)
    via = way_there(rest, focus, service, accounts[home])
    if via:
        request["via"] = via
    if rest.chance(30):
        world["policies"] = {"Shared": vocabulary.policy(rest, focus, "identity")}
        if kind == "user":
            user = accounts[home]["users"][focus.principal.rpartition("/")[2]]
            user["policies"].append("Shared")
    return world, request


def standalone(ask: Tape, who: Tape, what: Tape, rest: Tape) -> Data:
    """Build a request that carries its layers itself."""
    focus, kind, _ = focus_of(ask, standalone=True)
    request = request_of(ask, focus, kind)
    in_s3 = focus.resource.startswith("arn:aws:s3:::")
    if in_s3 and (focus.owner != focus.account or ask.chance(50)):
        request["resource_account"] = focus.owner
    if kind in ("user", "session", "role", "sso", "linked", "federated-user"):
        request["identity_policies"] = [
            vocabulary.policy(who, focus, "identity") for _ in who.times(2)
        ]
        if kind != "linked" and who.chance(35):
            request["boundary"] = vocabulary.policy(who, focus, "boundary")
    is_trust = ":role/" in focus.resource
    if focus.resource != "*" and ":ec2:" not in focus.resource and not what.chance(18):
        policy_kind = "trust" if is_trust else "resource"
        if focus.action != "iam:PassRole":
            request["resource_policy"] = vocabulary.policy(what, focus, policy_kind)
    if in_s3 and what.chance(50):
        block = {"restrict_public_buckets": what.pick(["false", "true", "true", True])}
        request["public_access_block"] = block
    if rest.chance(30):
        request["scps"] = [level(rest, focus, "scp") for _ in rest.times(3)]
        # Without a world there is no name to look up.
        request["scps"] = [
            [FULL if policy == "FullAWSAccess" else policy for policy in policies]
            for policies in request["scps"]
        ]
    if rest.chance(20):
        found = [level(rest, focus, "rcp") for _ in rest.times(2)]
        request["rcps"] = [
            [entry for entry in one_level if isinstance(entry, dict)] for one_level in found
        ]
    if rest.chance(15):
        request["vpce_policies"] = [vocabulary.policy(rest, focus, "vpce")]
        request["via"] = {"vpc_endpoint": "vpce-1"}
    elif rest.chance(10):
        request["via"] = rest.pick([{"vpc_endpoint": "vpce-1"}, {"service": "glue.amazonaws.com"}])
    return request


def overlaid(over: Tape, *tapes: Tape) -> tuple[Data, Data]:
    """Build a case whose request brings layers that replace those of the world."""
    world, request = case(*tapes)
    names = [{"AWS": request["principal"]}]
    parts = request["principal"].split(":") if ":iam:" in request["principal"] else [""] * 5
    resource = request.get("resource", "*")
    focus = Focus(request["principal"], parts[4], request["action"], resource, A, names)
    if over.chance(50):
        request["identity_policies"] = [vocabulary.policy(over, focus, "identity")]
    if over.chance(30):
        request["boundary"] = vocabulary.policy(over, focus, "boundary")
    if over.chance(50) and ":role/" not in resource and resource != "*":
        request["resource_policy"] = vocabulary.policy(over, focus, "resource")
    return world, request


def cases(overlays: bool = False) -> st.SearchStrategy[tuple[Data, Data]]:
    """Generate (world, request): organization, accounts, policies, and one question about them.

    With overlays the request also brings layers of its own, which replace those of the world.
    """
    sizes = (120, 160, 220, 110, 140)
    return built(overlaid, 120, *sizes) if overlays else built(case, *sizes)


def standalone_cases() -> st.SearchStrategy[Data]:
    """Generate a request that carries its policies itself, to be answered without a world."""
    return built(standalone, 120, 160, 110, 200)


def conditions() -> st.SearchStrategy[Data]:
    """Generate Condition blocks over the vocabulary's keys, with all families of operators."""
    return built(lambda tape: vocabulary.condition(tape, focus_of(tape)[0]), 40)


def statements(kind: str = "identity") -> st.SearchStrategy[Data]:
    """Generate statements that fit policies of a kind."""
    return built(lambda tape: vocabulary.statement(tape, focus_of(tape)[0], kind), 60)


def policies(kind: str = "identity") -> st.SearchStrategy[Data]:
    """Generate policy documents of a kind."""
    return built(lambda tape: vocabulary.policy(tape, focus_of(tape)[0], kind), 120)
