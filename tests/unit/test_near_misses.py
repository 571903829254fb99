"""Did-you-mean for principals, resources and keys that nobody knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.questions.near_misses import (
    known_principals,
    known_resources,
    near_key,
    near_principal,
    near_resource,
)
from iamsim.world.load import load_world_data

HOME, HUB = "111122223333", "444455556666"
NORA = f"arn:aws:iam::{HOME}:user/eng/nora"
DEPLOY = f"arn:aws:iam::{HOME}:role/deploy"
FEEDS = f"arn:aws:sqs:eu-west-1:{HOME}:feeds"
TABLE = f"arn:aws:dynamodb:eu-west-1:{HOME}:table/orders"
WORLD = load_world_data(
    {
        "accounts": {
            HOME: {
                "users": {"nora": {"path": "/eng/"}, "otto": {}},
                "roles": {"deploy": {}, "jobs": {"path": "/batch/"}},
                "resources": {
                    "arn:aws:s3:::harbor-reports": {},
                    "arn:aws:s3:::harbor-reports-2025": {},
                    FEEDS: {},
                    TABLE: {},
                },
            },
            HUB: {"roles": {"deploy": {}}, "users": {}},
            "777788889999": {},
        }
    }
)


@pytest.mark.parametrize(
    ("principal", "meant"),
    [
        (f"arn:aws:iam::{HOME}:user/nora", NORA),
        (f"arn:aws:iam::{HOME}:user/eng/nira", NORA),
        (f"arn:aws:iam::{HOME}:user/Otto", f"arn:aws:iam::{HOME}:user/otto"),
        (f"arn:aws:iam::{HOME}:role/deploi", DEPLOY),
        (f"arn:aws:iam::{HOME}:user/deploy", DEPLOY),
        ("arn:aws:iam::111122223334:user/otto", f"arn:aws:iam::{HOME}:user/otto"),
        (
            f"arn:aws:sts::{HOME}:assumed-role/deplo/run-1",
            f"arn:aws:sts::{HOME}:assumed-role/deploy/run-1",
        ),
        (f"arn:aws:sts::{HOME}:assumed-role/job/run", f"arn:aws:sts::{HOME}:assumed-role/jobs/run"),
        ("nora", NORA),
        ("user/nora", NORA),
        ("norra", NORA),
        ("lamda.amazonaws.com", "lambda.amazonaws.com"),
        # There, or too far from all that is there.
        (NORA, None),
        (f"arn:aws:sts::{HOME}:assumed-role/deploy/run-1", None),
        (f"arn:aws:iam::{HOME}:user/zoe", None),
        (f"arn:aws:iam::{HOME}:root", None),
        (f"arn:aws:sts::{HOME}:federated-user/nora", None),
        ("arn:aws:iam::777788889999:user/nora", None),
        (f"arn:aws:iam::{HOME}:usr/otto", f"arn:aws:iam::{HOME}:user/otto"),
        (f"arn:aws:iam::{HOME}:roles/deploi", DEPLOY),
        (f"arn:aws:iam::{HOME}:group/otto", None),
        # Two accounts have such a role.
        ("arn:aws:iam::123456789012:role/deploy", None),
        ("deploy", None),
        ("zoe", None),
        ("anonymous", None),
        ("lambda.amazonaws.com", None),
        ("logs.eu-west-1.amazonaws.com", None),
        ("edgelambda.amazonaws.com", None),
    ],
)
def test_principals_are_compared_with_the_world(principal, meant):
    """By name, whatever the case, under another path, as another kind, in another account."""
    assert near_principal(principal, WORLD) == meant


@pytest.mark.parametrize(
    ("resource", "meant"),
    [
        ("arn:aws:s3:::harbor-report/finance/x.csv", "arn:aws:s3:::harbor-reports/finance/x.csv"),
        ("arn:aws:s3:::harbor-reports-2024", "arn:aws:s3:::harbor-reports-2025"),
        ("arn:aws:s4:::harbor-reports/a", "arn:aws:s3:::harbor-reports/a"),
        ("arn:aws:s3:eu-west-1::harbor-reports", "arn:aws:s3:::harbor-reports"),
        ("arn:aws:s3::harbor-reports/a", "arn:aws:s3:::harbor-reports/a"),
        (f"arn:aws:sqs:us-east-1:{HOME}:feeds", FEEDS),
        (f"arn:aws:sqs:eu-west-1:{HUB}:feeds", FEEDS),
        (f"arn:aws:dynamodb:eu-west-1:{HOME}:table/order/index/a", f"{TABLE}/index/a"),
        ("arn:aws:s4:::elsewhere/a", "arn:aws:s3:::elsewhere/a"),
        ("arn:aws:s3:::harbor-reports/any/thing", None),
        ("arn:aws:s3:::quite-another", None),
        ("arn:aws:s3:::harbor-report*", None),
        (f"arn:aws:sqs:us-east-1:{HUB}:feeds", None),
        ("arn:aws:kms:eu-west-1:111122223333:key/1", None),
        (f"arn:aws:sns:eu-west-1:{HOME}:feeds", None),
        ("arn:aws:unheard:::elsewhere", None),
        ("*", None),
        ("harbor-report", None),
    ],
)
def test_resources_are_compared_with_the_world(resource, meant):
    """A name alike, or the same name elsewhere; what follows the name stays."""
    assert near_resource(resource, "s3:GetObject", WORLD) == meant


def test_without_a_world_the_service_alone_is_compared():
    """An ARN of no service is taken for one of the action's service, if they look alike."""
    assert near_resource("arn:aws:s4:::a", "s3:GetObject", None) == "arn:aws:s3:::a"
    assert near_resource("arn:aws:s4:::a", "unheard:Of", None) is None
    assert near_resource("arn:aws:s3:::a", "s3:GetObject", None) is None


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("aws:SorceIp", "aws:SourceIp"),
        ("aws:PrincipalTga/team", "aws:PrincipalTag/team"),
        ("s3:prefx", "s3:prefix"),
        ("own:Colour", "own:color"),
        ("own:COLOR", None),
        ("aws:sourceip", None),
        ("aws:RequestTag/x", None),
        ("unheard:of", None),
        ("accounts.google.com:aud", None),
    ],
)
def test_keys_are_compared_with_policies_and_the_catalog(key, meant):
    """What a policy reads is right, however it is spelled; else AWS's keys count."""
    assert near_key(key, ["own:color"]) == meant


def test_what_is_known_is_sorted():
    """The lists that completion and hints share hold everybody and everything."""
    assert known_principals(WORLD) == sorted(known_principals(WORLD))
    assert len(known_principals(WORLD)) == 5
    assert known_resources(WORLD) == sorted(known_resources(WORLD))


@given(st.sampled_from([*known_principals(WORLD), *known_resources(WORLD)]), st.data())
def test_what_the_world_has_is_never_corrected(known, data):
    """For everything that is listed, and anything in a bucket, there is no hint."""
    name = data.draw(st.text("abc/", max_size=5))
    assert near_principal(known, WORLD) is None
    assert (
        near_resource(f"{known}/{name}" if ":s3:" in known else known, "s3:GetObject", WORLD)
        is None
    )
