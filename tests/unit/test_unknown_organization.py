"""The parts of an organization that a world does not know: what they leave open."""

from __future__ import annotations

from typing import Any

import pytest

from iamsim.core.decision import Verdict
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.symbolic.partial import answer, decide
from iamsim.world.load import load_world_data

A, B = "111122223333", "444455556666"
MIA, BUCKET = f"arn:aws:iam::{A}:user/mia", "arn:aws:s3:::ledger"
QUEUE = f"arn:aws:sqs:eu-west-1:{A}:jobs"
LOST = {"unknown": "it was lost", "source": "organization.json"}
Data = dict[str, Any]


def policy(effect: str, action: object, **more: object) -> Data:
    """A policy of one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def world(account: Data | None = None, **organization: Any) -> CompiledWorld:
    """A world with an organization, and a user who may call two services."""
    root = {"id": "r-ab12", "accounts": [A, B], **organization.pop("root", {})}
    mine = {
        "users": {"mia": {"policies": [policy("Allow", ["s3:*", "sqs:*"])]}},
        "resources": {BUCKET: {}, QUEUE: {}},
    }
    return CompiledWorld(
        load_world_data(
            {
                "organization": {"id": "o-exampleorg1", **organization, "root": root},
                "accounts": {A: {**mine, **(account or {})}, B: {}},
            }
        )
    )


NO_S3 = {"scps": ["FullAWSAccess", policy("Deny", "s3:*")]}
ONLY_SQS = {"scps": [policy("Allow", "sqs:*")]}
NO_READS = {"rcps": [policy("Deny", "s3:GetObject", Principal="*")]}
UNREAD = {"scps": ["FullAWSAccess", policy("Deny", "s3:*", Condition={**LOST})]}


@pytest.mark.parametrize("root", [NO_S3, ONLY_SQS, NO_READS, UNREAD])
def test_an_account_that_may_be_the_management_account(root: Data) -> None:
    """No SCP and no RCP restricts that account: what one denies here depends on whose it is.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    asked = Question(MIA, "s3:GetObject", f"{BUCKET}/k")
    member = decide(asked, world(root=root, management_account=B)).verdict
    assert member in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY, Verdict.CONDITIONAL}
    assert decide(asked, world(root=root, management_account=A)).verdict is Verdict.ALLOWED
    lost = world(root=root, management_account=LOST)
    found = answer(asked, lost)
    assert found.decision.verdict is Verdict.CONDITIONAL
    assert "it was lost" in found.unknowns[0].why
    send = Question(MIA, "sqs:SendMessage", QUEUE)  # which they leave alone
    assert decide(send, lost).verdict is Verdict.ALLOWED
    assert decide(Question(MIA, "kms:Decrypt", "*"), lost).verdict is Verdict.IMPLICIT_DENY


def test_full_access_says_the_same_in_any_account() -> None:
    """Without another control policy nothing hangs on which is the management account."""
    asked = Question(MIA, "s3:GetObject", f"{BUCKET}/k")
    assert decide(asked, world(management_account=LOST)).verdict is Verdict.ALLOWED


@pytest.mark.parametrize("own", [{}, {"scps": ["FullAWSAccess"], "rcps": ["RCPFullAWSAccess"]}])
def test_what_is_above_an_account_in_no_node_may_deny(own: Data) -> None:
    """Where its place is marked as lost; where it is not, it is taken to be outside."""
    asked = Question(MIA, "s3:GetObject", f"{BUCKET}/k")
    outside = {"root": {"accounts": [B]}, "management_account": B}
    assert decide(asked, world(own, **outside)).verdict is Verdict.ALLOWED
    lost = world({**own, "parent": LOST}, **outside)
    found = answer(asked, lost)
    assert found.decision.verdict is Verdict.CONDITIONAL
    assert {part.layer for part in found.unknowns} >= {"service-control-policy"}
    assert lost.model.in_no_unit == []


TRAIL = "cloudtrail.amazonaws.com"
OF_US = {"StringEquals": {"aws:SourceOrgID": "o-exampleorg1"}}


@pytest.mark.parametrize(
    ("told", "context", "wanted"),
    [
        ({"id": LOST}, {"aws:SourceAccount": B}, Verdict.CONDITIONAL),
        ({}, {"aws:SourceAccount": B}, Verdict.ALLOWED),
        ({"id": LOST}, {"aws:PrincipalOrgID": "x", "AWS:SourceAccount": B}, Verdict.CONDITIONAL),
        ({"id": LOST}, {"aws:SourceAccount": "999999999999"}, Verdict.IMPLICIT_DENY),
        ({"id": LOST}, {}, Verdict.IMPLICIT_DENY),
    ],
)
def test_on_whose_behalf_a_service_calls_depends_on_the_organization(
    told: Data, context: Data, wanted: Verdict
) -> None:
    """The organization of the source account is not known where its id is lost.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceorgid
    """
    allow = policy("Allow", "s3:PutObject", Principal={"Service": TRAIL}, Condition=OF_US)
    compiled = world({"resources": {BUCKET: {"policy": allow}}}, **told)
    question = Question(TRAIL, "s3:PutObject", f"{BUCKET}/k", context=context)
    assert decide(question, compiled).verdict is wanted
    assert decide(question, compiled).verdict is wanted  # what was prepared once is of this account
