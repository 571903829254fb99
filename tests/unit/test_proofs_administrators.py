"""Claims about what accounts that administer an organization may do in others, where no policy of a
resource lets them in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from __future__ import annotations

from typing import Any

import pytest

from iamsim.core.decision import Verdict
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import Prover, prove
from iamsim.query.batch import Batch
from iamsim.query.who_can import find_who_can
from iamsim.world.load import load_world_data

MANAGER, MEMBER, DELEGATED = "999999999999", "111111111111", "222222222222"
ROOT = f"arn:aws:iam::{MEMBER}:root"
ASSUMES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoot", "Resource": "*"}],
}


def world_of(accounts: dict[str, Any], delegated: tuple[str, ...] = ()) -> CompiledWorld:
    """An organization of three accounts, of which some are listed."""
    organization = {
        "id": "o-aaaaaaaaaa",
        "management_account": MANAGER,
        "delegated_administrators": list(delegated),
        "root": {"id": "r-ab12", "accounts": [MANAGER, MEMBER, DELEGATED]},
    }
    return CompiledWorld(load_world_data({"accounts": accounts, "organization": organization}))


def callers(world: CompiledWorld) -> list[str]:
    """Who is ever allowed sts:AssumeRoot, and on what."""
    ever = Prover(world).ever(parse_claim({"never": {"action": "sts:AssumeRoot"}}))
    assert not ever.unknown
    assert all(witness["resource"].endswith(":root") for witness in ever.witnesses)
    return [witness["principal"] for witness in ever.witnesses]


@pytest.mark.parametrize("account", [MANAGER, DELEGATED])
def test_administrators_assume_root_users_of_members(account: str) -> None:
    """Nothing but its own policies lets a caller of such an account in."""
    user = f"arn:aws:iam::{account}:user/admin"
    listed = {"users": {"admin": {"policies": [ASSUMES]}, "other": {}}}
    world = world_of({MEMBER: {}, account: listed, MANAGER: listed}, (DELEGATED,))
    assert user in callers(world)
    assert f"arn:aws:iam::{account}:user/other" not in callers(world)


def test_administrators_that_no_world_lists_are_somebody() -> None:
    """Their accounts allow what they ask for; those of other accounts have no such call."""
    somebody = [f"arn:aws:iam::{MANAGER}:{kind}/somebody" for kind in ("user", "role")]
    assert callers(world_of({MEMBER: {}})) == somebody
    delegated = [name.replace(MANAGER, DELEGATED) for name in somebody]
    assert sorted(callers(world_of({MEMBER: {}}, (DELEGATED,)))) == sorted(somebody + delegated)


def test_a_new_administrator_is_new_access() -> None:
    """A change of the organization alone, and one of a policy."""
    claim = parse_claim({"no_new_access": True})
    listed = {MEMBER: {"users": {"ann": {}}}, MANAGER: {}}
    before, after = world_of(listed), world_of(listed, (DELEGATED,))
    assert prove(claim, after, before).result == "FAIL"
    assert prove(claim, before, after).result == "PASS"
    admin = {"users": {"admin": {"policies": [ASSUMES]}}}
    found = prove(claim, world_of({**listed, MANAGER: admin}), before)
    assert found.result == "FAIL"
    assert found.witness is not None
    assert found.witness["resource"] == ROOT


def test_a_delegated_administrator_acts_on_what_the_management_account_has() -> None:
    """A service that it administers: its own policies are enough."""
    allowed = {**ASSUMES["Statement"][0], "Action": "organizations:ListAccounts"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    listed = {DELEGATED: {"users": {"ann": {"policies": [policy]}}}, MANAGER: {}}
    never = {"action": "organizations:ListAccounts", "principal": f"arn:aws:iam::{DELEGATED}:*"}
    for delegated, expected in (((DELEGATED,), "FAIL"), ((), "PASS")):
        world = world_of(listed, delegated)
        found = prove(parse_claim({"never": never}), world)
        assert found.result == expected


def test_who_can_names_administrators_that_no_world_lists() -> None:
    """They may assume a member's root user if their own policies let them; of what is not for
    administrators nothing is asked of them."""
    batch = Batch(world_of({MEMBER: {}}, (DELEGATED,)))
    found = find_who_can(batch, ["sts:AssumeRoot"], ROOT).accesses
    assert {access.candidate.account for access in found} == {MANAGER, DELEGATED}
    assert {access.verdict for access in found} == {Verdict.CONDITIONAL}
    asked = batch.named("s3:GetObject", "arn:aws:s3:::bucket/x")
    assert not {candidate.account for candidate in asked} & {MANAGER, DELEGATED}
