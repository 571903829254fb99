"""What the application may do is tested with what it does: moto answers, iamsim decides first."""

from __future__ import annotations

import boto3
import pytest
from app import BUCKET, QUEUE, publish
from moto import mock_aws

ROLE = "arn:aws:iam::123456789012:role/reports-app"  # moto's own account


@pytest.fixture(autouse=True)
def aws(monkeypatch):
    """A bucket and a queue of moto's; they are made before anything is enforced."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("sqs").create_queue(QueueName=QUEUE)
        yield


@pytest.mark.iamsim(principal=ROLE)
def test_a_report_is_published(iamsim_enforce):
    """The role of the application can do all that publishing needs, and nothing else."""
    publish("2026-11", ["a,1"])
    assert [str(call) for call in iamsim_enforce.calls] == [
        "s3:PutObject allowed",
        "sqs:GetQueueUrl allowed",
        "sqs:SendMessage allowed",
    ]
    assert iamsim_enforce.unused() == []
