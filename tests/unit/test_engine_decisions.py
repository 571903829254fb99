"""Decisions by the table of ways in, where data of the corpus does not reach."""

from __future__ import annotations

from typing import Any

import pytest

from iamsim.core.arn import find_arn
from iamsim.core.decision import Decision, Layer, Outcome, Verdict
from iamsim.core.errors import InternalError, RequestError
from iamsim.core.reason import Reason
from iamsim.engine import authorize
from iamsim.engine.formula import GUARDRAILS, Requirement, Slot, blocking_slots
from iamsim.engine.plan import ALWAYS_ALLOWED
from iamsim.engine.relations import CROSS_PARTITION, SAME_ACCOUNT, ResourceKind
from iamsim.engine.relations import resource_kind as kind_of
from iamsim.engine.services.sts import is_trust_request
from iamsim.engine.terms import decision_terms
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
    verdict,
)

Data = dict[str, Any]
ALL = policy(allow())
NOTHING = policy(allow(Action="ec2:*"))


def endpoint_world(kind: str | None, document: Data) -> Data:
    """Make a world with one endpoint of S3."""
    made: Data = {"service": "s3", "policy": document}
    if kind is not None:
        made["type"] = kind
    return {
        "accounts": {A: {"users": {"maya": {"policies": [ALL]}}, "vpc_endpoints": {"vpce-1": made}}}
    }


@pytest.mark.parametrize(
    ("kind", "principal", "decision"),
    [
        ("Interface", USER, "allowed"),
        ("Gateway", USER, "implicitDeny"),
        ("Gateway", ROOT, "allowed"),
        (None, USER, "allowed"),
    ],
)
def test_an_account_in_the_policy_of_an_endpoint(
    kind: str | None, principal: str, decision: str
) -> None:
    """At a gateway endpoint an account principal means the account's root user only."""
    world = endpoint_world(kind, policy(allow(Principal={"AWS": A})))
    request = {"principal": principal, "via": {"vpc_endpoint": "vpce-1"}}
    assert verdict(request, world) == decision


@pytest.mark.parametrize(
    ("task", "decision"),
    [
        (policy(deny(NotAction="s3:*")), "allowed"),
        (policy(deny(Action="s3:*")), "explicitDeny"),
        (policy(allow(Action="s3:*")), "allowed"),
        (policy(allow(Action="sqs:*")), "implicitDeny"),
    ],
)
def test_task_policies_of_root_sessions(task: Data, decision: str) -> None:
    """A task policy that only denies takes away from root; one that allows is all there is."""
    request = {"principal": ROOT, "session": {"policies": [task]}}
    assert verdict(request) == decision


def test_root_sessions_that_only_deny_say_so() -> None:
    """The layer of such a task policy allows by itself, without a statement."""
    task = policy(deny(NotAction="s3:*"))
    answer = ask({"principal": ROOT, "session": {"policies": [task]}})
    (layer,) = [layer for layer in answer.explanation.layers if layer.layer is Layer.SESSION_POLICY]
    assert (layer.outcome, layer.reason) == (Outcome.ALLOW, Reason.ROOT_USER_NEEDS_NO_POLICY)


GRANT = {"GranteePrincipal": f"arn:aws:iam::{B}:user/x", "Operations": ["Decrypt"]}
GRANTS: list[tuple[str, Data, Data, str]] = [
    ("the grantee", GRANT, {}, "allowed"),
    ("another operation", GRANT, {"action": "kms:Sign"}, "implicitDeny"),
    ("somebody else", GRANT, {"principal": f"arn:aws:iam::{B}:user/y"}, "implicitDeny"),
    (
        "a service, on behalf of the right resource",
        {**GRANT, "GranteePrincipal": "sns.amazonaws.com", "Constraints": {"SourceArn": QUEUE}},
        {"principal": "sns.amazonaws.com", "context": {"aws:SourceArn": QUEUE}},
        "allowed",
    ),
    (
        "a service, on behalf of another resource",
        {**GRANT, "GranteePrincipal": "sns.amazonaws.com", "Constraints": {"SourceArn": QUEUE}},
        {"principal": "sns.amazonaws.com", "context": {"aws:SourceArn": OBJECT}},
        "implicitDeny",
    ),
    (
        "an encryption context that is the one",
        {**GRANT, "Constraints": {"EncryptionContextEquals": {"a": "1"}}},
        {"context": {"kms:EncryptionContext:a": "1", "kms:EncryptionContextKeys": ["a"]}},
        "allowed",
    ),
    (
        "an encryption context with more in it",
        {**GRANT, "Constraints": {"EncryptionContextEquals": {"a": "1"}}},
        {
            "context": {
                "kms:EncryptionContext:a": "1",
                "kms:EncryptionContext:b": "2",
                "kms:EncryptionContextKeys": ["a", "b"],
            }
        },
        "implicitDeny",
    ),
    (
        "an encryption context that holds the part asked for",
        {**GRANT, "Constraints": {"EncryptionContextSubset": {"a": "1"}}},
        {
            "context": {
                "kms:EncryptionContext:a": "1",
                "kms:EncryptionContextKeys": ["a", "b"],
            }
        },
        "allowed",
    ),
]


@pytest.mark.parametrize(
    ("grant", "asked", "decision"), [pytest.param(*row[1:], id=row[0]) for row in GRANTS]
)
def test_grants_of_a_key(grant: Data, asked: Data, decision: str) -> None:
    """A grant lets its grantee in for its operations, as far as its constraints hold."""
    key = {"policy": policy(allow(Principal={"AWS": A})), "grants": [grant]}
    world = {"accounts": {A: {"resources": {KEY: key}}}}
    request = {
        "principal": f"arn:aws:iam::{B}:user/x",
        "action": "kms:Decrypt",
        "resource": KEY,
        **asked,
    }
    assert verdict(request, world) == decision


PUBLIC: list[tuple[str, Data, bool]] = [  # (what, elements of an Allow, S3 takes it for public)
    ("everybody", {}, True),
    ("an account", {"Principal": {"AWS": A}}, False),
    ("an account and everybody", {"Principal": {"AWS": [A, "*"]}}, True),
    ("an organization", {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
    ("not an organization", {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o"}}}, True),
    ("if exists", {"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o"}}}, True),
    (
        "for all values",
        {"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o"}}},
        True,
    ),
    ("a pattern", {"Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
    ("a pattern without wildcards", {"Condition": {"StringLike": {"aws:SourceVpc": "v"}}}, False),
    ("a star that is none", {"Condition": {"StringEquals": {"aws:SourceVpc": "v*"}}}, False),
    ("a variable", {"Condition": {"StringEquals": {"aws:SourceVpc": "${aws:username}"}}}, True),
    ("no value", {"Condition": {"StringEquals": {"aws:SourceVpc": []}}}, True),
    ("another key", {"Condition": {"StringEquals": {"aws:Referer": "x"}}}, True),
    ("another operator", {"Condition": {"Null": {"aws:SourceVpc": "false"}}}, True),
    ("an address", {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.9"}}}, False),
    ("a wide block", {"Condition": {"IpAddress": {"aws:SourceIp": "96.0.0.0/4"}}}, True),
    ("the widest block", {"Condition": {"IpAddress": {"aws:SourceIp": "96.0.0.0/8"}}}, False),
    ("a wide block of IPv6", {"Condition": {"IpAddress": {"aws:SourceIp": "2001::/31"}}}, True),
    ("a private block", {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/9"}}}, False),
    ("an address as text", {"Condition": {"StringEquals": {"aws:SourceIp": "1.2.3.4"}}}, True),
    (
        "access points of an account",
        {
            "Condition": {
                "ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:eu-west-1:{A}:accesspoint/*"}
            }
        },
        False,
    ),
    (
        "access points of every account",
        {
            "Condition": {
                "ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:*:accesspoint/p"}
            }
        },
        True,
    ),
    (
        "what is no access point",
        {"Condition": {"StringLike": {"s3:DataAccessPointArn": "p*"}}},
        True,
    ),
    (
        "one access point",
        {
            "Condition": {
                "StringEquals": {"s3:DataAccessPointArn": f"arn:aws:s3:eu-west-1:{A}:accesspoint/p"}
            }
        },
        False,
    ),
]


@pytest.mark.parametrize(
    ("elements", "public"), [pytest.param(*row[1:], id=row[0]) for row in PUBLIC]
)
def test_which_bucket_policies_are_public(elements: Data, public: bool) -> None:
    """Block Public Access takes an Allow for public that no fixed value limits."""
    answer = ask(
        {
            "principal": f"arn:aws:iam::{B}:user/x",
            "resource_account": A,
            "resource_policy": policy(allow(**{"Principal": "*", **elements})),
            "public_access_block": {"restrict_public_buckets": "true"},
        }
    )
    (layer,) = [
        layer for layer in answer.explanation.layers if layer.layer is Layer.S3_BLOCK_PUBLIC_ACCESS
    ]
    reason = Reason.PUBLIC_POLICY_RESTRICTED if public else Reason.POLICY_NOT_PUBLIC
    assert layer.reason is reason


def test_a_public_policy_does_not_matter_where_nothing_restricts_it() -> None:
    """With the setting off there is no such layer."""
    answer = ask({"public_access_block": {"restrict_public_buckets": "false"}})
    assert Layer.S3_BLOCK_PUBLIC_ACCESS not in {layer.layer for layer in answer.explanation.layers}


def test_the_second_of_two_requests_gets_the_same_decision() -> None:
    """Decisions are made once for each set of deciding statements, and then handed out again."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    request: Data = {
        "identity_policies": [policy(allow(Resource=f"{BUCKET}/*", Condition=condition))],
        "boundary": policy(allow(Resource=f"{BUCKET}/*")),
        "context": {"aws:PrincipalTag/team": "blue"},
    }
    prepared = authorize.prepare(*question_of(request))
    first, second = prepared.decide(), prepared.decide()
    assert first.allowed
    assert first is second
    assert [statement.layer for statement in first.statements] == [
        Layer.IDENTITY_BASED_POLICY,
        Layer.PERMISSIONS_BOUNDARY,
    ]


def test_readings_that_disagree_are_an_error() -> None:
    """Should fast and full reading ever disagree, nobody gets a quiet answer."""
    prepared = authorize.prepare(*question_of({"identity_policies": [ALL]}))
    wrong = Decision(Verdict.IMPLICIT_DENY, Reason.NO_WAY_IN, Layer.IDENTITY_BASED_POLICY)
    prepared.situation.plans[prepared.request.action] = lambda _request: wrong
    with pytest.raises(InternalError) as caught:
        authorize.explain_prepared(prepared.question, prepared)
    assert caught.value.code == "readings-disagree"


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("*", ResourceKind.NONE),
        (KEY, ResourceKind.KEY),
        (KEY.replace(":key/", ":alias/"), ResourceKind.OTHER),
        (ROLE, ResourceKind.ROLE),
        (USER, ResourceKind.OTHER),
        (OBJECT, ResourceKind.OTHER),
        ("reports", ResourceKind.OTHER),
    ],
)
def test_kinds_of_resources(resource: str, kind: ResourceKind) -> None:
    """Keys and roles have ways in of their own; a text that is no ARN is some resource."""
    assert kind_of(find_arn(resource), resource) is kind
    trust = is_trust_request("STS:AssumeRole", resource)
    assert trust is (kind is ResourceKind.ROLE)
    assert not is_trust_request("iam:GetRole", resource)


def test_the_nearest_way_says_what_is_lacking() -> None:
    """Of several closed ways the one that lacks least is reported, guardrails before all."""

    def nothing(_need: Requirement) -> bool:
        return False

    def everything(_need: Requirement) -> bool:
        return True

    assert blocking_slots(SAME_ACCOUNT, (), nothing) == (
        Slot.IDENTITY,
        Slot.BOUNDARY,
        Slot.SESSION,
    )
    assert blocking_slots(SAME_ACCOUNT, (Slot.SERVICE_CONTROL,), everything) == (
        Slot.SERVICE_CONTROL,
    )
    assert blocking_slots(CROSS_PARTITION, (), everything) == (Slot.RESOURCE,)
    assert set(blocking_slots(SAME_ACCOUNT, GUARDRAILS, nothing)) >= set(GUARDRAILS)


def test_nothing_forbids_to_ask_who_one_is() -> None:
    """sts:GetCallerIdentity is allowed whatever is denied, and no statement decided it."""
    request = {
        "action": "sts:GetCallerIdentity",
        "resource": "*",
        "identity_policies": [policy(deny())],
        "scps": [[]],
    }
    assert authorize.decide(*question_of(request)) == ALWAYS_ALLOWED
    assert ask(request).explanation.decided_by == ()


def test_a_near_miss_is_what_lacked_least() -> None:
    """Of statements that do not match, the one that came closest is shown."""
    condition = {"StringEquals": {"aws:username": "lee"}}
    answer = ask(
        {
            "principal": SESSION,
            "identity_policies": [
                policy(
                    allow(Action="ec2:*"),
                    allow(Resource="arn:aws:s3:::other"),
                    deny(Action="sqs:*"),
                    allow(Condition=condition),
                    allow(Action="s3:PutObject"),
                )
            ],
        }
    )
    (decider,) = answer.explanation.decided_by
    assert decider.near is not None
    assert decider.near.statement.index == 3


def test_another_action_of_the_service_is_a_near_miss_another_service_is_none() -> None:
    """A statement about another action is near only if it is about the same service."""
    near = [
        ask({"identity_policies": [policy(allow(**elements))]}).explanation.decided_by[0].near
        for elements in ({"Action": "s3:PutObject"}, {"Action": "ec2:*"}, {"NotAction": "s3:*"})
    ]
    assert near[0] is not None
    assert near[1:] == [None, None]


@pytest.mark.parametrize(
    ("team", "unit", "decision"),
    [
        ("blue", "1", "allowed"),
        ("red", "1", "implicitDeny"),
        ("blue", "2", "implicitDeny"),
        ("red", "2", "implicitDeny"),
    ],
)
def test_every_level_must_allow(team: str, unit: str, decision: str) -> None:
    """Of several levels that depend on the request, each one has to let it pass."""

    def level(key: str, value: str) -> list[Data]:
        return [policy(allow(Condition={"StringEquals": {f"aws:PrincipalTag/{key}": value}}))]

    request = {
        "identity_policies": [ALL],
        "scps": [level("team", "blue"), level("unit", "1")],
        "context": {"aws:PrincipalTag/team": team, "aws:PrincipalTag/unit": unit},
    }
    assert verdict(request) == decision


def test_the_first_deny_that_holds_is_reported() -> None:
    """Denies are tried in order: one with a condition first, then one that always holds."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    request: Data = {"identity_policies": [policy(deny(Condition=condition), deny(), deny())]}
    for team, index in (("blue", 0), ("red", 1)):
        asked = {**request, "context": {"aws:PrincipalTag/team": team}}
        decision = authorize.decide(*question_of(asked))
        assert decision.verdict is Verdict.EXPLICIT_DENY
        assert decision.statements[0].index == index


def test_the_terms_of_a_call_that_nothing_forbids() -> None:
    """sts:GetCallerIdentity is allowed as a term as well."""
    request = {"action": "sts:GetCallerIdentity", "resource": "*", "scps": [[]]}
    prepared = authorize.prepare(*question_of(request))
    terms = decision_terms(prepared.situation, prepared.request)
    assert (terms.allowed, terms.denied) == (True, False)


def test_all_buckets_are_meant_without_a_resource() -> None:
    """s3:ListAllMyBuckets may be asked for without a resource; AWS's samples write one."""
    request = {"action": "s3:ListAllMyBuckets", "resource": "*"}
    for resource in ("*", "arn:aws:s3:::*"):
        written = policy(allow(Action="s3:ListAllMyBuckets", Resource=resource))
        assert verdict({**request, "identity_policies": [written]}) == "allowed"
    principal = "arn:aws-cn:iam::111111111111:user/ana"
    for resource, expected in (
        ("arn:aws-cn:s3:::*", "allowed"),
        ("arn:aws:s3:::*", "implicitDeny"),
    ):
        written = policy(allow(Action="s3:ListAllMyBuckets", Resource=resource))
        given = {"principal": principal, "identity_policies": [written]}
        assert verdict({**request, **given}) == expected


@pytest.mark.parametrize(
    ("action", "name", "refused"),
    [
        ("kms:Decrypt", "app", True),
        ("kms:DescribeKey", "aws/s3", False),
        ("kms:CreateAlias", "app", False),
        ("s3:GetObject", "app", False),
    ],
)
def test_aliases_are_no_keys(action: str, name: str, refused: bool) -> None:
    """A key can't be asked for by its alias, since nobody here knows which key it is."""
    alias = f"arn:aws:kms:eu-west-1:{A}:alias/{name}"
    request = {"action": action, "resource": alias, "identity_policies": [ALL]}
    if refused:
        with pytest.raises(RequestError) as caught:
            verdict(request)
        assert caught.value.code == "alias-instead-of-key"
    else:
        assert verdict(request) == "allowed"


def test_an_unsupported_action_text_is_refused() -> None:
    """Only one plain action can be asked for."""
    for action in ("s3:Get*", "s3", "s3:", ":x", "s3:Get Object", "s3:Get\n", "a:b:c", "s3:G?t"):
        with pytest.raises(RequestError) as caught:
            verdict({"action": action})
        assert caught.value.code == "invalid-action"
        assert "\n" not in caught.value.message


@pytest.mark.parametrize("action", ["sqsSendMessage", "sqs.SendMessage", "sqs::sendmessage"])
def test_an_action_without_its_colon_is_suggested(action: str) -> None:
    """Whatever stands in the place of the colon."""
    with pytest.raises(RequestError) as caught:
        verdict({"action": action})
    assert caught.value.hint == "did you mean `sqs:SendMessage`?"
