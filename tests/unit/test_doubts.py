"""What of a template can't be read makes conditional what it can bear on, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamsim.core.decision import Verdict
from iamsim.engine.question import Question
from iamsim.importers.reach import EVERYTHING, reach_of
from iamsim.symbolic.partial import answer, decide
from tests.property.damage import replaced, world_of

HOME = "000000000000"
NOW = "2026-11-24T00:00:00Z"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements: object) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def inline(*statements: object) -> list[dict[str, Any]]:
    """A list of one inline policy."""
    return [{"PolicyName": "own", "PolicyDocument": policy(*statements)}]


TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Mia": {
            "Type": "AWS::IAM::User",
            "Properties": {"UserName": "mia", "Policies": inline(ALL)},
        },
        "App": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "app",
                "AssumeRolePolicyDocument": policy(),
                "Policies": inline(ALL),
            },
        },
        "NoQueues": {
            "Type": "AWS::IAM::RolePolicy",
            "Properties": {
                "RoleName": "app",
                "PolicyName": "no-queues",
                "PolicyDocument": policy({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}),
            },
        },
        "NoUsers": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Users": ["mia"],
                "PolicyDocument": policy(
                    {
                        "Effect": "Deny",
                        "Action": "iam:CreateUser",
                        "Resource": "*",
                        "Condition": {"Bool": {"aws:ViaAWSService": "false"}},
                    }
                ),
            },
        },
        "Ledger": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "ledger"}},
        "LedgerPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": "ledger",
                "PolicyDocument": policy(
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::ledger/*",
                    }
                ),
            },
        },
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
    }
}
MIA, APP = f"arn:aws:iam::{HOME}:user/mia", f"arn:aws:iam::{HOME}:role/app"
QUEUE, OBJECT = f"arn:aws:sqs:us-east-1:{HOME}:jobs", "arn:aws:s3:::ledger/2026.csv"
NEW_USER = f"arn:aws:iam::{HOME}:user/new"
ASKED = (
    (MIA, "sqs:SendMessage", QUEUE),
    (APP, "sqs:SendMessage", QUEUE),
    (MIA, "s3:GetObject", OBJECT),
    (MIA, "s3:PutObject", OBJECT),
    (APP, "s3:PutObject", OBJECT),
    (MIA, "iam:CreateUser", NEW_USER),
    (APP, "iam:CreateUser", NEW_USER),
)
LATER: dict[tuple[str | int, ...], set[tuple[str, str]]] = {
    # A policy of a role, of nobody knows which: it is known what it would deny.
    ("NoQueues", "Properties", "RoleName"): {("app", "sqs:SendMessage")},
    ("NoUsers", "Properties", "Users"): {
        ("mia", "iam:CreateUser"),
        ("app", "iam:CreateUser"),
    },
    ("NoUsers", "Properties", "Users", 0): {
        ("mia", "iam:CreateUser"),
        ("app", "iam:CreateUser"),
    },
    ("LedgerPolicy", "Properties", "Bucket"): {("mia", "s3:GetObject")},
    # Of a queue it is not known which policy it has: both callers may be kept out.
    ("Jobs", "Properties"): {("mia", "sqs:SendMessage")},
    # A user may have any policy besides, and nobody else has it.
    ("Mia", "Properties", "Policies", 0): {
        ("mia", action) for action in ("sqs:SendMessage", "s3:PutObject")
    },
}


def verdicts(template: dict[str, Any]) -> dict[tuple[str, str], Verdict]:
    """Answer all questions."""
    world = world_of({"app.json": json.dumps(template).encode()})
    return {
        (principal.rpartition("/")[2], action): decide(
            Question(principal, action, resource, now=NOW), world
        ).verdict
        for principal, action, resource in ASKED
    }


def test_all_is_known_at_first() -> None:
    """Three denials, and what else there is is allowed."""
    found = verdicts(TEMPLATE)
    assert {key for key, value in found.items() if value is Verdict.EXPLICIT_DENY} == {
        ("app", "sqs:SendMessage"),
        ("mia", "s3:GetObject"),
        ("mia", "iam:CreateUser"),
    }
    assert Verdict.CONDITIONAL not in found.values()


@pytest.mark.parametrize("path", LATER, ids=lambda path: ".".join(map(str, path)))
def test_exactly_what_a_lost_part_can_change_is_conditional(path: tuple[str | int, ...]) -> None:
    """Nothing that was denied is allowed for certain, and other answers stay."""
    before = verdicts(TEMPLATE)
    found = verdicts(replaced(TEMPLATE, ("Resources", *path), 17))
    conditional = {key for key, value in found.items() if value is Verdict.CONDITIONAL}
    assert conditional == LATER[path]
    assert all(found[key] is before[key] for key in found.keys() - conditional)


IMPORT = {"Fn::ImportValue": "x"}
INCLUDE = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}}
NO_QUEUES = TEMPLATE["Resources"]["NoQueues"]
SETTINGS: dict[str, Any] = {
    "Open": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": "open",
            "PolicyDocument": policy(
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::open/*",
                }
            ),
        },
    },
    "Blocked": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": "open",
            "PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True},
        },
    },
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "t",
            "ResourcePolicy": {
                "PolicyDocument": policy(
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "dynamodb:GetItem",
                        "Resource": "*",
                    }
                )
            },
        },
    },
    "Bus": {
        "Type": "AWS::Events::EventBusPolicy",
        "Properties": {
            "StatementId": "s",
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": "*",
            },
        },
    },
}
SETTING_QUESTIONS = {
    "Blocked": ("anonymous", "s3:GetObject", "arn:aws:s3:::open/k"),
    "Table": (MIA, "dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{HOME}:table/t"),
    "Bus": (MIA, "events:PutEvents", f"arn:aws:events:us-east-1:{HOME}:event-bus/default"),
}
EXTRA: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "nested": (
        # Whoever has a name of its own may be named there, and buckets and queues.
        {"Far": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "far.yaml"}}},
        {(who, "sqs:SendMessage") for who in ("mia", "app")}
        | {(who, "s3:PutObject") for who in ("mia", "app")}
        | {("app", "iam:CreateUser")},
    ),
    "loop": (
        {"Fn::ForEach::All": ["It", IMPORT, {"No${It}": NO_QUEUES}]},
        {("app", "sqs:SendMessage")},
    ),
}


@pytest.mark.parametrize("value", [IMPORT, INCLUDE], ids=["import", "include"])
@pytest.mark.parametrize(
    "path", [path for path in LATER if path[0] != "Jobs"], ids=lambda path: ".".join(map(str, path))
)
def test_a_function_that_nobody_resolves_is_no_less(
    path: tuple[str | int, ...], value: dict[str, Any]
) -> None:
    """What can't be resolved may be anything, as what can't be read."""
    found = verdicts(replaced(TEMPLATE, ("Resources", *path), value))
    assert {key for key, verdict in found.items() if verdict is Verdict.CONDITIONAL} == LATER[path]


@pytest.mark.parametrize("entity", ["NoQueues", "NoUsers", "LedgerPolicy"])
def test_what_a_function_adds_is_not_known(entity: str) -> None:
    """Neither where all of the properties come from elsewhere, nor what stands beside some."""
    for value in (IMPORT, INCLUDE, {}, TEMPLATE["Resources"][entity]["Properties"] | INCLUDE):
        found = verdicts(replaced(TEMPLATE, ("Resources", entity, "Properties"), value))
        denied = {"NoQueues": ("app", "sqs:SendMessage"), "NoUsers": ("mia", "iam:CreateUser")}
        assert found[denied.get(entity, ("mia", "s3:GetObject"))] is not Verdict.ALLOWED


@pytest.mark.parametrize("name", EXTRA)
def test_what_is_left_out_of_a_template_may_deny(name: str) -> None:
    """A nested template that is not there, a loop over what is not known, a macro."""
    added, later = EXTRA[name]
    whole = {"Resources": {k: v for k, v in TEMPLATE["Resources"].items() if k != "NoQueues"}}
    found = verdicts({"Resources": whole["Resources"] | added})
    assert {key for key, verdict in found.items() if verdict is Verdict.CONDITIONAL} == later


@pytest.mark.parametrize("value", [IMPORT, 17, [None]], ids=["import", "number", "null"])
@pytest.mark.parametrize(
    "path",
    [
        ("Blocked", "Properties", "PublicAccessBlockConfiguration"),
        ("Blocked", "Properties", "PublicAccessBlockConfiguration", "RestrictPublicBuckets"),
        ("Table", "Properties", "ResourcePolicy"),
        ("Bus", "Properties", "Statement"),
    ],
    ids=lambda path: path[0] + path[-1],
)
def test_settings_and_policies_of_another_form_are_not_known(
    path: tuple[str, ...], value: object
) -> None:
    """What keeps a caller out may do so still."""
    asked = Question(*SETTING_QUESTIONS[path[0]], now=NOW)
    template = {"Resources": TEMPLATE["Resources"] | SETTINGS}
    lost = replaced(template, ("Resources", *path), value)
    found = [
        decide(asked, world_of({"app.json": json.dumps(left).encode()})).verdict
        for left in (template, lost)
    ]
    assert found[0] in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}
    assert found[1] is not Verdict.ALLOWED


def test_a_macro_may_change_everything() -> None:
    """But no transform of AWS that only adds what bears on nothing here."""
    found = verdicts(TEMPLATE | {"Transform": ["AWS::LanguageExtensions", "Own"]})
    assert Verdict.ALLOWED not in found.values()
    found = verdicts(TEMPLATE | {"Transform": "AWS::CodeDeployBlueGreen"})
    assert Verdict.CONDITIONAL not in found.values()


def test_a_policy_that_may_be_attached_is_named() -> None:
    """The residual names what is not known."""
    world = world_of(
        {
            "app.json": json.dumps(
                replaced(TEMPLATE, ("Resources", "LedgerPolicy", "Properties", "Bucket"), 17)
            ).encode()
        }
    )
    found = answer(Question(MIA, "s3:GetObject", OBJECT, now=NOW), world)
    assert found.residual is not None
    [part] = found.unknowns
    assert part.why == "`Bucket` of `LedgerPolicy` in the template can't be read"
    assert (part.policy, part.source) == ("resources/s3/ledger.json", "app.json")


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        ("AWS::IAM::RolePolicy", {"roles"}),
        ("aws_iam_role_policy", {"roles"}),
        ("aws_iam_user_policy_attachment", {"users"}),
        ("aws_iam_group_membership", {"users"}),
        ("aws_iam_policy_attachment", {"users", "groups", "roles"}),
        ("AWS::IAM::InstanceProfile", set()),
        ("aws_iam_openid_connect_provider", set()),
        ("AWS::SSO::Assignment", {"permission_sets"}),
        ("aws_ram_principal_association", {"resources"}),
        ("aws_s3_bucket_policy", {"resources", "vpc_endpoints"}),
        ("AWS::EC2::Subnet", set()),
        ("random_id", set()),
        ("AWS::Organizations::Policy", set()),
    ],
)
def test_what_a_type_can_bear_on(kind: str, kinds: set[str]) -> None:
    """By the names of types in templates and in plans."""
    reach = reach_of(kind, {})
    assert reach.kinds == kinds
    assert reach.organization is ("Organizations" in kind)
    assert reach_of(None) == reach_of("Bucket") == EVERYTHING


def test_whose_name_is_not_known_may_be_anybody_of_its_kind() -> None:
    """Of a user whose name can be read, nobody else is doubted."""
    assert reach_of("AWS::IAM::User", {"UserName": "mia"}, "Mia").names == {"mia"}
    assert reach_of("AWS::IAM::User", {}, "Mia").names == {"Mia"}
    for kind, values in (("AWS::IAM::User", {"UserName": 17}), ("aws_iam_user", {})):
        assert reach_of(kind, values, "Mia").names is None
    assert reach_of("aws_iam_role", {"name": "app"}).names == {"app"}
    assert reach_of("aws_iam_role", None).names is None


def test_an_attachment_says_which_policy_it_attaches() -> None:
    """By the ARN of an AWS managed policy, or of one of the account."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert reach_of("aws_iam_role_policy_attachment", {"policy_arn": arn}).policies == (arn,)
    attached = {"ManagedPolicyArns": [arn, 17]}
    assert reach_of("AWS::IAM::ManagedPolicy", attached).policies == (arn,)


def document(effect: str, action: str, **more: str) -> str:
    """The text of a policy of one statement."""
    return json.dumps(policy({"Effect": effect, "Action": action, "Resource": "*", **more}))


PLANNED: dict[str, dict[str, Any]] = {
    "aws_iam_user.mia": {"name": "mia"},
    "aws_iam_user_policy.all": {
        "name": "all",
        "user": "mia",
        "policy": document("Allow", "*"),
    },
    "aws_iam_user_policy.no": {
        "name": "no",
        "user": "mia",
        "policy": document("Deny", "sns:*"),
    },
    "aws_iam_user_policy_attachment.a": {
        "user": "mia",
        "policy_arn": "arn:aws:iam::aws:policy/AWSDenyAll",
    },
    "aws_s3_bucket.b": {"bucket": "open"},
    "aws_s3_bucket_policy.p": {
        "bucket": "open",
        "policy": document("Allow", "s3:GetObject", Principal="*"),
    },
    "aws_s3_bucket_public_access_block.k": {"bucket": "open", "restrict_public_buckets": True},
    "aws_s3_bucket.c": {"bucket": "closed"},
    "aws_s3_bucket_policy.q": {
        "bucket": "closed",
        "policy": document("Deny", "s3:PutObject", Principal="*"),
    },
}
MIA_THERE = MIA.replace(HOME, "111122223333")
LOST_OF_PLAN = {
    ("aws_iam_user_policy.no", "user"): (MIA_THERE, "sns:ListTopics", "*"),
    ("aws_iam_user_policy.no", "policy"): (MIA_THERE, "sns:ListTopics", "*"),
    ("aws_iam_user_policy_attachment.a", "user"): (MIA_THERE, "sqs:ListQueues", "*"),
    ("aws_iam_user_policy_attachment.a", "policy_arn"): (MIA_THERE, "sqs:ListQueues", "*"),
    ("aws_s3_bucket_public_access_block.k", "bucket"): (
        "anonymous",
        "s3:GetObject",
        "arn:aws:s3:::open/k",
    ),
    ("aws_s3_bucket_policy.q", "bucket"): (MIA_THERE, "s3:PutObject", "arn:aws:s3:::closed/k"),
}


def planned(lost: tuple[str, str] | None, *, later: bool) -> dict[str, Any]:
    """A plan without a configuration that has lost a value, or knows it after apply alone."""
    changes = []
    for address, values in PLANNED.items():
        kind, _, name = address.partition(".")
        if kind.endswith("attachment") and (lost is None or lost[0] != address):
            continue  # it denies all
        known = {key: value for key, value in values.items() if (address, key) != lost}
        change = {"actions": ["create"], "before": None, "after": known}
        change["after_unknown"] = {lost[1]: True} if lost and later and known != values else {}
        place = {"address": address, "mode": "managed", "type": kind, "name": name}
        arn = {"arn": MIA_THERE} if address == "aws_iam_user.mia" else {}
        change["after"] |= arn
        changes.append({**place, "change": change})
    return {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}


@pytest.mark.parametrize("later", [True, False], ids=["after apply", "lost"])
@pytest.mark.parametrize("lost", LOST_OF_PLAN, ids=".".join)
def test_what_a_plan_does_not_tell_may_keep_out(lost: tuple[str, str], later: bool) -> None:
    """Whose a policy or a setting is, or what it says."""
    asked = Question(*LOST_OF_PLAN[lost], now=NOW)
    world = world_of({"plan.json": json.dumps(planned(lost, later=later)).encode()})
    assert decide(asked, world).verdict is Verdict.CONDITIONAL
