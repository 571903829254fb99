"""Service and resource control policies with the ids that Organizations gave them."""

from __future__ import annotations

import json

import pytest

from iamsim.core.errors import WorldError
from iamsim.engine.authorize import explain
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.report.message import denied_message
from iamsim.syntax.denial import parse_denial
from iamsim.world.load import load_world, load_world_data

ACCOUNT, MANAGEMENT = "111122223333", "999900001111"
KIM = f"arn:aws:iam::{ACCOUNT}:user/kim"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:feeds"
HEAD = f"arn:aws:organizations::{MANAGEMENT}:policy/o-a1b2c3d4e5"


def deny(**more):
    """A policy that denies all of SQS."""
    statement = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def world_data(kind="scps", **organization):
    """A world in which `KeepQueues` hangs on the root, as a policy of one kind."""
    principal = {"Principal": "*"} if kind == "rcps" else {}
    full = "FullAWSAccess" if kind == "scps" else "RCPFullAWSAccess"
    return {
        "policies": {"KeepQueues": deny(**principal)},
        "organization": {
            "id": "o-a1b2c3d4e5",
            "management_account": MANAGEMENT,
            "policies": {"KeepQueues": {"id": "p-keepqueues1"}},
            "root": {"accounts": [ACCOUNT], kind: [full, "KeepQueues"]},
            **organization,
        },
        "accounts": {ACCOUNT: {"users": {"kim": {}}, "resources": {QUEUE: {}}}},
    }


def message_of(world):
    """What AWS would print for the denied user."""
    answer = explain(Question(KIM, "sqs:SendMessage", QUEUE), CompiledWorld(world))
    return denied_message(answer) or ""


@pytest.mark.parametrize(
    ("kind", "policy_type"),
    [("scps", "service_control_policy"), ("rcps", "resource_control_policy")],
)
def test_the_message_carries_the_arn_of_the_policy(kind, policy_type):
    """Management account, organization, type and id make the ARN, and reading it gives it back."""
    message = message_of(load_world_data(world_data(kind)))
    arn = f"{HEAD}/{policy_type}/p-keepqueues1"
    words = policy_type.replace("_", " ")
    assert message.endswith(f" with an explicit deny in a {words}: {arn}")
    assert parse_denial(message).policy_arn == arn


@pytest.mark.parametrize("part", ["id", "management_account", "policies"])
def test_without_all_parts_there_is_no_arn(part):
    """An ARN is made only where nothing of it has to be guessed."""
    data = world_data()
    del data["organization"][part]
    message = message_of(load_world_data(data))
    assert message.endswith("with an explicit deny in a service control policy")


def test_the_partition_is_that_of_the_management_account():
    """In another partition the ARN begins with it."""
    data = world_data()
    data["accounts"][MANAGEMENT] = {"partition": "aws-cn"}
    (_, policy) = load_world_data(data).organization.root.scps
    assert policy.arn.startswith(f"arn:aws-cn:organizations::{MANAGEMENT}:")


def test_ids_may_stand_in_another_file(tmp_path):
    """One file attaches policies by name or by file, another has the ids; one policy is one
    object wherever it hangs."""
    (tmp_path / "keep.json").write_text(json.dumps(deny()), "utf-8")
    tree = {"accounts": [ACCOUNT], "scps": ["FullAWSAccess", "keep.json"]}
    files = {
        "tree.json": {"organization": {"root": tree}},
        "account.json": {"accounts": {ACCOUNT: {"scps": ["FullAWSAccess", "keep.json"]}}},
        "ids.json": {
            "organization": {
                "id": "o-a1b2c3d4e5",
                "management_account": MANAGEMENT,
                "policies": {"keep.json": {"id": "p-keepqueues1"}},
            }
        },
    }
    for name, data in files.items():
        (tmp_path / name).write_text(json.dumps(data), "utf-8")
    world = load_world(*(tmp_path / name for name in files))
    (_, attached), (_, own) = world.organization.root.scps, world.accounts[ACCOUNT].scps
    assert attached is own
    assert attached.arn == f"{HEAD}/service_control_policy/p-keepqueues1"
    assert world.organization.root.scps[0].arn.endswith("p-FullAWSAccess")


def test_two_files_must_agree_on_an_id(tmp_path):
    """Another id for the same policy is a conflict that names both places."""
    for number in (1, 2):
        policies = {"KeepQueues": {"id": f"p-keepqueues{number}"}}
        data = (
            world_data(policies=policies)
            if number == 1
            else {"organization": {"policies": policies}}
        )
        (tmp_path / f"{number}.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(WorldError) as caught:
        load_world(tmp_path / "1.json", tmp_path / "2.json")
    assert caught.value.code == "world-conflict"
    assert "1.json" in caught.value.message


def test_a_managed_policy_keeps_its_own_arn():
    """What AWS manages has an ARN already; an id for it changes nothing."""
    managed = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    data = world_data(
        policies={"ReadOnlyAccess": {"id": "p-readonly1"}},
        root={"accounts": [ACCOUNT], "scps": ["FullAWSAccess", managed]},
    )
    assert load_world_data(data).organization.root.scps[1].arn == managed
