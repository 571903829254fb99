"""What a review found wrong with gates, files and outputs, as far as no test of a room holds it.

The table in `tests/README.md` says where each item of the review is held.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamsim.cli.main import main

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"
ASKED = ("-p", USER, "-a", "s3:GetObject", "-r", "arn:aws:s3:::reports/k")
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(**deny):
    """Everything is allowed, but for one statement."""
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"} | deny
    return json.dumps({"Version": "2012-10-17", "Statement": [ALLOW, statement]})


@pytest.mark.parametrize("action", [" s3:*", "s3 :*", "s3: *", "\uff53\uff13:*", "s3:*\u200b"])
def test_a_deny_that_aws_would_not_store_is_no_deny_without_a_word(action, capsys):
    """It is refused, so that nobody takes it for one."""
    assert main(["explain", *ASKED, "--identity-policy", policy(Action=action)]) == 2
    assert "has a character that no action has" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("condition", "given"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "no"}}, "aws:MultiFactorAuthPresent=false"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "0"}}, "aws:MultiFactorAuthPresent=false"),
        ({"IpAddress": {"aws:SourceIp": "300.1.1.1/8"}}, "aws:SourceIp=203.0.113.7"),
        ({"DateLessThan": {"aws:CurrentTime": "soon"}}, "aws:CurrentTime=2026-01-01T00:00:00Z"),
        ({"NumericLessThan": {"s3:max-keys": "ten"}}, "s3:max-keys=5"),
    ],
)
def test_a_value_that_nothing_can_be_gets_a_note_and_the_rest_counts(condition, given, capsys):
    """The policy is not refused as a whole, and the answer says what did not count."""
    words = ["explain", *ASKED, "--identity-policy", policy(Condition=condition), "-c", given]
    assert main([*words, "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["decision"] == "allowed"
    assert any(note["code"] == "unreadable-policy-value" for note in answer["notes"])


def test_a_run_of_suites_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    """No cache with paths of this machine in the working folder."""
    monkeypatch.chdir(tmp_path)
    request = {
        "principal": USER,
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::reports/k",
        "identity_policies": [json.loads(policy())],
        "expect": "explicitDeny",
    }
    suite = {"title": "t", "requests": [request]}
    Path("a.iamtest.json").write_text(json.dumps(suite), "utf-8")
    assert main(["test", "a.iamtest.json", "--cov"]) == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.iamtest.json"]
    assert "1 passed" in capsys.readouterr().out


RECORD = {
    "eventID": "1",
    "eventTime": "2026-01-01T00:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-west-1",
    "userIdentity": {"type": "IAMUser", "arn": USER, "accountId": ACCOUNT, "userName": "u"},
}


@pytest.mark.parametrize("name", [{"a": "b"}, [["a"]], None, 3])
def test_a_map_in_the_place_of_a_name_is_no_bug(name, tmp_path, monkeypatch, capsys):
    """In a record, wherever a name is expected."""
    monkeypatch.chdir(tmp_path)
    Path("w.json").write_text(json.dumps({"accounts": {ACCOUNT: {}}}), "utf-8")
    parameters = {"bucketName": name, "key": name, "policyArn": name, "policyDocument": name}
    record = {**RECORD, "requestParameters": parameters}
    Path("r.json").write_text(json.dumps({"Records": [record]}), "utf-8")
    for words in (
        ["explain", "--event", "r.json", "--world", "w.json"],
        ["replay", "r.json", "--world", "w.json"],
        ["generate", "r.json", "-p", USER],
    ):
        assert main(words) in (0, 1, 2)
        assert "has a bug" not in capsys.readouterr().err


def test_policies_with_names_that_nobody_knows_are_mutated(tmp_path, monkeypatch, capsys):
    """The proof that a mutant changes nothing refused them, and with them the whole run."""
    monkeypatch.chdir(tmp_path)
    allow = {"Effect": "Allow", "Action": ["s3:GetZz*", "s3:GetObject"], "Resource": "*"}
    own = {"Version": "2012-10-17", "Statement": [allow]}
    world = {"accounts": {ACCOUNT: {"users": {"u": {"policies": [own]}}}}}
    request = {
        "principal": USER,
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::reports/k",
        "expect": "allowed",
    }
    suite = {"title": "t", "world": world, "requests": [request]}
    Path("a.iamtest.json").write_text(json.dumps(suite), "utf-8")
    assert main(["test", "a.iamtest.json", "--mutate"]) == 0
    assert "mutants" in capsys.readouterr().out


def test_edits_say_that_more_together_were_not_tried(tmp_path, monkeypatch, capsys):
    """Twelve denies that must all go have thousands of sets of edits."""
    monkeypatch.chdir(tmp_path)
    denies = [
        {
            "Effect": "Deny",
            "Action": "s3:Get*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {f"aws:PrincipalTag/t{number}": "x"}},
        }
        for number in range(12)
    ]
    document = {"Version": "2012-10-17", "Statement": [ALLOW, *denies]}
    Path("p.json").write_text(json.dumps(document), "utf-8")
    words = ["explain", *ASKED, "--identity-policy", "p.json", "--edits", "--format"]
    for form in ("text", "markdown", "html"):
        assert main([*words, form]) == 0
        assert "more edits together were not tried" in capsys.readouterr().out.lower()
    assert main([*words, "json"]) == 0
    assert json.loads(capsys.readouterr().out)["edits"]["untried"] is True
    for options, code in (("--expect", "denied", "--edits"), 1), (("--expect", "denied"), 0):
        assert main([*words[:-2], *options]) == code
        assert ("failed: more edits together" in capsys.readouterr().err) is bool(code)


def test_who_can_asks_within_bounds_and_says_of_what_nobody_was_asked(
    tmp_path, monkeypatch, capsys
):
    """Rows of the answer count as well; of a class that is too large a part is asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("iamsim.query.who_can.MOST_ASKED", 2_000)
    own = json.loads(policy(Action="s3:GetObject"))
    users = {f"u{number}": {"policies": [own]} for number in range(100)}
    Path("w.json").write_text(json.dumps({"accounts": {ACCOUNT: {"users": users}}}), "utf-8")
    assert main(["who-can", "*", "*", "--world", "w.json", "--format", "json"]) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert 100 < len(answer["access"]) < 10_000
    asked = {entry["action"] for entry in answer["access"]}
    assert asked.isdisjoint(answer["unsearched"])
    assert len(asked) + len(answer["unsearched"]) >= len(answer["actions"]) - 1
    for form in (["--quiet"], ["--format", "csv"]):  # which have no place for notes
        assert main(["who-can", "*", "*", "--world", "w.json", *form]) == 0
        assert (
            f"note: nobody was asked for {len(answer['unsearched'])} of" in capsys.readouterr().err
        )


def test_a_shrunk_policy_says_of_what_it_was_not_compared(tmp_path, monkeypatch, capsys):
    """A policy of which a part was held against the world is no proof, and says so."""
    monkeypatch.chdir(tmp_path)
    own = json.loads(policy(Action=["s3:GetObject", "s3:PutObject"], Resource="arn:aws:s3:::b/*"))
    own["Statement"][0]["Action"] = "s3:*"
    Path("w.json").write_text(
        json.dumps({"accounts": {ACCOUNT: {"users": {"u": {"policies": [own]}}}}}), "utf-8"
    )
    words = ["what-can", USER, "--world", "w.json", "--as-policy", "--shrink"]
    assert main(words) == 0
    assert capsys.readouterr().err == ""
    for name in ("MOST_WORK", "LEAST_COMPARED"):
        monkeypatch.setattr(f"iamsim.query.what_can.policy.{name}", 1)
    assert main(words) == 0
    assert ", a part of" in capsys.readouterr().err
