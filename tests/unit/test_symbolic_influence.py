"""The keys that can influence a request, and the command that lists them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import iamsim
from iamsim.cli.main import main
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.symbolic.influence import influencing_keys

if TYPE_CHECKING:
    import pytest

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Office",
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {
                "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
            },
        },
        {
            "Effect": "Allow",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
        },
    ],
}
USER = "arn:aws:iam::111122223333:user/maya"


def test_keys_come_with_values_on_both_sides() -> None:
    """A key of a statement about the action comes with a value of each kind and its verdict."""
    attached = AttachedPolicies(identity_policies=(iamsim.parse_policy(POLICY),))
    question = Question(
        USER,
        "s3:GetObject",
        "arn:aws:s3:::tide/log",
        {"aws:MultiFactorAuthPresent": "true"},
        attached=attached,
    )
    address, mfa = influencing_keys(question)
    assert (address.key, mfa.key) == ("aws:SourceIp", "aws:MultiFactorAuthPresent")
    assert address.flips
    assert not mfa.flips
    assert mfa.can_matter
    verdicts = {one.value: one.verdict.value for one in address.values}
    assert verdicts == {
        None: "implicitDeny",
        "192.0.2.1": "implicitDeny",
        "203.0.113.1": "allowed",
    }
    assert [statement.sid for statement in address.statements] == ["Office"]


ASKED = ["-p", USER, "-a", "s3:GetObject", "-r", "arn:aws:s3:::tide/log"]
ASKED += ["--identity-policy", json.dumps(POLICY)]


def test_the_command_lists_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """`iamsim keys` prints keys, values and statements, as text, names alone, or JSON."""
    assert main(["keys", *ASKED]) == 0
    text = capsys.readouterr().out
    assert "  aws:SourceIp: matters only together with others\n" in text
    assert "read by Allow `Office`" in text
    assert main(["keys", *ASKED, "-q"]) == 0
    assert capsys.readouterr().out.split() == ["aws:MultiFactorAuthPresent", "aws:SourceIp"]
    assert main(["keys", *ASKED, "--format", "json"]) == 0
    (data,) = json.loads(capsys.readouterr().out)
    assert [key["key"] for key in data["keys"]] == ["aws:MultiFactorAuthPresent", "aws:SourceIp"]
    assert data["keys"][1]["values"][0] == {"value": None, "decision": "implicitDeny"}


def test_a_request_that_no_condition_is_about_has_no_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where no statement about the request reads a key, the command says so."""
    assert main(["keys", "-p", USER, "-a", "ec2:RunInstances", "--identity-policy", "{}"]) == 2
    capsys.readouterr()
    policy = json.dumps({"Version": "2012-10-17", "Statement": [POLICY["Statement"][1]]})
    assert main(["keys", "-p", USER, "-a", "s3:GetObject", "--identity-policy", policy]) == 0
    assert "no statement about this request reads a context key" in capsys.readouterr().out
