"""A world in which many kinds of denial can happen, for the tests about AccessDenied messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamsim.world.documents import parse_document
from iamsim.world.load import load_world_data

if TYPE_CHECKING:
    from iamsim.world.model import World

ACCOUNT = "111122223333"
KIM = f"arn:aws:iam::{ACCOUNT}:user/kim"
LOADER = f"arn:aws:sts::{ACCOUNT}:assumed-role/loader/night"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:feeds"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
BUCKET = "arn:aws:s3:::ledger"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Write a policy of the current version."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write a statement that allows actions on everything."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return statement if condition is None else {**statement, "Condition": condition}


def deny(action: str | list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write a statement that denies actions on everything."""
    return {**allow(action, condition), "Effect": "Deny"}


def world_of(data: dict[str, Any]) -> World:
    """Load a world from data."""
    return load_world_data(parse_document(json.dumps(data), "world.json"))


WORLD: dict[str, Any] = {
    "organization": {
        "id": "o-ledger",
        "management_account": "999900001111",
        "root": {"id": "r-led1", "scps": ["FullAWSAccess", "NoPurge"], "accounts": [ACCOUNT]},
    },
    "policies": {"NoPurge": policy(deny("sqs:PurgeQueue"))},
    "accounts": {
        "222233334444": {},
        ACCOUNT: {
            "users": {"kim": {"policies": ["Work", "Guard"]}},
            "roles": {"loader": {"path": "/jobs/", "policies": ["Samples"]}},
            "policies": {
                "Work": policy(
                    allow(["sqs:SendMessage", "sqs:PurgeQueue", "sqs:DeleteQueue", "s3:GetObject"]),
                    allow(["sqs:ReceiveMessage", "sqs:ListQueues"]),
                    allow("sqs:GetQueueUrl", {"StringEquals": {"aws:RequestTag/team": "blue"}}),
                    allow(
                        "sqs:SetQueueAttributes",
                        {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
                    ),
                    allow("sqs:TagQueue", {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
                    allow(["s3:PutObjectAcl"]),
                ),
                "Guard": policy(
                    deny("sqs:DeleteQueue"),
                    deny("sqs:PurgeQueue"),
                    deny(
                        "sqs:ReceiveMessage",
                        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                    ),
                    deny(
                        "sqs:ListQueues",
                        {
                            "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                            "Null": {"aws:SourceIp": "false"},
                        },
                    ),
                ),
                "Samples": policy(
                    allow(
                        "sqs:ListDeadLetterSourceQueues",
                        {
                            "NumericLessThan": {"sqs:a": "10"},
                            "NumericEquals": {"sqs:i": "many"},
                            "StringLike": {"sqs:b": "a*?b"},
                            "Bool": {"aws:SecureTransport": "true"},
                            "ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:*:?"},
                            "Null": {"sqs:c": "true"},
                            "StringEquals": {"sqs:d": "${aws:PrincipalTag/none}"},
                            "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                            "DateLessThan": {"aws:CurrentTime": "2026-01-01"},
                        },
                    )
                ),
            },
            "resources": {
                QUEUE: {},
                KEY: {},
                BUCKET: {
                    "policy": policy(
                        {
                            **deny("s3:GetObject", {"StringNotEquals": {"aws:SourceVpc": "vpc-a"}}),
                            "Principal": "*",
                        }
                    )
                },
            },
            "vpc_endpoints": {
                "vpce-0a": {"service": "s3", "vpc": "vpc-a"},
                "vpce-0b": {
                    "service": "s3",
                    "vpc": "vpc-a",
                    "policy": policy({**allow("s3:PutObject"), "Principal": "*"}),
                },
            },
        },
    },
}
