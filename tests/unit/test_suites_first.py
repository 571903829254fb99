"""`iamsim test --init`: a first suite from a world."""

from __future__ import annotations

import json

import pytest

from iamsim.cli.main import main
from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.suites.first import first_suite
from iamsim.world.load import load_world

ACCOUNT = "111122223333"


def allow(action, resource, **condition):
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def world_file(tmp_path, **account):
    """A world of one account."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps({"accounts": {ACCOUNT: account}}), encoding="utf-8")
    return path


def written(path):
    """The first suite of a world."""
    return first_suite(CompiledWorld.checked(load_world(path)), [str(path)], str(path.parent))


def test_what_patterns_leave_open_is_of_the_account(tmp_path):
    """Of an ARN without Region and account, and of a service of which the world has nothing, what
    is asked about is of the caller's account and partition; what the world has comes first."""
    open_head = ["arn:aws-cn:sqs:*:*:orders-*", "arn:aws-cn:*:*:*:table/*", "arn:aws-cn:sns:*:*:*"]
    listed = f"arn:aws-cn:sns:cn-northwest-1:{ACCOUNT}:news"
    path = world_file(
        tmp_path,
        partition="aws-cn",
        roles={
            "app": {
                "policies": [
                    allow(["sqs:*", "dynamodb:*", "sns:*"], open_head),
                    allow(["dms:*", "account:*"], "*"),
                ]
            }
        },
        resources={listed: {}},
    )
    lines = [line.split(": ", 1)[1] for line in written(path).splitlines() if "resource:" in line]
    topic = f"arn:aws-cn:sns:cn-north-1:{ACCOUNT}:example"
    assert lines.index(listed) < lines.index(topic)
    assert f"arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:orders-example" in lines
    assert f"arn:aws-cn:dynamodb:cn-north-1:{ACCOUNT}:table/example" in lines
    assert f"arn:aws-cn:account::{ACCOUNT}:account/o-example/{ACCOUNT}" in lines
    assert not [line for line in lines if line.endswith("*")]


def test_the_suite_passes_as_it_is(tmp_path, monkeypatch, capsys):
    """Whatever the policies say, what is written holds; and the file is found by its world."""
    world_file(
        tmp_path,
        users={"maya": {"policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}},
        roles={
            "app": {"policies": [allow("s3:Get*", "arn:aws:s3:::reports/${aws:username}/*")]},
            "fenced": {
                "policies": [allow("sqs:*", "*", StringEquals={"aws:RequestedRegion": "eu-west-1"})]
            },
        },
        permission_sets={"Reader": {"inline": allow("dynamodb:GetItem", "*")}},
        resources={"arn:aws:s3:::reports": {}},
    )
    monkeypatch.chdir(tmp_path)
    assert main(["test", "--init", "--world", "world.json", "-o", "first.iamtest.yaml"]) == 0
    assert main(["test", "first.iamtest.yaml", "-q"]) == 0
    text = (tmp_path / "first.iamtest.yaml").read_text("utf-8")
    assert "world: world.json\n" in text
    assert "# permission set Reader of 111122223333" in text
    assert "services are not looked at" in text
    assert "aws:RequestedRegion: eu-west-1" in text
    assert capsys.readouterr().out.endswith(" passed\n")


def test_tables_name_actions_by_access_level(tmp_path):
    """Allowed and denied columns have a few actions of each level, plain ones first."""
    path = world_file(
        tmp_path, roles={"app": {"policies": [allow("s3:Get*", "arn:aws:s3:::reports/*")]}}
    )
    text = written(path)
    assert "resource: arn:aws:s3:::reports/example\n" in text
    allowed, denied = text.split("  denied:\n")
    assert "- s3:GetObject " in allowed
    assert "# Read" in allowed
    for level in ("Write", "Tagging", "Permissions management"):
        assert f"# {level}" in denied
        assert f"# {level}" not in allowed


def test_conditions_get_a_table_of_their_own(tmp_path):
    """What is allowed in some context only stands under that context, and is denied without."""
    path = world_file(
        tmp_path,
        roles={
            "app": {
                "policies": [
                    allow(
                        "s3:PutObject",
                        "arn:aws:s3:::reports/*",
                        Bool={"aws:MultiFactorAuthPresent": "true"},
                    )
                ]
            }
        },
    )
    plain, opened = written(path).split("under conditions")
    assert "- s3:PutObject" in plain.split("denied:")[1]
    assert 'aws:MultiFactorAuthPresent: "true"' in opened
    assert "- s3:PutObject" in opened


def test_those_without_permissions_are_named(tmp_path):
    """A role without policies is a comment, not a gap; a service-linked one is left out."""
    path = world_file(
        tmp_path,
        roles={
            "app": {"policies": [allow("s3:GetObject", "*")]},
            "idle": {},
            "linked": {"path": "/aws-service-role/x.amazonaws.com/"},
        },
    )
    text = written(path)
    assert f"# role idle of {ACCOUNT}: nothing is allowed\n" in text
    assert "linked" not in text


def test_what_resource_policies_grant_is_there_too(tmp_path):
    """A bucket that lets a role in, and a role that another may assume."""
    bucket = allow("s3:GetObject", "arn:aws:s3:::reports/shared/*")
    role = f"arn:aws:iam::{ACCOUNT}:role/app"
    bucket["Statement"][0]["Principal"] = {"AWS": role}
    trust = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sts:AssumeRole"}
    path = world_file(
        tmp_path,
        roles={"app": {}, "next": {"trust": {"Version": "2012-10-17", "Statement": [trust]}}},
        resources={"arn:aws:s3:::reports": {"policy": bucket}},
    )
    text = written(path)
    assert "resource: arn:aws:s3:::reports/shared/example\n" in text
    assert f"resource: arn:aws:iam::{ACCOUNT}:role/next\n" in text
    assert "- sts:AssumeRole " in text


def test_a_world_without_permissions_is_an_error(tmp_path):
    """An empty suite helps nobody."""
    with pytest.raises(RequestError, match="no user or role") as caught:
        written(world_file(tmp_path, roles={"idle": {}}))
    assert caught.value.code == "nothing-to-test"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--init"], "needs `--world`"),
        (["--init", "--world", "world.json", "suites"], "does not take `suites`"),
        (["--init", "--world", "world.json", "-o", "world.json"], "is there already"),
    ],
)
def test_wrong_usage_is_told(tmp_path, monkeypatch, capsys, arguments, message):
    """Nothing is overwritten, and nothing guessed."""
    path = world_file(tmp_path, roles={})
    before = path.read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["test", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert path.read_text("utf-8") == before
