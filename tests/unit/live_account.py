"""An organization in moto's server: what `iamsim collect` is tried on, and what the AWS CLI printed
of it.

    python tests/unit/live_account.py AWS    (AWS is the program of the AWS CLI, with its path)

makes it anew, lets the script of `iamsim import --recipe --organization` collect it with the AWS
CLI, and keeps what that printed in tests/data/cli_outputs.json. moto's seed makes the same ids each
time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from moto.moto_api._internal import mock_random
from moto.server import ThreadedMotoServer

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROLE = "Audit"
RECORDED = Path(__file__).parent.parent / "data" / "cli_outputs.json"


def policy(**statement):
    """A policy of one Allow."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


PUBLIC = policy(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::reports/*")
READ = policy(Action="s3:GetObject", Resource="*")
TRUST = policy(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
OF_MANAGEMENT = policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="sts:AssumeRole")
NO_LEAVING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}],
}


class Live:
    """What was made: the server's address, the keys of its user, and its member account."""

    def __init__(self, server):
        """Fill a server."""
        self.server = server
        host, port = server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        iam, s3 = self.client("iam"), self.client("s3")
        iam.create_user(UserName="ana")
        iam.create_login_profile(UserName="ana", Password="Correct-Horse-1")  # noqa: S106 - moto's
        made = iam.create_access_key(UserName="ana")["AccessKey"]
        self.id, self.secret = made["AccessKeyId"], made["SecretAccessKey"]
        iam.put_user_policy(UserName="ana", PolicyName="read", PolicyDocument=json.dumps(READ))
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.create_role(RoleName="ops", AssumeRolePolicyDocument=json.dumps(OF_MANAGEMENT))
        everything = json.dumps(policy(Action="*", Resource="*"))
        iam.put_role_policy(RoleName="ops", PolicyName="all", PolicyDocument=everything)
        s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(Bucket="reports", Policy=json.dumps(PUBLIC))
        self.client("sqs").create_queue(QueueName="jobs")
        self.client("kms").create_key()
        self._organization()

    def _organization(self):
        """The organization with a unit, a guardrail, and a member with a role for auditors."""
        organizations = self.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        (root,) = organizations.list_roots()["Roots"]
        unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="apps")
        made = organizations.create_account(AccountName="apps", Email="apps@example.com")
        self.member = made["CreateAccountStatus"]["AccountId"]
        target = unit["OrganizationalUnit"]["Id"]
        organizations.move_account(
            AccountId=self.member, SourceParentId=root["Id"], DestinationParentId=target
        )
        kind = "SERVICE_CONTROL_POLICY"
        organizations.enable_policy_type(RootId=root["Id"], PolicyType=kind)
        content = json.dumps(NO_LEAVING)
        guardrail = organizations.create_policy(
            Name="stay", Description="stay", Content=content, Type=kind
        )["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=guardrail, TargetId=target)
        member = self.client("iam", account=self.member)
        member.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(OF_MANAGEMENT))
        member.create_user(UserName="ben")

    def keys(self, key, secret, token=None):
        """What a client of boto3 takes."""
        return {
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "aws_access_key_id": key,
            "aws_secret_access_key": secret,
            "aws_session_token": token,
        }

    def client(self, name, account=None):
        """A client of an account; moto takes any keys for those of its first."""
        if account is None:
            return boto3.client(name, **self.keys("testing", "testing"))
        role = f"arn:aws:iam::{account}:role/{ROLE}"
        taken = self.client("sts").assume_role(RoleArn=role, RoleSessionName="make")["Credentials"]
        keys = self.keys(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
        return boto3.client(name, **keys)

    def environment(self):
        """What boto3 and the AWS CLI find in the environment."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_MAX_ATTEMPTS": "1",
        }


def served():
    """Serve the organization, and stop when the generator is closed."""
    mock_random.seed(22)
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    try:
        yield Live(server)
    finally:
        server.stop()
        server._server.server_close()


def _record(program):
    """Let the script collect with the AWS CLI, and keep what it wrote."""
    from iamsim.importers.recipe import recipe_script

    path = f"{Path(program).resolve().parent}{os.pathsep}{os.environ['PATH']}"
    for live in served():
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "collect.sh"
            script.write_text(recipe_script(organization=True), encoding="utf-8")
            outputs = Path(folder) / "out"
            more = {"PATH": path, "AWS_REGIONS": REGION, "COLLECT_ROLE": ROLE}
            more["AWS_ENDPOINT_URL_SQS"] = live.endpoint
            subprocess.run(
                ["bash", str(script), str(outputs)],  # noqa: S607 - where the AWS CLI is, too
                env={**os.environ, **live.environment(), **more},
                check=False,
            )
            found = {
                entry.relative_to(outputs).as_posix(): json.loads(entry.read_text("utf-8"))
                for entry in sorted(outputs.rglob("*.json"))
            }
    RECORDED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _record(sys.argv[1])
