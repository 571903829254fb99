"""`iamsim simulate`: the AWS CLI's arguments, in all the ways in which they may be written."""

from __future__ import annotations

import json

import pytest

from iamsim.cli.main import main
from iamsim.cli.shorthand import context_entries, texts
from iamsim.core.errors import RequestError

ACCOUNT = "111122223333"
NORA, OTTO = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("nora", "otto"))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/team/devs"
BUCKET = "arn:aws:s3:::reports/a"


def document(action, **more):
    """A policy that allows an action everywhere."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allow(action, **more):
    """The same as text."""
    return json.dumps(document(action, **more))


WORLD = {
    "accounts": {
        ACCOUNT: {
            "users": {
                "nora": {"policies": [document("s3:Get*")], "groups": ["devs"]},
                "otto": {"policies": [document("sqs:*")], "boundary": document("sqs:Send*")},
            },
            "groups": {"devs": {"path": "/team/", "policies": [document("s3:Put*")]}},
            "roles": {"app": {"policies": [document("s3:*")], "boundary": document("s3:Get*")}},
            "resources": {},
        }
    }
}


@pytest.fixture
def world(tmp_path):
    """A small world as a file."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(WORLD), "utf-8")
    return str(path)


@pytest.fixture
def run(capsys):
    """Run `iamsim simulate`: exit code, output, errors."""

    def call(*words):
        code = main(["simulate", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def decisions(run):
    """Run a simulation and give the decision of each action."""

    def call(*words):
        code, out, err = run(*words)
        assert (code, err) == (0, "")
        results = json.loads(out)["EvaluationResults"]
        return {result["EvalActionName"]: result["EvalDecision"] for result in results}

    return call


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (NORA, {"s3:GetObject": "allowed", "s3:PutObject": "allowed"}),
        (ROLE, {"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny"}),
        (GROUP, {"s3:GetObject": "implicitDeny", "s3:PutObject": "allowed"}),
    ],
)
def test_the_policies_of_a_user_role_or_group_are_simulated(decisions, world, source, expected):
    """A user has its groups' policies too, a role its boundary, a group its own policies."""
    words = ("--policy-source-arn", source, "--resource-arns", BUCKET, "--world", world)
    assert decisions("principal-policy", *words, "--action-names", *expected) == expected


def test_policies_of_the_call_come_on_top(decisions, world):
    """Given policies add to what is attached, and a given boundary takes the place of the old."""
    words = ("principal-policy", "--policy-source-arn", ROLE, "--world", world)
    words = (*words, "--action-names", "s3:GetObject", "sqs:SendMessage")
    more = ("--policy-input-list", allow("sqs:*"))
    boundary = ("--permissions-boundary-policy-input-list", allow("sqs:*"))
    assert decisions(*words, *more) == {
        "s3:GetObject": "allowed",
        "sqs:SendMessage": "implicitDeny",
    }
    assert decisions(*words, *more, *boundary) == {
        "s3:GetObject": "implicitDeny",
        "sqs:SendMessage": "allowed",
    }


def test_somebody_else_may_call_with_these_policies(decisions, world):
    """With `--caller-arn` someone calls as if they had policies and boundary of the source."""
    words = ("principal-policy", "--policy-source-arn", OTTO, "--caller-arn", NORA)
    actions = ("--action-names", "s3:GetObject", "sqs:SendMessage", "sqs:ReceiveMessage")
    assert decisions(*words, "--world", world, *actions) == {
        "s3:GetObject": "implicitDeny",
        "sqs:SendMessage": "allowed",
        "sqs:ReceiveMessage": "implicitDeny",
    }


def test_a_custom_policy_needs_no_caller(decisions):
    """Without a caller somebody of the resource's account calls, who has no name."""
    queue = "arn:aws:sqs:eu-west-1:444455556666:orders"
    words = ("custom-policy", "--action-names", "sqs:SendMessage", "--resource-arns", queue)
    assert decisions(*words, "--policy-input-list", allow("sqs:*")) == {
        "sqs:SendMessage": "allowed"
    }
    named = allow("sqs:*", Condition={"StringLike": {"aws:username": "*"}})
    assert decisions(*words, "--policy-input-list", named) == {"sqs:SendMessage": "implicitDeny"}


def test_without_a_caller_the_owner_of_the_resource_calls(decisions, tmp_path):
    """The owner is read from the world, or from `--resource-owner`, where the ARN names none."""
    world = tmp_path / "world.json"
    owned = {"accounts": {"444455556666": {"resources": {"arn:aws:s3:::reports": {}}}}}
    world.write_text(json.dumps(owned), "utf-8")
    words = ("custom-policy", "--action-names", "s3:GetObject", "--resource-arns", BUCKET)
    words = (*words, "--policy-input-list", allow("s3:*"))
    for more in (("--world", str(world)), ("--resource-owner", "444455556666"), ()):
        assert decisions(*words, *more) == {"s3:GetObject": "allowed"}


def test_a_resource_policy_belongs_to_every_resource(decisions):
    """The resource-based policy lets in a caller of another account, as both sides allow."""
    policy = document("s3:GetObject")
    policy["Statement"][0]["Principal"] = {"AWS": NORA}
    words = ("custom-policy", "--action-names", "s3:GetObject", "--resource-arns", BUCKET)
    words = (*words, "--caller-arn", NORA, "--resource-owner", "444455556666")
    words = (*words, "--policy-input-list", allow("s3:*"))
    assert decisions(*words) == {"s3:GetObject": "implicitDeny"}
    policy_words = ("--resource-policy", json.dumps(policy))
    assert decisions(*words, *policy_words) == {"s3:GetObject": "allowed"}


def test_policies_may_be_written_in_every_way(decisions, tmp_path):
    """JSON, `file://`, a path, a managed policy's ARN and a JSON list all name policies."""
    file = tmp_path / "policy.json"
    file.write_text(allow("s3:GetObject"), "utf-8")
    words = ("custom-policy", "--action-names", "s3:GetObject", "--resource-arns", BUCKET)
    for policy in (
        allow("s3:GetObject"),
        f"file://{file}",
        str(file),
        "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        json.dumps([allow("s3:GetObject")]),
        json.dumps([document("s3:GetObject")]),
    ):
        assert decisions(*words, "--policy-input-list", policy) == {"s3:GetObject": "allowed"}


IP = {"aws:SourceIp": "203.0.113.10"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["ContextKeyName=aws:SourceIp,ContextKeyValues=203.0.113.10,ContextKeyType=ip"], IP),
        (["ContextKeyName='aws:SourceIp',ContextKeyValues='203.0.113.10'"], IP),
        (["ContextKeyType=ip,ContextKeyValues=[203.0.113.10],ContextKeyName=aws:SourceIp"], IP),
        (['{"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["203.0.113.10"]}'], IP),
        (['[{"ContextKeyName": "aws:SourceIp", "ContextKeyValues": "203.0.113.10"}]'], IP),
        (
            ["ContextKeyName=aws:TagKeys,ContextKeyValues=a,b,ContextKeyType=stringList"],
            {"aws:TagKeys": ("a", "b")},
        ),
        (
            ["ContextKeyName=aws:TagKeys,ContextKeyValues=['a,b',\"c\"],ContextKeyType=stringList"],
            {"aws:TagKeys": ("a,b", "c")},
        ),
        (
            ["ContextKeyName=aws:TagKeys,ContextKeyValues=a,ContextKeyType=stringList"],
            {"aws:TagKeys": ("a",)},
        ),
        (["ContextKeyName=a:b,ContextKeyValues=''"], {"a:b": ""}),
        (['ContextKeyName=a:b,ContextKeyValues="it\'s"'], {"a:b": "it's"}),
        (['{"ContextKeyName": "a:b", "ContextKeyValues": [true, 5]}'], {"a:b": ("true", "5")}),
        (["ContextKeyName=a:b,ContextKeyValues=x=y"], {"a:b": "x=y"}),
        (
            ["ContextKeyName=a:b,ContextKeyValues=1", "ContextKeyName=c:d,ContextKeyValues=2"],
            {"a:b": "1", "c:d": "2"},
        ),
        ([], {}),
    ],
)
def test_context_entries_are_read_in_shorthand_and_json(given, expected):
    """The AWS CLI's shorthand, with its quotes and lists, and JSON give the same context."""
    assert context_entries(given) == expected


@pytest.mark.parametrize(
    "text",
    [
        "aws:SourceIp=203.0.113.10",
        "ContextKeyName=a:b",
        "ContextKeyValues=x",
        "ContextKeyName=a:b,x,ContextKeyValues=y",
        '{"ContextKeyName": "a:b"',
        '["a:b"]',
        '{"ContextKeyName": "a:b", "ContextKeyValues": ["x"], "More": 1}',
        '{"ContextKeyName": 5, "ContextKeyValues": ["x"]}',
        "",
    ],
)
def test_what_is_no_context_entry_is_refused(text):
    """Anything else is an error that shows how an entry is written."""
    with pytest.raises(RequestError) as caught:
        context_entries([text])
    assert caught.value.code == "invalid-context-entry"
    assert "ContextKeyName=" in caught.value.hint


def test_lists_are_spread():
    """Several values and one JSON list of them are the same; broken JSON stays as it is."""
    assert texts(["a", "b"]) == texts(['["a", "b"]']) == ["a", "b"]
    assert texts(["[a"]) == ["[a"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["custom-policy"], "the option `--action-names` is missing"),
        (["custom-policy", "--action-names", "s3:GetObject"], "`--policy-input-list` is missing"),
        (
            ["principal-policy", "--action-names", "s3:GetObject"],
            "`--policy-source-arn` is missing",
        ),
        (
            ["principal-policy", "--action-names", "s3:GetObject", "--policy-source-arn", NORA],
            f"no user, group or role `{NORA}` is known",
        ),
        (
            [
                *("custom-policy", "--action-names", "a:B", "--policy-input-list", allow("*")),
                *("--permissions-boundary-policy-input-list", allow("*"), allow("*")),
            ],
            "a simulation takes one permissions boundary",
        ),
        (
            ["custom-policy", "--action-names", "a:B", "--policy-input-list", "file://nowhere"],
            "can't read `nowhere`",
        ),
        (
            [
                *("custom-policy", "--action-names", "a:B", "--policy-input-list", allow("*")),
                *("--context-entries", "ContextKeyName=a:b,ContextKeyValues=c,ContextKeyType=text"),
            ],
            "`text` is not a type of context keys",
        ),
        (["custom"], "there is no command `simulate custom`"),
    ],
)
def test_wrong_arguments_exit_with_two(run, words, message):
    """What AWS would refuse is refused, in a sentence with a hint."""
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert message in err


def test_output_goes_to_a_file(run, tmp_path):
    """`-o` writes the response into a file."""
    path = tmp_path / "response.json"
    action = "s3:ListAllMyBuckets"
    words = ("custom-policy", "--action-names", action, "--policy-input-list", allow("*"))
    assert run(*words, "-o", str(path)) == (0, "", "")
    assert json.loads(path.read_text("utf-8")) == json.loads(run(*words)[1])
