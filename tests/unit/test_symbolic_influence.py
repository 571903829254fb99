"""The keys that can influence a request, and the command that lists them."""

from __future__ import annotations

import json
from typing import Any

import pytest

import iamsim
from iamsim.cli.main import main
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.symbolic.influence import influencing_keys

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
    verdicts = {value.value: value.verdict.value for value in address.values}
    assert verdicts[None] == "implicitDeny"
    assert verdicts["192.0.2.1"] == "implicitDeny"
    assert verdicts["203.0.113.1"] == "allowed"
    assert [statement.sid for statement in address.statements] == ["Office"]


EDGES = [
    # a condition, values with the verdicts that they give
    ({"NumericLessThan": {"k": "10"}}, {None: False, "9": True, "10": False, "11": False}),
    ({"NumericLessThanEqualsIfExists": {"k": "10"}}, {None: True, "10": True, "11": False}),
    (
        {"DateGreaterThan": {"k": "2027-01-01T00:00:00Z"}},
        {"2027-01-01T00:00:00Z": False, "2027-01-01T00:00:01Z": True},
    ),
    ({"DateLessThan": {"k": "1700000000"}}, {"1699999999": True, "1700000000": False}),
    (
        {"NotIpAddress": {"k": "10.0.0.0/8"}},
        {None: True, "0.0.0.1": True, "10.0.0.1": False, "2001:db8::1": True},
    ),
    ({"IpAddress": {"k": "2001:db8::/32"}}, {"192.0.2.1": False, "2001:db8::1": True}),
    ({"StringLike": {"k": "a*"}}, {None: False, "a": True, "x": False}),
    ({"ArnLike": {"k": "arn:aws:s3:::b*"}}, {"arn:aws:s3:::b": True, "x": False}),
    ({"BinaryEquals": {"k": "YWJj"}}, {"YWJj": True, "b3RoZXI=": False}),
    ({"Bool": {"k": "true"}}, {None: False, "true": True, "false": False}),
    ({"Null": {"k": "true"}}, {None: True, "x": False}),
    ({"ForAnyValue:StringEquals": {"k": ["a", "b"]}}, {None: False, "a": True, "x": False}),
    ({"ForAllValues:StringEquals": {"k": ["a"]}}, {None: True, "a": True, "x": False}),
    ({"StringEquals": {"k": "${aws:username}"}}, {None: False, "maya": True, "x": False}),
    ({"StringEqualsIgnoreCase": {"k": "Blue"}}, {"blue": True, "x": False}),
]


@pytest.mark.parametrize(("condition", "values"), EDGES)
def test_each_family_of_operators_has_its_edges(
    condition: dict[str, Any], values: dict[str | None, bool]
) -> None:
    """The values worth trying lie on both sides of where the verdict flips."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    attached = AttachedPolicies(identity_policies=(iamsim.parse_policy(document),))
    question = Question(USER, "s3:GetObject", "arn:aws:s3:::tide/log", attached=attached)
    found = {
        influencing_key.key: influencing_key for influencing_key in influencing_keys(question)
    }["k"]
    verdicts = {value.value: value.verdict.value == "allowed" for value in found.values}
    assert verdicts | values == verdicts
    assert found.flips


def test_keys_that_matter_together_are_tried_together() -> None:
    """Where one key alone changes nothing, the others get values beside which it does."""
    attached = AttachedPolicies(identity_policies=(iamsim.parse_policy(POLICY),))
    question = Question(USER, "s3:GetObject", "arn:aws:s3:::tide/log", attached=attached)
    mfa, address = influencing_keys(question)
    assert not address.flips
    assert address.beside == {"aws:MultiFactorAuthPresent": "true"}
    verdicts = {value.value: value.verdict.value for value in address.values}
    assert verdicts["203.0.113.1"] == "allowed"
    assert verdicts["192.0.2.1"] == "implicitDeny"
    assert mfa.beside == {"aws:SourceIp": "203.0.113.1"}


def test_the_value_of_the_request_is_tried_too() -> None:
    """What the request says of a key stands beside the values that policies tell apart."""
    condition = {"StringEquals": {"k": "a"}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    attached = AttachedPolicies(identity_policies=(iamsim.parse_policy(document),))
    (found,) = influencing_keys(
        Question(USER, "s3:GetObject", "arn:aws:s3:::b/k", {"k": "mine"}, attached=attached)
    )
    assert [value.value for value in found.values[:2]] == [None, "mine"]


ASKED = ["-p", USER, "-a", "s3:GetObject", "-r", "arn:aws:s3:::tide/log"]
ASKED += ["--identity-policy", json.dumps(POLICY)]


def test_the_command_lists_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """`iamsim keys` prints keys, values and statements, as text, names alone, or JSON."""
    assert main(["keys", *ASKED]) == 0
    text = capsys.readouterr().out
    assert "  aws:SourceIp: matters only together with others (tried with " in text
    assert "Allow statement 1 `Office`" in text
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
