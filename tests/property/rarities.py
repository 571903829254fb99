"""Cases of what is rare: `rare_cases()` gives (world, request) as `worlds.cases()` does.

Each case has one theme, something that most worlds don't have: an access point, a gateway endpoint,
a session of the root user, a SAML provider, tags behind a key of the service's own. The policies of
the case are made around it, and half of their conditions test the keys that the theme brings.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.property import vocabulary
from tests.property.tape import Tape, built
from tests.property.vocabulary import MANAGEMENT, OUTSIDE, A, B, Focus
from tests.property.worlds import (
    CALLERS,
    HOMES,
    LINKED,
    REGION,
    Data,
    caller,
    case_about,
    entity,
    focus_of,
    level,
    plain_account,
)

SAML = f"arn:aws:iam::{A}:saml-provider/Dock"
ORIGIN_ACCESS_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABC"
IN_IAM = ["user"] * 3 + ["session"] * 3 + ["role", "root", "sso", "linked", "federated-user"]
MANY = "accesspoint/m1234567890.mrap"  # a multi-Region access point
OBJECTS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
CANONICAL = {A: "a" * 64, B: "b" * 64, OUTSIDE: "c" * 64, MANAGEMENT: "d" * 64}
TRUST_CALLS = ["sts:AssumeRoleWithSAML"] * 3 + ["sts:TagSession", "sts:SetSourceIdentity"]
TRUST_CALLS += ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sqs:SendMessage"]
BOUND_CALLS = ["iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary"]
BOUND_CALLS += ["iam:GetRole"]
TAGGED = [
    ("ec2:StartInstances", f"arn:aws:ec2:{REGION}:ACC:instance/i-1"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:ACC:secret:blue"),
    ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:ACC:parameter/blue"),
    ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:ACC:blue"),
    ("s3:ListBucket", "arn:aws:s3:::data-ACC"),
    ("s3:GetObject", "arn:aws:s3:::data-ACC/x"),
]
RULED = [
    ("sqs:SetQueueAttributes", f"arn:aws:sqs:{REGION}:ACC:blue"),
    ("sqs:PurgeQueue", f"arn:aws:sqs:{REGION}:ACC:blue"),
    ("s3:PutBucketPolicy", "arn:aws:s3:::data-ACC"),
    ("s3:CreateBucket", "arn:aws:s3:::data-ACC"),
    ("s3:GetAccessPointPolicy", f"arn:aws:s3:{REGION}:ACC:accesspoint/ap"),
    ("kms:ScheduleKeyDeletion", f"arn:aws:kms:{REGION}:ACC:key/11aa"),
    ("kms:Decrypt", f"arn:aws:kms:{REGION}:ACC:alias/aws/s3"),
    ("kms:Decrypt", f"arn:aws:kms:{REGION}:ACC:alias/aws/ebs"),
    ("kms:DescribeKey", f"arn:aws:kms:{REGION}:ACC:alias/aws/s3"),
    ("kms:ScheduleKeyDeletion", f"arn:aws:kms:{REGION}:ACC:alias/aws/s3"),
    ("dynamodb:UpdateTimeToLive", f"arn:aws:dynamodb:{REGION}:ACC:table/blue"),
    ("dynamodb:CreateTable", f"arn:aws:dynamodb:{REGION}:ACC:table/blue"),
    ("dynamodb:DeleteResourcePolicy", f"arn:aws:dynamodb:{REGION}:ACC:table/blue"),
    ("backup:DeleteBackupVault", f"arn:aws:backup:{REGION}:ACC:backup-vault:v"),
    ("backup:CopyIntoBackupVault", f"arn:aws:backup:{REGION}:ACC:backup-vault:v"),
    ("es:ESHttpGet", f"arn:aws:es:{REGION}:ACC:domain/blue"),
    ("es:DescribeDomain", f"arn:aws:es:{REGION}:ACC:domain/blue"),
    ("ses:SendEmail", f"arn:aws:ses:{REGION}:ACC:identity/example.com"),
    ("ses:DeleteIdentity", f"arn:aws:ses:{REGION}:ACC:identity/example.com"),
    ("sns:TagResource", f"arn:aws:sns:{REGION}:ACC:news"),
    ("sns:ConfirmSubscription", f"arn:aws:sns:{REGION}:ACC:news"),
    ("glue:StartJobRun", f"arn:aws:glue:{REGION}:ACC:job/blue"),
    ("glue:GetDatabase", f"arn:aws:glue:{REGION}:ACC:database/blue"),
    ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:ACC:log-group:blue"),
    ("logs:PutSubscriptionFilter", f"arn:aws:logs:{REGION}:ACC:destination:blue"),
    ("signer:StartSigningJob", f"arn:aws:signer:{REGION}:ACC:/signing-profiles/p"),
    ("rekognition:DeleteProject", f"arn:aws:rekognition:{REGION}:ACC:project/p/1"),
    ("execute-api:Invoke", f"arn:aws:execute-api:{REGION}:ACC:api/prod/GET/x"),
    ("lambda:InvokeFunctionUrl", f"arn:aws:lambda:{REGION}:ACC:function:blue"),
    ("events:DeleteEventBus", f"arn:aws:events:{REGION}:ACC:event-bus/default"),
    ("cognito-idp:InitiateAuth", "*"),
    ("cognito-identity:GetId", "*"),
    ("organizations:CreateAccount", "*"),
    ("organizations:ListAccounts", "*"),
    ("organizations:AttachPolicy", f"arn:aws:organizations::{MANAGEMENT}:account/o-acme/{A}"),
    ("organizations:DescribeOrganization", "*"),
    ("organizations:LeaveOrganization", "*"),
    ("organizations:CloseAccount", "*"),
    ("guardduty:EnableOrganizationAdminAccount", "*"),
    ("securityhub:UpdateConfigurationPolicy", "*"),
    ("config:PutOrganizationConfigRule", "*"),
    ("account:GetPrimaryEmail", f"arn:aws:account::{MANAGEMENT}:account/o-acme/{A}"),
    ("account:PutAlternateContact", f"arn:aws:account::{MANAGEMENT}:account/o-acme/{A}"),
    ("iam:AttachRolePolicy", f"arn:aws:iam::ACC:role/{LINKED}"),
    ("iam:UpdateRoleDescription", f"arn:aws:iam::ACC:role/{LINKED}"),
    ("iam:DeleteRole", "arn:aws:iam::ACC:role/aws-reserved/sso.amazonaws.com/app"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
]
OF_SESSIONS = [
    ("iam:CreateUser", "arn:aws:iam::ACC:user/alice"),
    ("iam:ListUsers", "*"),
    ("sts:AssumeRole", "arn:aws:iam::ACC:role/app"),
    ("sts:AssumeRole", "arn:aws:iam::ACC:role/app"),
    ("sts:SetSourceIdentity", "arn:aws:iam::ACC:role/app"),
    ("sts:TagSession", "arn:aws:iam::ACC:role/app"),
    ("sts:GetFederationToken", "*"),
    ("sts:GetSessionToken", "*"),
    ("sts:GetCallerIdentity", "*"),
    ("sts:DecodeAuthorizationMessage", "*"),
    ("s3:GetObject", "arn:aws:s3:::data-ACC/x"),
]
ROOT_CALLS = ["s3:DeleteBucketPolicy", "s3:GetObject", "sqs:SetQueueAttributes", "iam:GetUser"]
ROOT_CALLS += ["sts:AssumeRole", "sts:GetCallerIdentity"]

# A call, what it is about, and what holds that (or stands in front of it in its ARN).
CONTAINED = [
    (action, f"arn:aws:{inner}".replace("RR", REGION), f"arn:aws:{outer}".replace("RR", REGION))
    for action, inner, outer in (
        (
            "s3tables:GetTableData",
            "s3tables:RR:ACC:bucket/lake/table/t1",
            "s3tables:RR:ACC:bucket/lake",
        ),
        ("glue:GetTable", "glue:RR:ACC:table/tides/high", "glue:RR:ACC:catalog"),
        ("events:PutRule", "events:RR:ACC:rule/harbor/horn", "events:RR:ACC:event-bus/harbor"),
        ("events:PutRule", "events:RR:ACC:rule/horn", "events:RR:ACC:event-bus/default"),
        ("dynamodb:GetRecords", "dynamodb:RR:ACC:table/t/stream/2026", "dynamodb:RR:ACC:table/t"),
        ("dynamodb:Query", "dynamodb:RR:ACC:table/t/index/high", "dynamodb:RR:ACC:table/t"),
        ("logs:PutLogEvents", "logs:RR:ACC:log-group:tide:log-stream:s", "logs:RR:ACC:log-group"),
        ("ecr:ReplicateImage", "ecr:RR:ACC:repository/tide", "ecr:RR:ACC:registry"),
    )
]

Tapes = tuple[Tape, Tape, Tape, Tape, Tape]


def about(
    tape: Tape, kinds: list[str], action: str, pattern: str, keys: tuple[str, ...] = ()
) -> tuple[Focus, str]:
    """Choose a caller of one of the kinds for an action on a resource (ACC is the owner)."""
    kind, home = tape.pick(kinds), tape.pick(HOMES)
    principal, names = caller(tape, kind, home)
    owner = tape.pick([home, home, A, B, OUTSIDE])
    account = "" if kind in ("anonymous", "service", "federated") else home
    resource = pattern.replace("ACC", owner)
    return Focus(principal, account, action, resource, owner, names, keys), kind


def access_point(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A request through an access point, with a bucket behind it more often than not."""
    ask, _, _, what, _ = tapes
    action = tape.pick([*OBJECTS, "s3:ListBucket"])
    keys = ("s3:DataAccessPointArn", "s3:DataAccessPointAccount", "s3:AccessPointNetworkOrigin")
    keys += ("aws:ResourceTag/team",)
    pattern = "arn:aws:s3:::data-ACC" + ("" if action == "s3:ListBucket" else "/alice/x")
    focus, kind = about(ask, [*CALLERS], action, pattern, keys)
    where = tape.pick([f"{REGION}:{focus.owner}:accesspoint/door"] * 3 + [f":{focus.owner}:{MANY}"])
    door = f"arn:aws:s3:{where}"
    through = door if action == "s3:ListBucket" else f"{door}/object/alice/x"
    world, request = case_about(focus, kind, "s3", tapes)
    made: Data = {}
    if not tape.chance(20):
        made["policy"] = vocabulary.policy(what, replace(focus, resource=through), "resource")
    behind = [tape.pick([focus.owner, focus.owner, A, B, OUTSIDE])]
    if tape.chance(10):
        made["buckets"] = [f"arn:aws:s3:::data-{owner}" for owner in (*behind, focus.owner)]
    elif not tape.chance(15):
        made["bucket"] = f"arn:aws:s3:::data-{behind[0]}"
    if behind[0] != focus.owner:
        foreign_bucket(tape, tapes, focus, behind[0], world)
    if tape.chance(40):
        made["network_origin"] = tape.pick(["VPC", "Internet"])
        if tape.chance(60):
            made["vpc"] = tape.pick(["vpc-1", "vpc-1", "vpc-2"])
            if made["vpc"] == "vpc-2" and made["network_origin"] == "VPC":
                del made["network_origin"]  # the VPC says it
        if tape.chance(60):
            request["via"] = {"vpc_endpoint": "vpce-1"}
    if tape.chance(30):
        made["public_access_block"] = {"restrict_public_buckets": tape.pick([True, False])}
    if tape.chance(50):
        made["tags"] = {"team": tape.pick(["blue", "red"])}
    world["accounts"][focus.owner]["resources"][door] = made
    return world, {**request, "resource": through}


def contained(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Something whose access the policy of what holds it decides too, or its own alone."""
    action, item, outer = tape.pick(CONTAINED)
    focus, kind = about(tapes[0], [*CALLERS], action, item)
    world, request = case_about(focus, kind, action.partition(":")[0], tapes)
    resources = world["accounts"][focus.owner]["resources"]
    if not tape.chance(30):
        made = vocabulary.policy(tapes[3], focus, "resource")
        resources[outer.replace("ACC", focus.owner)] = {"policy": made}
    if tape.chance(40):
        resources[focus.resource] = {"policy": vocabulary.policy(tape, focus, "resource")}
    else:
        resources.pop(focus.resource, None)
    return world, request


def short_form(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """An API whose policy leaves its ARN out."""
    api = f"arn:aws:execute-api:{REGION}:ACC:api1"
    pattern = api + tape.pick(["/prod/GET/pets", "/test/POST/pets/7"])
    focus, kind = about(tapes[0], [*CALLERS], "execute-api:Invoke", pattern)
    world, request = case_about(focus, kind, "execute-api", tapes)
    made = vocabulary.policy(tapes[3], focus, "resource")
    found = made["Statement"] if isinstance(made["Statement"], list) else [made["Statement"]]
    short = ["execute-api:/*", "execute-api:/prod/GET/*", "execute-api:/*/GET/pets"]
    for statement in found:
        name = "NotResource" if "NotResource" in statement else "Resource"
        if not tape.chance(20):
            statement[name] = tape.some([*short, "execute-api:/${aws:username}/*"], 2)
    resources = world["accounts"][focus.owner]["resources"]
    resources.pop(focus.resource, None)
    resources[api.replace("ACC", focus.owner)] = {"policy": made}
    return world, request


def foreign_bucket(tape: Tape, tapes: Tapes, focus: Focus, owner: str, world: Data) -> None:
    """Let an account have the bucket that an access point of another one leads to."""
    bucket = f"arn:aws:s3:::data-{owner}"
    inner = replace(focus, resource=bucket + focus.resource[len(bucket) :])
    account = world["accounts"].setdefault(owner, plain_account(owner))
    listed = account.setdefault("resources", {}).setdefault(bucket, {})
    if not tape.chance(20):
        listed["policy"] = vocabulary.policy(tapes[3], inner, "resource")
    if tape.chance(20):
        listed["public_access_block"] = {"restrict_public_buckets": True}
    if tape.chance(30) and "organization" in world and owner != OUTSIDE:
        account["rcps"] = level(tapes[1], inner, "rcp")


def gateway_endpoint(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A request through an endpoint of a known type, whose policy has principals of all forms."""
    focus, kind = about(tapes[0], IN_IAM, tape.pick(OBJECTS), "arn:aws:s3:::data-ACC/alice/x")
    world, request = case_about(focus, kind, "s3", tapes)
    made = vocabulary.policy(tapes[4], focus, "resource")
    found = made["Statement"] if isinstance(made["Statement"], list) else [made["Statement"]]
    for statement in found:
        statement.pop("NotPrincipal", None)
        statement["Principal"] = vocabulary.principal(tape, focus)
    account = world["accounts"][focus.account or focus.owner]
    kind_of = {"type": tape.pick(["Gateway", "Gateway", "Interface"])}
    account["vpc_endpoints"]["vpce-1"] = {
        "service": "s3",
        "vpc": "vpc-1",
        "policy": made,
        **kind_of,
    }
    return world, {**request, "via": {"vpc_endpoint": "vpce-1"}}


def federated_source(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A federated user session with the user who asked for it: its policies and boundary count."""
    focus, _, service = focus_of(tapes[0])
    home = focus.account or A
    source = f"arn:aws:iam::{home}:user/alice"
    session = f"arn:aws:sts::{home}:federated-user/kiosk"
    names = [{"AWS": session}, {"AWS": source}]
    focus = replace(focus, principal=session, account=home, names=names)
    world, request = case_about(focus, "federated-user", service, tapes)
    account = world["accounts"].setdefault(home, plain_account(home))
    account["users"]["alice"] |= entity(tape, focus, account["policies"], "alice")
    session_of = {**request.get("session", {}), "source_user": source}
    return world, {**request, "session": session_of}


def token(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A caller with a SAML assertion or a web identity token, for calls that fit and others."""
    provider = tape.pick([SAML, SAML, vocabulary.PROVIDER])
    action, owner = tape.pick(TRUST_CALLS), tape.pick([A, A, B])
    resource = f"arn:aws:iam::{owner}:role/app"
    if tape.chance(20) and action.startswith("sts:"):
        resource = f"arn:aws:iam::{owner}:role/{LINKED}"
    names = [{"Federated": provider}]
    keys = ("aws:FederatedProvider",)
    focus = Focus(provider, "", action, resource, owner, names, keys)
    return case_about(focus, "federated", "sts", tapes)


def service_linked_target(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Somebody assumes a service-linked role, which control policies of resources leave alone."""
    pattern = f"arn:aws:iam::ACC:role/{LINKED}"
    focus, kind = about(tapes[0], [*IN_IAM, "service"], "sts:AssumeRole", pattern)
    world, request = case_about(focus, kind, "sts", tapes)
    if tape.chance(30):  # not in the world: the path alone tells what it is
        del world["accounts"][focus.owner]["roles"][LINKED.rpartition("/")[2]]
        request["resource_policy"] = vocabulary.policy(tapes[3], focus, "trust")
    return world, request


def for_somebody(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A service calls on behalf of an account, whose organization follows from the world."""
    keys = ("aws:SourceOrgID", "aws:SourceOrgPaths", "aws:PrincipalServiceName")
    pattern = tape.pick(["arn:aws:s3:::data-ACC/x", f"arn:aws:sqs:{REGION}:ACC:blue"])
    action = "s3:PutObject" if ":s3:" in pattern else "sqs:SendMessage"
    focus, kind = about(tapes[0], ["service"], action, pattern, keys)
    world, request = case_about(focus, kind, "s3", tapes)
    source = {"aws:SourceAccount": tape.pick([A, B, OUTSIDE, MANAGEMENT])}
    given = {
        key: value
        for key, value in request.get("context", {}).items()
        if key.lower() != "aws:sourceaccount"
    }
    return world, {**request, "context": {**given, **source}}


def bounded_target(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Calls of IAM about a role that has a boundary, under conditions on that boundary."""
    action, keys = tape.pick(BOUND_CALLS), ("iam:PermissionsBoundary", "iam:ResourceTag/team")
    focus, kind = about(tapes[0], IN_IAM, action, "arn:aws:iam::ACC:role/app", keys)
    world, request = case_about(focus, kind, "iam", tapes)
    account = world["accounts"][focus.owner]
    role = account["roles"]["app"]
    role["tags"] = {"team": tape.pick(["blue", "red"])}
    if not tape.chance(20):
        role["boundary"] = "appBoundary"
        account["policies"]["appBoundary"] = vocabulary.policy(tape, focus, "boundary")
    return world, request


def service_tags(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Tags of the resource, under the service's own key as well."""
    action, pattern = tape.pick(TAGGED)
    service = action.partition(":")[0]
    own = (f"{service}:ResourceTag/team",) if service not in {"sqs", "s3"} else ()
    focus, kind = about(tapes[0], IN_IAM, action, pattern, (*own, "aws:ResourceTag/team"))
    world, request = case_about(focus, kind, service, tapes)
    resources = world["accounts"][focus.owner]["resources"]
    tags = {"team": tape.pick(["blue", "red"])}
    listed = focus.resource.partition("/")[0] if service == "s3" else focus.resource
    made = resources[listed] = {**resources.get(listed, {}), "tags": tags}
    if service == "s3" and tape.chance(60):
        made["abac"] = tape.pick([True, "true", False])
    return world, request


def root_session(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A session of sts:AssumeRoot, with a task policy that allows or only denies; and the call."""
    if tape.chance(35):
        kinds = ["user", "session", "role", "root"]
        focus, kind = about(tapes[0], kinds, "sts:AssumeRoot", "arn:aws:iam::ACC:root")
        world, request = case_about(focus, kind, "sts", tapes)
        if "organization" in world and tape.chance(60):
            world["organization"]["delegated_administrators"] = [tape.pick([A, B])]
        return world, request
    action = tape.pick(ROOT_CALLS)
    pattern = {
        "s3:DeleteBucketPolicy": "arn:aws:s3:::data-ACC",
        "s3:GetObject": "arn:aws:s3:::data-ACC/x",
        "sqs:SetQueueAttributes": f"arn:aws:sqs:{REGION}:ACC:blue",
        "sts:AssumeRole": "arn:aws:iam::ACC:role/app",
    }.get(action, "*")
    focus, kind = about(tapes[0], ["root"], action, pattern, ("aws:AssumedRoot",))
    world, request = case_about(focus, kind, action.partition(":")[0], tapes)
    task = vocabulary.policy(tape, focus, "session")
    if tape.chance(40):
        found = task["Statement"] if isinstance(task["Statement"], list) else [task["Statement"]]
        for statement in found:
            statement["Effect"] = "Deny"
    if tape.chance(70):
        request["session"] = {"policies": [task]}
    else:
        request["context"] = {**request.get("context", {}), "aws:AssumedRoot": "true"}
    return world, request


def origin_access_identity(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """CloudFront calls S3 by an origin access identity."""
    action, owner = tape.pick(OBJECTS), tape.pick([A, B, OUTSIDE])
    names = [{"AWS": ORIGIN_ACCESS_IDENTITY}, {"CanonicalUser": "0" * 64}]
    resource = f"arn:aws:s3:::data-{owner}/alice/x"
    focus = Focus(ORIGIN_ACCESS_IDENTITY, "", action, resource, owner, names)
    return case_about(focus, "origin-access-identity", "s3", tapes)


def canonical_user(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A policy names accounts by their canonical user ids, of which the world says some."""
    action, pattern = tape.pick(OBJECTS), "arn:aws:s3:::data-ACC/alice/x"
    if tape.chance(20):
        action, pattern = "s3:ListBucket", "arn:aws:s3:::data-ACC"
    focus, kind = about(tapes[0], [*IN_IAM, "service", "anonymous"], action, pattern)
    own = CANONICAL[focus.account or focus.owner]
    other = CANONICAL[tape.pick([A, B, OUTSIDE])]
    ids = [{"CanonicalUser": own}, {"CanonicalUser": own}, {"CanonicalUser": [other, own]}]
    ids += [{"CanonicalUser": other}, {"CanonicalUser": own.upper()}]
    focus = replace(focus, names=[*focus.names[:1], *ids])
    world, request = case_about(focus, kind, "s3", tapes)
    for owner, account in world["accounts"].items():
        if not tape.chance(20):
            account["canonical_user_id"] = CANONICAL[owner]
    made = world["accounts"][focus.owner]["resources"][f"arn:aws:s3:::data-{focus.owner}"]
    policy = made.get("policy", {"Statement": []})
    found = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    root = f"arn:aws:iam::{focus.account}:root"
    for statement in found:
        if "Principal" in statement and tape.chance(50):
            statement["Principal"] = tape.pick(ids)
        # An account is spared by either name; the user or role has to stand beside it.
        listed = statement.get("NotPrincipal", {}).get("AWS", [])
        if root in listed and len(listed) > 1 and tape.chance(60):
            listed.remove(root)
    return world, request


def key_grants(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Several grants on a key, with all constraints, for services as well."""
    pattern = f"arn:aws:kms:{REGION}:ACC:key/11aa"
    action = tape.pick(["kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey"])
    focus, kind = about(tapes[0], [*IN_IAM, "service", "anonymous"], action, pattern)
    world, request = case_about(focus, kind, "kms", tapes)
    if action == "kms:CreateGrant":
        made = {"kms:GrantOperations": tape.pick([["Decrypt"], ["Decrypt", "Encrypt"], "Sign"])}
        made["kms:GrantConstraintType"] = tape.pick(
            ["EncryptionContextEquals", "EncryptionContextSubset", ["EncryptionContextEquals"]]
        )
        given = {key: of for key, of in made.items() if not tape.chance(30)}
        request = {**request, "context": {**request.get("context", {}), **given}}
    resources = world["accounts"][focus.owner]["resources"]
    named = [of for name in focus.names for of in name.values() if isinstance(of, str)]
    named = [of for of in named if of.startswith("arn:") or of.endswith(".com")]
    roots = [f"arn:aws:iam::{account}:root" for account in (focus.account or A, B)]
    grants = []
    for number in tape.times(3):
        limits: Data = {}
        if tape.chance(40):
            limits["SourceArn"] = tape.pick(["arn:aws:s3:::data-1", "arn:aws:s3:::data-2"])
        for limit in ("EncryptionContextSubset", "EncryptionContextEquals"):
            if tape.chance(25):
                limits[limit] = {"team": tape.pick(["blue", "red"])}
        grant: Data = {
            "GranteePrincipal": tape.pick([*named, f"arn:aws:iam::{A}:user/nobody", *roots]),
            "Operations": tape.pick(
                [
                    ["Decrypt", "Encrypt"],
                    ["Decrypt", "CreateGrant"],
                    ["RetireGrant", "DescribeKey", "CreateGrant"],
                ]
            ),
        }
        if limits:
            grant["Constraints"] = limits
        if tape.chance(25):
            grant["RetiringPrincipal"] = tape.pick([*named, *roots, f"arn:aws:iam::{A}:user/none"])
        if tape.chance(25):
            grant["IssuingAccount"] = tape.pick(roots)
        if tape.chance(50):
            grant["Name"] = f"grant-{number}"
        grants.append(grant)
    resources[focus.resource] = {**resources.get(focus.resource, {}), "grants": grants}
    return world, request


def other_partition(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A resource in another partition, which lets nobody in who has an account."""
    pattern = tape.pick(["arn:aws-cn:s3:::data-ACC/x", "arn:aws-us-gov:sqs:us-gov-west-1:ACC:blue"])
    action = "s3:GetObject" if ":s3:" in pattern else "sqs:SendMessage"
    focus, kind = about(tapes[0], [*IN_IAM, "anonymous"], action, pattern)
    world, request = case_about(focus, kind, "s3", tapes)
    return world, {**request, "resource_account": focus.owner}


def absent_keys(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Keys that AWS would set, said to be absent: an empty list takes them away."""
    focus, kind, service = focus_of(tapes[0])
    absent = tape.some([*vocabulary.DERIVED], 3)
    focus = replace(focus, keys=tuple(absent))
    world, request = case_about(focus, kind, service, tapes)
    kept = {
        key: value
        for key, value in request.get("context", {}).items()
        if key.lower() not in {name.lower() for name in absent}
    }
    return world, {**request, "context": {**kept, **{name: [] for name in absent}}}


def permission_set(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Somebody of Identity Center whose permission set has an inline policy besides."""
    focus, kind, service = focus_of(tapes[0])
    if kind not in ("user", "session", "role", "sso"):
        focus = replace(focus, account=A)
    principal, names = caller(tape, "sso", focus.account)
    focus = replace(focus, principal=principal, names=names)
    world, request = case_about(focus, "sso", service, tapes)
    made = world["accounts"][focus.account]["permission_sets"]["Developer"]
    made["inline"] = vocabulary.policy(tape, focus, "identity")
    return world, request


def several_groups(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A user in several groups, and principals of several kinds in one statement."""
    focus, _, service = focus_of(tapes[0])
    focus = replace(focus, account=focus.account or A)
    principal, names = caller(tape, "user", focus.account)
    mixed = {"AWS": [principal, B], "Service": "events.amazonaws.com"}
    focus = replace(focus, principal=principal, names=[*names, mixed])
    world, request = case_about(focus, "user", service, tapes)
    account = world["accounts"][focus.account]
    for name in ("devs", "staff", "night"):
        policies = [vocabulary.policy(tape, focus, "identity") for _ in tape.times(2)]
        account["groups"][name] = {"policies": policies}
    user = account["users"][principal.rpartition("/")[2]]
    user["groups"] = tape.pick([["devs", "staff"], ["night"], ["staff", "night", "devs"]])
    return world, request


def ruled_call(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """A call with a rule of its own: how far it reaches, who may make it, signed or not, on whose
    object; with every kind of caller."""
    action, pattern = tape.pick(RULED)
    kinds = [*IN_IAM, "federated-user", "service", "anonymous", "anonymous"]
    focus, kind = about(tapes[0], kinds, action, pattern)
    if pattern == "*":
        focus = replace(focus, owner=focus.account or focus.owner)
    if f":{MANAGEMENT}:" in pattern:
        focus = replace(focus, owner=MANAGEMENT)
    world, request = case_about(focus, kind, action.partition(":")[0], tapes)
    if action.startswith("kms:") and tape.chance(40):
        request["via"] = {"service": tape.pick(["s3.amazonaws.com", "ec2.amazonaws.com"])}
    if "organization" in world and tape.chance(60):
        made = world["organization"]
        services = tape.pick(["securityhub", "config", "iam", "account"])
        made["delegated_services"] = {tape.pick([A, B]): [f"{services}.amazonaws.com"]}
        if tape.chance(30):
            made["delegated_administrators"] = [tape.pick([A, B])]
    if tape.chance(15) and pattern != "*":
        request["resource_policy"] = vocabulary.policy(tape, focus, "resource")
    return world, request


def credentials(tape: Tape, tapes: Tapes) -> tuple[Data, Data]:
    """Credentials that came from STS: of GetSessionToken, of a chain of roles, of a federation."""
    action, pattern = tape.pick(OF_SESSIONS)
    keys = ("aws:MultiFactorAuthPresent", "sts:SourceIdentity")
    kinds = ["user", "user", "user", "root", "session", "session", "role", "federated-user"]
    focus, kind = about(tapes[0], kinds, action, pattern, keys)
    if pattern == "*":
        focus = replace(focus, owner=focus.account or focus.owner)
    world, request = case_about(focus, kind, action.partition(":")[0], tapes)
    session, context = request.get("session", {}), request.get("context", {})
    context = {key: of for key, of in context.items() if key.lower() != keys[0].lower()}
    if kind in ("user", "root"):
        session = {"credentials": "session-token"} if not tape.chance(20) else {}
        if tape.chance(70):
            context[keys[0]] = tape.pick(["true", "false"])
    elif kind in ("session", "role"):
        if tape.chance(50):
            session = {**session, "source_identity": tape.pick(["alice", "blue"])}
        if tape.chance(50):
            session = {**session, "transitive_tags": ["team"], "tags": {"team": "blue"}}
        if tape.chance(40):
            context["sts:SourceIdentity"] = tape.pick(["alice", "blue"])
        if tape.chance(40):
            context[tape.pick(["aws:RequestTag/team", "aws:RequestTag/env"])] = "red"
    request = {key: of for key, of in request.items() if key not in ("session", "context")}
    return world, {**request, "session": session, "context": context}


THEMES: list[Callable[[Tape, Tapes], tuple[Data, Data]]] = [
    contained,
    short_form,
    access_point,
    access_point,
    gateway_endpoint,
    federated_source,
    token,
    service_linked_target,
    for_somebody,
    bounded_target,
    service_tags,
    root_session,
    origin_access_identity,
    canonical_user,
    canonical_user,
    key_grants,
    other_partition,
    absent_keys,
    permission_set,
    several_groups,
    ruled_call,
    ruled_call,
    ruled_call,
    credentials,
    credentials,
]
SIZES = (140, 120, 160, 220, 150, 140)


def rare(extra: Tape, *tapes: Any) -> tuple[Data, Data]:
    """Build a case about one of the themes."""
    theme = extra.pick(THEMES)
    return theme(extra, tapes)


def rare_cases() -> st.SearchStrategy[tuple[Data, Data]]:
    """Generate (world, request), each with something that other worlds rarely have."""
    return built(rare, *SIZES)
