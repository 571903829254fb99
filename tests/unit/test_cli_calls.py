"""`iamsim calls`, `explain --call` and `explain --event` on the command line."""

from __future__ import annotations

import json

import pytest

from iamsim.cli.main import main

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    }
)
MIA = "arn:aws:iam::111122223333:user/mia"
RECORD = {
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "eventType": "AwsApiCall",
    "awsRegion": "eu-west-1",
    "recipientAccountId": "111122223333",
    "userIdentity": {
        "type": "IAMUser",
        "arn": MIA,
        "accountId": "111122223333",
        "principalId": "AIDAEXAMPLE",
    },
    "requestParameters": {"bucketName": "b", "key": "k"},
}
SIGN_IN = {**RECORD, "eventType": "AwsConsoleSignIn", "eventName": "ConsoleLogin"}
STRANGER = {**RECORD, "userIdentity": {"type": "AWSAccount", "accountId": "444455556666"}}


def run(capsys, *arguments):
    """Run the command line; gives the exit code, the output and the errors."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_line_is_listed(capsys):
    """Text names actions, resources and reasons; `-q` the first two alone."""
    line = "aws s3 mv s3://b/k ."
    code, out, _ = run(capsys, "calls", line, "--region", "eu-west-1", "--account", "111122223333")
    assert code == 0
    assert "s3:DeleteObject" in out
    assert "arn:aws:s3:::b/k" in out
    _, out, _ = run(capsys, "calls", line, "-q")
    assert out == "s3:GetObject arn:aws:s3:::b/k\ns3:DeleteObject arn:aws:s3:::b/k\n"


def test_an_operation_as_json(capsys):
    """JSON has the members that the reference page lists."""
    parameters = '{"Bucket": "b", "Key": "k"}'
    code, out, _ = run(
        capsys, "calls", "s3", "GetObject", "--parameters", parameters, "--format", "json"
    )
    data = json.loads(out)
    assert code == 0
    assert list(data) == ["requests", "skipped", "notes"]
    assert list(data["requests"][0]) == [
        "action",
        "resource",
        "context",
        "unknown",
        "via",
        "needed",
        "because",
    ]


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "html"])
@pytest.mark.parametrize("line", ["aws s3 ls", "aws sts get-caller-identity"])
def test_every_format_is_written(capsys, form, line):
    """A call that asks nothing says why, in every format that has prose."""
    code, out, _ = run(capsys, "calls", line, "--format", form)
    assert code == 0
    if form != "csv":
        assert "s3:ListAllMyBuckets" in out or "needs no permission" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["calls", "aws", "s3", "ls"], "does not take"),
        (["calls", "aws s3 ls", "x"], "names no service"),
        (["calls", "s3", "GetObject", "--parameters", "[]"], "must be an object"),
        (["calls", "s3", "GetObject", "--parameters", "{"], "no JSON"),
        (["calls", "aws s3 ls", "--parameters", "{}"], "takes one line"),
        (["explain", "--call", "aws s3 ls"], "no principal"),
        (["explain", "--call", "aws s3 ls", "-p", MIA, "-a", "s3:GetObject"], "together"),
        (["explain", "--call", "aws s3 ls", "-p", MIA, "--format", "svg"], "together"),
        (["explain", "--call", "aws s3 ls", "--event", "x", "-p", MIA], "not both"),
        (["explain", "--call", "hello", "-p", MIA], "makes no call"),
    ],
)
def test_wrong_usage_is_said(capsys, arguments, words):
    """Exit code 2, and what would be right."""
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert words in errors


def test_a_call_is_answered_as_one(capsys):
    """It is denied where one of its questions is; what is asked only perhaps stands apart."""
    line = "aws s3 mv s3://b/k ."
    arguments = ["explain", "--call", line, "-p", MIA, "--identity-policy", POLICY]
    code, out, _ = run(capsys, *arguments, "--expect", "denied")
    assert code == 0
    assert out.startswith("the call is denied\n")
    assert "What fails first" in out
    code, out, _ = run(capsys, *arguments, "--format", "json")
    data = json.loads(out)
    assert data["decision"] == "implicitDeny"
    assert [request["decision"] for request in data["requests"]] == ["allowed", "implicitDeny"]
    assert data["requests"][1]["answer"]["decision"] == "implicitDeny"
    code, out, errors = run(capsys, *arguments, "-q", "--expect", "allowed")
    assert (code, out) == (1, "implicitDeny\n")
    assert "expected allowed" in errors


def test_what_depends_does_not_deny(capsys):
    """An upload is allowed where giving it up is not."""
    policy = POLICY.replace("GetObject", "PutObject")
    line = ["explain", "--call", "aws s3 cp a s3://b/k", "-p", MIA, "--identity-policy", policy]
    _, out, _ = run(capsys, *line)
    assert out.startswith("the call is allowed\n")
    assert "Asked only if it comes to that" in out


def test_a_resource_that_the_call_does_not_name(capsys):
    """Where policies may tell the resources apart, the answer is conditional."""
    statement = {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    line = "aws kms decrypt --ciphertext-blob fileb://c"
    arguments = ["explain", "--call", line, "-p", MIA, "--region", "eu-west-1"]
    key_policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
        }
    )
    policies = ["--identity-policy", policy, "--resource-policy", key_policy]
    code, out, _ = run(capsys, *arguments, *policies, "-q")
    assert (code, out) == (0, "conditional\n")


def test_events_are_answered_in_their_context(capsys, tmp_path):
    """A file of records: each is answered, or says why nothing is asked."""
    path = tmp_path / "trail.json"
    path.write_text(json.dumps({"Records": [RECORD, SIGN_IN, STRANGER]}))
    arguments = ["explain", "--event", str(path), "--identity-policy", POLICY]
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert out.count("the call is allowed") == 1
    assert "a sign-in to the console" in out
    assert "does not name the caller" in out
    _, out, _ = run(capsys, *arguments, "--format", "json")
    assert [call["decision"] for call in json.loads(out)["calls"]] == ["allowed", None, None]
    path.write_text(f"{json.dumps(RECORD)}\n{json.dumps(RECORD)}\n")
    _, out, _ = run(capsys, *arguments, "-q")
    assert out == "allowed\nallowed\n"


@pytest.mark.parametrize("text", ["{", "7", "[]", '{"a": 1}'])
def test_a_broken_file_of_events_is_an_error(capsys, tmp_path, text):
    """Exit code 2, never a traceback."""
    path = tmp_path / "trail.json"
    path.write_text(text)
    code, _, errors = run(capsys, "explain", "--event", str(path))
    assert code == 2
    assert errors.startswith("error")


def test_a_short_name_tells_the_account(capsys):
    """ARNs of the caller's account are whole, as with an ARN."""
    line = "aws sqs send-message --queue-url q --message-body x --region eu-west-1"
    code, out, _ = run(
        capsys, "explain", "--call", line, "-p", "deploy", "--world", "example:harbor"
    )
    assert code == 0
    assert "arn:aws:sqs:eu-west-1:111122223333:q" in out
