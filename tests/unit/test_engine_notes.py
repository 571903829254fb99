"""Every note is carried by some answer, and stays away where it does not belong."""

from __future__ import annotations

from typing import Any

import pytest

from iamsim.core.decision import Verdict
from iamsim.core.reason import Note
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
)

Data = dict[str, Any]
ALL = policy(allow())
OTHER_ROLE = f"arn:aws:iam::{A}:role/other"
FEDERATED = f"arn:aws:sts::{A}:federated-user/f"
KEYS = f"arn:aws:kms:*:{A}:key/*"
CATALOG = f"arn:aws:glue:eu-west-1:{A}"
PASS = {"action": "iam:PassRole", "resource": OTHER_ROLE}
ASSUME = {"principal": SESSION, "action": "sts:AssumeRole", "resource": OTHER_ROLE}


def identity(*statements: Data, **request: Any) -> Data:
    """Make a request under one identity-based policy."""
    return {"identity_policies": [policy(*statements)], **request}


def without_resource(action: str, denied_on: str) -> Data:
    """Make a request of an action of KMS for no resource, under a Deny on one."""
    statements = allow(Action="kms:*", Resource="*"), deny(Action=action, Resource=denied_on)
    asked = "kms:DescribeKey" if "Describe" in action else "kms:CreateKey"
    return identity(*statements, action=asked, resource="*")


def when(operator: str, key: str, values: Any, **request: Any) -> Data:
    """Make a request under an Allow with one condition."""
    return identity(allow(Condition={operator: {key: values}}), **request)


def attached(*statements: Data, **request: Any) -> Data:
    """Make a request under one resource-based policy."""
    return {"resource_policy": policy(*statements), "resource_account": A, **request}


def named(entries: Any, **request: Any) -> Data:
    """Make a request under a resource-based Allow with this Principal element."""
    return attached(allow(Principal=entries), **request)


def endpoint(**fields: Any) -> Data:
    """Make a world with one VPC endpoint whose policy names account A."""
    document = policy(allow(Principal={"AWS": A}))
    return {"accounts": {A: {"vpc_endpoints": {"vpce-1": {"policy": document, **fields}}}}}


STRANGER = f"arn:aws:iam::{B}:user/stranger"
WORLD: Data = {
    "organization": {
        "id": "o-1",
        "management_account": "999999999999",
        "root": {"id": "r-1", "accounts": [A]},
    },
    "accounts": {
        A: {
            "users": {"maya": {"policies": [ALL]}},
            "resources": {
                KEY: {
                    "policy": policy(allow(Principal={"AWS": A})),
                    "grants": [
                        {
                            "GranteePrincipal": f"arn:aws:iam::{B}:user/x",
                            "Operations": ["Decrypt"],
                        },
                        {
                            "GranteePrincipal": f"arn:aws:iam::{B}:user/y",
                            "Operations": ["CreateGrant"],
                        },
                    ],
                },
                BUCKET: {},
            },
        }
    },
}
TAGGED: Data = {
    "accounts": {
        A: {
            "users": {
                "tim": {
                    "policies": [
                        policy(allow(Condition={"StringEquals": {"aws:ResourceTag/a": "b"}}))
                    ]
                },
                "tom": {"policies": [ALL]},
            },
            "resources": {BUCKET: {"tags": {"a": "b"}}},
        }
    }
}
RESTRICT = {"public_access_block": {"restrict_public_buckets": "true"}}
THROUGH = {"via": {"vpc_endpoint": "vpce-1"}}

POINT = f"arn:aws:s3:eu-west-1:{A}:accesspoint/door"


def door(**point: Any) -> tuple[Data, Data]:
    """Make a request through an access point before a bucket, and their world."""
    told = {key: value for key, value in {"bucket": BUCKET, **point}.items() if value is not None}
    resources = {POINT: told, BUCKET: {}}
    world = {"accounts": {A: {"users": {"maya": {"policies": [ALL]}}, "resources": resources}}}
    return {"resource": f"{POINT}/object/a"}, world


NOTES: dict[Note, tuple[Data, Data | None]] = {
    Note.PUBLIC_POLICY_UNSETTLED: (
        attached(
            allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": A}}),
            **RESTRICT,
        ),
        None,
    ),
    Note.LOG_GROUPS_RESOURCE: (
        identity(allow(), action="logs:DescribeLogGroups", resource="*"),
        None,
    ),
    Note.ANCESTORS_ASKED_TOO: (
        identity(allow(), action="glue:GetTable", resource=f"{CATALOG}:table/sales/orders"),
        None,
    ),
    Note.ACCESS_POINT_SIDES: door(),
    Note.ACCESS_POINT_BUCKET_UNKNOWN: ({"resource": f"{POINT}/object/a"}, None),
    Note.ACCESS_POINT_VPC_UNKNOWN: door(network_origin="VPC"),
    Note.SEVERAL_BUCKETS_BEHIND: door(bucket=None, buckets=[BUCKET, "arn:aws:s3:::other"]),
    Note.FOR_ANY_VALUE_NEGATED_MISSING_KEY: (
        when("ForAnyValue:StringNotEquals", "aws:TagKeys", "x"),
        None,
    ),
    Note.SEVERAL_VALUES_WITHOUT_SET_OPERATOR: (
        when("StringEquals", "aws:TagKeys", "x", context={"aws:TagKeys": ["x", "y"]}),
        None,
    ),
    Note.UNREADABLE_REQUEST_VALUE: (
        when("NumericEquals", "s3:max-keys", "1", context={"s3:max-keys": "one"}),
        None,
    ),
    Note.UNREADABLE_POLICY_VALUE: (
        when("NumericEquals", "s3:max-keys", "one", context={"s3:max-keys": "1"}),
        None,
    ),
    Note.CALLER_STANDING_UNKNOWN: (
        identity(allow(), action="organizations:CreateAccount", resource="*"),
        None,
    ),
    Note.ADMINISTRATORS_UNSETTLED: (
        identity(allow(), action="access-analyzer:CreateAnalyzer", resource="*"),
        None,
    ),
    Note.CROSS_ACCOUNT_REACH_UNSETTLED: (
        identity(
            allow(),
            action="lambda:UpdateFunctionConfiguration",
            resource=f"arn:aws:lambda:eu-west-1:{B}:function:f",
        ),
        None,
    ),
    Note.FIXED_OBJECT_UNSETTLED: (
        identity(
            allow(), action="iam:TagPolicy", resource="arn:aws:iam::aws:policy/ReadOnlyAccess"
        ),
        None,
    ),
    Note.DEFAULT_FILE_SYSTEM_POLICY: (
        identity(
            allow(),
            action="elasticfilesystem:ClientMount",
            resource=f"arn:aws:elasticfilesystem:eu-west-1:{A}:file-system/fs-1",
        ),
        None,
    ),
    Note.SERVICE_NETWORK_POLICY: (
        identity(
            allow(),
            action="vpc-lattice-svcs:Invoke",
            resource=f"arn:aws:vpc-lattice:eu-west-1:{A}:service/svc-0123456789abcdef0/tides",
        ),
        None,
    ),
    Note.VAULT_NOT_ASKED: (
        identity(
            allow(),
            action="backup:DeleteRecoveryPoint",
            resource="arn:aws:ec2:eu-west-1::snapshot/snap-1",
        ),
        None,
    ),
    Note.MANAGED_KEY_ACROSS_ACCOUNTS: (
        identity(allow(), principal=f"arn:aws:iam::{B}:user/x", resource=OBJECT),
        {
            "accounts": {
                A: {"resources": {BUCKET: {"kms_key": f"arn:aws:kms:eu-west-1:{A}:alias/aws/s3"}}}
            }
        },
    ),
    Note.UNSIGNED_CALL_UNSETTLED: (
        attached(
            allow(Principal="*"),
            principal="anonymous",
            action="sns:Publish",
            resource=f"arn:aws:sns:eu-west-1:{A}:news",
        ),
        None,
    ),
    Note.FEDERATED_USER_IN_CONSOLE: (
        identity(allow(), principal=FEDERATED, action="iam:ListUsers", resource="*"),
        None,
    ),
    Note.OPERATOR_LETTER_CASE: (when("stringequals", "aws:username", "maya"), None),
    Note.BOOLEAN_VARIABLE: (when("Bool", "aws:SecureTransport", "${aws:username}"), None),
    Note.EMPTY_STRING_IN_LIST: (
        when("ForAllValues:StringEquals", "aws:TagKeys", "x", context={"aws:TagKeys": [""]}),
        None,
    ),
    Note.EMPTY_VALUE_LIST: (when("StringEquals", "aws:username", []), None),
    Note.ELEMENT_LISTS_NOTHING: (identity(allow(), deny(Action=[])), None),
    Note.EMPTY_NEGATED_ELEMENT: (identity(allow(NotResource=[])), None),
    Note.WILDCARD_PRINCIPAL_AND_SERVICE: (named("*", principal="sns.amazonaws.com"), None),
    Note.PRINCIPAL_WILDCARD_IN_ARN: (named({"AWS": f"arn:aws:iam::{A}:user/*"}), None),
    Note.PRINCIPAL_NOT_STORED: (named({"AWS": "123456789"}), None),
    Note.DENY_OF_UNLISTED_ACTION: (attached(deny(Principal="*", Action="s3:GetObjekt")), None),
    Note.DENY_OF_OTHER_RESOURCE: (
        attached(deny(Principal="*", Resource="arn:aws:s3:::other/*")),
        None,
    ),
    Note.DENY_WITHOUT_RESOURCE: (without_resource("kms:CreateKey", KEYS), None),
    Note.DENY_ON_UNLISTED_KEY: (
        identity(allow(), deny(Condition={"StringEquals": {"aws:SouceIp": "192.0.2.1"}})),
        None,
    ),
    Note.PRINCIPAL_ID_UNKNOWN: (named({"AWS": "AIDAEXAMPLE"}), None),
    Note.CANONICAL_USER: (named({"CanonicalUser": "79a59df900b949e5"}), None),
    Note.NOT_PRINCIPAL_IDENTITIES: (attached(deny(NotPrincipal={"AWS": USER})), None),
    Note.ALLOW_WITH_NOT_PRINCIPAL: (attached(allow(NotPrincipal={"AWS": B})), None),
    Note.SESSION_NAME_UNKNOWN: (named({"AWS": SESSION}, principal=ROLE), None),
    Note.ROLE_PATH_ASSUMED: (
        named({"AWS": f"arn:aws:iam::{A}:role/team/app"}, principal=SESSION),
        None,
    ),
    Note.FEDERATED_SOURCE_USER: (
        named({"AWS": USER}, principal=FEDERATED, session={"source_user": USER}),
        None,
    ),
    Note.UNRESOLVED_VARIABLE_IN_NOT_RESOURCE: (
        identity(allow(NotResource="arn:aws:s3:::reports/${aws:PrincipalTag/team}/*")),
        None,
    ),
    Note.VARIABLE_IN_ARN_HEAD: (identity(allow(Resource="arn:aws:${aws:username}:::x")), None),
    Note.MIDDLE_WILDCARD_IN_ARN: (
        identity(allow(Resource="arn:aws:sqs:eu-*-1:*:jobs"), action="sqs:X", resource=QUEUE),
        None,
    ),
    Note.ACTION_SERVICE_WILDCARD: (identity(allow(Action="s*:GetObject")), None),
    Note.RESOURCE_NOT_AN_ARN: (attached(allow(Principal="*", Resource="reports/*")), None),
    Note.RCP_WITHOUT_RESOURCE: (
        identity(allow(), action="kms:ListKeys", resource="*", rcps=[[]]),
        None,
    ),
    Note.RCP_SERVICE_LIST: (identity(allow(), action="lambda:X", resource="*", rcps=[[]]), None),
    Note.OWNER_ROOT_UNLOCK: (
        attached(deny(Principal="*"), principal=ROOT, action="s3:PutBucketPolicy", resource=BUCKET),
        None,
    ),
    Note.ASSUME_ROOT_SESSION: ({"principal": ROOT, "session": {"policies": [ALL]}}, None),
    Note.SERVICE_LINKED_ROLE_BY_NAME: (
        identity(allow(), principal=f"arn:aws:sts::{A}:assumed-role/AWSServiceRoleForBackup/s"),
        None,
    ),
    Note.KMS_GRANT_CROSS_ACCOUNT: (
        {"principal": f"arn:aws:iam::{B}:user/x", "action": "kms:Decrypt", "resource": KEY},
        WORLD,
    ),
    Note.KMS_GRANT_UNDER_GRANT: (
        {"principal": f"arn:aws:iam::{B}:user/y", "action": "kms:CreateGrant", "resource": KEY},
        WORLD,
    ),
    Note.UNRESOLVED_VARIABLE_BESIDE_OTHERS: (
        identity(allow(Resource=["arn:aws:s3:::x/${aws:PrincipalTag/team}", "*"])),
        None,
    ),
    Note.WILDCARD_IN_VARIABLE_VALUE: (
        when("StringLike", "s3:prefix", "${aws:PrincipalTag/team}/*")
        | {"principal": SESSION, "session": {"tags": {"team": "b*"}}},
        None,
    ),
    Note.DATE_WITHOUT_ZONE: (
        when("DateLessThan", "aws:CurrentTime", "2026-06-01T12:00"),
        None,
    ),
    Note.FOREIGN_PROVIDER_UNSETTLED: (
        {
            "principal": f"arn:aws:iam::{B}:oidc-provider/token.example.com",
            "action": "sts:AssumeRoleWithWebIdentity",
            "resource": ROLE,
        },
        None,
    ),
    Note.ENDPOINT_TYPE_UNKNOWN: (identity(allow(), **THROUGH), endpoint(service="s3")),
    Note.ENDPOINT_POLICY_PATTERN: (
        identity(
            allow(),
            vpce_policies=[policy(allow(Principal="*", Resource="arn:aws:sqs:*:1111*:*"))],
        ),
        None,
    ),
    Note.PASS_ROLE_RESOURCE_TAG: (when("StringEquals", "aws:ResourceTag/team", "x", **PASS), None),
    Note.KEY_POLICY_KEY_UNSETTLED: (
        attached(
            allow(Condition={"StringEquals": {"aws:ResourceTag/team": "x"}}, Principal="*"),
            action="kms:Decrypt",
            resource=KEY,
        ),
        None,
    ),
    Note.COMPANION_INVOKE_FUNCTION: (
        {
            "action": "lambda:InvokeFunctionUrl",
            "resource": f"arn:aws:lambda:eu-west-1:{A}:function:f",
        },
        None,
    ),
    Note.SUBSCRIPTION_OWNER: (
        {"action": "sns:Unsubscribe", "resource": f"arn:aws:sns:eu-west-1:{A}:news"},
        None,
    ),
    Note.COMPANION_TAG_SESSION: (
        attached(allow(Principal={"AWS": A}, Resource=None))
        | ASSUME
        | {"context": {"aws:RequestTag/team": "blue"}},
        None,
    ),
    Note.COMPANION_SET_SOURCE_IDENTITY: (
        {**ASSUME, "session": {"source_identity": "maya"}},
        None,
    ),
    Note.EMPTY_STRING_VALUE: (
        when("Null", "s3:prefix", "false", context={"s3:prefix": ""}),
        None,
    ),
    Note.BOOLEAN_LETTER_CASE: (when("Bool", "aws:SecureTransport", "True"), None),
    Note.IPV6_WITHOUT_PREFIX: (when("IpAddress", "aws:SourceIp", "2001:db8::1"), None),
    Note.SERVICE_PRINCIPAL_KEYS: (
        attached(
            allow(Principal="*", Condition={"StringLike": {"aws:PrincipalArn": "*"}}),
            principal="sns.amazonaws.com",
        ),
        None,
    ),
    Note.SOURCE_IP_ON_FOLLOW_UP_CALL: (
        when(
            "IpAddress",
            "aws:SourceIp",
            "10.0.0.0/8",
            context={"aws:SourceIp": "10.0.0.1"},
            via={"service": "athena.amazonaws.com"},
        ),
        None,
    ),
    Note.TRANSPORT_NOT_SAID: (when("Bool", "aws:SecureTransport", "true"), None),
    Note.MFA_OF_ROLE_SESSIONS: (
        when(
            "Bool",
            "aws:MultiFactorAuthPresent",
            "true",
            principal=f"arn:aws:iam::{A}:role/app",
        ),
        None,
    ),
    Note.SCP_ALLOW_WITH_RESOURCE: (
        identity(allow(), scps=[[policy(allow(Resource="arn:aws:s3:::reports/*"))]]),
        None,
    ),
    Note.EVERYONE_IN_TRUST_POLICY: (
        {
            **ASSUME,
            "resource_policy": policy(
                {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
            ),
        },
        None,
    ),
    Note.BUCKET_TAGS_WITHOUT_ABAC: (
        {"principal": f"arn:aws:iam::{A}:user/tim", "action": "s3:ListBucket", "resource": BUCKET},
        TAGGED,
    ),
    Note.SELF_ASSUMPTION: ({**ASSUME, "resource": ROLE}, None),
    Note.UNKNOWN_PRINCIPAL_IN_WORLD: ({"principal": f"arn:aws:iam::{A}:user/nobody"}, WORLD),
    Note.UNKNOWN_RESOURCE_IN_WORLD: ({"action": "sqs:SendMessage", "resource": QUEUE}, WORLD),
    Note.ACCOUNT_IN_NO_UNIT: (
        {"principal": f"arn:aws:iam::{B}:user/lee", "action": "s3:GetObject", "resource": OBJECT},
        {**WORLD, "accounts": {**WORLD["accounts"], B: {}}},
    ),
    Note.SOURCES_UNVERIFIED: (identity(allow()), {**WORLD, "unverified": "3"}),
    Note.UNKNOWN_ENDPOINT_IN_WORLD: ({**THROUGH, "resource": OBJECT}, WORLD),
    Note.WHOLE_VALUE_WILDCARD_ARN: (when("ArnLike", "aws:PrincipalArn", "*"), None),
    Note.POLICY_VERSION_VARIABLES: (
        {
            "identity_policies": [
                policy(allow(Resource="arn:aws:s3:::reports/${aws:username}/*"), version=None)
            ]
        },
        None,
    ),
}


# The engine takes an owner for granted; `iamsim.symbolic.assumed_owner` says so.
OF_ENGINE = [note for note in Note if not note.value.startswith("bucket-owner")]


@pytest.mark.parametrize("note", OF_ENGINE, ids=lambda note: note.value)
def test_every_note_is_carried_by_some_answer(note: Note) -> None:
    """A small question exists whose answer carries the note: none is a dead letter."""
    answer = ask(*NOTES[note])
    assert answer.decision.notes is not None
    assert note in answer.decision.notes
    assert answer.explanation.notes == answer.decision.notes


NOT_CARRIED: list[tuple[Note, Data, Data | None]] = [
    (
        Note.ENDPOINT_TYPE_UNKNOWN,
        identity(allow(), **THROUGH),
        endpoint(service="s3", type="Interface"),
    ),
    (
        Note.ENDPOINT_TYPE_UNKNOWN,
        identity(allow(), action="sqs:SendMessage", resource=QUEUE, **THROUGH),
        endpoint(service="sqs"),
    ),
    (
        Note.LOG_GROUPS_RESOURCE,
        {"principal": "anonymous", "action": "logs:DescribeLogGroups", "resource": "*"},
        None,
    ),
    (
        Note.LOG_GROUPS_RESOURCE,
        identity(
            allow(), action="logs:TagResource", resource=f"arn:aws:logs:eu-west-1:{A}:log-group:g"
        ),
        None,
    ),
    (
        Note.ANCESTORS_ASKED_TOO,
        identity(allow(), action="glue:GetCatalog", resource=f"{CATALOG}:catalog"),
        None,
    ),
    (Note.ACCESS_POINT_BUCKET_UNKNOWN, *door()),
    (Note.PUBLIC_POLICY_UNSETTLED, attached(allow(Principal="*"), **RESTRICT), None),
    (Note.ACCESS_POINT_VPC_UNKNOWN, *door(network_origin="VPC", vpc="vpc-1")),
    (Note.SEVERAL_BUCKETS_BEHIND, *door()),
    (Note.ACCESS_POINT_SIDES, {"resource": OBJECT}, door()[1]),
    (
        Note.ACCESS_POINT_BUCKET_UNKNOWN,
        identity(allow(), action="s3:GetAccessPointPolicy", resource=POINT),
        None,
    ),
    (Note.UNKNOWN_RESOURCE_IN_WORLD, {"resource": OBJECT}, WORLD),
    # Without a world nothing is missing in it; what the question brings along is not missing.
    (Note.UNKNOWN_PRINCIPAL_IN_WORLD, {}, None),
    (Note.UNKNOWN_RESOURCE_IN_WORLD, {}, None),
    (Note.UNKNOWN_PRINCIPAL_IN_WORLD, identity(allow(), principal=STRANGER), WORLD),
    (
        Note.UNKNOWN_RESOURCE_IN_WORLD,
        {
            "action": "sqs:SendMessage",
            "resource": f"arn:aws:sqs:eu-west-1:{B}:queue",
            "resource_policy": policy(allow(Principal="*")),
        },
        WORLD,
    ),
    # The account is none of the world's, or the world has no organization.
    (Note.ACCOUNT_IN_NO_UNIT, {"principal": f"arn:aws:iam::{B}:user/lee"}, WORLD),
    (Note.ACCOUNT_IN_NO_UNIT, {"principal": f"arn:aws:iam::{B}:user/lee"}, {"accounts": {B: {}}}),
    (
        Note.ACCOUNT_IN_NO_UNIT,
        identity(allow(), scps=[[policy(allow())]], rcps=[], resource=OBJECT),
        {"organization": {"id": "o-1"}, "accounts": {A: {}}},
    ),
    (
        Note.UNKNOWN_RESOURCE_IN_WORLD,
        {"action": "s3:ListAllMyBuckets", "resource": "arn:aws:s3:::*"},
        WORLD,
    ),
    (Note.UNKNOWN_RESOURCE_IN_WORLD, {"action": "sqs:ListQueues", "resource": "*"}, WORLD),
    # A denial holds whatever else would deny, and a world that people write is what it says.
    (
        Note.SOURCES_UNVERIFIED,
        {"principal": f"arn:aws:iam::{A}:user/nobody"},
        {**WORLD, "unverified": "3"},
    ),
    (Note.SOURCES_UNVERIFIED, identity(allow()), WORLD),
    (Note.UNKNOWN_ENDPOINT_IN_WORLD, identity(allow(), **THROUGH), endpoint(service="s3")),
    (
        Note.UNKNOWN_ENDPOINT_IN_WORLD,
        {**THROUGH, "vpce_policies": [policy(allow(Principal="*"))]},
        WORLD,
    ),
    (Note.UNKNOWN_ENDPOINT_IN_WORLD, THROUGH, None),
    (Note.SELF_ASSUMPTION, ASSUME, None),
    (
        Note.EMPTY_STRING_VALUE,
        when("StringEquals", "aws:username", "${s3:prefix}", context={"s3:prefix": ""}),
        None,
    ),
    (Note.EMPTY_STRING_VALUE, when("Null", "s3:prefix", "true"), None),
    (Note.BOOLEAN_LETTER_CASE, when("Bool", "aws:SecureTransport", "true"), None),
    (Note.IPV6_WITHOUT_PREFIX, when("IpAddress", "aws:SourceIp", "2001:db8::1/128"), None),
    (Note.SERVICE_PRINCIPAL_KEYS, when("StringLike", "aws:PrincipalArn", "*"), None),
    (
        Note.SOURCE_IP_ON_FOLLOW_UP_CALL,
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8", context={"aws:SourceIp": "10.0.0.1"}),
        None,
    ),
    (
        Note.TRANSPORT_NOT_SAID,
        when("Bool", "aws:SecureTransport", "true", context={"aws:SecureTransport": "true"}),
        None,
    ),
    (Note.TRANSPORT_NOT_SAID, identity(allow()), None),
    (Note.MFA_OF_ROLE_SESSIONS, when("Bool", "aws:MultiFactorAuthPresent", "true"), None),
    (
        Note.MFA_OF_ROLE_SESSIONS,
        when(
            "Bool",
            "aws:MultiFactorAuthPresent",
            "true",
            session={"credentials": "session-token"},
        ),
        None,
    ),
    (Note.SCP_ALLOW_WITH_RESOURCE, identity(allow(), scps=[[policy(allow())]]), None),
    (Note.EVERYONE_IN_TRUST_POLICY, ASSUME, None),
    (
        Note.BUCKET_TAGS_WITHOUT_ABAC,
        {"principal": f"arn:aws:iam::{A}:user/tom", "action": "s3:ListBucket", "resource": BUCKET},
        TAGGED,
    ),
    (Note.COMPANION_TAG_SESSION, {**ASSUME, "context": {"aws:TagKeys": []}}, None),
    (Note.COMPANION_SET_SOURCE_IDENTITY, ASSUME, None),
    (Note.COMPANION_INVOKE_FUNCTION, {"action": "lambda:InvokeFunction"}, None),
    (Note.SUBSCRIPTION_OWNER, {"action": "sns:ListSubscriptions"}, None),
    (Note.PASS_ROLE_RESOURCE_TAG, when("StringEquals", "aws:ResourceTag/team", "x"), None),
    (Note.PASS_ROLE_RESOURCE_TAG, identity(allow(), **PASS), None),
    (
        Note.KEY_POLICY_KEY_UNSETTLED,
        when("StringEquals", "aws:ResourceTag/team", "x", action="kms:Decrypt", resource=KEY),
        None,
    ),
    (Note.POLICY_VERSION_VARIABLES, identity(allow(Resource="arn:aws:s3:::${*}")), None),
    # The resource is another one, so what its Principal means does not matter.
    (
        Note.PRINCIPAL_WILDCARD_IN_ARN,
        attached(
            allow(Principal={"AWS": f"arn:aws:iam::{A}:user/*"}, Resource="arn:aws:s3:::other/*")
        ),
        None,
    ),
]


@pytest.mark.parametrize(
    ("note", "request_"),
    [
        (Note.UNKNOWN_PRINCIPAL_IN_WORLD, {"principal": STRANGER}),
        (Note.UNKNOWN_PRINCIPAL_IN_WORLD, {"principal": f"arn:aws:sts::{B}:assumed-role/a/b"}),
        (Note.UNKNOWN_RESOURCE_IN_WORLD, {"resource": f"arn:aws:sqs:eu-west-1:{B}:queue"}),
        (
            Note.UNKNOWN_RESOURCE_IN_WORLD,
            {"resource": "arn:aws:s3:::theirs", "resource_account": B},
        ),
        (Note.UNKNOWN_RESOURCE_IN_WORLD, {**ASSUME, "resource": f"arn:aws:iam::{B}:role/theirs"}),
    ],
)
def test_what_an_unlisted_account_has_is_not_known(note: Note, request_: Data) -> None:
    """Nobody wrote down what policies a caller or a resource of an account has that the world does
    not list, and the answer says so."""
    assert note in (ask(request_, WORLD).decision.notes or ())


@pytest.mark.parametrize(("note", "request_", "world"), NOT_CARRIED)
def test_notes_stay_away_where_they_do_not_belong(
    note: Note, request_: Data, world: Data | None
) -> None:
    """A note is left out where its uncertain rule plays no part."""
    assert note not in (ask(request_, world).decision.notes or ())


@pytest.mark.parametrize(
    "statement",
    [
        allow(Condition={"StringEquals": {"aws:username": "${s3:prefix, 'maya'}"}}),
        allow(Resource="arn:aws:s3:::${s3:prefix, 'reports'}/*"),
    ],
)
def test_a_default_for_an_empty_value_is_noted(statement: Data) -> None:
    """A default that stands in for an empty value is noted, in a condition and in a resource."""
    request = identity(statement, context={"s3:prefix": ""})
    assert Note.EMPTY_STRING_VALUE in (ask(request).decision.notes or ())


@pytest.mark.parametrize(
    ("operator", "key", "values", "value"),
    [
        ("Bool", "aws:SecureTransport", "0", "false"),
        ("Bool", "aws:SecureTransport", "no", "false"),
        ("Bool", "aws:SecureTransport", ["yes", "1"], "true"),
        ("IpAddress", "aws:SourceIp", "300.1.1.1/8", "10.1.1.1"),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/99", "192.0.2.0/24"], "10.1.1.1"),
    ],
)
def test_a_deny_whose_value_can_not_be_read_is_noted(
    operator: str, key: str, values: Any, value: str
) -> None:
    """It does not apply, and the answer says so, instead of refusing the whole policy."""
    condition = {operator: {key: values}}
    request = identity(allow(), deny(Condition=condition), context={key: value})
    decision = ask(request).decision
    assert decision.verdict is Verdict.ALLOWED
    assert Note.UNREADABLE_POLICY_VALUE in (decision.notes or ())


NOBODY = {"AWS": "123456789"}, {"AWS": f"arn:aws:iam::{A}:group/g"}, {"AWS": "<account>"}
PLACEHOLDER = {"AWS": ["arn:aws:iam::ACCOUNT_ID:root"]}
SOMEBODY = (
    {"AWS": [USER, B, f"arn:aws:iam::{B}:root", f"arn:aws:sts::{B}:assumed-role/r/s"]},
    {"AWS": "AIDAJQABLZS4A3QDU576Q"},
    {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E15MNIMTCFKK4C"},
    {"Service": "ec2.amazonaws.com", "Federated": "cognito-identity.amazonaws.com"},
    {"Federated": f"arn:aws:iam::{A}:saml-provider/corp", "CanonicalUser": "c" * 64},
)


@pytest.mark.parametrize("entries", [*NOBODY, PLACEHOLDER, {"Service": "ec2"}, {"Federated": "x"}])
def test_a_deny_that_names_nobody_is_noted(entries: Data) -> None:
    """AWS would refuse to store it: it is never inert without a word. Nor does it spare anybody."""
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    denied = attached(allow(Principal="*"), {**statement, "Principal": entries})
    assert Note.PRINCIPAL_NOT_STORED in (ask(denied).decision.notes or ())
    spared = attached(allow(Principal="*"), {**statement, "NotPrincipal": entries})
    decision = ask(spared).decision
    assert decision.verdict is Verdict.EXPLICIT_DENY
    assert Note.PRINCIPAL_NOT_STORED in (decision.notes or ())


@pytest.mark.parametrize("entries", SOMEBODY)
def test_what_can_be_a_principal_is_not_noted(entries: Data) -> None:
    """Nor what is left of a deleted one."""
    statement = deny(Principal=entries)
    request = attached(allow(Principal="*"), statement)
    assert Note.PRINCIPAL_NOT_STORED not in (ask(request).decision.notes or ())


def elsewhere(resource: str) -> Data:
    """A Deny of a policy of the bucket, on this resource."""
    return attached(allow(Principal="*"), deny(Principal="*", Resource=resource))


def about(action: str) -> Data:
    """A Deny of a policy of the bucket, of this action."""
    return attached(allow(Principal="*"), deny(Principal="*", Action=action))


IDLE = [
    (Note.DENY_OF_OTHER_RESOURCE, elsewhere("arn:aws:s3:::other")),
    (Note.DENY_OF_OTHER_RESOURCE, elsewhere("arn:aws:s3:::oth*")),
    (Note.DENY_OF_OTHER_RESOURCE, elsewhere("arn:aws:s3:::other/${aws:username}")),
    (Note.DENY_OF_UNLISTED_ACTION, about("sqs:*")),
    (Note.DENY_OF_UNLISTED_ACTION, about("s3:Xyz*")),
    (Note.DENY_WITHOUT_RESOURCE, without_resource("kms:*", f"arn:aws:kms:*:{A}:*")),
]
AT_WORK = [
    (Note.DENY_OF_OTHER_RESOURCE, elsewhere(f"{BUCKET}/private/*")),
    (Note.DENY_OF_OTHER_RESOURCE, elsewhere(BUCKET)),
    (Note.DENY_OF_OTHER_RESOURCE, elsewhere(f"{BUCKET[:-1]}?/private/*")),
    (Note.DENY_OF_OTHER_RESOURCE, elsewhere("*/private")),
    (Note.DENY_OF_UNLISTED_ACTION, about("s3:PutObject")),
    (Note.DENY_OF_UNLISTED_ACTION, about("s?:Put*")),
    (Note.DENY_WITHOUT_RESOURCE, without_resource("kms:*", KEYS)),
    (Note.DENY_WITHOUT_RESOURCE, without_resource("kms:CreateKey", "*")),
    (Note.DENY_WITHOUT_RESOURCE, without_resource("kms:DescribeKey", KEYS)),
    (
        Note.DENY_ON_UNLISTED_KEY,
        identity(deny(Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
    ),
    (
        Note.DENY_ON_UNLISTED_KEY,
        identity(deny(Condition={"StringEquals": {"ci.example.com:branch": "main"}})),
    ),
    (
        Note.DENY_ON_UNLISTED_KEY,
        identity(deny(Condition={"StringEquals": {"x:y": "1"}}), context={"x:y": "2"}),
    ),
]


@pytest.mark.parametrize(("note", "request_"), IDLE)
def test_a_deny_that_aws_would_not_store_is_noted(note: Note, request_: Data) -> None:
    """It is never inert without a word."""
    assert note in (ask(request_).decision.notes or ())


@pytest.mark.parametrize(("note", "request_"), AT_WORK)
def test_a_deny_of_something_else_is_not_noted(note: Note, request_: Data) -> None:
    """Nor one that hangs on what AWS, a provider or the request knows."""
    assert note not in (ask(request_).decision.notes or ())


def test_a_date_of_the_request_without_a_zone_is_noted() -> None:
    """As one of a policy is."""
    request = when(
        "DateLessThan",
        "aws:TokenIssueTime",
        "2026-06-01T12:00Z",
        context={"aws:TokenIssueTime": "2026-06-01T12:00"},
    )
    assert Note.DATE_WITHOUT_ZONE in (ask(request).decision.notes or ())
