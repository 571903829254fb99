"""The two workloads, as plain data: policies, and 1,000 different requests with mixed verdicts.

Everything is seeded and JSON-able, so that another evaluator can be given the same questions.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

ACCOUNT = "111122223333"
REQUESTS = 1000
BIG_WORLD = (1000, 2000)  # principals, policies
_BUCKET = "arn:aws:s3:::ledger"
_OBJECT_ACTIONS = (
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
)
_BUCKET_ACTIONS = ("s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketTagging")
_TEAMS = ("blue", "green", "red", "gold")

Document = dict[str, Any]
Context = dict[str, str | list[str]]


@dataclass(frozen=True)
class Workload:
    """One policy set and the requests that it is asked."""

    name: str
    principal: str
    identity_policies: list[Document]
    requests: list[tuple[str, str, Context]]  # action, resource ARN, context
    boundary: Document | None = None
    session_policy: Document | None = None
    resource_policy: Document | None = None
    scps: list[list[Document]] | None = None
    rcps: list[list[Document]] | None = None
    resource_account: str = ACCOUNT


def policy(*statements: Document) -> Document:
    """Make a policy document of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _statement(effect: str, actions: list[str], resources: list[str], **more: object) -> Document:
    """Make one statement."""
    return {"Effect": effect, "Action": actions, "Resource": resources, **more}


def simple() -> Workload:
    """One identity-based policy of three statements; no other layer."""
    document = policy(
        _statement("Allow", ["s3:Get*", "s3:List*"], [_BUCKET, f"{_BUCKET}/*"]),
        _statement("Allow", ["s3:PutObject", "s3:PutObjectTagging"], [f"{_BUCKET}/inbox/*"]),
        _statement("Deny", ["s3:*"], [f"{_BUCKET}/private/*"]),
    )
    dice = random.Random(1)
    seen: dict[tuple[str, str], None] = {}
    while len(seen) < REQUESTS:
        if dice.random() < 0.05:
            action, resource = dice.choice(_BUCKET_ACTIONS), f"arn:aws:s3:::ledger{_suffix(dice)}"
        else:
            folder = dice.choice(("inbox", "outbox", "private", "reports/2026"))
            action = dice.choice(_OBJECT_ACTIONS)
            resource = f"{_BUCKET}/{folder}/{dice.randrange(10**6):06d}.csv"
        seen[action, resource] = None
    return Workload(
        "simple",
        f"arn:aws:iam::{ACCOUNT}:user/nora",
        [document],
        [(action, resource, {}) for action, resource in seen],
    )


def _suffix(dice: random.Random) -> str:
    """Vary the bucket, so that bucket requests differ as well."""
    return dice.choice(("", f"-{dice.randrange(1000)}"))


def middle() -> Workload:
    """Five identity-based policies of ten statements, three SCP levels, two RCPs, a boundary, a
    session policy and a resource-based policy, with six conditions in all.
    """
    statements: list[Document] = []
    services = ("sqs", "sns", "dynamodb", "lambda", "logs", "ec2", "kms", "ecr")
    verbs = ("Get*", "List*", "Describe*", "Create*", "Put*")
    for number in range(50):
        service, verb = services[number % len(services)], verbs[number % len(verbs)]
        arn = f"arn:aws:{service}:eu-west-1:{ACCOUNT}:thing/{number}/*"
        statements.append(_statement("Allow", [f"{service}:{verb}"], [arn]))
    statements[7] = _statement("Allow", ["s3:Get*", "s3:List*"], [_BUCKET, f"{_BUCKET}/*"])
    statements[13] = _statement(
        "Allow",
        ["s3:PutObject*"],
        [f"{_BUCKET}/team/${{aws:PrincipalTag/team}}/*"],
        Condition={"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
    )
    statements[22] = _statement(
        "Allow",
        ["s3:DeleteObject", "s3:AbortMultipartUpload"],
        [f"{_BUCKET}/inbox/*"],
        Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/25"]}},
    )
    statements[31] = _statement(
        "Deny",
        ["s3:*"],
        [f"{_BUCKET}/private/*"],
        Condition={"StringNotLike": {"aws:PrincipalTag/team": "gold*"}},
    )
    full = policy(_statement("Allow", ["*"], ["*"]))
    regions = policy(
        _statement(
            "Deny",
            ["*"],
            ["*"],
            Condition={
                "StringNotEqualsIfExists": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}
            },
        )
    )
    services_allowed = policy(
        _statement("Allow", [f"{name}:*" for name in ("s3", "sts", *services)], ["*"])
    )
    encrypted = policy(
        _statement(
            "Deny",
            ["s3:*"],
            ["*"],
            Principal="*",
            Condition={"BoolIfExists": {"aws:SecureTransport": "false"}},
        )
    )
    own_organization = policy(
        _statement(
            "Deny",
            ["s3:*", "sqs:*"],
            ["*"],
            Principal="*",
            Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-benchmark01"}},
        )
    )
    bucket_policy = policy(
        _statement(
            "Allow",
            ["s3:GetObject"],
            [f"{_BUCKET}/shared/*"],
            Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/ledger"},
        ),
        _statement("Deny", ["s3:DeleteObject"], [f"{_BUCKET}/archive/*"], Principal="*"),
    )
    return Workload(
        "middle",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/ledger/batch",
        [policy(*statements[start : start + 10]) for start in range(0, 50, 10)],
        _middle_requests(),
        boundary=policy(
            _statement("Allow", ["s3:*", "sqs:*", "dynamodb:*"], ["*"]),
            _statement("Deny", ["s3:GetObjectVersion"], [f"{_BUCKET}/outbox/*"]),
        ),
        session_policy=policy(
            _statement("Allow", ["s3:*Object*", "s3:ListBucket"], [_BUCKET, f"{_BUCKET}/*"])
        ),
        resource_policy=bucket_policy,
        scps=[[full], [services_allowed, regions], [full]],
        rcps=[[encrypted], [own_organization]],
    )


def _middle_requests() -> list[tuple[str, str, Context]]:
    """Make requests that differ in action, key and context."""
    dice = random.Random(2)
    seen: dict[str, tuple[str, str, Context]] = {}
    folders = ("inbox", "outbox", "private", "shared", "archive", "team/blue", "team/green")
    while len(seen) < REQUESTS:
        network = dice.choice(("203.0.113", "198.51.100", "192.0.2"))
        context: Context = {
            "aws:SourceIp": f"{network}.{dice.randrange(256)}",
            "aws:RequestedRegion": dice.choice(("eu-west-1",) * 5 + ("eu-central-1", "us-east-1")),
            "aws:PrincipalTag/team": dice.choice(_TEAMS),
            "aws:PrincipalOrgID": "o-benchmark01",
            "aws:SecureTransport": dice.choice(("true",) * 15 + ("false",)),
        }
        if dice.random() < 0.08:
            action, resource = dice.choice(_BUCKET_ACTIONS), _BUCKET
        else:
            action = dice.choice((*_OBJECT_ACTIONS, "s3:GetObject", "s3:PutObject"))
            resource = f"{_BUCKET}/{dice.choice(folders)}/{dice.randrange(10**6):06d}.csv"
        seen[f"{action} {resource} {sorted(context.items())}"] = (action, resource, context)
    return list(seen.values())


def world_of(workload: Workload) -> Document:
    """Make the world in which the caller of the middle workload meets the same policies."""
    root, unit, account = workload.scps or [[], [], []]
    root_rcps, unit_rcps = workload.rcps or [[], []]
    role = {
        "trust": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}),
        "policies": workload.identity_policies,
        "boundary": workload.boundary,
    }
    bucket = {"policy": workload.resource_policy}
    return {
        "organization": {
            "id": "o-benchmark01",
            "management_account": "999999999999",
            "root": {
                "id": "r-bn01",
                "scps": root,
                "rcps": ["RCPFullAWSAccess", *root_rcps],
                "units": {
                    "Work": {
                        "id": "ou-bn01-work",
                        "scps": unit,
                        "rcps": ["RCPFullAWSAccess", *unit_rcps],
                        "accounts": [ACCOUNT],
                    }
                },
            },
        },
        "accounts": {
            ACCOUNT: {"scps": account, "roles": {"ledger": role}, "resources": {_BUCKET: bucket}}
        },
    }


def world_document(principals: int, policies: int) -> Document:
    """Make a world: one organization, one account with roles, customer managed policies, buckets.

    The roles `worker-0`, `worker-1`, ... each have four policies, so worlds of every size ask
    their first role the same thing.
    """
    managed = {
        f"Policy{number}": policy(
            _statement(
                "Allow",
                ["s3:GetObject", "s3:ListBucket"],
                [f"arn:aws:s3:::data-{number % 200}", f"arn:aws:s3:::data-{number % 200}/*"],
            ),
            _statement("Allow", ["sqs:SendMessage"], [f"arn:aws:sqs:*:{ACCOUNT}:q-{number}"]),
            _statement(
                "Deny",
                ["s3:*"],
                [f"arn:aws:s3:::data-{number % 200}/private/*"],
                Condition={"StringNotEquals": {"aws:PrincipalTag/team": "audit"}},
            ),
        )
        for number in range(policies)
    }
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )
    roles = {
        f"worker-{number}": {
            "trust": trust,
            "policies": [f"Policy{(number * 2 + step) % policies}" for step in range(4)],
            "tags": {"team": _TEAMS[number % len(_TEAMS)]},
        }
        for number in range(principals)
    }
    buckets = {
        f"arn:aws:s3:::data-{number}": {
            "policy": policy(
                _statement(
                    "Deny",
                    ["s3:*"],
                    [f"arn:aws:s3:::data-{number}/*"],
                    Principal="*",
                    Condition={"Bool": {"aws:SecureTransport": "false"}},
                )
            )
        }
        for number in range(min(200, policies))
    }
    return {
        "organization": {
            "id": "o-benchmark01",
            "management_account": "999999999999",
            "root": {"id": "r-bn01", "accounts": [ACCOUNT, "999999999999"]},
        },
        "accounts": {ACCOUNT: {"roles": roles, "policies": managed, "resources": buckets}},
    }
