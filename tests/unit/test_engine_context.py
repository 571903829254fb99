"""Context keys that follow from the caller, the resource, the way of the call and the clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iamsim.engine import authorize
from iamsim.engine.context import time_context
from iamsim.engine.presence import caller_marks, marks_read
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from tests.unit.questions import (
    KEY,
    OBJECT,
    ROLE,
    ROOT,
    SESSION,
    USER,
    A,
    B,
    allow,
    ask,
    policy,
    question_of,
)

Data = dict[str, Any]
POINT = f"arn:aws:s3:eu-west-1:{A}:accesspoint/p"
BOUNDARY = f"arn:aws:iam::{A}:policy/Cap"
ALL = policy(allow())
WORLD: Data = {
    "organization": {
        "id": "o-1",
        "management_account": "999999999999",
        "root": {
            "id": "r-1",
            "accounts": ["999999999999"],
            "units": {"Work": {"id": "ou-1", "accounts": [A]}},
        },
    },
    "accounts": {
        A: {
            "policies": {"Cap": ALL},
            "users": {
                "maya": {"id": "AIDAX", "tags": {"Team": "blue"}, "boundary": "Cap"},
                "lee": {"boundary": ALL},
            },
            "roles": {"app": {"id": "AROAX", "tags": {"team": "red", "unit": "1"}}},
            "resources": {
                "arn:aws:s3:::reports": {"tags": {"data": "secret"}},
                KEY: {"tags": {"Data": "secret"}},
                f"arn:aws:ec2:eu-west-1:{A}:instance/i-1": {"tags": {"data": "x"}},
                POINT: {"bucket": "arn:aws:s3:::reports", "network_origin": "VPC"},
            },
            "vpc_endpoints": {"vpce-1": {"service": "s3", "vpc": "vpc-1"}, "vpce-2": {}},
        }
    },
}


def context_of(request: Data, world: Data | None = None) -> Data:
    """Give the whole context of a request, by keys in lower case."""
    return authorize.prepare(*question_of(request, world)).request.context


DERIVED: list[tuple[str, Data, Data]] = [
    (
        "a user",
        {},
        {
            "aws:principalarn": USER,
            "aws:principalaccount": A,
            "aws:principaltype": "User",
            "aws:username": "maya",
            "aws:userid": "AIDAX",
            "aws:principaltag/team": "blue",
            "aws:principalorgid": "o-1",
            "aws:principalorgpaths": ("o-1/r-1/ou-1/",),
            "aws:principalisawsservice": "false",
            "aws:viaawsservice": "false",
            "aws:securetransport": None,
            "aws:calledvia": None,
            "aws:sourcevpce": None,
        },
    ),
    (
        "a role session with tags and a source identity",
        {
            "principal": SESSION,
            "session": {"tags": {"TEAM": "green"}, "source_identity": "maya"},
        },
        {
            "aws:principalarn": ROLE,
            "aws:principaltype": "AssumedRole",
            "aws:userid": "AROAX:s1",
            "aws:username": None,
            "aws:principaltag/team": "green",
            "aws:principaltag/unit": "1",
            "aws:sourceidentity": "maya",
        },
    ),
    (
        "a role of which no session is named",
        {"principal": ROLE},
        {"aws:principalarn": ROLE, "aws:userid": None},
    ),
    (
        "a pattern of resources in any Region",
        {"action": "sqs:SendMessage", "resource": f"arn:aws:sqs:*:{A}:jobs"},
        {"aws:requestedregion": None},
    ),
    (
        "the root user",
        {"principal": ROOT},
        {"aws:principaltype": "Account", "aws:userid": A, "aws:assumedroot": None},
    ),
    (
        "a root session",
        {"principal": ROOT, "session": {"policies": [ALL]}},
        {"aws:principaltype": "Account", "aws:assumedroot": "true"},
    ),
    (
        "a federated user",
        {"principal": f"arn:aws:sts::{A}:federated-user/f"},
        {"aws:principaltype": "FederatedUser", "aws:userid": f"{A}:f", "aws:username": None},
    ),
    (
        "an anonymous caller",
        {"principal": "anonymous"},
        {
            "aws:principalarn": None,
            "aws:principalaccount": "anonymous",
            "aws:principaltype": "Anonymous",
            "aws:userid": "anonymous",
            "aws:principalorgid": None,
            "aws:principalisawsservice": None,
        },
    ),
    (
        "a service calling for an account of the organization",
        {"principal": "sns.amazonaws.com", "context": {"AWS:SourceAccount": A}},
        {
            "aws:principalisawsservice": "true",
            "aws:principalservicename": "sns.amazonaws.com",
            "aws:sourceorgid": "o-1",
            "aws:sourceorgpaths": ("o-1/r-1/ou-1/",),
            "aws:principalarn": None,
        },
    ),
    (
        "a service calling for an account outside",
        {"principal": "sns.amazonaws.com", "context": {"aws:SourceAccount": B}},
        {"aws:sourceorgid": None},
    ),
    (
        "a service calling for nobody",
        {"principal": "sns.amazonaws.com", "context": {"aws:SourceArn": OBJECT}},
        {"aws:sourceorgid": None},
    ),
    (
        "a web identity",
        {
            "principal": f"arn:aws:iam::{A}:oidc-provider/example.com",
            "action": "sts:AssumeRoleWithWebIdentity",
            "resource": ROLE,
        },
        {"aws:federatedprovider": f"arn:aws:iam::{A}:oidc-provider/example.com"},
    ),
    (
        "a SAML user",
        {
            "principal": f"arn:aws:iam::{A}:saml-provider/corp",
            "action": "sts:AssumeRoleWithSAML",
            "resource": ROLE,
        },
        {"aws:federatedprovider": None},
    ),
    (
        "a key",
        {"action": "kms:Decrypt", "resource": KEY},
        {
            "aws:resourceaccount": A,
            "aws:resourceorgid": "o-1",
            "aws:resourcetag/data": "secret",
            "aws:requestedregion": "eu-west-1",
            "kms:calleraccount": A,
            "kms:viaservice": None,
        },
    ),
    (
        "a key through a service",
        {"action": "kms:Decrypt", "resource": KEY, "via": {"service": "s3.amazonaws.com"}},
        {
            "kms:viaservice": "s3.eu-west-1.amazonaws.com",
            "aws:viaawsservice": "true",
            "aws:calledvia": ("s3.amazonaws.com",),
        },
    ),
    (
        "a key through several services",
        {
            "action": "kms:Decrypt",
            "resource": KEY,
            "via": {"service": ["athena.amazonaws.com", "s3.amazonaws.com"]},
        },
        {
            "aws:calledviafirst": "athena.amazonaws.com",
            "aws:calledvialast": "s3.amazonaws.com",
        },
    ),
    (
        "a key through something that is no AWS service",
        {"action": "kms:Decrypt", "resource": KEY, "via": {"service": "example.com"}},
        {"kms:viaservice": None, "aws:calledvialast": "example.com"},
    ),
    (
        "no key in particular",
        {"principal": "sns.amazonaws.com", "action": "kms:ListKeys", "resource": "*"},
        {"kms:calleraccount": None, "kms:viaservice": None},
    ),
    (
        "an instance, whose service has a key of its own for tags",
        {"action": "ec2:StartInstances", "resource": f"arn:aws:ec2:eu-west-1:{A}:instance/i-1"},
        {"aws:resourcetag/data": "x", "ec2:resourcetag/data": "x"},
    ),
    (
        "a role, in a service without Regions",
        {"action": "iam:GetRole", "resource": ROLE},
        {"aws:requestedregion": "us-east-1", "iam:resourcetag/team": "red"},
    ),
    (
        "an object through an access point",
        {"resource": f"{POINT}/object/x"},
        {
            "s3:dataaccesspointarn": POINT,
            "s3:dataaccesspointaccount": A,
            "s3:accesspointnetworkorigin": "VPC",
        },
    ),
    (
        "an access point that nobody knows",
        {
            "principal": "anonymous",
            "resource": "arn:aws:s3:eu-west-1::accesspoint/q/object/x",
        },
        {
            "s3:dataaccesspointarn": "arn:aws:s3:eu-west-1::accesspoint/q",
            "s3:dataaccesspointaccount": None,
            "s3:accesspointnetworkorigin": None,
        },
    ),
    (
        "a change to a user with a boundary",
        {"action": "iam:AttachUserPolicy", "resource": USER},
        {"iam:permissionsboundary": BOUNDARY},
    ),
    (
        "a change to a user with a boundary that has no ARN",
        {"action": "iam:AttachUserPolicy", "resource": f"arn:aws:iam::{A}:user/lee"},
        {"iam:permissionsboundary": None},
    ),
    (
        "a look at a user with a boundary",
        {"action": "iam:GetUser", "resource": USER},
        {"iam:permissionsboundary": None},
    ),
    (
        "a change to a role without a boundary",
        {"action": "iam:AttachRolePolicy", "resource": ROLE},
        {"iam:permissionsboundary": None},
    ),
    (
        "a VPC endpoint",
        {"via": {"vpc_endpoint": "vpce-1"}},
        {"aws:sourcevpce": "vpce-1", "aws:sourcevpc": "vpc-1"},
    ),
    (
        "a VPC endpoint whose VPC is not said",
        {"via": {"vpc_endpoint": "vpce-2"}},
        {"aws:sourcevpce": "vpce-2", "aws:sourcevpc": None},
    ),
    (
        "a VPC endpoint that the world does not know",
        {"via": {"vpc_endpoint": "vpce-3"}},
        {"aws:sourcevpce": "vpce-3", "aws:sourcevpc": None},
    ),
    (
        "what was given wins",
        {"context": {"AWS:PrincipalArn": "x", "aws:SecureTransport": "false"}},
        {"aws:principalarn": "x", "aws:securetransport": "false"},
    ),
]


@pytest.mark.parametrize(
    ("request_", "expected"), [pytest.param(*row[1:], id=row[0]) for row in DERIVED]
)
def test_what_follows_from_a_request(request_: Data, expected: Data) -> None:
    """Keys are there with their values, or absent (`None`), as AWS's table of keys says."""
    context = context_of(request_, WORLD)
    assert {key: context.get(key) for key in expected} == expected


def test_without_an_organization_there_are_no_organization_keys() -> None:
    """A world of accounts alone, or no world, gives no organization id and no path."""
    worlds: list[Data | None] = [None, {"accounts": {A: {"users": {"maya": {}}}}}]
    for world in worlds:
        context = context_of({}, world)
        assert not [key for key in context if "org" in key]


@pytest.mark.parametrize(
    ("now", "values"),
    [
        (None, {}),
        (
            "2026-01-01T00:00:00.9Z",
            {"aws:currenttime": "2026-01-01T00:00:00.9Z", "aws:epochtime": "1767225600"},
        ),
        ("noon", {"aws:currenttime": "noon"}),
    ],
)
def test_the_time_of_a_request(now: str | None, values: dict[str, str]) -> None:
    """The time is given, in two forms where it can be read; the engine has no clock of its own."""
    assert time_context(now).values == values


def test_the_clock_is_shown_where_a_policy_asks_for_it() -> None:
    """The time stands among the context keys of answers only if some statement reads it."""
    night = {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}}
    for document, shown in ((ALL, False), (policy(allow(Condition=night)), True)):
        question, world = question_of({"identity_policies": [document]})
        question = replace(question, now="2026-06-01T00:00:00Z")
        prepared = authorize.prepare(question, world)
        assert prepared.request.context["aws:currenttime"] == "2026-06-01T00:00:00Z"
        entries = prepared.entries()
        assert ("aws:currenttime" in {entry.key.lower() for entry in entries}) is shown
        assert prepared.entries() == entries


def test_what_follows_from_an_unknown_key_is_unknown() -> None:
    """Without the source account, the organization that follows from it is not known either."""
    asked: Data = {"principal": "sns.amazonaws.com", "unknown": ["aws:SourceAccount"]}
    request = authorize.prepare(*question_of(asked, WORLD)).request
    assert request.is_unknown("aws:sourceaccount")
    assert request.is_unknown("aws:sourceorgid")
    assert not request.is_unknown("aws:sourcearn")


def test_context_entries_say_where_values_come_from() -> None:
    """Every entry has its origin; a given one keeps the user's spelling and wins."""
    answer = ask({"context": {"AWS:username": "lee", "aws:TagKeys": ["a", "b"]}}, WORLD)
    entries = {entry.key.lower(): entry for entry in answer.explanation.context}
    assert entries["aws:username"].values == ("lee",)
    assert entries["aws:username"].origin.kind == "given"
    assert entries["aws:tagkeys"].multivalued
    assert entries["aws:principaltag/team"].origin.kind == "principal"
    assert entries["aws:principalorgid"].origin.kind == "organization"
    assert entries["aws:viaawsservice"].origin.kind == "call-chain"


def test_what_is_known_of_a_caller_tells_it_from_others_where_its_keys_are_read() -> None:
    """Marks count for keys of sessions, MFA and tags; of a user id, what is known of its parts."""
    world = CompiledWorld()
    question = Question(f"arn:aws:sts::{A}:assumed-role/app/s1", "sqs:SendMessage")
    caller = world.caller_facts(question).caller
    assert marks_read(question, caller, {"aws:sourceip"}, world) == ()
    for key in ("aws:tokenissuetime", "aws:multifactorauthage", "aws:principaltag/team"):
        (marks,) = marks_read(question, caller, {key}, world)
        assert marks == caller_marks(question, caller, world)
    assert marks_read(question, caller, {"aws:userid"}, world) == ((None, "s1"),)
