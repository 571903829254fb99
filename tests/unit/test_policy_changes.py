"""What two worlds say differently, each thing by what it is."""

from __future__ import annotations

import pytest

from iamsim.query.policy_changes import policy_changes
from iamsim.world.load import load_world_data

HOME = "111111111111"
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
WRITE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "sts:AssumeRole"}],
}
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/1"
ANA = f"arn:aws:iam::{HOME}:user/ana"


def compared(before, after):
    """Compare two accounts."""
    first, second = (load_world_data({"accounts": {HOME: entry}}) for entry in (before, after))
    return {policy_change.what: policy_change for policy_change in policy_changes(first, second)}


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({"policies": {"P": READ}}, {"policies": {"P": WRITE}}, f"policy P of {HOME}"),
        (
            {"users": {"ana": {"inline_policies": {"own": READ}}}},
            {"users": {"ana": {"inline_policies": {"own": WRITE}}}},
            f"inline policy own of {ANA}",
        ),
        (
            {"users": {"ana": {"groups": ["g"]}}, "groups": {"g": {}}},
            {"users": {"ana": {}}, "groups": {"g": {}}},
            f"groups of {ANA}",
        ),
        (
            {"users": {"ana": {}}},
            {"users": {"ana": {"policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}}},
            f"policies of {ANA}",
        ),
        (
            {"users": {"ana": {"tags": {"team": "a"}}}},
            {"users": {"ana": {"tags": {"team": "b"}}}},
            f"tags of {ANA}",
        ),
        (
            {"users": {"ana": {"boundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
            {"users": {"ana": {}}},
            f"boundary of {ANA}",
        ),
        (
            {"roles": {"r": {"trust": TRUST}}},
            {"roles": {"r": {"trust": {**TRUST, "Id": "x"}}}},
            f"trust policy of arn:aws:iam::{HOME}:role/r",
        ),
        (
            {"resources": {KEY: {}}},
            {"resources": {KEY: {"grants": [{"grantee": ANA, "operations": ["Decrypt"]}]}}},
            f"grant 1 of {KEY}",
        ),
        (
            {"public_access_block": {"restrict_public_buckets": True}},
            {"public_access_block": {"restrict_public_buckets": False}},
            f"public access block of {HOME}",
        ),
        (
            {"permission_sets": {"Admin": {"assignments": ["GROUP/1"]}}},
            {"permission_sets": {"Admin": {"assignments": ["GROUP/2"]}}},
            f"assignments of permission set Admin of {HOME}",
        ),
        (
            {"scps": ["FullAWSAccess"]},
            {"scps": ["FullAWSAccess", READ]},
            f"service control policies at {HOME}",
        ),
    ],
)
def test_what_differs_is_named(before, after, what):
    """Nothing but that differs, and it has a diff."""
    found = compared(before, after)
    assert what in found
    assert found[what].lines
    assert not compared(before, before)


def test_a_diff_shows_the_lines_that_changed():
    """Unified, without heads for files."""
    (one,) = compared({"policies": {"P": READ}}, {"policies": {"P": WRITE}}).values()
    assert [line.strip() for line in one.lines if line.startswith(("+", "-"))] == [
        '-      "Action": "s3:GetObject",',
        '+      "Action": "s3:PutObject",',
    ]
    assert one.lines[0].startswith("@@")
    assert not one.added
    assert not one.removed


def test_accounts_that_move_and_guardrails_of_nodes():
    """The organization's tree is compared as well."""
    first, second = (
        load_world_data(
            {
                "organization": {
                    "root": {"units": {"A": {"accounts": left}, "B": {"scps": ["FullAWSAccess"]}}}
                },
                "accounts": {HOME: {}},
            }
        )
        for left in ([HOME], [])
    )
    assert [policy_change.what for policy_change in policy_changes(first, second)] == [
        "accounts in A"
    ]
