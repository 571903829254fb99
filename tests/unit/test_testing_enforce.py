"""`iamsim.testing.enforce`: denied calls raise what the service would answer, and leave nothing."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

import iamsim
from iamsim.testing import enforce

ROLE = "arn:aws:iam::111122223333:role/app"
WORLD = """\
accounts:
  "111122223333":
    roles:
      app:
        policies:
          - Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: [s3:GetObject, s3:ListBucket], Resource: "*"}
              - {Effect: Allow, Action: kms:Decrypt, Resource: "arn:aws:kms:*:*:key/1"}
              - {Effect: Allow, Action: sts:AssumeRole, Resource: "*"}
      other:
        policies: []
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: sts:AssumeRole
              Principal: {AWS: "111122223333"}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A role that may read, and another that may nothing."""
    path = tmp_path_factory.mktemp("enforce") / "world.yaml"
    path.write_text(WORLD)
    return iamsim.load(path)


def client(service, key="testing"):
    """A client that calls nobody: each test stubs its answers."""
    return boto3.client(
        service,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key="testing",  # noqa: S106 - of nobody
    )


def test_an_allowed_call_goes_on_to_the_stub(world):
    """What is allowed is made, and remembered."""
    s3 = client("s3")
    with Stubber(s3) as stub, enforce(world, principal=ROLE) as calls:
        stub.add_response("list_objects_v2", {"KeyCount": 0}, {"Bucket": "b"})
        assert s3.list_objects_v2(Bucket="b")["KeyCount"] == 0
    (made,) = calls.calls
    assert (made.service, made.operation, made.allowed) == ("s3", "ListObjectsV2", True)
    assert made.requests[0]["action"] == "s3:ListBucket"
    assert str(made) == "s3:ListObjectsV2 allowed"
    assert calls.needed() == ["s3:ListBucket"]
    assert calls.unused() == ["kms:Decrypt", "s3:GetObject", "sts:AssumeRole"]


@pytest.mark.parametrize(
    ("service", "method", "parameters", "code", "words"),
    [
        ("s3", "put_object", {"Bucket": "b", "Key": "k"}, "AccessDenied", "s3:PutObject"),
        ("s3", "delete_bucket", {"Bucket": "b"}, "AccessDenied", "s3:DeleteBucket"),
        ("ec2", "describe_instances", {}, "UnauthorizedOperation", "You are not authorized"),
        ("dynamodb", "list_tables", {}, "AccessDeniedException", "dynamodb:ListTables"),
        ("sns", "list_topics", {}, "AuthorizationError", "sns:ListTopics"),
        ("iam", "list_users", {}, "AccessDenied", "iam:ListUsers"),
        ("lambda", "list_functions", {}, "AccessDeniedException", "lambda:ListFunctions"),
        ("sqs", "list_queues", {}, "AccessDenied", "sqs:ListQueues"),
        ("route53", "list_hosted_zones", {}, "AccessDenied", "route53:ListHostedZones"),
    ],
)
def test_a_denied_call_raises_the_error_of_its_service(
    world, service, method, parameters, code, words
):
    """The code is that of the protocol or of the service, the message AWS's."""
    called = client(service)
    with enforce(world, principal=ROLE) as calls, pytest.raises(ClientError) as raised:
        getattr(called, method)(**parameters)
    response = raised.value.response
    assert response["Error"]["Code"] == code
    assert words in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert calls.calls[0].denial.verdict is iamsim.Verdict.IMPLICIT_DENY
    assert any(note.startswith("iamsim: denied") for note in raised.value.__notes__)


def test_a_head_request_is_forbidden_without_a_body(world):
    """S3 answers a denied HEAD with its status alone."""
    denied = enforce(world, principal="arn:aws:iam::111122223333:role/other")
    with denied, pytest.raises(ClientError) as raised:
        client("s3").head_object(Bucket="b", Key="k")
    assert raised.value.response["Error"] == {"Code": "403", "Message": "Forbidden"}


def test_what_a_call_does_not_tell_is_let_through(world):
    """The key is in the ciphertext: the call may be allowed, and is listed."""
    kms = client("kms")
    with Stubber(kms) as stub, enforce(world, principal=ROLE) as calls:
        stub.add_response("decrypt", {"Plaintext": b"x"})
        kms.decrypt(CiphertextBlob=b"x")
    assert [one["action"] for one in calls.calls[0].undecided] == ["kms:Decrypt"]


def test_sessions_that_code_assumes_are_decided_as_such(world):
    """After AssumeRole, clients with its credentials call as the role."""
    sts = client("sts")
    role = "arn:aws:iam::111122223333:role/other"
    credentials = {
        "AccessKeyId": "ASIAEXAMPLEEXAMPLE12",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": "2030-01-01T00:00:00Z",
    }
    session = "arn:aws:sts::111122223333:assumed-role/other/job"
    answer = {
        "Credentials": credentials,
        "AssumedRoleUser": {"AssumedRoleId": "AROAEXAMPLEEXAMPLE:job", "Arn": session},
    }
    with Stubber(sts) as stub, enforce(world, principal=ROLE) as calls:
        stub.add_response("assume_role", answer)
        sts.assume_role(RoleArn=role, RoleSessionName="job")
        with pytest.raises(ClientError, match="assumed-role/other/job is not authorized"):
            client("s3", "ASIAEXAMPLEEXAMPLE12").get_object(Bucket="b", Key="k")
    assert [one.principal for one in calls.calls] == [
        "arn:aws:sts::111122223333:assumed-role/app/iamsim",
        session,
    ]


def test_blocks_may_be_nested_and_end(world):
    """The innermost block decides; behind the last one, calls are as they were."""
    s3 = client("s3")
    with Stubber(s3) as stub:
        for _ in range(2):
            stub.add_response("list_objects_v2", {})
        with enforce(world, principal="arn:aws:iam::111122223333:role/other") as outer:
            with enforce(world, principal=ROLE) as inner:
                s3.list_objects_v2(Bucket="b")
            with pytest.raises(ClientError):
                s3.list_objects_v2(Bucket="b")
        s3.list_objects_v2(Bucket="b")
    assert (len(outer.calls), len(inner.calls)) == (1, 1)


def test_context_is_that_of_all_calls(tmp_path):
    """Keys that no parameter tells can be given once."""
    path = tmp_path / "world.yaml"
    condition = '{IpAddress: {"aws:SourceIp": 203.0.113.0/24}}'
    path.write_text(WORLD.replace('Resource: "*"}', f'Resource: "*", Condition: {condition}}}', 1))
    made = iamsim.load(path)
    s3 = client("s3")
    with Stubber(s3) as stub:
        stub.add_response("list_objects_v2", {})
        with enforce(made, principal=ROLE, context={"aws:SourceIp": "203.0.113.7"}):
            s3.list_objects_v2(Bucket="b")
        outside = enforce(made, principal=ROLE, context={"aws:SourceIp": "198.51.100.1"})
        with outside, pytest.raises(ClientError):
            s3.list_objects_v2(Bucket="b")


def test_a_principal_must_be_one(world):
    """A misspelt ARN is found before the first call."""
    with pytest.raises(iamsim.RequestError), enforce(world, principal="role/app"):
        pass
