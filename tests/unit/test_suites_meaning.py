"""An expectation that can't fail does not pass: in suites, with `--expect` and `--forbid`, in
claims, laws and every other gate."""

from __future__ import annotations

import json

import pytest

from iamsim.api import World
from iamsim.cli.main import main
from iamsim.testing.laws import check
from iamsim.world.load import load_world_data

ACCOUNT = "111122223333"
EVA = f"arn:aws:iam::{ACCOUNT}:user/eva"
KEY = "arn:aws:s3:::reports/q3.csv"
JOBS = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
WORLD = {
    "accounts": {
        ACCOUNT: {"users": {"eva": {"policies": [READ]}}, "resources": {JOBS: {}}},
        "444455556666": {"resources": {"arn:aws:s3:::bare": {}}},
    }
}
REQUEST = {"principal": EVA, "action": "s3:PutObject", "resource": KEY, "expect": "denied"}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a suite of some requests: exit code and outcome as data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.json").write_text(json.dumps(WORLD), "utf-8")

    def call(*requests, options=(), **suite):
        data = {"title": "t", "world": "world.json", "requests": list(requests), **suite}
        (tmp_path / "a.iamtest.json").write_text(json.dumps(data), "utf-8")
        code = main(["test", "--format", "json", *options, "a.iamtest.json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err

    return call


MISTAKES = {
    "a caller that nobody is": {"principal": EVA + "a"},
    "a misspelt action": {"action": "s3:PutObjct"},
    "an action that does not act on the resource": {"resource": JOBS},
    "a missing resource": {"resource": "*"},
    "an unknown context key": {"context": {"aws:SorceIp": "203.0.113.1"}},
    "an unknown key that AWS does not have": {"unknown": ["aws:SorceIp"]},
    "a context key that is not carried": {"context": {"s3:prefix": "a"}},
    "an account with a digit missing": {
        "action": "sqs:SendMessage",
        "resource": "arn:aws:sqs:eu-west-1:11112222333:jobs",
    },
    "no expectation": {"expect": None},
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_that_makes_an_expectation_meaningless_fails(run, mistake):
    """Each was a case that passed, whatever the policies said."""
    request = {
        key: value for key, value in (REQUEST | MISTAKES[mistake]).items() if value is not None
    }
    code, data, _ = run(REQUEST, request)
    assert (code, data["passed"], data["failed"]) == (1, 1, 1)
    assert len(data["cases"][1]["failures"]) == 1


@pytest.mark.parametrize(
    "table",
    [
        {"matrix": {}},
        {"denied": []},
        {"denied": [], "allowed": []},
        {"matrix": {EVA: {}}},
        {"matrix": {EVA: {"denied": []}}},
        {"denied": ["s3:PutObject"], "contexts": {}},
        {"denied": ["sqs:*"], "resource": KEY},
    ],
)
def test_a_table_of_nothing_is_an_error(run, table):
    """It would be passed over without a word."""
    principal = {} if "matrix" in table else {"principal": EVA}
    code, data, _ = run(REQUEST, {"resource": KEY, **principal, **table})
    assert code == 2
    assert data["unreadable"][0]["code"] in ("empty-table", "no-such-actions")


@pytest.mark.parametrize("name", ["s3:PutObjct", "S3:PUTOBJCT"])
def test_names_that_aws_has_are_said_to_be_known(run, name):
    """In the suite, on one request, or on the command line for all."""
    request = REQUEST | {"action": "s3:PutObjct"}
    assert run(request, known=[name])[0] == 0
    assert run(request | {"known": [name]})[0] == 0
    assert run(request, options=("--allow-unknown-names",))[0] == 0
    assert run(request, known=["s3:Other"])[0] == 1


def test_a_stranger_is_denied_truly(run):
    """And an explicit deny is one, whoever else is listed."""
    stranger = REQUEST | {"principal": "arn:aws:iam::777777777777:role/other"}
    assert run(stranger)[0] == 0
    bare = REQUEST | {"principal": "arn:aws:iam::444455556666:role/other"}
    assert run(bare)[0] == 1
    scps = [[{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}]]
    assert run(bare | {"scps": scps, "expect": "explicitDeny"})[0] == 0
    assert run(REQUEST | {"resource": "*", "scps": scps, "expect": "explicitDeny"})[0] == 0


def test_keys_of_the_defaults_need_not_fit_every_request(run):
    """But they must exist."""
    assert run(REQUEST, defaults={"context": {"s3:prefix": "a"}})[0] == 0
    assert run(REQUEST, defaults={"context": {"s3:prefixx": "a"}})[0] == 1
    own = REQUEST | {"context": {"s3:prefix": "b"}}
    assert run(own, defaults={"context": {"s3:prefix": "a"}})[0] == 1


def test_a_key_that_one_action_of_a_table_carries_is_fine(run):
    """The rows share it."""
    table = {"principal": EVA, "resources": [KEY, "arn:aws:s3:::reports"]}
    table |= {"context": {"s3:prefix": "a"}, "denied": ["s3:PutObject", "s3:ListBucket"]}
    code, data, _ = run(table)
    assert code == 0
    # Each action on the resource that it acts on.
    assert [case["name"] for case in data["cases"]] == [
        "request 1 [s3:PutObject reports/q3.csv]",
        "request 1 [s3:ListBucket reports]",
    ]


def test_what_nothing_of_a_table_acts_on_is_told(run):
    """An action that fits no resource, a resource that fits no action."""
    table = {"principal": EVA, "resources": [KEY, JOBS], "denied": ["s3:PutObject"]}
    assert run(table)[1]["failed"] == 1
    table = {"principal": EVA, "resources": [KEY], "denied": ["s3:PutObject", "sqs:SendMessage"]}
    assert run(table)[1]["failed"] == 1


def test_patterns_stand_for_what_acts_on_the_resource(run):
    """Of all actions of S3 those on objects."""
    code, data, _ = run({"principal": EVA, "resource": KEY, "denied": ["s3:Put*"]})
    assert code == 0
    names = {case["name"] for case in data["cases"]}
    assert "request 1 [s3:PutObject]" in names
    assert "request 1 [s3:PutBucketPolicy]" not in names


def test_a_request_without_an_expectation_can_be_recorded(run, tmp_path):
    """It does not count as passed."""
    asked = {key: value for key, value in REQUEST.items() if key != "expect"}
    code, data, _ = run(asked, REQUEST, options=("--record", str(tmp_path / "r.json")))
    assert (code, data["passed"], data["asked"], data["failed"]) == (0, 1, 1, 0)


def test_several_processes_check_alike(run):
    """What a worker finds is what is found here."""
    requests = [REQUEST | {"action": "s3:PutObjct", "name": str(number)} for number in range(4)]
    assert run(*requests, options=("-n", "2"))[1]["failed"] == 4
    both = ("-n", "2", "--allow-unknown-names")
    assert run(*requests, options=both)[1]["passed"] == 4


def ask(capsys, *words):
    """Explain with the world: exit code, output, errors."""
    code = main(["explain", "--world", "world.json", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_explain_asserts_no_denial_of_what_can_not_be_meant(run, capsys):
    """And says it first."""
    run(REQUEST)
    words = ("-p", EVA, "-a", "s3:PutObjct", "-r", KEY)
    code, out, err = ask(capsys, *words, "--expect", "denied")
    assert code == 1
    assert "did you mean `s3:PutObject`" in err
    assert out.startswith("check the question: no action `s3:PutObjct` is known")
    assert ask(capsys, *words)[0] == 0
    assert ask(capsys, *words, "--expect", "denied", "--allow-unknown-names")[0] == 0
    assert ask(capsys, *words, "--format", "markdown")[1].startswith("**check the question**: no")
    assert "Check the question" in ask(capsys, *words, "--format", "html")[1]
    data = json.loads(ask(capsys, *words, "--format", "json")[1])
    assert data["hints"][0]["code"] == "unknown-action"


def test_explain_says_of_whom_the_world_lacks(run, capsys):
    """Nobody is denied either."""
    run(REQUEST)
    words = ("-p", EVA + "a", "-a", "s3:PutObject", "-r", KEY)
    _, out, _ = ask(capsys, *words)
    assert out.startswith("check the question: the world lists the account, and nobody in it is")
    assert f"`{EVA}`" in out
    allowed = ask(capsys, "-p", EVA, "-a", "s3:GetObject", "-r", "*")[1]
    assert allowed.startswith("allowed")
    assert "[resource-left-out]" in allowed


def test_requirements_of_a_change_are_checked(run, capsys, tmp_path):
    """`--forbid` asserts as well."""
    run(REQUEST)
    (tmp_path / "stay.json").write_text(
        json.dumps({"title": "t", "requests": [REQUEST | {"action": "s3:PutObjct"}]}), "utf-8"
    )
    words = ["changes", "--world", "world.json", "--overlay", "more.json", "--forbid", "stay.json"]
    (tmp_path / "more.json").write_text(json.dumps({"UserDetailList": []}), "utf-8")
    assert main(words) == 1
    assert "no action `s3:PutObjct` is known" in capsys.readouterr().out
    assert main([*words, "--allow-unknown-names"]) == 0


CLAIM = {"name": "c", "never": {"principal": EVA, "action": "s3:PutObject", "resource": KEY}}
NONE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
NOT_CLAIMS = {
    "a caller that nobody is": ({"principal": EVA + "a"}, "nobody in it is"),
    "a pattern that nobody fits": ({"principal": EVA + "a*"}, "nobody in it fits"),
    "a session of no role": (
        {"principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/nope/s"},
        "nobody in it is",
    ),
    "among others": ({"principal": [EVA, EVA + "a"]}, "nobody in it is"),
    "all but nobody": ({"principal": {"except": [EVA + "a"]}}, "nobody in it is"),
    "a colon is missing": ({"principal": EVA.replace("::", ":")}, "names no principal"),
    "a misspelt action": ({"action": "s3:PutObjct"}, "s3:PutObjct"),
    "an action that does not act on the resource": ({"resource": JOBS}, "act on no such"),
    "a key that is not known": (
        {"condition": {"StringEquals": {"aws:SorceIp": "x"}}},
        "aws:SourceIp",
    ),
    "a key that is not carried": (
        {"condition": {"StringEquals": {"s3:prefix": "x"}}},
        "never carry",
    ),
    "conditions that exclude each other": ({"condition": NONE}, "no request meets"),
}


@pytest.fixture
def claims(tmp_path, monkeypatch, capsys):
    """Check one claim about the world: exit code and errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.json").write_text(json.dumps(WORLD), "utf-8")

    def call(never, **more):
        claim = {**CLAIM, **more, "never": CLAIM["never"] | never}
        (tmp_path / "claims.json").write_text(json.dumps({"claims": [claim]}), "utf-8")
        code = main(["check", "claims", "claims.json", "--world", "world.json"])
        return code, capsys.readouterr().err

    return call


@pytest.mark.parametrize("mistake", NOT_CLAIMS)
def test_a_claim_about_nothing_is_an_error(claims, mistake):
    """It was proved, whatever the policies say."""
    never, said = NOT_CLAIMS[mistake]
    assert claims({}) == (0, "")
    code, errors = claims(never)
    assert code == 2
    assert said in errors


@pytest.mark.parametrize(
    "never",
    [
        {"principal": "arn:aws:iam::777777777777:role/other"},
        {"principal": f"arn:aws:iam::{ACCOUNT}:user/*"},
        {"condition": {"StringEquals": {"aws:PrincipalServiceName": "lambda.amazonaws.com"}}},
        {"condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"condition": {"Null": {"aws:PrincipalArn": "true"}}},
    ],
)
def test_a_claim_about_something_is_proved(claims, never):
    """Strangers need not be listed, and whoever calls is told by keys as well."""
    assert claims(never) == (0, "")


def test_a_claim_about_the_future_names_whom_nobody_knows_yet(claims):
    """Who may get any policy, and so can."""
    assert claims({"principal": EVA + "a", "future": True}) == (1, "")


GATES = {
    "diff": (
        ["diff", "world.json", "world.json", "--fail-on", "opened", "-p"],
        "arn:aws:iam::*:user/eva",
        EVA + "a",
    ),
    "access-not-granted": (
        ["check", "access-not-granted", json.dumps(READ), "-r", KEY, "-a"],
        "s3:PutObject",
        "s3:ListBucket",
    ),
    "access-not-granted on": (
        ["check", "access-not-granted", json.dumps(READ), "-a", "s3:PutObject", "-r"],
        KEY,
        "arn:aws:s3:::reports",
    ),
    "findings": (
        ["findings", "--world", "world.json", "--fail-on", "any", "-r", JOBS, "-a"],
        "sqs:SendMessage",
        "sqs:SendMesage",
    ),
    "ever": (
        ["check", "ever", "--world", "world.json", "-r", KEY, "s3:PutObject", "-p"],
        EVA,
        EVA + "a",
    ),
}


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_about_nothing_is_an_error(run, capsys, gate):
    """With what can be meant in its place it passes."""
    run(REQUEST)
    words, meant, slip = GATES[gate]
    assert main([*words, meant]) == 0
    capsys.readouterr()
    assert main([*words, slip]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_findings_take_no_actions_without_a_resource(run, capsys):
    """Nothing was asked about them."""
    run(REQUEST)
    assert main(["findings", "--world", "world.json", "--fail-on", "any", "-a", "sqs:*"]) == 2
    assert "`--resource`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "scope",
    [
        {"actions": ["s3:GetObject", "s3:PutObjct"]},
        {"except_actions": "s3:PutObjct"},
        {"principals": [EVA, EVA + "a"]},
        {"context": {"aws:SorceIp": ["203.0.113.1"]}},
    ],
)
def test_a_law_about_a_name_that_nothing_has_is_an_error(scope):
    """Beside others it was passed over."""
    world = World(load_world_data(WORLD))
    check(lambda _: True, world, examples=1)
    with pytest.raises(ValueError, match="the scope of the law: "):
        check(lambda _: True, world, examples=1, **scope)
    known = ["s3:PutObjct", "aws:SorceIp"]
    if "principals" not in scope:
        check(lambda _: True, world, examples=1, known=known, **scope)
