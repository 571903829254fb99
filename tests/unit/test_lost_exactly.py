"""What is lost touches exactly the decisions that it can change: those are conditional, and those
beside them stay as they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest

from iamsim.core.decision import Verdict
from iamsim.core.errors import InputError
from iamsim.engine.question import Question, Via
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.symbolic.partial import decide
from iamsim.world.load import load_world_data

if TYPE_CHECKING:
    from pathlib import Path

A, B, MANAGEMENT = "111122223333", "444455556666", "999999999999"
MIA, ADA = f"arn:aws:iam::{A}:user/mia", f"arn:aws:iam::{B}:user/ada"
BUCKET, OTHER = "arn:aws:s3:::ledger/k", "arn:aws:s3:::other/k"
ROLE = f"arn:aws:iam::{A}:role/app"
HERE = "arn:aws:iam::000000000000:root"  # of the account that stands for that of a template
UNLISTED = f"arn:aws:iam::{A}:user/unlisted"
REFUSED = "\nAn error occurred (AccessDenied) when calling the operation: not authorized\n"
Files = dict[str, Any]


def policy(*statements: object) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, **more: object) -> dict[str, Any]:
    """An Allow on everything."""
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


ALL = {"PolicyName": "all", "PolicyDocument": policy(allow("*"))}
DENIES = {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}


def account(number: str, name: str, **more: Any) -> Files:
    """The dump of an account with a user that may do everything."""
    user = {
        "UserName": name,
        "Arn": f"arn:aws:iam::{number}:user/{name}",
        "UserPolicyList": [ALL],
        **more,
    }
    details = {"UserDetailList": [user], "GroupDetailList": [], "RoleDetailList": []}
    return {f"{number}/get-account-authorization-details.json": details}


def role(trust: object = None, **more: Any) -> Files:
    """The dump of the first account with a role besides."""
    files = account(A, "mia")
    trusts = policy({"Effect": "Allow", "Principal": {"AWS": MIA}, "Action": "sts:AssumeRole"})
    files[f"{A}/get-account-authorization-details.json"]["RoleDetailList"] = [
        {
            "RoleName": "app",
            "Arn": ROLE,
            "AssumeRolePolicyDocument": trusts if trust is None else trust,
            "RolePolicyList": [ALL],
            **more,
        }
    ]
    return files


def organization(kind: str, guard: object) -> Files:
    """An organization of two units with an account each; a policy of a kind hangs on the first."""
    full = "p-FullAWSAccess" if kind.startswith("SERVICE") else "p-RCPFullAWSAccess"
    units = {"ou-ab12-11111111": A, "ou-ab12-22222222": B}

    def of(policy_id: str) -> dict[str, Any]:
        return {"Id": policy_id, "Name": policy_id, "Type": kind}

    everything = policy(allow("*", Principal="*") if full != "p-FullAWSAccess" else allow("*"))
    contents = {full: everything, "p-guard000": guard}
    files: Files = {
        "describe-organization.json": {
            "Organization": {"Id": "o-exampleorg1", "MasterAccountId": MANAGEMENT}
        },
        "list-roots.json": {
            "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": kind, "Status": "ENABLED"}]}]
        },
        "list-delegated-administrators.json": {"DelegatedAdministrators": []},
        "list-organizational-units-for-parent.r-ab12.json": {
            "OrganizationalUnits": [{"Id": unit, "Name": unit} for unit in units]
        },
        f"list-policies.{kind}.json": {"Policies": [of(entry) for entry in contents]},
    }
    for unit, number in units.items():
        files[f"list-accounts-for-parent.{unit}.json"] = {"Accounts": [{"Id": number}]}
    for policy_id, content in contents.items():
        summary = of(policy_id)
        document = content if isinstance(content, str) else json.dumps(content)
        files[f"describe-policy.{policy_id}.json"] = {
            "Policy": {"PolicySummary": summary, "Content": document}
        }
        everywhere = ["r-ab12", *units, *units.values()]
        targets = everywhere if policy_id == full else ["ou-ab12-11111111"]
        files[f"list-targets-for-policy.{policy_id}.json"] = {
            "Targets": [{"TargetId": target} for target in targets]
        }
    return {**files, **account(A, "mia"), **account(B, "ada")}


def scps(lost: str | None = None) -> Files:
    """The same with an SCP that denies queues; with a file lost."""
    files = organization("SERVICE_CONTROL_POLICY", policy(allow("*"), NO_QUEUES))
    return files if lost is None else {**files, lost: REFUSED}


def rcps(lost: str | None = None) -> Files:
    """The same with an RCP."""
    guard = policy({**NO_QUEUES, "Principal": "*"})
    files = organization("RESOURCE_CONTROL_POLICY", guard)
    return files if lost is None else {**files, lost: REFUSED}


NO_QUEUES = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
QUEUE_A, QUEUE_B, QUEUE_M = (
    f"arn:aws:sqs:eu-west-1:{number}:jobs" for number in (A, B, MANAGEMENT)
)
LIST = "iam:ListUsers", "*"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


TOPIC = f"arn:aws:sns:eu-west-1:{A}:jobs"


def org_keys() -> Files:
    """The same with Denies of the user's own that read keys of the organization."""
    files = organization("SERVICE_CONTROL_POLICY", policy(allow("*"), NO_QUEUES))
    inside = "o-exampleorg1/r-ab12/ou-ab12-11111111/*"
    denies = [
        {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": {operator: {key: value}}}
        for action, operator, key, value in (
            ("dynamodb:*", "StringEquals", "aws:PrincipalOrgID", "o-exampleorg1"),
            ("sns:*", "StringEquals", "aws:ResourceOrgID", "o-exampleorg1"),
            ("lambda:*", "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", inside),
        )
    ]
    own = {"PolicyName": "own", "PolicyDocument": policy(allow("*"), *denies)}
    return {**files, **account(A, "mia", UserPolicyList=[own])}


ORG_KEYS = org_keys()


def plan(*, configured: bool) -> Files:
    """A plan with the policies of two buckets, of which one is known after it is applied."""
    known = json.dumps(policy({**DENIES, "Action": "s3:DeleteObject"}))
    changes: list[dict[str, Any]] = []
    for name, document in (("ledger", None), ("other", known)):
        bucket = {"bucket": name}
        changes.append(
            {
                "address": f"aws_s3_bucket.{name}",
                "mode": "managed",
                "type": "aws_s3_bucket",
                "change": {"actions": ["create"], "before": None, "after": bucket},
            }
        )
        attached = {"actions": ["create"], "before": None, "after": bucket}
        attached |= (
            {"after_unknown": {"policy": True}}
            if document is None
            else {"after": {**bucket, "policy": document}}
        )
        changes.append(
            {
                "address": f"aws_s3_bucket_policy.{name}",
                "mode": "managed",
                "type": "aws_s3_bucket_policy",
                "change": attached,
            }
        )
    found: Files = {"format_version": "1.2", "resource_changes": changes}
    if configured:
        elsewhere = {"policy": {"references": ["data.external.policy"]}}
        address = "aws_s3_bucket_policy.ledger"
        resources = [{"address": address, "expressions": elsewhere}]
        found["configuration"] = {"root_module": {"resources": resources}}
    return {**account(A, "mia"), f"{A}/plan.json": found}


def template(**properties: Any) -> Files:
    """A template with a bucket and another thing."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "ledger"}}
    return {
        **account(A, "mia"),
        f"{A}/app.json": {"Resources": {"Bucket": bucket, **properties}},
    }


UNRESOLVED = template(
    Policy={
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": policy(
                {**DENIES, "Action": "s3:GetObject", "Resource": {"Fn::ImportValue": "elsewhere"}}
            ),
        },
    }
)
UNREAD = template(
    Odd={
        "Type": "AWS::Novel::Thing",
        "Properties": {"AccessPolicy": policy({**DENIES, "Action": "sqs:*"})},
    }
)
PAGE: Files = {**account(A, "mia"), **account(B, "ada")}
PAGE[f"{A}/get-account-authorization-details.json"]["IsTruncated"] = True
CUT = {**account(A, "mia"), **account(B, "ada")}
CUT[f"{A}/get-account-authorization-details.json"] = (
    json.dumps(CUT[f"{A}/get-account-authorization-details.json"])[:-2] + ', {"UserName": "le'
)


class Lost(NamedTuple):
    """What is lost; what depends on it (principal, action, resource), and what does not."""

    files: Files
    touched: list[tuple[str, ...]]
    untouched: list[tuple[str, ...]]


CASES: dict[str, Lost] = {
    "an SCP": Lost(
        scps("describe-policy.p-guard000.json"),
        [(MIA, "sqs:SendMessage", QUEUE_A), (MIA, "iam:ListUsers", "*")],
        [(ADA, "sqs:SendMessage", QUEUE_B), (ADA, "iam:ListUsers", "*")],
    ),
    "the targets of an SCP": Lost(
        scps("list-targets-for-policy.p-guard000.json"),
        [(MIA, "sqs:SendMessage", QUEUE_A), (ADA, "sqs:SendMessage", QUEUE_B)],
        [
            (
                f"arn:aws:iam::{MANAGEMENT}:root",
                "sqs:SendMessage",
                "arn:aws:sqs:eu-west-1:999999999999:jobs",
            )
        ],
    ),
    "an RCP": Lost(
        rcps("describe-policy.p-guard000.json"),
        [(MIA, "sqs:SendMessage", QUEUE_A)],
        [(ADA, "sqs:SendMessage", QUEUE_B), (MIA, "iam:ListUsers", "*")],
    ),
    "a boundary": Lost(
        role(PermissionsBoundary={"PermissionsBoundaryArn": f"arn:aws:iam::{A}:policy/cap"}),
        [(ROLE, "iam:ListUsers", "*")],
        [(MIA, "iam:ListUsers", "*"), (MIA, "sts:AssumeRole", ROLE)],
    ),
    "an identity-based policy": Lost(
        role(RolePolicyList=[ALL, {"PolicyName": "lost", "PolicyDocument": "{cut"}]),
        [(ROLE, "iam:ListUsers", "*")],
        [(MIA, "iam:ListUsers", "*"), (MIA, "sts:AssumeRole", ROLE)],
    ),
    "the attached policies of a role": Lost(
        {**role(), f"{A}/list-attached-role-policies.app.json": REFUSED},
        [(ROLE, "iam:ListUsers", "*")],
        [(MIA, "iam:ListUsers", "*"), (MIA, "s3:GetObject", BUCKET)],
    ),
    "the groups of a user": Lost(
        {**role(), f"{A}/list-groups-for-user.mia.json": REFUSED},
        [(MIA, "iam:ListUsers", "*")],
        [(ROLE, "iam:ListUsers", "*")],
    ),
    "a trust policy": Lost(
        role(trust="{cut"),
        [(MIA, "sts:AssumeRole", ROLE)],
        [(ROLE, "iam:ListUsers", "*"), (MIA, "iam:ListUsers", "*")],
    ),
    "a resource-based policy": Lost(
        {**account(A, "mia"), f"{A}/get-bucket-policy.ledger.json": REFUSED},
        [(MIA, "s3:GetObject", BUCKET)],
        [(MIA, "s3:GetObject", OTHER), (MIA, "iam:ListUsers", "*")],
    ),
    "an endpoint policy": Lost(
        {
            **account(A, "mia"),
            f"{A}/describe-vpc-endpoints.json": {
                "VpcEndpoints": [
                    {
                        "VpcEndpointId": entry,
                        "VpcId": "vpc-1",
                        "ServiceName": "com.amazonaws.eu-west-1.s3",
                        "OwnerId": A,
                        "PolicyDocument": text,
                    }
                    for entry, text in (
                        ("vpce-0123456789abcdef0", "{cut"),
                        ("vpce-0123456789abcdef1", json.dumps(policy(allow("*", Principal="*")))),
                    )
                ]
            },
        },
        [(MIA, "s3:GetObject", BUCKET, "vpce-0123456789abcdef0")],
        [(MIA, "s3:GetObject", BUCKET, "vpce-0123456789abcdef1"), (MIA, "s3:GetObject", BUCKET)],
    ),
    "all endpoints": Lost(
        {**account(A, "mia"), f"{A}/describe-vpc-endpoints.json": REFUSED},
        [(MIA, "s3:GetObject", BUCKET, "vpce-0123456789abcdef0")],
        [(MIA, "s3:GetObject", BUCKET), (UNLISTED, "s3:GetObject", BUCKET)],
    ),
    "a second page": Lost(
        PAGE,
        [(UNLISTED, "iam:ListUsers", "*"), (MIA, "sts:AssumeRole", ROLE)],
        [
            (MIA, "iam:ListUsers", "*"),
            (MIA, "s3:GetObject", OTHER),
            (ADA, "s3:GetObject", OTHER),
            (f"arn:aws:iam::{B}:user/unlisted", "iam:ListUsers", "*"),
            (ADA, "sts:AssumeRole", f"arn:aws:iam::{B}:role/app"),
        ],
    ),
    "the end of a dump": Lost(
        CUT,
        [(UNLISTED, "iam:ListUsers", "*"), (MIA, "sts:AssumeRole", ROLE)],
        [
            (ADA, "s3:GetObject", OTHER),
            (MIA, "s3:GetObject", OTHER, "vpce-0123456789abcdef0"),
            (f"arn:aws:iam::{B}:user/unlisted", "iam:ListUsers", "*"),
        ],
    ),
    "what a plan knows after it is applied": Lost(
        plan(configured=False),
        [(MIA, "s3:GetObject", BUCKET)],
        [
            (MIA, "s3:GetObject", OTHER),
            (MIA, "s3:DeleteObject", OTHER),
            (MIA, "iam:ListUsers", "*"),
        ],
    ),
    "the same with its configuration": Lost(
        plan(configured=True),
        [(MIA, "s3:GetObject", BUCKET)],
        [
            (MIA, "s3:GetObject", OTHER),
            (MIA, "s3:DeleteObject", OTHER),
            (MIA, "iam:ListUsers", "*"),
        ],
    ),
    "an intrinsic function": Lost(
        UNRESOLVED,
        [(HERE, "s3:GetObject", BUCKET)],
        [(HERE, "s3:PutObject", BUCKET), (HERE, "s3:GetObject", OTHER)],
    ),
    "a type that no reader takes": Lost(
        UNREAD,
        [(MIA, "sqs:SendMessage", QUEUE_A)],
        [(MIA, "s3:GetObject", BUCKET), (UNLISTED, "iam:ListUsers", "*")],
    ),
    "a list of buckets": Lost(
        {**account(A, "mia"), f"{A}/list-buckets.json": REFUSED},
        [(MIA, "s3:GetObject", BUCKET)],
        [(MIA, "sqs:SendMessage", QUEUE_A), (UNLISTED, "iam:ListUsers", "*")],
    ),
    "the grants of a key": Lost(
        {
            **account(A, "mia"),
            f"{A}/eu-west-1/get-key-policy.{quote(KEY, safe='')}.json": {
                "Policy": json.dumps(
                    policy({**allow("kms:DescribeKey"), "Principal": {"AWS": MIA}})
                )
            },
            f"{A}/eu-west-1/list-grants.{quote(KEY, safe='')}.json": REFUSED,
        },
        [(MIA, "kms:Decrypt", KEY)],
        [
            (MIA, "kms:DescribeKey", KEY),
            (MIA, "kms:PutKeyPolicy", KEY),
            (MIA, "iam:ListUsers", "*"),
        ],
    ),
    "the description of the organization": Lost(
        {**ORG_KEYS, "describe-organization.json": REFUSED},
        [
            (MIA, "dynamodb:ListTables", "*"),
            (MIA, "lambda:ListFunctions", "*"),
            (MIA, "sns:Publish", TOPIC),
            (MIA, "organizations:CreateAccount", "*"),
        ],
        [(MIA, *LIST), (ADA, "dynamodb:ListTables", "*")],
    ),
    "the list of units": Lost(
        {**ORG_KEYS, "list-organizational-units-for-parent.r-ab12.json": REFUSED},
        [(MIA, "lambda:ListFunctions", "*"), (MIA, *LIST)],
        [(MIA, "dynamodb:ListTables", "*"), (MIA, "sns:Publish", TOPIC)],
    ),
    "the credentials of a user": Lost(
        {**account(A, "mia"), f"{A}/list-access-keys.mia.json": REFUSED},
        [],
        [
            (MIA, "iam:ListUsers", "*"),
            (UNLISTED, "iam:ListUsers", "*"),
            (MIA, "s3:GetObject", OTHER),
        ],
    ),
}


def counted(attached: int, users: int, bounds: int = 0) -> Files:
    """A dump that counts the attachments of a policy that denies queues, of how many it is the
    boundary, and a summary."""
    guard = f"arn:aws:iam::{A}:policy/guard"
    more = {"AttachedManagedPolicies": [{"PolicyName": "guard", "PolicyArn": guard}]}
    files = account(A, "mia", **more)
    page = files[f"{A}/get-account-authorization-details.json"]
    page["UserDetailList"].append(
        {"UserName": "leo", "Arn": f"arn:aws:iam::{A}:user/leo", "UserPolicyList": [ALL]}
    )
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": policy(NO_QUEUES)}
    page["Policies"] = [
        {
            "PolicyName": "guard",
            "Arn": guard,
            "DefaultVersionId": "v1",
            "PolicyVersionList": [version],
            "AttachmentCount": attached,
            "PermissionsBoundaryUsageCount": bounds,
        }
    ]
    summary = {"SummaryMap": {"Users": users, "Roles": 0, "UsersQuota": 5000}}
    return {**files, f"{A}/get-account-summary.json": summary}


@pytest.mark.parametrize(
    ("attached", "users", "bounds", "touched"),
    [
        (1, 2, 0, set()),
        (2, 2, 0, {"queue", "unlisted"}),
        (1, 3, 0, {"unlisted"}),
        (1, 2, 1, {"queue", "other", "unlisted"}),
    ],
)
def test_what_aws_counts_is_there_or_not_known(
    tmp_path: Path, attached: int, users: int, bounds: int, touched: set[str]
) -> None:
    """A policy that somebody else has denies only what it denies, and may be the boundary that
    allows nothing; a user that is missing may have any."""
    leo = f"arn:aws:iam::{A}:user/leo"
    asked = {
        "queue": (leo, "sqs:SendMessage", QUEUE_A),
        "other": (leo, *LIST),
        "unlisted": (UNLISTED, *LIST),
        "elsewhere": (f"arn:aws:iam::{B}:user/unlisted", *LIST),
    }
    world = world_of(tmp_path, counted(attached, users, bounds))
    found = {name for name, value in asked.items() if verdict(world, value) is Verdict.CONDITIONAL}
    assert found == touched
    assert bool(world.unknowns()) is bool(touched)


def world_of(folder: Path, files: Files) -> CompiledWorld:
    """Import files as they would stand in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return CompiledWorld(to_world(import_sources([str(folder)])))


def verdict(world: CompiledWorld, asked: tuple[str, ...]) -> Verdict:
    """Decide; a fourth part is the endpoint that a request comes through."""
    principal, action, resource, *endpoint = asked
    via = Via(vpc_endpoint=endpoint[0]) if endpoint else Via()
    question = Question(principal, action, resource, via=via, now="2026-11-24T00:00:00Z")
    return decide(question, world).verdict


@pytest.mark.parametrize("name", CASES)
def test_what_is_lost_touches_what_it_can_change(tmp_path: Path, name: str) -> None:
    """And nothing else; it is listed among what the world does not know."""
    lost = CASES[name]
    world = world_of(tmp_path, lost.files)
    assert world.unknowns()
    touched = {asked: verdict(world, asked) for asked in lost.touched}
    assert touched == dict.fromkeys(lost.touched, Verdict.CONDITIONAL)
    for asked in lost.untouched:
        assert verdict(world, asked) is not Verdict.CONDITIONAL, asked


@pytest.mark.parametrize(
    ("beside", "touched"),
    [
        ({}, {"principal", "other", "bucket", "endpoint", "trust"}),
        ({"kinds": ["principals"]}, {"principal", "other", "trust"}),
        ({"kinds": ["principals"], "accounts": [A]}, {"principal", "trust"}),
        ({"kinds": ["resources"]}, {"bucket"}),
        ({"kinds": ["endpoints"], "accounts": [B]}, {"endpoint"}),
        ({"kinds": ["settings"]}, set()),
        ({"services": ["s3"]}, {"bucket"}),
        ({"kinds": ["nothing"]}, {"principal", "other", "bucket", "endpoint", "trust"}),
        ({"accounts": ["x"]}, {"principal", "other", "bucket", "endpoint", "trust"}),
    ],
)
def test_what_stands_beside_a_marker_narrows_it(beside: Files, touched: set[str]) -> None:
    """What nobody can read there says nothing, and the marker may be anything."""
    users = {"inline_policies": {"all": policy(allow("*"))}}
    world = {
        "unlisted": [{"unknown": "lost", "source": "somewhere", **beside}],
        "accounts": {
            A: {
                "users": {"mia": users},
                "resources": {"arn:aws:s3:::mine": {"policy": policy(DENIES)}},
            },
            B: {"users": {"ada": users}},
        },
    }
    asked: dict[str, tuple[str, ...]] = {
        "principal": (UNLISTED, *LIST),
        "other": (f"arn:aws:iam::{B}:user/unlisted", *LIST),
        "bucket": (MIA, "s3:GetObject", OTHER),
        "endpoint": (MIA, *LIST, "vpce-0123456789abcdef0"),
        "trust": (MIA, "sts:AssumeRole", ROLE),
    }
    compiled = CompiledWorld(load_world_data(world))
    found = {
        name for name, value in asked.items() if verdict(compiled, value) is Verdict.CONDITIONAL
    }
    assert found == touched
    assert compiled.unknowns()


def test_an_account_in_an_organization_of_which_a_source_is_lost() -> None:
    """What hangs above an account that no source lists is lost only where that may be anything."""
    lost = {"unknown": "lost", "source": "somewhere"}
    root = Question(f"arn:aws:iam::{B}:root", "iam:ListUsers", "*")
    for beside, expected in ({}, Verdict.CONDITIONAL), ({"kinds": ["principals"]}, Verdict.ALLOWED):
        world = {"unlisted": [{**lost, **beside}], "accounts": {A: {}}}
        assert decide(root, CompiledWorld(load_world_data(world))).verdict is expected


def test_a_page_is_of_its_account(tmp_path: Path) -> None:
    """The last page of another account ends nothing; one that names no account may be of any."""
    page = account(A, "mia")[f"{A}/get-account-authorization-details.json"]
    files = {"one.json": {**page, "IsTruncated": True}, "two.json": {"RoleDetailList": []}}
    assert not world_of(tmp_path, files).unknowns()
    other = account(B, "ada")[f"{B}/get-account-authorization-details.json"]
    lost = world_of(tmp_path, {**files, "two.json": other}).model.unlisted
    assert [(entry.kinds, entry.accounts) for entry in lost] == [({"principals"}, {A})]


def test_what_damages_found() -> None:
    """Ids of organizations with a character that could not be decoded are errors, and a grant that
    grants nothing is one: what chance found."""
    garbled = {"organization": {"id": "o-\ufffd"}, "accounts": {}}
    with pytest.raises(InputError, match="id"):
        load_world_data(garbled)
    grants = [{"grantee": MIA, "operations": []}]
    world = {"accounts": {A: {"resources": {KEY: {"grants": grants}}}}}
    compiled = CompiledWorld(load_world_data(world))
    assert verdict(compiled, (MIA, "kms:Decrypt", KEY)) is Verdict.IMPLICIT_DENY


QUEUE_FILE = f"{A}/eu-west-1/get-queue-attributes.jobs.json"


@pytest.mark.parametrize(
    ("name", "left", "asked"),
    [
        (QUEUE_FILE, {"Attributes": "\x00\ufffd"}, (MIA, "sqs:SendMessage", QUEUE_A)),
        (
            QUEUE_FILE,
            {"Attributes": {"Error": {"Code": "AccessDenied", "Message": "no"}}},
            (MIA, "sqs:SendMessage", QUEUE_A),
        ),
        (QUEUE_FILE, {"Attributes": None}, (MIA, "sqs:SendMessage", QUEUE_A)),
        (QUEUE_FILE, {"Attributes": {"QueueArn": QUEUE_A}}, (MIA, "sqs:SendMessage", QUEUE_A)),
        (
            f"{A}/eu-west-1/list-grants.{quote(KEY, safe='')}.json",
            {"Grants": [{"KeyId": KEY, "GranteePrincipal": MIA, "Operations": []}]},
            (ADA, "kms:Decrypt", KEY),
        ),
    ],
)
def test_attributes_and_grants_that_can_not_be_read(
    tmp_path: Path, name: str, left: object, asked: tuple[str, ...]
) -> None:
    """They may deny, or allow."""
    world = world_of(tmp_path, {**account(A, "mia"), **account(B, "ada"), name: left})
    assert verdict(world, asked) is Verdict.CONDITIONAL


def single_calls() -> Files:
    """What calls about one user and her group print; the group denies queues."""
    mia = {"UserName": "mia", "Path": "/", "UserId": "AIDAMIA", "Arn": MIA, "Tags": []}
    crew = {"GroupName": "crew", "Path": "/", "Arn": f"arn:aws:iam::{A}:group/crew"}
    files: Files = {
        "list-users": {"Users": [{key: mia[key] for key in ("UserName", "Path", "Arn")}]},
        "list-roles": {"Roles": []},
        "get-user.mia": {"User": mia},
        "list-user-policies.mia": {"PolicyNames": ["all"]},
        "get-user-policy.mia.all": {"UserName": "mia", **ALL},
        "list-attached-user-policies.mia": {"AttachedPolicies": []},
        "list-groups-for-user.mia": {"Groups": [crew]},
        "get-group.crew": {"Group": crew, "Users": [mia]},
        "list-group-policies.crew": {"PolicyNames": ["no"]},
        "get-group-policy.crew.no": {
            "GroupName": "crew",
            "PolicyName": "no",
            "PolicyDocument": policy(NO_QUEUES),
        },
        "list-attached-group-policies.crew": {"AttachedPolicies": []},
    }
    return {f"{A}/{name}.json": page for name, page in files.items()}


@pytest.mark.parametrize("broken", [None, {}, [], "", 17, {"Key": "team"}])
@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("list-attached-user-policies.mia", ("AttachedPolicies",)),
        ("list-user-policies.mia", ("PolicyNames",)),
        ("list-groups-for-user.mia", ("Groups",)),
        ("list-attached-group-policies.crew", ("AttachedPolicies",)),
        ("list-group-policies.crew", ("PolicyNames",)),
        ("get-user.mia", ("User", "Tags")),
    ],
)
def test_a_broken_item_of_a_single_call_is_not_known(
    tmp_path: Path, call: str, path: tuple[str, ...], broken: object
) -> None:
    """An item of a list that names nothing may be any policy or group; a tag, any tag."""
    files = single_calls()
    holder = files[f"{A}/{call}.json"]
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = [*holder[path[-1]], broken]
    if path[-1] == "Tags":
        reads = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}}
        no = files[f"{A}/get-group-policy.crew.no.json"]["PolicyDocument"]["Statement"]
        no.append({"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*", **reads})
    world = world_of(tmp_path / "broken", files)
    assert decide(Question(MIA, *LIST), world).verdict is Verdict.CONDITIONAL
    assert decide(Question(MIA, "sqs:SendMessage", QUEUE_A), world).verdict is Verdict.EXPLICIT_DENY


def test_a_lost_managed_policy_goes_by_its_name(tmp_path: Path) -> None:
    """What a group has attached and no source holds: the residual names it, with its ARN."""
    files = single_calls()
    arn = f"arn:aws:iam::{A}:policy/team/guard"
    attached = {"AttachedPolicies": [{"PolicyName": "guard", "PolicyArn": arn}]}
    files[f"{A}/list-attached-group-policies.crew.json"] = attached
    lost = list(world_of(tmp_path / "lost", files).unknowns())
    call = f"aws iam get-policy-version --policy-arn {arn}"
    assert [(part.policy, part.unknown.source) for part in lost] == [("guard", call)]


def test_a_group_alone_does_not_tell_of_a_users_other_groups(tmp_path: Path) -> None:
    """`get-group` names members; which groups a user has only `list-groups-for-user` tells."""
    files = single_calls()
    whole = world_of(tmp_path / "whole", files)
    assert decide(Question(MIA, *LIST), whole).verdict is Verdict.ALLOWED
    del files[f"{A}/list-groups-for-user.mia.json"]
    world = world_of(tmp_path / "lost", files)
    assert decide(Question(MIA, *LIST), world).verdict is Verdict.CONDITIONAL
