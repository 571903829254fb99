"""A small application: it writes a report to a bucket, and says so on a queue."""

from __future__ import annotations

import json

import boto3

BUCKET = "reports"
QUEUE = "published"


def publish(month: str, rows: list[str]) -> None:
    """Store the report of a month and tell who waits for it."""
    key = f"{month}/report.csv"
    boto3.client("s3").put_object(
        Bucket=BUCKET, Key=key, Body="\n".join(rows).encode(), Tagging="team=finance"
    )
    queues = boto3.client("sqs")
    url = queues.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody=json.dumps({"key": key}))
