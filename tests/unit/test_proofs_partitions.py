"""Proofs in partitions other than the usual one: who and what is asked about lies there.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import iamsim
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import prove
from iamsim.query.batch import Batch
from iamsim.query.changes import find_changes
from iamsim.suites.mutation.surroundings import Surroundings
from iamsim.world.load import load_world_data

if TYPE_CHECKING:
    from iamsim.proofs.result import CheckResult

ACCOUNT = "111122223333"
OF_WORLDS = ("aws", "aws-cn", "aws-us-gov")


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str, **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def of_a_partner(partition: str, **more: Any) -> dict[str, Any]:
    """A statement for a role that only a condition names."""
    condition = {"ArnLike": {"aws:PrincipalArn": f"arn:{partition}:iam::*:role/partner"}}
    return allow("s3:GetObject", f"arn:{partition}:s3:::data/*", Condition=condition, **more)


NOTHING = policy({"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"})
EVERYBODY = {"Principal": "*"}


def world_of(
    partition: str, statement: dict[str, Any] | None = None, bucket: Any = None
) -> CompiledWorld:
    """A user with a statement, and a bucket with another."""
    listed = {} if bucket is None else {"policy": policy(bucket)}
    account = {
        "partition": partition,
        "users": {"ann": {"policies": [policy(statement)] if statement else []}},
        "resources": {f"arn:{partition}:s3:::data": listed},
    }
    return CompiledWorld(load_world_data({"accounts": {ACCOUNT: account}}))


def check_witness(found: CheckResult, partition: str) -> None:
    """A request refutes it, whose caller and resource lie in a partition."""
    assert found.result == "FAIL"
    assert found.witness is not None
    assert found.witness["principal"].split(":")[1] == partition
    assert found.witness["resource"].split(":")[1:2] in ([partition], [])


@pytest.mark.parametrize("partition", [*OF_WORLDS, "aws-iso-b"])
def test_documents_are_asked_of_callers_of_their_partition(partition: str) -> None:
    """Whom a condition designates is in the partition that the documents name."""
    opened = policy(of_a_partner(partition, **EVERYBODY))
    closed = policy({**NOTHING["Statement"][0], **EVERYBODY})
    check_witness(iamsim.check_no_new_access(NOTHING, policy(of_a_partner(partition))), partition)
    check_witness(iamsim.check_no_new_access(closed, opened, policy_type="resource"), partition)
    check_witness(iamsim.check_no_public_access(opened, "AWS::S3::Bucket"), partition)


def test_callers_and_resources_of_two_partitions_do_not_meet() -> None:
    """What is allowed to a role of China on resources elsewhere is no access.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html
    """
    elsewhere = {**of_a_partner("aws-cn"), "Resource": "arn:aws:s3:::data/*"}
    assert iamsim.check_no_new_access(NOTHING, policy(elsewhere)).result == "PASS"
    both = policy(elsewhere, of_a_partner("aws-cn"))
    check_witness(iamsim.check_no_new_access(NOTHING, both), "aws-cn")


@pytest.mark.parametrize("partition", OF_WORLDS)
def test_strangers_are_of_the_partition_of_a_world(partition: str) -> None:
    """A partner that only a condition names is somebody, for claims and for mutants."""
    world = world_of(partition, bucket=of_a_partner(partition, **EVERYBODY))
    never = {"principal": {"outside": "account"}, "action": "s3:GetObject"}
    check_witness(prove(parse_claim({"never": never}), world), partition)
    stranger = Surroundings(world).strangers[1]
    assert stranger.split(":")[1] == partition


@pytest.mark.parametrize("partition", OF_WORLDS)
@pytest.mark.parametrize(
    ("action", "resource", "more"),
    [
        ("iam:DeleteRole", f"arn:PARTITION:iam::{ACCOUNT}:role/later", {}),
        ("iam:DeleteUser", f"arn:PARTITION:iam::{ACCOUNT}:user/later", {}),
        ("s3:ListAllMyBuckets", "arn:PARTITION:s3:::*", {}),
        ("s3:PutObject", "arn:PARTITION:s3:::elsewhere/*", {"resources": "any"}),
    ],
)
def test_what_no_world_lists_is_of_its_partition(
    partition: str, action: str, resource: str, more: dict[str, str]
) -> None:
    """What an account may have besides, all its buckets, and what strangers have."""
    world = world_of(partition, allow(action, resource.replace("PARTITION", partition)))
    principal = f"arn:{partition}:iam::{ACCOUNT}:user/ann"
    claim = {"never": {"principal": principal, "action": action}, **more}
    check_witness(prove(parse_claim(claim), world), partition)


@pytest.mark.parametrize("partition", OF_WORLDS)
def test_all_buckets_are_compared_in_the_partition(partition: str) -> None:
    """Who may list all buckets after a change only is somebody for whom something opens."""
    resource = f"arn:{partition}:s3:::*"
    worlds = [world_of(partition, s) for s in (None, allow("s3:ListAllMyBuckets", resource))]
    found = find_changes(*map(Batch, worlds))
    assert [(c.actions, c.place.sample) for c in found.found] == [
        (("s3:ListAllMyBuckets",), resource)
    ]


@pytest.mark.parametrize("partition", OF_WORLDS)
def test_users_whom_a_condition_names_are_of_the_partition(partition: str) -> None:
    """A user of another account, by a name alone."""
    by_name = {"StringEquals": {"aws:username": "partner"}}
    opened = allow("s3:GetObject", f"arn:{partition}:s3:::data/*", **EVERYBODY, Condition=by_name)
    found = find_changes(*(Batch(world_of(partition, bucket=some)) for some in (None, opened)))
    named = {change.candidate.principal for change in found.found}
    assert f"arn:{partition}:iam::*:user/partner" in named
