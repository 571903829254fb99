"""Every reason stands in some explanation, where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from iamsim.core.reason import Reason
from iamsim.symbolic import partial
from tests.unit.questions import (
    BUCKET,
    KEY,
    OBJECT,
    QUEUE,
    ROLE,
    ROOT,
    SESSION,
    USER,
    A,
    B,
    allow,
    ask,
    deny,
    policy,
    question_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.core.explanation import Explanation

Data = dict[str, Any]
ALL = policy(allow())
NOTHING = policy(allow(Action="ec2:*"))
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
LINKED = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
PROVIDER = f"arn:aws:iam::{A}:oidc-provider/token.example.com"
FEDERATED = f"arn:aws:sts::{A}:federated-user/f"
MANAGEMENT = "999999999999"
EVERYONE = policy(allow(Principal="*"))
OWN = policy(allow(Principal={"AWS": A}))
RESTRICT = {"public_access_block": {"restrict_public_buckets": "true"}}
FIXED = {"action": "iam:AttachRolePolicy", "resource": LINKED, "identity_policies": [ALL]}


def when(operator: str, key: str, values: Any, given: Any = None) -> Data:
    """Make a request under an Allow with one condition; `given` is the key's value, if any."""
    return {
        "identity_policies": [policy(allow(Condition={operator: {key: values}}))],
        "context": {} if given is None else {key: given},
    }


WORLD: Data = {
    "organization": {
        "id": "o-1",
        "management_account": MANAGEMENT,
        "root": {"id": "r-1", "accounts": [A]},
    },
    "accounts": {
        A: {
            "users": {"maya": {"policies": [ALL]}},
            "roles": {"app": {"trust": policy(allow(Principal={"AWS": A}, Resource=None))}},
        },
        MANAGEMENT: {"users": {"lee": {"policies": [ALL]}}},
    },
}
MANAGEMENT_KEY = f"arn:aws:kms:eu-west-1:{MANAGEMENT}:key/1"

POINT = f"arn:aws:s3:eu-west-1:{A}:accesspoint/door"
IMAGE = "arn:aws:ec2:eu-west-1::image/ami-1"
THROUGH = {"resource": f"{POINT}/object/a"}


def behind(owner: str, **point: Any) -> Data:
    """Make a world with an access point of account A, and a bucket of some account behind it."""
    door = {"resources": {POINT: {"bucket": BUCKET, **point}}}
    accounts = {A: door, B: {}}
    accounts[owner].setdefault("resources", {})[BUCKET] = {"policy": EVERYONE}
    return {"accounts": accounts}


REASONS: dict[Reason, tuple[Data, Data | None]] = {
    Reason.ACCESS_POINT_NEEDS_SIGNATURE: ({"principal": "anonymous", **THROUGH}, behind(A)),
    Reason.SHARED_RESOURCE: (
        {"action": "ec2:RunInstances", "resource": IMAGE},
        {"accounts": {A: {}, B: {"resources": {IMAGE: {"shared_with": [A]}}}}},
    ),
    Reason.BOTH_POLICIES: (
        {"action": "vpc-lattice-svcs:Invoke", "resource": f"arn:aws:vpc-lattice:x:{A}:service/s/"},
        None,
    ),
    Reason.FOREIGN_ACCESS_POINT: (THROUGH, behind(B)),
    Reason.OUTSIDE_OF_ACCESS_POINT: (THROUGH, behind(A, network_origin="VPC", vpc="vpc-1")),
    Reason.MATCHED: ({"identity_policies": [ALL]}, None),
    Reason.PATTERN_MISMATCH: ({"identity_policies": [NOTHING]}, None),
    Reason.VALUE_MISMATCH: (when("StringEquals", "aws:username", "lee"), None),
    Reason.KEY_ABSENT: (when("StringEquals", "aws:SourceVpc", "vpc-1"), None),
    Reason.KEY_ABSENT_PASSES: (when("StringNotEquals", "aws:SourceVpc", "vpc-1"), None),
    Reason.KEY_PRESENT: (when("Null", "aws:username", "true"), None),
    Reason.VARIABLE_UNRESOLVED: (
        when("StringEquals", "aws:username", "${aws:PrincipalTag/team}"),
        None,
    ),
    Reason.VALUE_UNREADABLE: (
        when("NumericEquals", "s3:max-keys", "1", "x"),
        None,
    ),
    Reason.POLICY_VALUE_UNREADABLE: (
        when("NumericEquals", "s3:max-keys", "x", "1"),
        None,
    ),
    Reason.SEVERAL_VALUES_WITHOUT_SET_OPERATOR: (
        when("StringEquals", "aws:TagKeys", "x", ["x", "y"]),
        None,
    ),
    Reason.NULL_WITH_SET_OPERATOR: (when("ForAnyValue:Null", "aws:TagKeys", "true"), None),
    Reason.NO_VALUES: (when("StringEquals", "aws:username", []), None),
    Reason.EMPTY_ELEMENT: ({"identity_policies": [policy(allow(Action=[]))]}, None),
    Reason.PRINCIPAL_MISMATCH: ({"resource_policy": policy(allow(Principal={"AWS": B}))}, None),
    Reason.PRINCIPAL_SPARED: (
        {"resource_policy": policy(deny(NotPrincipal={"AWS": [USER, A]}))},
        None,
    ),
    Reason.PRINCIPAL_HAS_BOUNDARY: (
        {"resource_policy": policy(deny(NotPrincipal={"AWS": [USER, A]})), "boundary": ALL},
        None,
    ),
    Reason.STATEMENT_ALLOWS: ({"identity_policies": [ALL]}, None),
    Reason.STATEMENT_DENIES: ({"identity_policies": [policy(deny())]}, None),
    Reason.NO_STATEMENT_ALLOWS: ({"identity_policies": [NOTHING]}, None),
    Reason.NO_POLICY: ({}, WORLD | {"accounts": {A: {"users": {"maya": {}}}}}),
    Reason.NOT_PRESENT: ({}, None),
    Reason.ROOT_USER_NEEDS_NO_POLICY: ({"principal": ROOT}, None),
    Reason.FEDERATED_USER_WITHOUT_SESSION_POLICY: ({"principal": FEDERATED}, None),
    Reason.CALLER_IS_SERVICE_LINKED_ROLE: ({"principal": LINKED}, WORLD),
    Reason.CALLER_IN_MANAGEMENT_ACCOUNT: (
        {"principal": f"arn:aws:iam::{MANAGEMENT}:user/lee"},
        WORLD,
    ),
    Reason.CALLER_NOT_IN_ORGANIZATION: ({"principal": f"arn:aws:iam::{B}:user/lee"}, WORLD),
    Reason.CALLER_HAS_NO_IDENTITY: ({"principal": "anonymous"}, None),
    Reason.RESOURCE_IN_MANAGEMENT_ACCOUNT: (
        {"action": "kms:Decrypt", "resource": MANAGEMENT_KEY},
        WORLD,
    ),
    Reason.RESOURCE_NOT_IN_ORGANIZATION: (
        {"action": "sqs:SendMessage", "resource": QUEUE.replace(A, B)},
        WORLD,
    ),
    Reason.SERVICE_NOT_COVERED: (
        {"action": "lambda:GetFunction", "resource": f"arn:aws:lambda:eu-west-1:{A}:function:f"},
        WORLD,
    ),
    Reason.ACTION_EXEMPT: ({"action": "kms:RetireGrant", "resource": KEY}, WORLD),
    Reason.RESOURCE_EXEMPT: (
        {"action": "kms:Decrypt", "resource": f"arn:aws:kms:eu-west-1:{A}:alias/aws/s3"},
        WORLD,
    ),
    Reason.FOLLOW_UP_CALL: (
        {
            "vpce_policies": [EVERYONE],
            "via": {"vpc_endpoint": "vpce-1", "service": "athena.amazonaws.com"},
        },
        None,
    ),
    Reason.POLICY_NOT_CONSULTED: ({"action": "iam:GetRole", "resource": ROLE}, WORLD),
    Reason.OWNER_ROOT_MAY_UNLOCK: (
        {
            "principal": ROOT,
            "action": "s3:PutBucketPolicy",
            "resource": BUCKET,
            "resource_policy": policy(deny(Principal="*")),
        },
        None,
    ),
    Reason.PUBLIC_POLICY_RESTRICTED: (
        {"principal": "anonymous", "resource_policy": EVERYONE, "resource_account": A, **RESTRICT},
        None,
    ),
    Reason.POLICY_NOT_PUBLIC: ({"resource_policy": OWN, **RESTRICT}, None),
    Reason.CALLER_IN_OWNER_ACCOUNT: ({"resource_policy": EVERYONE, **RESTRICT}, None),
    Reason.CALLER_IS_SERVICE: (
        {
            "principal": "logging.s3.amazonaws.com",
            "resource_policy": EVERYONE,
            "resource_account": A,
            **RESTRICT,
        },
        None,
    ),
    Reason.ALLOWED: ({"identity_policies": [ALL]}, None),
    Reason.ALWAYS_ALLOWED: ({"action": "sts:GetCallerIdentity", "resource": "*"}, None),
    Reason.EXPLICITLY_DENIED: ({"identity_policies": [policy(deny())]}, None),
    Reason.GUARDRAIL_DOES_NOT_ALLOW: ({"identity_policies": [ALL], "scps": [[]]}, None),
    Reason.NO_WAY_IN: ({}, None),
    Reason.CALLER_MAY_NOT_CALL: (
        {"principal": ROOT, "action": "sts:AssumeRole", "resource": ROLE},
        None,
    ),
    Reason.CALLER_IDENTITY: ({"action": "sts:GetCallerIdentity", "resource": "*"}, None),
    Reason.WEB_IDENTITY: (
        {"principal": PROVIDER, "action": "sts:AssumeRoleWithWebIdentity", "resource": ROLE},
        None,
    ),
    Reason.ANONYMOUS_CALLER: ({"principal": "anonymous"}, None),
    Reason.SERVICE_CALLER: ({"principal": "sns.amazonaws.com"}, None),
    Reason.SAME_ACCOUNT: ({}, None),
    Reason.CROSS_ACCOUNT: ({"resource_account": B}, None),
    Reason.CROSS_PARTITION: ({"resource": OBJECT.replace("arn:aws:", "arn:aws-cn:")}, None),
    Reason.ROLE_TRUST: ({"action": "sts:AssumeRole", "resource": ROLE}, None),
    Reason.KMS_KEY: ({"action": "kms:Decrypt", "resource": KEY}, None),
    Reason.CROSS_ACCOUNT_KMS_KEY: (
        {"action": "kms:Decrypt", "resource": KEY.replace(A, B)},
        None,
    ),
    Reason.RETIRED_GRANT: ({"action": "kms:RetireGrant", "resource": KEY}, None),
    Reason.ASSUME_ROOT: ({"action": "sts:AssumeRoot", "resource": ROOT.replace(A, B)}, None),
    Reason.RESTRICTED_CREDENTIALS: (
        {"principal": SESSION, "action": "sts:GetSessionToken", "resource": "*"},
        None,
    ),
    Reason.SERVICE_REFUSES: (FIXED, None),
    Reason.FIXED_OBJECT: (FIXED, None),
    Reason.CREDENTIALS_DO_NOT_REACH: (
        {
            "action": "iam:ListUsers",
            "resource": "*",
            "identity_policies": [ALL],
            "session": {"credentials": "session-token"},
            "context": {"aws:MultiFactorAuthPresent": "false"},
        },
        None,
    ),
    Reason.IDENTITY_POLICIES_ONLY: (
        {"action": "es:DescribeDomain", "resource": f"arn:aws:es:eu-west-1:{A}:domain/logs"},
        None,
    ),
    Reason.NO_POLICY_CONTROLS: ({"action": "cognito-idp:InitiateAuth", "resource": "*"}, None),
    Reason.SIGNED_CALLS_ONLY: (
        {"principal": "anonymous", "action": "kms:Decrypt", "resource": KEY},
        None,
    ),
    Reason.FOREIGN_PROVIDER: (
        {
            "principal": f"arn:aws:iam::{B}:oidc-provider/id.example.com",
            "action": "sts:AssumeRoleWithWebIdentity",
            "resource": ROLE,
        },
        None,
    ),
    Reason.MANAGEMENT_ACCOUNT_ONLY: (
        {"action": "organizations:CreateAccount", "resource": "*"},
        WORLD,
    ),
    Reason.ADMINISTRATORS_ONLY: ({"action": "organizations:ListAccounts", "resource": "*"}, WORLD),
    Reason.DELEGATED_ADMINISTRATORS_ONLY: (
        {"action": "securityhub:UpdateConfigurationPolicy", "resource": "*"},
        WORLD,
    ),
    Reason.MEMBER_ACCOUNTS_ONLY: (
        {
            "principal": f"arn:aws:iam::{MANAGEMENT}:user/owner",
            "action": "organizations:LeaveOrganization",
            "resource": "*",
        },
        WORLD,
    ),
    Reason.OWN_ACCOUNT_ONLY: (
        {"action": "kms:ScheduleKeyDeletion", "resource": KEY.replace(A, B)},
        None,
    ),
    Reason.DEPENDS_ON_UNKNOWN: (
        {
            "identity_policies": [policy(allow(Condition=TEAM))],
            "unknown": ["aws:PrincipalTag/team"],
        },
        None,
    ),
}


def reasons_in(explanation: Explanation) -> Iterator[Reason]:
    """Give every reason that stands somewhere in an explanation."""
    yield explanation.relation
    for layer in explanation.layers:
        yield layer.reason
        for entry in layer.policies:
            for statement in entry.statements:
                yield from (clause.reason for clause in statement.clauses)
    yield from (decider.reason for decider in explanation.decided_by)


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_every_reason_stands_in_some_answer(reason: Reason) -> None:
    """A small question exists whose answer gives the reason: none is a dead letter."""
    request, world = REASONS[reason]
    if "unknown" in request:
        answer = partial.answer(*question_of(request, world))
    else:
        answer = ask(request, world)
    assert reason in {answer.decision.reason, *reasons_in(answer.explanation)}
