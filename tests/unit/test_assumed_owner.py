"""Whose a bucket is that nothing names is assumed aloud, with the other answer where it differs."""

from __future__ import annotations

from typing import Any

import pytest

import iamsim
from iamsim.core.reason import Note
from iamsim.report.assumed import assumed_of
from iamsim.report.text import render_text
from iamsim.world.load import load_world_data

MIA = "arn:aws:iam::111122223333:user/mia"
ANY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
# Allows what comes from elsewhere only.
ELSEWHERE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}},
        },
    ],
}
OPEN = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}
    ],
}
SOMETIMES = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
        }
    ],
}


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"identity_policies": [ANY]}, Note.BUCKET_OWNER_DENIED_ELSEWHERE),
        ({"identity_policies": [ANY], "resource_policy": OPEN}, Note.BUCKET_OWNER_ASSUMED),
        ({}, Note.BUCKET_OWNER_ASSUMED),
        (
            {"identity_policies": [ELSEWHERE], "resource_policy": OPEN},
            Note.BUCKET_OWNER_ALLOWED_ELSEWHERE,
        ),
        (
            {
                "identity_policies": [ANY],
                "resource_policy": SOMETIMES,
                "unknown": ["aws:SourceVpc"],
            },
            Note.BUCKET_OWNER_CONDITIONAL_ELSEWHERE,
        ),
        ({"identity_policies": [ANY], "resource_account": "111122223333"}, None),
        ({"identity_policies": [ANY], "resource": "arn:aws:s3:::*"}, None),
        ({"identity_policies": [ANY], "unknown": ["resource-account"]}, None),
        ({"identity_policies": [ANY], "resource": "*", "action": "s3:ListAllMyBuckets"}, None),
        ({"principal": "anonymous", "resource_policy": OPEN}, None),
    ],
)
def test_the_owner_of_a_bucket_that_nothing_names(
    arguments: dict[str, Any], note: Note | None
) -> None:
    """It is the caller's account, and the answer says what it would be otherwise."""
    question = {"principal": MIA, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    answer = iamsim.explain(**{**question, **arguments})
    assert [
        entry for entry in answer.explanation.notes if entry.value.startswith("bucket-owner")
    ] == ([] if note is None else [note])
    if note is not None:
        assert assumed_of(answer._inner)
        assert render_text(answer._inner).startswith(("assumed: ", "check the question: "))


def test_a_world_that_lists_a_bucket_names_its_owner() -> None:
    """Nothing is assumed then."""
    account = {"users": {"mia": {"policies": [ANY]}}, "resources": {"arn:aws:s3:::b": {}}}
    world = iamsim.World(load_world_data({"accounts": {"111122223333": account}}))
    answer = world.explain(principal=MIA, action="s3:GetObject", resource="arn:aws:s3:::b/k")
    assert not assumed_of(answer._inner)
    other = world.explain(principal=MIA, action="s3:GetObject", resource="arn:aws:s3:::c/k")
    assert assumed_of(other._inner)
