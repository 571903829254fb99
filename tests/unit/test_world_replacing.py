"""Copies of worlds in which a policy or an owner of policies is another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamsim.engine.inventory import policies_in_use
from iamsim.world.load import load_world
from iamsim.world.model import PolicyDocument
from iamsim.world.replacing import map_policies, replace_node, replace_owner, replace_policy

DOCUMENT = '{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "a:b", Resource: "*"}]}'
TEXT = f"""
policies:
  Shared: {DOCUMENT}
organization:
  id: o-1
  management_account: "999999999999"
  root:
    id: r-1
    scps: [Shared]
    rcps: [RCPFullAWSAccess]
    units:
      Work:
        id: ou-1
        scps: [FullAWSAccess, Shared]
        accounts: ["111122223333"]
        units:
          Deep: {{id: ou-2, scps: [Shared]}}
accounts:
  "111122223333":
    scps: [Shared]
    rcps: [RCPFullAWSAccess]
    users:
      nora: {{policies: [Shared], boundary: Shared}}
      otto: {{}}
    groups:
      all: {{policies: [Shared]}}
    roles:
      app: {{trust: Shared, policies: [Shared], boundary: Shared}}
    policies:
      Own: {DOCUMENT}
    permission_sets:
      Developer: {{policies: [Shared], inline: Shared, boundary: Shared}}
    resources:
      arn:aws:s3:::reports: {{policy: Shared}}
    vpc_endpoints:
      vpce-1: {{service: s3, policy: Shared}}
  "222222222222":
    users:
      eve: {{policies: [policy.json]}}
      mallory: {{policies: [policy.json]}}
"""


@pytest.fixture
def world(tmp_path):
    """A world that uses one policy wherever a policy can stand."""
    (tmp_path / "policy.json").write_text(
        '{"Version": "2012-10-17", "Statement": []}', encoding="utf-8"
    )
    path = tmp_path / "world.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return load_world(path)


NEW = PolicyDocument("New", {"Version": "2012-10-17"}, load_world.__doc__)


def test_a_policy_is_replaced_wherever_it_is_used(world):
    """Every use of the old one is one of the new one, and the first world stays as it is."""
    old = world.policies["Shared"]
    before = list(policies_in_use(world))
    changed = replace_policy(world, old, NEW)
    after = list(policies_in_use(changed))
    assert [old is policy for policy, _ in before] == [NEW is policy for policy, _ in after]
    assert sum(NEW is policy for policy, _ in after) == 15
    assert list(policies_in_use(world)) == before
    assert changed.policies["Shared"] is NEW


def test_what_does_not_change_is_shared(world):
    """Accounts without the policy are the same objects, and so are their parts."""
    changed = replace_policy(world, world.policies["Shared"], NEW)
    assert changed.accounts["222222222222"] is world.accounts["222222222222"]
    first, second = world.accounts["111122223333"], changed.accounts["111122223333"]
    assert second.users["otto"] is first.users["otto"]
    assert second.policies is first.policies
    assert map_policies(world, lambda policy: policy).organization is world.organization


def test_two_references_to_one_file_are_one_policy(world):
    """Both users name the file; replacing what one has replaces both."""
    (old,) = world.accounts["222222222222"].users["eve"].policies
    changed = replace_policy(world, old, NEW)
    users = changed.accounts["222222222222"].users
    assert [user.policies[0].document for user in users.values()] == [NEW.document] * 2


def test_a_policy_can_be_taken_away(world):
    """With nothing in its place, lists get shorter and single places empty."""
    (old,) = world.accounts["222222222222"].users["eve"].policies
    gone = replace_policy(world, old, None)
    assert gone.accounts["222222222222"].users["mallory"].policies == ()
    without = replace_policy(world, world.policies["Shared"], None)
    account = without.accounts["111122223333"]
    assert account.roles["app"].trust is None
    assert account.users["nora"].boundary is None
    assert "Shared" not in without.policies


def test_the_tree_knows_its_parents(world):
    """Nodes of the copy lead to nodes of the copy."""
    changed = replace_policy(world, world.policies["Shared"], NEW)
    root = changed.organization.root
    deep = root.units[0].units[0]
    assert deep.parent is root.units[0]
    assert deep.parent.parent is root
    assert changed.scp_levels("111122223333")[0] == ("Root", (NEW,))


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("users", "nora"),
        ("roles", "app"),
        ("groups", "all"),
        ("permission_sets", "Developer"),
        ("resources", "arn:aws:s3:::reports"),
        ("vpc_endpoints", "vpce-1"),
    ],
)
def test_an_owner_is_replaced(world, table, key):
    """The new one stands where the old one stood, in the copy alone."""
    old = getattr(world.accounts["111122223333"], table)[key]
    new = replace(old)
    changed = replace_owner(world, old, new)
    assert getattr(changed.accounts["111122223333"], table)[key] is new
    assert getattr(world.accounts["111122223333"], table)[key] is old


def test_a_node_is_replaced(world):
    """A unit with other policies stands where the old one stood."""
    old = world.organization.root.units[0].units[0]
    changed = replace_node(world, old, replace(old, scps=(NEW,)))
    deep = changed.organization.root.units[0].units[0]
    assert deep.scps == (NEW,)
    assert deep.parent.scps == world.organization.root.units[0].scps
    assert replace_node(replace_world_without_organization(world), old, old).organization is None


def replace_world_without_organization(world):
    """The same accounts in no organization."""
    return type(world)(None, world.accounts, world.policies, world.problems)
