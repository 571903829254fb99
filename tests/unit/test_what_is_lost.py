"""What a review found lost and answered all the same, each turned round: one case each.

Organizations, templates, plans, dumps, gates, denials: the other cases are in the tests of the
rooms; these are as a user meets them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import iamsim
from iamsim.cli.main import main
from iamsim.core.decision import Verdict
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.world.load import load_world_data
from tests.property.damage import (
    ERROR,
    REFUSED,
    Damage,
    damaged_world,
    files_of,
    replaced,
    value_at,
    verdict_of,
    world_of,
)

NOBODY = {"GroupDetailList": [], "RoleDetailList": []}  # AWS prints empty lists, too

if TYPE_CHECKING:
    from pathlib import Path


A, B = "111122223333", "444455556666"
SAMPLE = "tests/data/imports/organizations"
GUARD = "p-scpregion1"
REGION_LOCKED = Question(
    "arn:aws:iam::222222222222:root",
    "ec2:RunInstances",
    "arn:aws:ec2:ap-south-1:222222222222:instance/i-1",
    now="2026-11-24T00:00:00Z",
)
Files = dict[str, Any]


def world_from(folder: Path, files: Files) -> CompiledWorld:
    """Import files as they would stand in a folder."""
    return world_of(
        {
            name: (content if isinstance(content, str) else json.dumps(content)).encode()
            for name, content in files.items()
        }
    )


def policy(*statements: object) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def dump(**user: Any) -> Files:
    """The dump of an account with a user."""
    arn = f"arn:aws:iam::{A}:user/mia"
    return {"gaad.json": {"UserDetailList": [{"UserName": "mia", "Arn": arn, **user}], **NOBODY}}


def test_nothing_of_the_organization_is_lost_at_first() -> None:
    """The control policy denies."""
    assert verdict_of(REGION_LOCKED, world_of(files_of(SAMPLE))) is Verdict.EXPLICIT_DENY


@pytest.mark.parametrize("call", ["describe-policy", "list-targets-for-policy"])
@pytest.mark.parametrize("left", [*REFUSED, None, '{"Policy": {"PolicySummary": {"Id"'])
def test_a_lost_control_policy_stays(call: str, left: str | None) -> None:
    """Its file deleted, empty, cut off or an error, or the list of its targets."""
    name = f"{call}.{GUARD}.json"
    files = {key: file for key, file in files_of(SAMPLE).items() if key != name}
    world = world_of(files if left is None else {**files, name: left.encode()})
    assert verdict_of(REGION_LOCKED, world) in {Verdict.CONDITIONAL, Verdict.EXPLICIT_DENY}


def test_a_deny_that_a_template_cannot_resolve_may_deny(tmp_path: Path) -> None:
    """A bucket's Deny on what another stack exports."""
    denies = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    allows = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}
    document = policy(allows, {**denies, "Resource": {"Fn::ImportValue": "elsewhere"}})
    resources = {
        "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}},
        "P": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": "b", "PolicyDocument": document},
        },
    }
    world = world_from(tmp_path, {"app.json": {"Resources": resources}})
    asked = Question("anonymous", "s3:GetObject", "arn:aws:s3:::b/k")
    assert verdict_of(asked, world) is Verdict.CONDITIONAL


def test_a_bad_statement_leaves_its_neighbours(tmp_path: Path) -> None:
    """A Deny beside an Allow without actions, in a dump."""
    document = policy(
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": [], "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    )
    inline = [{"PolicyName": "p", "PolicyDocument": document}]
    world = world_from(tmp_path, dump(UserPolicyList=inline))
    asked = Question(f"arn:aws:iam::{A}:user/mia", "s3:GetObject", "arn:aws:s3:::b/k")
    assert verdict_of(asked, world) is Verdict.EXPLICIT_DENY


def test_a_bucket_that_spares_somebody_is_public(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Allow with NotPrincipal lets in everybody else."""
    spared = {"AWS": f"arn:aws:iam::{A}:user/mia"}
    grants = {"Effect": "Allow", "NotPrincipal": spared, "Action": "s3:GetObject"}
    document = policy({**grants, "Resource": "arn:aws:s3:::b/*"})
    file = tmp_path / A / "get-bucket-policy.b.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"Policy": json.dumps(document)}))
    assert main(["findings", "--world", str(tmp_path), "--fail-on", "public", "-q"]) == 1
    assert "arn:aws:s3:::b anyone" in capsys.readouterr().out


def test_a_policy_of_a_type_that_no_reader_takes_may_be_of_anything(tmp_path: Path) -> None:
    """It is remarked, and may be of any resource that the world does not list."""
    document = policy({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})
    odd = {"Type": "AWS::Novel::Thing", "Properties": {"AccessPolicy": document}}
    user = {
        "Type": "AWS::IAM::User",
        "Properties": {
            "UserName": "mia",
            "Policies": [
                {
                    "PolicyName": "all",
                    "PolicyDocument": policy({"Effect": "Allow", "Action": "*", "Resource": "*"}),
                }
            ],
        },
    }
    world = world_from(tmp_path, {"app.json": {"Resources": {"Odd": odd, "User": user}}})
    mia = "arn:aws:iam::000000000000:user/mia"
    asked = Question(mia, "s3:GetObject", "arn:aws:s3:::elsewhere/k")
    assert verdict_of(asked, world) is Verdict.CONDITIONAL
    assert any("AWS::Novel::Thing" in unknown.unknown.why for unknown in world.unknowns())


PARTS_OF_A_DUMP: list[tuple[tuple[str | int, ...], object]] = [
    (("GroupDetailList", 0, "Arn"), 17),
    (("GroupDetailList", 0), None),
    (("GroupDetailList",), []),
    (("GroupDetailList", 0, "GroupPolicyList"), 17),
    (("GroupDetailList", 0, "GroupPolicyList"), None),
    (("GroupDetailList", 0, "GroupPolicyList", 0), ERROR),
    (("GroupDetailList", 0, "GroupPolicyList", 0, "PolicyDocument"), None),
    (("UserDetailList", 0, "GroupList"), 17),
    (("UserDetailList", 0, "GroupList", 0), 17),
]


@pytest.mark.parametrize(("path", "left"), PARTS_OF_A_DUMP)
def test_a_part_of_a_dump_that_cannot_be_read(
    tmp_path: Path, path: tuple[str | int, ...], left: object
) -> None:
    """The Deny of a group stays possible, whatever of it is lost."""
    files = dump(
        GroupList=["g"],
        UserPolicyList=[
            {
                "PolicyName": "all",
                "PolicyDocument": policy({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            }
        ],
    )
    denies = policy({"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
    files["gaad.json"]["GroupDetailList"] = [
        {
            "GroupName": "g",
            "Arn": f"arn:aws:iam::{A}:group/g",
            "GroupPolicyList": [{"PolicyName": "d", "PolicyDocument": denies}],
        }
    ]
    asked = Question(f"arn:aws:iam::{A}:user/mia", "iam:ListUsers", "*")
    assert verdict_of(asked, world_from(tmp_path, files)) is Verdict.EXPLICIT_DENY
    damaged = {"gaad.json": replaced(files["gaad.json"], path, left)}
    assert verdict_of(asked, world_from(tmp_path, damaged)) is Verdict.CONDITIONAL


@pytest.mark.parametrize("gone", ["UserDetailList", "GroupDetailList", "RoleDetailList"])
def test_a_list_of_the_details_that_is_gone_is_not_an_empty_one(tmp_path: Path, gone: str) -> None:
    """AWS prints each list, an empty one too: who else is in the account is not known without.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    role = {"RoleName": "r", "Arn": f"arn:aws:iam::{A}:role/r"}
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role]}
    details["UserDetailList"] = [{"UserName": "mia", "Arn": f"arn:aws:iam::{A}:user/mia"}]
    whole = world_from(tmp_path, {"gaad.json": details})
    asked = Question(f"arn:aws:iam::{A}:user/eve", "iam:ListUsers", "*")
    assert verdict_of(asked, whole) is Verdict.IMPLICIT_DENY
    del details[gone]
    damaged = world_from(tmp_path, {"gaad.json": details})
    assert verdict_of(asked, damaged) is Verdict.CONDITIONAL


@pytest.mark.parametrize("configured", [True, False])
def test_a_policy_that_is_known_after_apply(tmp_path: Path, *, configured: bool) -> None:
    """With the plan's configuration, and without."""
    bucket = {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket"}
    bucket["change"] = {  # type: ignore[assignment]
        "actions": ["create"],
        "before": None,
        "after": {"bucket": "b"},
        "after_unknown": {"id": True},
    }
    attached = {"address": "aws_s3_bucket_policy.b", "mode": "managed"}
    attached["change"] = {  # type: ignore[assignment]
        "actions": ["create"],
        "before": None,
        "after": {"bucket": "b"},
        "after_unknown": {"policy": True},
    }
    plan: dict[str, Any] = {"format_version": "1.2", "resource_changes": [bucket, attached]}
    if configured:
        elsewhere = {"references": ["data.external.policy"]}
        plan["configuration"] = {
            "root_module": {
                "resources": [
                    {"address": "aws_s3_bucket_policy.b", "expressions": {"policy": elsewhere}}
                ]
            }
        }
    world = world_from(tmp_path, {"plan.json": plan})
    asked = Question("arn:aws:iam::000000000000:root", "s3:GetObject", "arn:aws:s3:::b/k")
    assert verdict_of(asked, world) is Verdict.CONDITIONAL


def test_changes_fail_over_an_overlay_that_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Requirements hold only as far as the overlay is known; strict refuses it."""
    home = "000000000000"  # which stands for the account of a template
    base = {"accounts": {home: {"roles": {"app": {}}}}}
    (tmp_path / "world.json").write_text(json.dumps(base))
    inline = {"PolicyName": "p", "PolicyDocument": {"Fn::ImportValue": "elsewhere"}}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "app",
            "AssumeRolePolicyDocument": policy(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ),
            "Policies": [inline],
        },
    }
    (tmp_path / "app.json").write_text(json.dumps({"Resources": {"Role": role}}))
    forbid = {
        "title": "nobody is made",
        "requests": [
            {
                "principal": f"arn:aws:iam::{home}:role/app",
                "action": "iam:CreateUser",
                "resource": f"arn:aws:iam::{home}:user/x",
                "expect": "implicitDeny",
            }
        ],
    }
    (tmp_path / "forbid.json").write_text(json.dumps(forbid))
    gate = ["changes", "--world", str(tmp_path / "world.json"), "-q"]
    gate += ["--overlay", str(tmp_path / "app.json")]
    assert main([*gate, "--forbid", str(tmp_path / "forbid.json")]) == 1
    capsys.readouterr()
    assert main([*gate, "--strict"]) == 2


def test_findings_go_on_behind_an_odd_principal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trust policy names an account of nine digits, a policy of somebody else can't be read."""
    odd = {"Effect": "Allow", "Principal": {"AWS": "123456789"}, "Action": "sts:AssumeRole"}
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}
    account = {
        "roles": {"odd": {"trust": policy(odd)}},
        "users": {"leo": {"policies": [{"Statement": [{"Effect": "Deny", "Actoin": "*"}]}]}},
        "resources": {"arn:aws:s3:::b": {"policy": policy(public)}},
    }
    path = tmp_path / "world.json"
    path.write_text(json.dumps({"accounts": {A: account}}))
    assert main(["findings", "--world", str(path), "-q"]) == 0
    assert "arn:aws:s3:::b anyone" in capsys.readouterr().out
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps(policy(odd)))
    assert main(["validate", str(trust), "--format", "json"]) == 1
    assert "123456789" in capsys.readouterr().out


def test_an_account_in_no_unit_is_said_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No control policy is taken to apply."""
    everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    organization = {"id": "o-aaaaaaaaaa", "root": {"id": "r-ab12", "accounts": [B]}}
    accounts = {A: {"users": {"mia": {"policies": [everything]}}}, B: {}}
    path = tmp_path / "world.json"
    path.write_text(json.dumps({"organization": organization, "accounts": accounts}))
    asked = ["explain", "--world", str(path), "-p", f"arn:aws:iam::{A}:user/mia"]
    assert main([*asked, "-a", "iam:ListUsers"]) == 0
    assert capsys.readouterr().out.startswith("assumed: an account of the world stands in no unit")


@pytest.mark.parametrize("key", ["scps", "rcps"])
def test_a_key_with_nothing_behind_it_is_an_error(key: str) -> None:
    """Nobody knows whether that means none, or the default."""
    with pytest.raises(iamsim.InputError, match="has nothing behind it"):
        load_world_data({"accounts": {A: {key: None}}})


@pytest.mark.parametrize("key", ["boundary", "trust"])
def test_a_policy_with_nothing_behind_it_is_an_error(key: str) -> None:
    """Nobody knows whether there is none, or it was lost."""
    with pytest.raises(iamsim.InputError, match="has nothing behind it"):
        load_world_data({"accounts": {A: {"roles": {"app": {key: None}}}}})


@pytest.mark.parametrize("left", ["", "null", "{}", "# nothing\n"])
def test_a_world_file_that_holds_nothing_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], left: str
) -> None:
    """What it held may be lost; included in another, too."""
    (tmp_path / "more.yaml").write_text(left)
    (tmp_path / "world.yaml").write_text("include: [more.yaml]\naccounts: {}\n")
    for name in ("more.yaml", "world.yaml"):
        assert main(["findings", "--world", str(tmp_path / name), "--fail-on", "any"]) == 2
        assert "holds nothing" in capsys.readouterr().err


def test_a_folder_of_plain_policies_is_no_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Answering *denied* would say something of a world that is not there."""
    (tmp_path / "policy.json").write_text(json.dumps(policy()))
    asked = ["explain", "--world", str(tmp_path), "-p", f"arn:aws:iam::{A}:user/mia"]
    assert main([*asked, "-a", "s3:GetObject", "-r", "arn:aws:s3:::b/k"]) == 2
    capsys.readouterr()


def test_a_key_that_stands_twice_is_not_known(tmp_path: Path) -> None:
    """Readers of JSON differ in which of the two they take."""
    allow = '{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}'
    files = dump(UserPolicyList=[{"PolicyName": "p", "PolicyDocument": "HERE"}])
    text = json.dumps(files["gaad.json"]).replace(
        '"HERE"', f'{{"Version": "2012-10-17", "Statement": [{allow}]}}'
    )
    world = world_from(tmp_path, {"gaad.json": text})
    asked = Question(f"arn:aws:iam::{A}:user/mia", "iam:ListUsers", "*")
    assert verdict_of(asked, world) is Verdict.CONDITIONAL


def test_a_file_of_a_collector_that_nobody_reads_is_remarked(tmp_path: Path) -> None:
    """In iam-collect's storage every file is read, or said not to be."""
    home = tmp_path / "aws/aws/accounts/111122223333"
    for name, content in (
        ("metadata.json", {"name": "prod"}),
        ("s3-bpa.json", {"RestrictPublicBuckets": True}),
        ("novel.json", {"policies": []}),
    ):
        home.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(json.dumps(content))
    found = import_sources([str(tmp_path)])
    blocked = to_world(found).accounts[A].public_access_block
    assert blocked is not None
    assert blocked.restrict_public_buckets
    assert [remark.code for remark in found.remarks if "novel" in remark.source] == [
        "file-not-read"
    ]


def test_what_a_collector_shares_and_nobody_can_read_is_not_known(tmp_path: Path) -> None:
    """A file of `ram/` without a policy in it; and one with policies that no reader takes."""
    home = f"aws/aws/accounts/{A}"
    table = f"arn:aws:dynamodb:eu-west-1:{A}:table/t"
    files: Files = {
        f"{home}/metadata.json": {"name": "prod"},
        f"{home}/ram/{table.replace('/', '%2f')}.json": ERROR,
        f"{home}/novel.json": {"policies": [policy({"Effect": "Deny", "Action": "*"})]},
    }
    world = world_from(tmp_path, files)
    asked = Question(f"arn:aws:iam::{A}:root", "dynamodb:GetItem", table)
    assert verdict_of(asked, world) is Verdict.CONDITIONAL
    whys = {unknown.unknown.why for unknown in world.unknowns()}
    assert whys == {"what AWS RAM shares of it can't be read", "no reader takes this file"}


def test_an_error_inside_of_a_file_is_none_of_its_records(tmp_path: Path) -> None:
    """A dump of which one record is an error of AWS: somebody may be missing."""
    files = dump(UserPolicyList=[])
    files["gaad.json"]["UserDetailList"].append(ERROR)
    world = world_from(tmp_path, files)
    asked = Question(f"arn:aws:iam::{A}:user/leo", "iam:ListUsers", "*")
    assert verdict_of(asked, world) is Verdict.CONDITIONAL


QUEUE_DENIES = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
ALL_OF_MIA = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


def account_with(**more: Any) -> Files:
    """The dump of an account with a user who may do everything."""
    return dump(UserPolicyList=[{"PolicyName": "all", "PolicyDocument": ALL_OF_MIA}]) | more


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("get-queue-attributes.json", ERROR),
        ("app.json", {"Policy": json.dumps(policy(QUEUE_DENIES))}),
        (
            "template.json",
            {
                "Resources": {
                    "Odd": {
                        "Type": "AWS::Novel::Thing",
                        "Properties": {"AccessPolicy": policy(QUEUE_DENIES)},
                    }
                }
            },
        ),
    ],
)
def test_a_lost_policy_of_a_known_service_is_one_of_that_service(
    tmp_path: Path, name: str, lost: object
) -> None:
    """It bears on resources of the service, listed without a policy or not, and on nothing else."""
    listed = f"{A}/list-queue-tags.https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F{A}%2Fjobs.json"
    world = world_from(tmp_path, account_with(**{name: lost, listed: {"Tags": {"a": "b"}}}))
    mia = f"arn:aws:iam::{A}:user/mia"

    def verdict(action: str, resource: str, principal: str = mia) -> Verdict | None:
        return verdict_of(Question(principal, action, resource), world)

    queue = f"arn:aws:sqs:eu-west-1:{A}:"
    assert verdict("sqs:SendMessage", f"{queue}other") is Verdict.CONDITIONAL
    assert verdict("sqs:SendMessage", f"{queue}jobs") is Verdict.CONDITIONAL
    assert verdict("s3:GetObject", "arn:aws:s3:::elsewhere/k") is Verdict.ALLOWED
    assert verdict("sns:Publish", f"arn:aws:sns:eu-west-1:{A}:t") is Verdict.ALLOWED
    stranger = f"arn:aws:iam::{A}:user/nobody"
    assert verdict("iam:ListUsers", "*", stranger) is Verdict.IMPLICIT_DENY


@pytest.mark.parametrize(
    "statement",
    [
        {**QUEUE_DENIES, "Action": "*"},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
        {**QUEUE_DENIES, "Action": ["sqs:*", {"Ref": "Which"}]},
    ],
)
def test_a_lost_policy_of_no_known_service_may_be_anybody_s(
    tmp_path: Path, statement: object
) -> None:
    """Its actions may be of any service, or it has no principals."""
    odd = {"Type": "AWS::Novel::Thing", "Properties": {"AccessPolicy": policy(statement)}}
    world = world_from(tmp_path, account_with(**{"app.json": {"Resources": {"Odd": odd}}}))
    asked = Question(f"arn:aws:iam::{A}:user/mia", "s3:GetObject", "arn:aws:s3:::elsewhere/k")
    assert verdict_of(asked, world) is Verdict.CONDITIONAL


@pytest.mark.parametrize("services", ["sqs", [["sqs"]], [], ["s\ufffds"]])
def test_services_that_are_none_say_nothing(services: object) -> None:
    """The marker is then none, and its policy can't be read."""
    lost = {"unknown": "lost", "services": services}
    world = CompiledWorld(load_world_data({"accounts": {A: {}}, "unlisted": [lost]}))
    asked = Question(f"arn:aws:iam::{A}:root", "s3:GetObject", "arn:aws:s3:::elsewhere/k")
    assert verdict_of(asked, world) is Verdict.CONDITIONAL


ADMINISTERED: Files = {
    "organization": {
        "id": "o-exampleorg1",
        "management_account": B,
        "delegated_services": {"777788889999": ["guardduty.amazonaws.com"]},
        "root": {"id": "r-ab12", "accounts": [A, "777788889999"]},
    },
    "accounts": {
        account: {"users": {"mia": {"policies": [ALL_OF_MIA]}}}
        for account in (A, B, "777788889999")
    },
}
LOST = {"unknown": "AccessDenied", "source": "list-delegated-administrators.json"}
READ = ("organizations:ListAccounts", "*")


@pytest.mark.parametrize(
    ("account", "action", "before", "after"),
    [
        (A, "organizations:ListAccounts", Verdict.IMPLICIT_DENY, Verdict.CONDITIONAL),
        (A, "organizations:CreateAccount", Verdict.IMPLICIT_DENY, Verdict.IMPLICIT_DENY),
        (A, "iam:ListUsers", Verdict.ALLOWED, Verdict.ALLOWED),
        (B, "organizations:ListAccounts", Verdict.ALLOWED, Verdict.ALLOWED),
        ("777788889999", "organizations:ListAccounts", Verdict.ALLOWED, Verdict.ALLOWED),
    ],
)
def test_who_administers_the_organization_may_be_lost(
    account: str, action: str, before: Verdict, after: Verdict
) -> None:
    """A denial of who is none of those that are known hangs on it, and nothing else does."""
    organization = {**ADMINISTERED["organization"], "delegated_administrators": LOST}
    asked = Question(f"arn:aws:iam::{account}:user/mia", action, "*")
    assert verdict_of(asked, CompiledWorld(load_world_data(ADMINISTERED))) is before
    lost = CompiledWorld(load_world_data({**ADMINISTERED, "organization": organization}))
    assert verdict_of(asked, lost) is after
    (one,) = lost.unknowns()
    assert one.what == "the list of delegated administrators of `o-exampleorg1`"
    anything = CompiledWorld(load_world_data({**ADMINISTERED, "unlisted": [LOST]}))
    assert verdict_of(asked, anything) is after


@pytest.mark.parametrize("left", [*REFUSED, '{"DelegatedAdministrators": [{"Id": "77'])
def test_a_lost_list_of_administrators_is_said(tmp_path: Path, left: str) -> None:
    """By the name of its file, and in the denial with the call that prints it."""
    files = {name: content.decode() for name, content in files_of(SAMPLE).items()}
    users = {"UserName": "mia", "Arn": "arn:aws:iam::222222222222:user/mia"}
    inline = [{"PolicyName": "all", "PolicyDocument": ALL_OF_MIA}]
    files["gaad.json"] = json.dumps(
        {"UserDetailList": [{**users, "UserPolicyList": inline}], **NOBODY}
    )
    files["list-delegated-administrators.json"] = left
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    world = iamsim.load(str(tmp_path))
    answer = world.explain(principal=users["Arn"], action=READ[0], resource=READ[1])
    assert answer.verdict is Verdict.CONDITIONAL
    assert any("administrators" in unknown.policy or unknown.fact for unknown in answer.unknowns)


NULLS = ({"users": None}, {"users": {"mia": None}}, {"users": {"mia": {"tags": {"a": None}}}})


@pytest.mark.parametrize("account", NULLS)
def test_a_null_in_a_world_is_an_error(account: Files) -> None:
    """What stood in its place may be lost: a Deny, say."""
    with pytest.raises(iamsim.InputError, match=r"nothing|null"):
        load_world_data({"accounts": {A: account}})


def test_a_name_alone_is_something_of_that_name(tmp_path: Path) -> None:
    """As people write YAML; a tag alone has the empty text."""
    path = tmp_path / "world.yaml"
    path.write_text(f'accounts:\n  "{A}":\n    users:\n      mia:\n      leo: {{tags: {{a: }}}}\n')
    users = iamsim.load(str(path)).model.accounts[A].users
    assert (users["mia"].policies, users["leo"].tags) == ((), {"a": ""})


def test_a_world_that_import_wrote_does_not_break_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever it is cut, no part of it is a world."""
    source, folder = tmp_path / "gaad.json", tmp_path / "written"
    source.write_text(json.dumps(dump(UserPolicyList=[])["gaad.json"]))
    assert main(["import", str(source), "-o", str(folder), "-q"]) == 0
    assert main(["findings", "--world", str(folder), "--fail-on", "any", "-q"]) == 0
    file = folder / f"accounts/{A}/world.yaml"
    lines = file.read_text().splitlines(keepends=True)
    assert lines[-1] == "...\n"
    for number in range(1, len(lines)):
        file.write_text("".join(lines[:number]))
        assert main(["findings", "--world", str(folder), "--fail-on", "any", "-q"]) == 2
        assert "breaks off" in capsys.readouterr().err


@pytest.mark.parametrize("shared", [{}, {"resource_policy": None}, {"resource_policy": policy()}])
def test_a_null_in_a_suite_takes_away_what_is_shared_and_is_an_error_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shared: Files
) -> None:
    """The policy that stood there may have denied."""
    path = tmp_path / "suite.iamtest.json"
    request = {
        "principal": f"arn:aws:iam::{A}:user/mia",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "identity_policies": [ALL_OF_MIA],
        "resource_policy": None,
        "expect": "allowed",
    }
    path.write_text(json.dumps({"title": "t", **shared, "requests": [request]}))
    taken_away = shared.get("resource_policy") is not None
    assert main(["test", str(path)]) == (0 if taken_away else 2)
    assert taken_away == ("has nothing behind it" not in capsys.readouterr().out)


PROVIDER = f"arn:aws:iam::{A}:oidc-provider/token.example.com"


@pytest.mark.parametrize(
    ("who", "policies", "result"),
    [
        (PROVIDER, {"Federated": PROVIDER}, "FAIL"),
        (PROVIDER, "\ufffd", "UNKNOWN"),
        (["111122223333", PROVIDER], {"unknown": "lost"}, "UNKNOWN"),
        (PROVIDER, {"AWS": B}, "PASS"),
        (f"arn:aws:iam::{A}:oidc-provider/*", {"AWS": B}, "PASS"),
    ],
)
def test_a_claim_about_who_may_be_let_in_is_not_proved(
    who: object, policies: object, result: str
) -> None:
    """A provider that no policy names any more, for its name is lost."""
    trust = policy(
        {"Effect": "Allow", "Principal": policies, "Action": "sts:AssumeRoleWithWebIdentity"}
    )
    world = iamsim.World(load_world_data({"accounts": {A: {"roles": {"app": {"trust": trust}}}}}))
    claim = {
        "principal": who,
        "action": "sts:AssumeRoleWithWebIdentity",
        "resource": f"arn:aws:iam::{A}:role/app",
    }
    assert world.prove({"name": "never", "never": claim}).result == result


def test_a_claim_about_a_service_is_about_that_service() -> None:
    """A public policy lets in every service, whether or not it names one."""
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    resources = {"arn:aws:s3:::b": {"policy": policy(public)}}
    world = iamsim.World(load_world_data({"accounts": {A: {"resources": resources}}}))
    claim = {"principal": "ec2.amazonaws.com", "action": "s3:GetObject", "resource": "*"}
    assert world.prove({"name": "never", "never": claim}).result == "FAIL"


def test_a_resource_that_nobody_can_share_is_not_doubted() -> None:
    """Its ARN says whose it is, and its service knows no policies of resources: what was lost can't
    have been about it."""
    own = policy({"Effect": "Allow", "Action": ["ecs:RunTask", "sqs:SendMessage"], "Resource": "*"})
    data = {"accounts": {A: {"users": {"mia": {"policies": [own]}}}}, "unlisted": [LOST]}
    world = CompiledWorld(load_world_data(data))
    who = f"arn:aws:iam::{A}:user/mia"
    task = Question(who, "ecs:RunTask", f"arn:aws:ecs:eu-west-1:{A}:task-definition/t:1")
    assert verdict_of(task, world) is Verdict.ALLOWED
    queue = Question(who, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{A}:q")
    assert verdict_of(queue, world) is Verdict.CONDITIONAL


def test_an_absent_list_of_administrators_is_not_known() -> None:
    """Who administers what nobody says where no file lists it: a denial of a member hangs on it,
    and says with which call to find out. Where the list is there and empty, nobody does."""
    mia = "arn:aws:iam::222222222222:user/mia"
    inline = [{"PolicyName": "all", "PolicyDocument": ALL_OF_MIA}]
    user = {"UserName": "mia", "Arn": mia, "UserPolicyList": inline}
    whole = {
        **files_of(SAMPLE),
        "gaad.json": json.dumps({"UserDetailList": [user], **NOBODY}).encode(),
    }
    name = "list-delegated-administrators.json"
    asked, beside = Question(mia, *READ), Question(mia, "iam:ListUsers", "*")
    assert verdict_of(asked, world_of(whole)) is Verdict.IMPLICIT_DENY
    world = world_of({key: value for key, value in whole.items() if key != name})
    assert verdict_of(asked, world) is Verdict.CONDITIONAL
    assert verdict_of(beside, world) is verdict_of(beside, world_of(whole))
    lost = [unknown for unknown in world.unknowns() if unknown.fact == "delegated_administrators"]
    assert {unknown.unknown.source for unknown in lost} == {
        "aws organizations list-delegated-administrators"
    }


@pytest.mark.parametrize("role", [17, [[]]])
def test_a_policy_of_a_role_that_a_plan_does_not_tell_may_be_the_one_that_the_role_has(
    role: object,
) -> None:
    """The role still shows the policy as it was, which allows more than it will. The plan's
    configuration refers to the role."""
    sample = "corpus/imports/terraform/changed-account/source"
    changed = ("resource_changes", 3, "change", "after")
    plan = json.loads(files_of(sample)["plan.json"])
    assert value_at(plan, changed)["role"] == "app"
    asked = ("arn:aws:iam::222222222222:role/app", "s3:PutObject", "arn:aws:s3:::reports/x")
    question = Question(*asked, now="2026-11-24T00:00:00Z")
    assert verdict_of(question, world_of(files_of(sample))) is Verdict.IMPLICIT_DENY
    damaged = replaced(plan, (*changed, "role"), role)
    told = damaged_world(sample, Damage("plan.json", json.dumps(damaged).encode(), ""))
    assert told is not None
    assert verdict_of(question, told) is Verdict.IMPLICIT_DENY
    del damaged["configuration"]
    lost = damaged_world(sample, Damage("plan.json", json.dumps(damaged).encode(), ""))
    assert lost is not None
    assert verdict_of(question, lost) is Verdict.CONDITIONAL


@pytest.mark.parametrize("name", ["m\u00efa", "a b", "x\n"])
def test_a_record_with_a_name_that_is_none_is_not_nobody(tmp_path: Path, name: str) -> None:
    """Somebody is there, whoever it is: what it may do is not known."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    files = dump(UserName="mia")
    users = files["gaad.json"]["UserDetailList"]
    inline = [{"PolicyName": "all", "PolicyDocument": policy(everything)}]
    arn = f"arn:aws:iam::{A}:user/{name}"
    users.append({"UserName": name, "Arn": arn, "UserPolicyList": inline})
    for path, content in files.items():
        (tmp_path / path).write_text(json.dumps(content))
    assert main(["import", str(tmp_path), "-o", str(tmp_path / "world"), "-q"]) == 0
    gate = ["paths", "--world", str(tmp_path / "world"), "--fail-on", "any", "-q"]
    assert main(gate) == 1
    assert main([*gate, "--accept-unknown"]) == 0


OUTSIDE: dict[str, tuple[str, ...]] = {
    "access-matrix": ("-a", "s3:GetObject", "-r", "arn:aws:s3:::b/k", "--world", "world.json"),
    "audit": ("--world", "world.json"),
    "check claims": ("claims.json", "--world", "world.json"),
    "check ever": ("s3:GetObject", "--world", "world.json"),
    "diff": ("world.json", "world.json"),
    "findings": ("--world", "world.json"),
    "generate": ("log.json", "-p", f"arn:aws:iam::{A}:user/mia", "--world", "world.json"),
    "paths": ("--world", "world.json"),
    "replay": ("log.json", "--world", "world.json"),
    "report": ("--world", "world.json"),
    "review": ("world.json", "world.json", "--claims", "claims.json", "--tests", "a.iamtest.json"),
    "test": ("a.iamtest.json",),
    "unused": ("--world", "world.json", "--at", "2026-12-01"),
    "what-can": ("mia", "--world", "world.json"),
    "who-can": ("s3:GetObject", "arn:aws:s3:::b/k", "--world", "world.json"),
    "world trust": ("--world", "world.json"),
}


@pytest.mark.parametrize("question", OUTSIDE)
def test_answers_say_once_which_account_is_in_no_unit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    question: str,
) -> None:
    """Its SCPs may be lost, so what everybody may do there is assumed aloud, in every format."""
    mia = f"arn:aws:iam::{A}:user/mia"
    root = {"id": "r-ab12", "accounts": [B]}
    organization = {"id": "o-exampleorg1", "management_account": B, "root": root}
    users = {"mia": {"policies": [policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})]}}
    accounts: Files = {A: {"users": users}, B: {}}
    asked = {"principal": mia, "action": "s3:ListAllMyBuckets", "resource": "*"}
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": mia, "accountId": A},
        "eventTime": "2026-11-23T00:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "eventID": "1",
        "eventType": "AwsApiCall",
        "recipientAccountId": A,
    }
    requests = [{**asked, "expect": "allowed"}]
    files = {
        "world.json": {"organization": organization, "accounts": accounts},
        "claims.json": {"claims": [{"never": {**asked, "action": "iam:CreateUser"}}]},
        "a.iamtest.json": {"title": "mia", "world": "world.json", "requests": requests},
        "log.json": {"Records": [record]},
    }
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    words = (*question.split(), *OUTSIDE[question])
    said = "in no unit of it"
    for form in ("text", "markdown", "html"):
        main([*words, "--format", form])
        printed = " ".join(capsys.readouterr().out.split())
        assert printed.count(said) == 1, form
        assert form != "text" or printed.startswith("assumed: no SCPs and RCPs of the organization")
    main([*words, "--format", "json"])
    assert json.loads(capsys.readouterr().out)["in_no_unit"] == [A]
    if question not in {"report", "review"}:  # which write no tables
        main([*words, "--format", "csv"])
        told = capsys.readouterr()
        assert (told.out.count(said), told.err.count(said)) == (0, 1)
    root["accounts"] = [A, B]
    (tmp_path / "world.json").write_text(json.dumps(files["world.json"]))
    main(list(words))
    told = capsys.readouterr()
    assert said not in told.out + told.err
