"""Policies inside of what the AWS CLI prints."""

import json
from urllib.parse import quote

import pytest

from iamsim.core.decision import PolicyType
from iamsim.core.wrapped_policy import unwrap_data, unwrap_text
from iamsim.syntax.any_policy import read_any_policy

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
TEXT = json.dumps(POLICY)
ROLE = "arn:aws:iam::111122223333:role/app"
SUMMARY = {"Id": "p-1", "Name": "NoS3", "Type": "SERVICE_CONTROL_POLICY"}

# What it comes in; the call in words, the type that it says, the name, the ARN.
OUTPUTS = [
    (
        {"PolicyVersion": {"Document": POLICY, "VersionId": "v1"}},
        ("output of `aws iam get-policy-version`", PolicyType.IDENTITY, None, None),
    ),
    (
        {"RoleName": "app", "PolicyName": "read", "PolicyDocument": POLICY},
        ("output of `aws iam get-role-policy`", PolicyType.IDENTITY, "read", None),
    ),
    (
        {"UserName": "alice", "PolicyName": "read", "PolicyDocument": quote(TEXT)},
        ("output of `aws iam get-user-policy`", PolicyType.IDENTITY, "read", None),
    ),
    (
        {"Role": {"RoleName": "app", "Arn": ROLE, "AssumeRolePolicyDocument": POLICY}},
        ("output of `aws iam get-role`", PolicyType.TRUST, "app", ROLE),
    ),
    (
        {"Policy": TEXT},
        ("the member `Policy` of an output", None, None, None),
    ),
    (
        {"Attributes": {"Policy": TEXT, "QueueArn": "arn:aws:sqs:eu-west-1:111122223333:jobs"}},
        (
            "the member `Attributes.Policy` of an output",
            None,
            None,
            "arn:aws:sqs:eu-west-1:111122223333:jobs",
        ),
    ),
    (
        {"Policy": {"PolicySummary": SUMMARY, "Content": TEXT}},
        (
            "output of `aws organizations describe-policy`",
            PolicyType.SERVICE_CONTROL,
            "NoS3",
            None,
        ),
    ),
    (
        {"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "PolicyDocument": TEXT}]},
        (
            "the member `VpcEndpoints.0.PolicyDocument` of an output",
            PolicyType.VPC_ENDPOINT,
            "vpce-1",
            None,
        ),
    ),
]

NONE = [
    POLICY,
    [POLICY],
    {"a": POLICY, "b": POLICY},
    {"accounts": {"1": POLICY}},
    {"policies": {"A": POLICY}},
    {"Items": [POLICY]},
    {"a": {"b": {"c": {"d": POLICY}}}},
    {"text": "no policy", "list": [1], "number": 1},
    {"Policy": '{"Statement": '},
    {"Policy": '{"a": "\\"Statement\\""}'},
    {"VpcEndpoints": [{"PolicyDocument": TEXT}, {"PolicyDocument": TEXT}]},
]


@pytest.mark.parametrize(("output", "said"), OUTPUTS)
def test_outputs_of_the_cli_hold_one_policy(output, said):
    """The document is found, with what the output says about it."""
    found = unwrap_data(output)
    assert (found.what, found.policy_type, found.name, found.arn) == said
    document = found.document
    assert (json.loads(document) if isinstance(document, str) else document) == POLICY
    assert unwrap_text(json.dumps(output)).path == found.path


@pytest.mark.parametrize("data", NONE)
def test_what_holds_none_or_several_is_left_alone(data):
    """A plain policy, a world and a list of policies are not taken for one output."""
    assert unwrap_data(data) is None
    assert unwrap_text(json.dumps(data)) is None


@pytest.mark.parametrize(
    "text", [quote(TEXT), json.dumps(TEXT), json.dumps(quote(TEXT)), quote(json.dumps({"P": TEXT}))]
)
def test_encoded_text_is_decoded(text):
    """URL encoding and JSON strings are taken away."""
    assert json.loads(unwrap_text(text).document) == POLICY


@pytest.mark.parametrize("text", ["", "hello", "{", '"', '"hello"', "[1]", " " + "{" * 2_000_000])
def test_other_text_holds_nothing(text):
    """Text that is no JSON, or too long, holds no policy."""
    assert unwrap_text(text) is None


def test_encoded_text_that_is_no_policy_is_given_decoded():
    """What is wrong in it is told by the reader of policies."""
    assert unwrap_text("%7B%22a%22").document == '{"a"'
    assert unwrap_text("%7B%22a%22").what == "encoded text"


@pytest.mark.parametrize(("output", "_said"), OUTPUTS)
def test_a_policy_is_read_wherever_it_stands(output, _said):
    """Text, bytes and data give the same policy, with places in the text that was given."""
    text = json.dumps(output, indent=1)
    for given in (text, text.encode(), output):
        read = read_any_policy(given, name="file.json")
        assert [str(statement.effect) for statement in read.statements] == ["Allow"]
        assert read.statements[0].actions.values[0].text == "s3:GetObject"


def test_positions_are_those_of_the_file():
    """A document that is an object keeps the lines of the output around it."""
    text = json.dumps(OUTPUTS[0][0], indent=1)
    read = read_any_policy(text, name="file.json")
    span = read.source.span(("Statement", 0, "Action"))
    assert (span.source.name, span.text) == ("file.json", '"s3:GetObject"')
    assert text.splitlines()[span.line - 1].strip().startswith('"Action"')
