"""Make CloudTrail log files of a workload whose counts are known.

    python benchmarks/trail.py FOLDER [--records N] [--files N] [--seed N] [--bucket-keys N]

Writes FOLDER/world.json, log files as AWS lays them out, and truth.json: how many records each
principal has of each action, and what AWS answered. Seeded: the same arguments make the same files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import uuid
from collections import Counter
from pathlib import Path

ACCOUNT = "111122223333"
OPERATIONS = (
    ("s3", "GetObject", 50),
    ("s3", "PutObject", 15),
    ("s3", "ListObjectsV2", 8),
    ("dynamodb", "GetItem", 10),
    ("sqs", "SendMessage", 6),
    ("ec2", "DescribeInstances", 6),
    ("kms", "Decrypt", 3),
    ("iam", "CreateUser", 1),
    ("sts", "GetCallerIdentity", 1),
)
DENIED = {"CreateUser"}


def parameters(operation: str, drawn: random.Random, keys: int) -> dict[str, object] | None:
    """What a record says of the call."""
    key = f"data/{drawn.randrange(keys):08}.csv"
    by_operation: dict[str, dict[str, object]] = {
        "GetObject": {"bucketName": "ledger", "key": key},
        "PutObject": {"bucketName": "ledger", "key": key},
        "ListObjectsV2": {"bucketName": "ledger", "prefix": key[:8]},
        "GetItem": {"tableName": "orders", "key": {"id": "x"}},
        "SendMessage": {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs"},
        "CreateUser": {"userName": f"u{drawn.randrange(50)}"},
    }
    return by_operation.get(operation)


def record(drawn: random.Random, number: int, keys: int) -> tuple[dict[str, object], str]:
    """One record, with the role that called."""
    service, operation, _ = drawn.choices(OPERATIONS, [weight for *_, weight in OPERATIONS])[0]
    role = f"app{drawn.randrange(40)}"
    session = f"i-{drawn.randrange(10**6):017x}"
    second = number % 86_400
    found: dict[str, object] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROA{role.upper()}:{session}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
            "accountId": ACCOUNT,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": f"AROA{role.upper()}",
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                    "accountId": ACCOUNT,
                    "userName": role,
                },
                "attributes": {
                    "creationDate": "2026-11-20T08:00:00Z",
                    "mfaAuthenticated": "false",
                },
            },
        },
        "eventTime": f"2026-11-20T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": f"203.0.113.{drawn.randrange(256)}",
        "userAgent": f"Boto3/1.40.{drawn.randrange(9)}",
        "requestParameters": parameters(operation, drawn, keys),
        "responseElements": None,
        "eventID": str(uuid.UUID(int=drawn.getrandbits(128))),
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": service not in ("s3", "dynamodb"),
        "recipientAccountId": ACCOUNT,
        "tlsDetails": {"tlsVersion": "TLSv1.3"},
    }
    if operation == "Decrypt":
        arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11112222-3333-4444-5555-666677778888"
        found["resources"] = [{"ARN": arn, "accountId": ACCOUNT, "type": "AWS::KMS::Key"}]
    if operation in DENIED:
        found["errorCode"] = "AccessDenied"
    return found, role


def world() -> dict[str, object]:
    """The world in which the calls were made."""
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    allowed = [f"{service}:*" for service in ("s3", "dynamodb", "sqs", "ec2", "kms")]
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": allowed, "Resource": "*"},
    }
    roles = {f"app{number}": {"trust": trust, "policies": ["App"]} for number in range(40)}
    resources: dict[str, object] = {"arn:aws:s3:::ledger": {}}
    account = {"roles": roles, "policies": {"App": policy}, "resources": resources}
    return {"accounts": {ACCOUNT: account}}


def write(folder: Path, count: int, files: int, *, seed: int = 1, keys: int = 100_000) -> None:
    """Write so many records in so many files, their world and the truth about them."""
    drawn = random.Random(seed)
    logs = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / "eu-west-1" / "2026" / "11" / "20"
    logs.mkdir(parents=True, exist_ok=True)
    (folder / "world.json").write_text(json.dumps(world()), encoding="utf-8")
    truth: Counter[str] = Counter()
    number = 0
    for file in range(files):
        records = []
        for _ in range(count // files):
            made, role = record(drawn, number, keys)
            truth[f"{role} {made['eventName']}"] += 1
            records.append(made)
            number += 1
        name = f"{ACCOUNT}_CloudTrail_eu-west-1_20261120T{file:04}Z_{file:016x}.json.gz"
        with gzip.open(logs / name, "wt", encoding="utf-8") as stream:
            json.dump({"Records": records}, stream)
    counts = dict(sorted(truth.items()))
    (folder / "truth.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(description="Make CloudTrail log files with known counts.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bucket-keys", type=int, default=100_000)
    arguments = parser.parse_args()
    write(
        arguments.folder,
        arguments.records,
        arguments.files,
        seed=arguments.seed,
        keys=arguments.bucket_keys,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
