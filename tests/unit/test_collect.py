"""Collecting a live account: moto's server answers the real boto3, and the files import without a
remark to a world with what is in the account."""

from __future__ import annotations

import json
import threading

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

import iamsim
from iamsim.cli.main import main as run
from iamsim.collect.reader import Reader
from iamsim.importers.recipe import recipe_policy

ACCOUNT = "123456789012"
PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::reports/*",
        }
    ],
}
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@pytest.fixture(scope="module")
def live():
    """A server of moto's with a small account; gives its address."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    assert threading.active_count() > 1

    def client(name):
        return boto3.client(
            name,
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - moto takes any
        )

    iam, s3 = client("iam"), client("s3")
    iam.create_user(UserName="ana")
    iam.create_login_profile(UserName="ana", Password="Correct-Horse-1")  # noqa: S106 - moto's
    secret = iam.create_access_key(UserName="ana")["AccessKey"]["SecretAccessKey"]
    iam.put_user_policy(UserName="ana", PolicyName="read", PolicyDocument=json.dumps(READ))
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
    s3.create_bucket(
        Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.put_bucket_policy(Bucket="reports", Policy=json.dumps(PUBLIC))
    client("sqs").create_queue(QueueName="jobs")
    client("kms").create_key()
    yield endpoint, secret
    server.stop()
    server._server.server_close()


@pytest.fixture
def environment(live, monkeypatch):
    """What boto3 finds in the environment."""
    for key, value in {
        "AWS_ENDPOINT_URL": live[0],
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(key, value)


def collect(folder):
    """Collect the account by the command line."""
    return run(["collect", "-o", str(folder), "--region", "eu-west-1", "--quiet"])


def files(folder):
    """The files of a folder by their paths, with what is in them."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_collected_is_the_account(environment, live, tmp_path):
    """Principals, policies, credentials and resources are in the world; no secret is in a file."""
    assert collect(tmp_path) == 0
    account = iamsim.load(tmp_path).model.accounts[ACCOUNT]
    ana = account.users["ana"]
    assert [policy.document for policy in ana.policies] == [READ]
    assert (ana.password_enabled, len(ana.access_keys), ana.mfa_devices) == (True, 1, 0)
    assert account.roles["app"].trust.document == TRUST
    assert account.resources["arn:aws:s3:::reports"].policy.document == PUBLIC
    assert f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs" in account.resources
    assert any(":kms:" in arn for arn in account.resources)
    assert not any(live[1] in text for text in files(tmp_path).values())


def test_a_run_that_was_cut_off_goes_on(environment, tmp_path, monkeypatch):
    """What is there is not asked for again, and the files are those of a run from the start."""
    assert collect(tmp_path) == 0
    whole = files(tmp_path)
    kept = tmp_path / ACCOUNT / "get-account-authorization-details.json"
    lost = tmp_path / ACCOUNT / "get-bucket-policy.reports.json"
    lost.unlink()
    asked = []
    call = Reader._call

    def counted(self, service, operation, *more):
        asked.append(operation)
        return call(self, service, operation, *more)

    monkeypatch.setattr(Reader, "_call", counted)
    assert collect(tmp_path) == 0
    assert kept.is_file()
    assert "get_account_authorization_details" not in asked
    assert "get_bucket_policy" in asked
    assert set(files(tmp_path)) == set(whole)


def test_what_is_refused_is_unknown(environment, tmp_path, monkeypatch):
    """A denied call leaves AWS's error, and the policy that it should have printed is unknown."""
    call = Reader._call

    def refuse(self, service, operation, *more):
        if operation == "get_bucket_policy":
            error = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
            raise ClientError(error, "GetBucketPolicy")
        return call(self, service, operation, *more)

    monkeypatch.setattr(Reader, "_call", refuse)
    assert collect(tmp_path) == 0
    policy = iamsim.load(tmp_path).model.accounts[ACCOUNT].resources["arn:aws:s3:::reports"].policy
    assert "unknown" in policy.document


def test_only_calls_that_read_are_made(environment, tmp_path):
    """An operation that changes something is refused before it is sent."""
    reader = Reader(boto3.Session(), tmp_path, lambda _text: None)
    with pytest.raises(AssertionError, match="no call that reads"):
        reader.get("x.json", "iam", "delete_user", UserName="ana")


def test_the_policy_is_printed_first(capsys):
    """Every action of the policy reads; it is that of the recipe."""
    assert run(["collect", "--policy"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == recipe_policy(organization=False)
    assert "iam:ListSSHPublicKeys" in printed["Statement"][0]["Action"]
