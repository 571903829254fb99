"""Sources laid over a world."""

from __future__ import annotations

import json

import pytest

import iamsim
from iamsim.core.errors import WorldError
from iamsim.importers.load import load_worlds
from iamsim.importers.overlay import overlay_world
from iamsim.world.laying import lay_over
from iamsim.world.load import load_world_data
from iamsim.world.merge import content
from tests.unit.plans import TRUST

A, B = "111122223333", "444455556666"
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}
WRITE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}],
}
ANY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [{**READ["Statement"][0], "Principal": "*"}],
}


def change(kind: str, name: str, before: object, after: object, **more: object):
    """One change of a plan; the actions follow from both sides."""
    actions = {(True, False): ["delete"], (False, True): ["create"], (True, True): ["update"]}
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {
            "actions": actions[before is not None, after is not None],
            "before": before,
            "after": after,
            "after_unknown": {},
        }
        | more,
    }


def planned(tmp_path, world: dict[str, object], *changes: object):
    """Lay a plan over a world of plain data."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"format_version": "1.2", "resource_changes": changes}))
    remarks: list[object] = []
    model = load_world_data(world)
    laid = overlay_world(model, [file], remarked=remarks.extend)
    return model, laid, remarks


def role(**more: object) -> dict[str, object]:
    """The values of a role in a plan."""
    return {
        "name": "app",
        "arn": f"arn:aws:iam::{A}:role/app",
        "path": "/",
        "assume_role_policy": TRUST,
        **more,
    }


def attached(name: str, policy: str) -> dict[str, object]:
    """The values of an attachment to the role."""
    return {"id": name, "role": "app", "policy_arn": f"arn:aws:iam::{A}:policy/{policy}"}


def names(policies) -> list[str]:
    """The names of policies."""
    return [policy.name for policy in policies]


ACCOUNT = {
    "users": {"ann": {"policies": ["Read"]}},
    "groups": {"devs": {}},
    "roles": {
        "app": {
            "id": "AROAAPP",
            "trust": json.loads(TRUST),
            "policies": ["Read", "Write"],
            "boundary": "Read",
            "tags": {"team": "blue", "cost": "1"},
        }
    },
    "policies": {"Read": READ, "Write": WRITE},
    "resources": {"arn:aws:s3:::data": {"tags": {"a": "b"}}},
}
WORLD = {"accounts": {A: ACCOUNT}}


def test_what_a_plan_takes_away_goes_and_what_others_attached_stays(tmp_path):
    """The plan had the boundary, the tags and one attachment; the other it never had."""
    _, laid, _ = planned(
        tmp_path,
        WORLD,
        change(
            "aws_iam_role",
            "app",
            role(permissions_boundary=f"arn:aws:iam::{A}:policy/Read", tags={"team": "blue"}),
            role(tags={"team": "red"}),
        ),
        change("aws_iam_role_policy_attachment", "write", attached("x", "Write"), None),
    )
    app = laid.accounts[A].roles["app"]
    assert names(app.policies) == ["Read"]
    assert app.boundary is None
    assert app.tags == {"team": "red"}
    assert app.id == "AROAAPP"


def test_a_policy_changes_wherever_it_is_attached(tmp_path):
    """The plan knows the policy alone; user, role and boundary have it."""
    policy = {"name": "Read", "arn": f"arn:aws:iam::{A}:policy/Read", "policy": json.dumps(READ)}
    model, laid, _ = planned(
        tmp_path,
        WORLD,
        change("aws_iam_policy", "read", policy, {**policy, "policy": json.dumps(ANY)}),
    )
    account = laid.accounts[A]
    new = account.policies["Read"]
    assert new.document == ANY
    assert account.users["ann"].policies == (new,)
    assert account.roles["app"].policies[0] is new
    assert account.roles["app"].boundary is new
    # What does not change is the same as before, and the world itself is as it was.
    assert account.policies["Write"] is model.accounts[A].policies["Write"]
    assert model.accounts[A].users["ann"].policies[0].document == READ
    assert new.source.name.endswith("plan.json: accounts/111122223333/policies/Read.json")


def test_what_a_plan_deletes_is_gone_and_detached(tmp_path):
    """A deleted policy is attached to nothing, a deleted role is not there."""
    policy = {"name": "Read", "arn": f"arn:aws:iam::{A}:policy/Read", "policy": json.dumps(READ)}
    _, laid, _ = planned(
        tmp_path,
        WORLD,
        change("aws_iam_policy", "read", policy, None),
        change("aws_iam_role", "app", role(), None),
    )
    account = laid.accounts[A]
    assert list(account.policies) == ["Write"]
    assert account.users["ann"].policies == ()
    assert not account.roles


def test_what_terraform_lets_go_of_stays(tmp_path):
    """`removed` blocks without destroying leave everything there."""
    _, laid, _ = planned(
        tmp_path, WORLD, change("aws_iam_role", "app", role(), None, actions=["forget"])
    )
    assert "app" in laid.accounts[A].roles


def test_names_that_are_only_mentioned_are_looked_up_below(tmp_path):
    """A policy to attach and a group to join, neither of which the plan has."""
    model, laid, remarks = planned(
        tmp_path,
        WORLD,
        change("aws_iam_role_policy_attachment", "read", None, attached("x", "Read")),
        change("aws_iam_user", "bob", None, {"name": "bob", "arn": f"arn:aws:iam::{A}:user/bob"}),
        change(
            "aws_iam_user_policy_attachment",
            "bob",
            None,
            {
                "user": "bob",
                "policy_arn": f"arn:aws:iam::{A}:policy/Write",
            },
        ),
        change("aws_iam_user_group_membership", "bob", None, {"user": "bob", "groups": ["devs"]}),
    )
    account, known = laid.accounts[A], model.accounts[A]
    assert not remarks
    assert account.users["bob"].policies == (known.policies["Write"],)
    assert account.users["bob"].groups == ("devs",)
    assert account.roles["app"].policies == known.roles["app"].policies
    assert account.groups["devs"] is known.groups["devs"]


def test_a_bucket_is_of_the_account_that_the_world_says(tmp_path):
    """A bucket's ARN names no account; the plan does not either."""
    world = {"accounts": {A: ACCOUNT, B: {}}}
    _, laid, _ = planned(
        tmp_path,
        world,
        change(
            "aws_s3_bucket_policy", "data", None, {"bucket": "data", "policy": json.dumps(PUBLIC)}
        ),
        change("aws_iam_role", "app", None, role(name="other", arn=f"arn:aws:iam::{B}:role/other")),
    )
    assert laid.accounts[A].resources["arn:aws:s3:::data"].policy.document == PUBLIC
    assert not laid.accounts[B].resources
    assert list(laid.accounts[B].roles) == ["other"]


ORGANIZATION = {
    "organization": {
        "id": "o-aaaaaaaaaa",
        "management_account": B,
        "root": {
            "id": "r-ab12",
            "accounts": [B],
            "units": {
                "Work": {
                    "id": "ou-ab12-workload",
                    "scps": ["FullAWSAccess", "Own"],
                    "accounts": [A],
                },
                "Old": {"id": "ou-ab12-oldoldol"},
            },
        },
    },
    "policies": {"Own": {**WRITE}},
    "accounts": {A: ACCOUNT, B: {}},
}
SCP = {
    "id": "p-11111111",
    "name": "Limit",
    "type": "SERVICE_CONTROL_POLICY",
    "content": json.dumps(READ),
}


def test_a_control_policy_finds_the_unit_of_the_world(tmp_path):
    """The plan attaches to a unit that only the world has, beside what hangs there."""
    model, laid, _ = planned(
        tmp_path,
        ORGANIZATION,
        change("aws_organizations_policy", "limit", None, SCP),
        change(
            "aws_organizations_policy_attachment",
            "limit",
            None,
            {
                "policy_id": "p-11111111",
                "target_id": "ou-ab12-workload",
            },
        ),
        change(
            "aws_organizations_policy_attachment",
            "account",
            None,
            {
                "policy_id": "p-11111111",
                "target_id": A,
            },
        ),
    )
    root = laid.organization.root
    work = next(unit for unit in root.units if unit.name == "Work")
    assert names(work.scps) == ["FullAWSAccess", "Own", "Limit"]
    assert work.parent is root
    assert work.accounts == (A,)
    assert {unit.name for unit in root.units} == {"Work", "Old"}
    assert names(laid.accounts[A].scps) == ["FullAWSAccess", "Limit"]
    assert laid.scp_levels(A)[1][0] == "Work"
    assert names(model.organization.root.units[0].scps) == ["FullAWSAccess", "Own"]


def test_a_control_policy_is_taken_away(tmp_path):
    """Detached where the plan had it; `FullAWSAccess` stays as the world has it."""
    world = json.loads(json.dumps(ORGANIZATION))
    work = world["organization"]["root"]["units"]["Work"]
    work["scps"].append("Limit")
    world["policies"]["Limit"] = READ
    _, laid, _ = planned(
        tmp_path,
        world,
        change("aws_organizations_policy", "limit", SCP, SCP),
        change(
            "aws_organizations_policy_attachment",
            "limit",
            {
                "policy_id": "p-11111111",
                "target_id": "ou-ab12-workload",
            },
            None,
        ),
    )
    unit = next(entry for entry in laid.organization.root.units if entry.name == "Work")
    assert names(unit.scps) == ["FullAWSAccess", "Own"]


def test_a_control_policy_changes_where_it_hangs(tmp_path):
    """The name under which the world shares it stands for the new document."""
    world = json.loads(json.dumps(ORGANIZATION))
    own = {**SCP, "name": "Own", "content": json.dumps(WRITE)}
    _, laid, _ = planned(
        tmp_path,
        world,
        change("aws_organizations_policy", "own", own, {**own, "content": json.dumps(READ)}),
    )
    unit = next(entry for entry in laid.organization.root.units if entry.name == "Work")
    assert [policy.document for policy in unit.scps][1] == READ
    assert laid.policies["Own"].document == READ


def test_a_unit_that_a_plan_deletes_is_gone(tmp_path):
    """The others stay where they are."""
    unit = {"id": "ou-ab12-oldoldol", "name": "Old", "parent_id": "r-ab12"}
    _, laid, _ = planned(
        tmp_path, ORGANIZATION, change("aws_organizations_organizational_unit", "old", unit, None)
    )
    assert [entry.name for entry in laid.organization.root.units] == ["Work"]


def test_a_template_defines_its_roles_as_a_whole(tmp_path):
    """A role of a template has what the template gives it, and what AWS knows besides."""
    template = {
        "Resources": {
            "App": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "app",
                    "AssumeRolePolicyDocument": json.loads(TRUST),
                    "ManagedPolicyArns": [f"arn:aws:iam::{A}:policy/Write"],
                },
            }
        }
    }
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(template))
    laid = overlay_world(load_world_data(WORLD), [str(file)])
    app = laid.accounts[A].roles["app"]
    assert names(app.policies) == ["Write"]
    assert app.boundary is None
    assert app.tags == {}
    assert app.id == "AROAAPP"


def test_a_plan_over_what_was_before_it_gives_what_is_planned():
    """The fixture of the importer has both sides."""
    folder = "corpus/imports/terraform/changed-account"
    with open(f"{folder}/before.json", encoding="utf-8") as before:  # noqa: PTH123
        world = json.load(before)["world"]
    with open(f"{folder}/expected.json", encoding="utf-8") as expected:  # noqa: PTH123
        wanted = load_world_data(json.load(expected)["world"])
    laid = overlay_world(load_world_data(world), [f"{folder}/source/plan.json"])
    for number, account in wanted.accounts.items():
        for kind in ("users", "groups", "roles", "resources"):
            mine, theirs = getattr(laid.accounts[number], kind), getattr(account, kind)
            assert mine.keys() == theirs.keys()
            assert all(content(mine[name]) == content(theirs[name]) for name in theirs)


def test_a_group_whose_name_is_none_is_no_bug(tmp_path):
    """A damaged source may hold anything where the name of a group is expected."""
    user = {"UserName": "ann", "Path": "/", "Arn": f"arn:aws:iam::{A}:user/ann"}
    details = {"UserDetailList": [{**user, "GroupList": [{"a": "b"}, "devs"]}]}
    details |= {"GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    (tmp_path / "dump.json").write_text(json.dumps(details), "utf-8")
    below = load_world_data({"accounts": {A: {"groups": {"devs": {"policies": [READ]}}}}})
    laid = overlay_world(below, [tmp_path / "dump.json"])
    assert "ann" in laid.accounts[A].users


def test_nothing_laid_over_a_world_is_the_world():
    """Equal, though not the same."""
    model = load_world_data(ORGANIZATION)
    laid = lay_over(model, iamsim_state())
    assert laid.accounts[A].roles["app"] is model.accounts[A].roles["app"]
    assert laid.organization.root.units[0].scps == model.organization.root.units[0].scps


def iamsim_state():
    """A state that speaks of nothing."""
    from iamsim.world.laying import State

    return State()


def test_the_python_interface_takes_overlays(tmp_path):
    """One path or several."""
    example = "corpus/examples"
    plan = f"{example}/harbor-plan.json"
    asked = {
        "principal": "arn:aws:iam::444455556666:role/intern",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::harbor-reports/2026/q1.csv",
    }
    assert not iamsim.load(f"{example}/harbor").decide(**asked).allowed
    assert iamsim.load(f"{example}/harbor", overlay=plan).decide(**asked).allowed
    assert iamsim.load(f"{example}/harbor", overlay=[plan, plan]).decide(**asked).allowed
    assert load_worlds(overlay=[plan]).accounts


def test_what_is_no_source_can_not_be_laid_over(tmp_path):
    """As with an import."""
    file = tmp_path / "notes.json"
    file.write_text("[]")
    with pytest.raises(WorldError, match="nothing that iamsim can import"):
        overlay_world(load_world_data(WORLD), [file])
