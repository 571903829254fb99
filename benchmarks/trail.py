"""Make CloudTrail log files of a workload whose counts are known.

    python benchmarks/trail.py FOLDER [--records N] [--files N] [--seed N] [--bucket-keys N]

Writes FOLDER/world.json, log files as AWS lays them out, and truth.json: how many records each
principal has of each action and what AWS answered, and how many records ask nothing, by kind.
Roles call in sessions of an hour, users with keys; another account, services, the console and
endpoints are in it as well. Seeded: the same arguments make the same files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ACCOUNT, PARTNER = "111122223333", "444455556666"
ROLES, INSTANCES, SECONDS = 40, 6, 86_400
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
# Who calls, or what else a record tells of, and how often in a thousand.
KINDS = (
    ("role", 900),
    ("user", 40),
    ("partner", 20),
    ("service", 10),
    ("refused", 5),
    ("sign-in", 10),
    ("service event", 5),
    ("console action", 4),
    ("endpoint", 4),
    ("insight", 2),
)
ERRORS = {"GetObject": ("NoSuchKey", 0.02), "GetItem": ("ThrottlingException", 0.01)}


@dataclass(frozen=True, slots=True)
class Made:
    """A record with the truth about it: who called what, and whether AWS let it through. Of what
    asks nothing, `skipped` is the kind."""

    record: Json
    who: str
    action: str
    denied: bool = False
    skipped: str | None = None


def parameters(operation: str, drawn: random.Random, keys: int) -> Json | None:
    """What a record says of the call."""
    key = f"data/{drawn.randrange(keys):08}.csv"
    host = "ledger.s3.eu-west-1.amazonaws.com"
    by_operation: dict[str, Json] = {
        "GetObject": {"bucketName": "ledger", "Host": host, "key": key},
        "PutObject": {"bucketName": "ledger", "Host": host, "key": key},
        "ListObjectsV2": {"bucketName": "ledger", "Host": host, "prefix": key[:8]},
        "GetItem": {"tableName": "orders", "key": {"id": "x"}},
        "SendMessage": {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs"},
        "CreateUser": {"userName": f"u{drawn.randrange(50)}"},
    }
    return by_operation.get(operation)


def resources(operation: str, asked: Json | None) -> list[Json] | None:
    """The resources that data events and those of KMS name."""
    if operation in ("GetObject", "PutObject") and asked is not None:
        return [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::ledger/{asked['key']}"},
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::ledger"},
        ]
    if operation == "Decrypt":
        arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11112222-3333-4444-5555-666677778888"
        return [{"ARN": arn, "accountId": ACCOUNT, "type": "AWS::KMS::Key"}]
    return None


def session_of(role: str, account: str, drawn: random.Random, hour: int) -> Json:
    """A session of a role: one for each instance and hour."""
    unique = f"AROA{role.upper()}"
    session = f"i-{drawn.randrange(INSTANCES):017x}"
    return {
        "type": "AssumedRole",
        "principalId": f"{unique}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": f"ASIA{role.upper()}{hour:02}{session[-4:]}".upper(),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": unique,
                "arn": f"arn:aws:iam::{account}:role/{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {
                "creationDate": f"2026-11-20T{hour:02}:00:00Z",
                "mfaAuthenticated": "false",
            },
            "ec2RoleDelivery": "2.0",
        },
    }


def user_of(name: str) -> Json:
    """A user with an access key."""
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{name.upper()}",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": f"AKIA{name.upper()}",
        "userName": name,
    }


def event(
    drawn: random.Random, number: int, service: str, operation: str, who: Json, **more: object
) -> Json:
    """A record with the members that all have; `more` is told instead, `None` leaves out."""
    second = number % SECONDS
    found: Json = {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventTime": f"2026-11-20T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": f"203.0.113.{drawn.randrange(256)}",
        "userAgent": f"Boto3/1.40.{drawn.randrange(9)}",
        "requestParameters": None,
        "responseElements": None,
        "requestID": str(uuid.UUID(int=drawn.getrandbits(128))),
        "eventID": str(uuid.UUID(int=drawn.getrandbits(128))),
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": service not in ("s3", "dynamodb", "sqs"),
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.eu-west-1.amazonaws.com",
        },
        **more,
    }
    if service == "s3" and found["eventType"] == "AwsApiCall":
        found["additionalEventData"] = {
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 0,
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": f"{drawn.getrandbits(256):064x}",
            "bytesTransferredOut": drawn.randrange(100_000),
        }
    if found.get("managementEvent") is False:
        found["eventCategory"] = "Data"
    return found


def call(drawn: random.Random, number: int, keys: int, who: Json, account: str) -> Made:
    """A call of a role or a user."""
    operations = OPERATIONS if account == ACCOUNT else OPERATIONS[:1]
    weights = [weight for *_, weight in operations]
    service, operation, _ = drawn.choices(operations, weights)[0]
    asked = parameters(operation, drawn, keys)
    made = event(drawn, number, service, operation, who, requestParameters=asked)
    named = resources(operation, asked)
    if named is not None:
        made["resources"] = named
    error, often = ERRORS.get(operation, ("", 0.0))
    if operation in DENIED:
        made["errorCode"] = "AccessDenied"
    elif drawn.random() < often:
        made["errorCode"] = error
    caller = who.get("userName") or who["sessionContext"]["sessionIssuer"]["userName"]
    return Made(made, f"{account} {caller}", f"{service}:{operation}", operation in DENIED)


def other(drawn: random.Random, number: int, kind: str) -> Made:
    """A record that no policy of the account decides."""
    user, nobody = user_of("maya"), {"type": "AWSAccount", "accountId": ACCOUNT}
    caller = {"type": "AWSService", "invokedBy": "AWS Internal"}
    if kind == "service":
        made = event(drawn, number, "s3", "GetBucketAcl", caller)
    elif kind == "refused":
        made = event(
            drawn, number, "s3", "ListBuckets", user, errorCode="ExpiredToken", errorMessage="old"
        )
    elif kind == "sign-in":
        said = {"ConsoleLogin": "Success"}
        made = event(
            drawn,
            number,
            "signin",
            "ConsoleLogin",
            user,
            eventType="AwsConsoleSignIn",
            responseElements=said,
        )
    elif kind == "service event":
        made = event(drawn, number, "kms", "RotateKey", caller, eventType="AwsServiceEvent")
    elif kind == "console action":
        made = event(drawn, number, "signin", "SwitchRole", user, eventType="AwsConsoleAction")
    elif kind == "endpoint":
        made = event(
            drawn,
            number,
            "s3",
            "GetObject",
            nobody,
            eventType="AwsVpceEvent",
            eventCategory="NetworkActivity",
            vpcEndpointId="vpce-0a1b2c3d4e5f60718",
            vpcEndpointAccountId=ACCOUNT,
        )
    else:
        insight = {
            "state": "Start",
            "eventSource": "ec2.amazonaws.com",
            "eventName": "RunInstances",
        }
        made = event(
            drawn,
            number,
            "cloudtrail",
            "Insight",
            nobody,
            eventType="AwsCloudTrailInsight",
            eventCategory="Insight",
            insightDetails=insight,
        )
    return Made(made, "", "", skipped=kind)


def record(drawn: random.Random, number: int, keys: int) -> Made:
    """One record, of any kind."""
    kind = drawn.choices([name for name, _ in KINDS], [often for _, often in KINDS])[0]
    hour = number % SECONDS // 3600
    if kind == "role":
        who = session_of(f"app{drawn.randrange(ROLES)}", ACCOUNT, drawn, hour)
        return call(drawn, number, keys, who, ACCOUNT)
    if kind == "user":
        return call(drawn, number, keys, user_of(drawn.choice(["maya", "luis"])), ACCOUNT)
    if kind == "partner":
        return call(drawn, number, keys, session_of("reader", PARTNER, drawn, hour), PARTNER)
    return other(drawn, number, kind)


def world() -> Json:
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
    shared = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::ledger/*",
        },
    }
    roles = {f"app{number}": {"trust": trust, "policies": ["App"]} for number in range(ROLES)}
    users = {name: {"policies": ["App"]} for name in ("maya", "luis")}
    held = {"arn:aws:s3:::ledger": {"policy": shared}}
    account = {"roles": roles, "users": users, "policies": {"App": policy}, "resources": held}
    reader = {
        "roles": {"reader": {"trust": trust, "policies": ["App"]}},
        "policies": {"App": policy},
    }
    return {"accounts": {ACCOUNT: account, PARTNER: reader}}


def truth_of(made: list[Made]) -> Json:
    """What counting them has to give."""
    calls: dict[str, list[int]] = {}
    for entry in made:
        if entry.skipped is None:
            calls.setdefault(f"{entry.who} {entry.action}", [0, 0])[entry.denied] += 1
    skipped = Counter(entry.skipped for entry in made if entry.skipped is not None)
    return {"events": len(made), "calls": calls, "skipped": dict(skipped)}


def add_up(truth: Json, more: Json) -> None:
    """Take in the truth about other records."""
    truth["events"] = truth.get("events", 0) + more["events"]
    calls = truth.setdefault("calls", {})
    for name, (allowed, denied) in more["calls"].items():
        known = calls.get(name, [0, 0])
        calls[name] = [known[0] + allowed, known[1] + denied]
    truth["skipped"] = dict(Counter(truth.get("skipped", {})) + Counter(more["skipped"]))


def write(folder: Path, count: int, files: int, *, seed: int = 1, keys: int = 100_000) -> Json:
    """Write so many records in so many files, their world and the truth about them, which is given
    as well."""
    drawn = random.Random(seed)
    logs = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / "eu-west-1" / "2026" / "11" / "20"
    logs.mkdir(parents=True, exist_ok=True)
    (folder / "world.json").write_text(json.dumps(world()), encoding="utf-8")
    truth: Json = {}
    number, share = 0, count // files
    for file in range(files):
        made = []
        for _ in range(share):
            # all files together are one day
            made.append(record(drawn, number * SECONDS // max(share * files, 1), keys))
            number += 1
        add_up(truth, truth_of(made))
        name = f"{ACCOUNT}_CloudTrail_eu-west-1_20261120T{file:04}Z_{file:016x}.json.gz"
        with gzip.open(logs / name, "wt", encoding="utf-8") as stream:
            json.dump({"Records": [entry.record for entry in made]}, stream, separators=(",", ":"))
    truth["calls"] = dict(sorted(truth.get("calls", {}).items()))
    (folder / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    return truth


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
