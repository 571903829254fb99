"""`iamsim.testing.enforce`: denied calls raise what the service would answer, and leave nothing."""

from __future__ import annotations

import subprocess
import sys

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ParamValidationError, StubAssertionError
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
    speaks_json = service == "dynamodb"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == (400 if speaks_json else 403)
    assert words in response["Error"]["Message"]
    assert calls.calls[0].denial.verdict is iamsim.Verdict.IMPLICIT_DENY
    assert response["iamsim"]["explanation"].startswith("denied")
    assert calls.calls[0].explanation == response["iamsim"]["explanation"]
    assert type(raised.value) is called.exceptions.from_code(code)


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
    assert [entry["action"] for entry in calls.calls[0].undecided] == ["kms:Decrypt"]


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
    assert [call.principal for call in calls.calls] == [
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


def test_the_explanation_leaves_the_block_with_the_error(world):
    """Whoever reads the traceback reads why, also where code raised an error of its own."""

    def code() -> None:
        try:
            client("s3").put_object(Bucket="b", Key="k")
        except ClientError as error:
            raise RuntimeError from error

    with pytest.raises(RuntimeError) as raised, enforce(world, principal=ROLE):
        code()
    (note,) = raised.value.__cause__.__notes__
    assert note.startswith("iamsim: denied: no identity-based policy allows s3:PutObject")


def test_clients_of_all_ages_are_decided(tmp_path):
    """In a process of its own: a client, a session and a resource from before the first block."""
    script = """
import boto3, iamsim, sys
from botocore.exceptions import ClientError
key = dict(aws_access_key_id="k", aws_secret_access_key="s", region_name="eu-west-1")
old_client, old_session = boto3.client("s3", **key), boto3.Session(**key)
old_bucket = boto3.resource("s3", **key).Bucket("b")
from iamsim.testing import enforce
with enforce(iamsim.load(sys.argv[1]), principal=sys.argv[2]) as calls:
    for call in (
        lambda: old_client.put_object(Bucket="b", Key="k"),
        lambda: old_session.client("s3").put_object(Bucket="b", Key="k"),
        lambda: old_bucket.put_object(Key="k"),
        lambda: boto3.client("s3", **key).put_object(Bucket="b", Key="k"),
        lambda: boto3.Session(**key).resource("s3").Bucket("b").put_object(Key="k"),
    ):
        try:
            call()
        except ClientError as error:
            print(error.response["Error"]["Code"])
print(len(calls.calls))
"""
    path = tmp_path / "world.yaml"
    path.write_text(WORLD)
    done = subprocess.run(
        [sys.executable, "-c", script, path, ROLE],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["AccessDenied"] * 5 + ["5"]


def test_a_stubber_that_is_active_before_the_first_block_is_asked_later(tmp_path):
    """In a process of its own: a denied call needs no answer of it all the same."""
    script = """
import boto3, iamsim, sys
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from iamsim.testing import enforce
keys = dict(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
s3 = boto3.client("s3", **keys)
with Stubber(s3), enforce(iamsim.load(sys.argv[1]), principal=sys.argv[2]):
    try:
        s3.put_object(Bucket="b", Key="k")
    except ClientError as error:
        print(error.response["Error"]["Code"])
"""
    path = tmp_path / "world.yaml"
    path.write_text(WORLD)
    command = [sys.executable, "-c", script, path, ROLE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["AccessDenied"]


def test_no_stub_of_one_operation_answers_first(world):
    """Handlers for one operation are more specific; the decision comes before them all the same."""
    s3 = client("s3")
    answered = AWSResponse(None, 200, {}, None), {"ETag": "x"}
    s3.meta.events.register_first("before-call.s3.PutObject", lambda **_: answered)
    with enforce(world, principal=ROLE), pytest.raises(ClientError, match="s3:PutObject"):
        s3.put_object(Bucket="b", Key="k")
    assert s3.put_object(Bucket="b", Key="k") == {"ETag": "x"}


def test_a_stubber_keeps_what_a_denied_call_did_not_get(world):
    """Nothing has to be stubbed for a denied call, and no answer of another call is used up."""
    s3 = client("s3")
    with Stubber(s3) as stub, enforce(world, principal=ROLE):
        stub.add_response("list_objects_v2", {"KeyCount": 1}, {"Bucket": "b"})
        with pytest.raises(ClientError, match="s3:PutObject"):
            s3.put_object(Bucket="b", Key="k")
        with pytest.raises(StubAssertionError):
            s3.list_objects_v2(Bucket="other")
        assert s3.list_objects_v2(Bucket="b")["KeyCount"] == 1
        stub.assert_no_pending_responses()


def test_a_call_that_would_not_leave_is_not_decided(world):
    """What no service could read never leaves, and a URL that is signed is no call."""
    with enforce(world, principal=ROLE) as calls:
        with pytest.raises(ParamValidationError):
            client("s3").put_object(Bucket="b")
        client("s3").generate_presigned_url("put_object", {"Bucket": "b", "Key": "k"})
    assert calls.calls == []


def test_parameters_are_read_as_code_gave_them(world):
    """A handler of botocore's turns CopySource into text, others may give new parameters."""
    s3 = client("s3")
    s3.meta.events.register(
        "provide-client-params.s3.CopyObject", lambda params, **_: params | {"Key": "new"}
    )
    with enforce(world, principal=ROLE) as calls, pytest.raises(ClientError):
        s3.copy_object(Bucket="b", Key="k", CopySource={"Bucket": "from", "Key": "k"})
    assert calls.calls[0].parameters == {
        "Bucket": "b",
        "Key": "new",
        "CopySource": {"Bucket": "from", "Key": "k"},
    }


def test_a_method_that_was_replaced_is_said(world, monkeypatch):
    """Events never come from a replacement that answers itself."""
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda *_: {"Buckets": []})
    said = pytest.warns(UserWarning, match="replaced")
    with said, enforce(world, principal=ROLE) as calls:
        assert client("s3").list_buckets() == {"Buckets": []}
    assert calls.calls == []
