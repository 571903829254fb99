"""China and GovCloud: what outputs name without its partition is found under its real ARN."""

from __future__ import annotations

import json

import pytest

from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions
from tests.unit.plans import TRUST, resource
from tests.unit.plans import imported as planned

NOBODY = {"GroupDetailList": [], "RoleDetailList": []}  # AWS prints empty lists, too

CHINA = "111122223333"
USER = {"UserDetailList": [{"UserName": "u", "Arn": f"arn:aws-cn:iam::{CHINA}:user/u"}], **NOBODY}
QUEUE = f"arn:aws-cn:sqs:cn-north-1:{CHINA}:jobs"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
}
BLOCK = {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}}
BUCKET = {
    f"{CHINA}/list-buckets.json": {"Buckets": [{"Name": "reports"}]},
    f"{CHINA}/get-bucket-policy.reports.json": {"Policy": json.dumps(POLICY)},
    f"{CHINA}/get-public-access-block.reports.json": BLOCK,
}


def imported(tmp_path, files):
    """Import files given as path and content; gives the account's data."""
    for name, content in files.items():
        path = tmp_path / "world" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    found = import_sources([str(tmp_path / "world")])
    assert {remark.code for remark in found.remarks} <= {"policy-missing"}
    return found.data["accounts"][CHINA]


def test_a_bucket_has_the_partition_of_its_account(tmp_path):
    """Its policy would be missed under another ARN, and its Deny with it."""
    files = {f"{CHINA}/get-account-authorization-details.json": USER, **BUCKET}
    assert imported(tmp_path, files)["resources"] == {
        "arn:aws-cn:s3:::reports": {
            "policy": POLICY,
            "public_access_block": {"restrict_public_buckets": True},
        }
    }


@pytest.mark.parametrize(
    ("name", "output", "arn"),
    [
        (
            "list-queues.json",
            {"QueueUrls": [f"https://sqs.cn-north-1.amazonaws.com.cn/{CHINA}/jobs"]},
            QUEUE,
        ),
        ("get-queue-attributes.jobs.json", {"Attributes": {"Policy": json.dumps(POLICY)}}, QUEUE),
        (
            "repository.json",
            {
                "registryId": CHINA,
                "repositoryName": "web",
                "policyText": json.dumps(POLICY),
            },
            f"arn:aws-cn:ecr:cn-north-1:{CHINA}:repository/web",
        ),
    ],
)
def test_the_region_says_the_partition(tmp_path, name, output, arn):
    """Without any ARN of the account, the region of one resource is enough for its buckets."""
    account = imported(tmp_path, {f"{CHINA}/cn-north-1/{name}": output, **BUCKET})
    assert sorted(account["resources"]) == sorted([arn, "arn:aws-cn:s3:::reports"])


def test_an_access_point_follows_its_bucket(tmp_path):
    """The list of access points names the bucket without its partition."""
    point = f"arn:aws-cn:s3:cn-north-1:{CHINA}:accesspoint/in"
    listed = {"AccessPointArn": point, "Bucket": "reports", "NetworkOrigin": "Internet"}
    output = {"AccessPointList": [listed]}
    account = imported(tmp_path, {f"{CHINA}/cn-north-1/points.json": output, **BUCKET})
    assert account["resources"][point]["bucket"] == "arn:aws-cn:s3:::reports"


def test_resources_of_two_partitions_say_nothing(tmp_path):
    """Where ARNs disagree, nothing is moved."""
    arns = [QUEUE, f"arn:aws:sqs:eu-west-1:{CHINA}:jobs"]
    files = {f"{i}.json": {"Attributes": {"QueueArn": arn}} for i, arn in enumerate(arns)}
    account = imported(tmp_path, {**files, **BUCKET})
    assert sorted(account["resources"]) == sorted([*arns, "arn:aws:s3:::reports"])


def test_the_region_of_a_template_says_the_partition_of_its_principals(tmp_path):
    """A template of roles alone makes them in the account's partition."""
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "u"}}
    (tmp_path / "app.json").write_text(json.dumps({"Resources": {"U": user}}), encoding="utf-8")
    options = SourceOptions(account=CHINA, region="us-gov-west-1")
    found = import_sources([str(tmp_path / "app.json")], options=options)
    assert found.data["accounts"] == {
        CHINA: {"partition": "aws-us-gov", "users": {"u": {"policies": []}}}
    }


def test_the_region_of_a_plan_says_the_partition_of_its_principals(tmp_path):
    """A plan of roles alone makes them in the account's partition."""
    role = resource("aws_iam_role.app", {"name": "app", "assume_role_policy": TRUST})
    options = SourceOptions(account=CHINA, region="cn-north-1")
    found = planned(tmp_path, [role], options=options)
    assert found.data["accounts"][CHINA]["partition"] == "aws-cn"
