"""The search for escalation paths, grouped as it is, finds what one by one is found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.model import split_node
from iamsim.query.escalation.ways import known_ways
from iamsim.query.role_chains import assume_action
from iamsim.world.load import load_world_data
from iamsim.world.model import Role

HOME, OTHER = "111111111111", "222222222222"
NEW = {
    "lambda": "arn:aws:lambda:us-east-1:{}:function:iamsim-any",
    "ec2": "arn:aws:ec2:us-east-1:{}:instance/iamsim-any",
}
CHOSEN = (
    "ec2-run-instances",
    "iam-create-access-key",
    "iam-update-assume-role-policy",
    "lambda-create-function-and-invoke",
    "sts-assume-role",
)
WAYS = tuple(way for way in known_ways() if way.id in CHOSEN)
JOIN = tuple(way for way in known_ways() if way.id == "iam-add-user-to-group")
ACTIONS = (
    "ec2:RunInstances",
    "iam:CreateAccessKey",
    "iam:PassRole",
    "iam:UpdateAssumeRolePolicy",
    "lambda:*",
    "sts:AssumeRole",
    "*",
)
RESOURCES = (
    "*",
    f"arn:aws:iam::{HOME}:role/app-*",
    f"arn:aws:iam::{HOME}:role/app-1",
    f"arn:aws:iam::{OTHER}:role/*",
    f"arn:aws:iam::{HOME}:user/u*",
)
CONDITIONS = (
    None,
    {"StringEquals": {"aws:ResourceTag/team": "red"}},
    {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
)
PRINCIPALS = (
    {"AWS": HOME},
    {"AWS": OTHER},
    {"AWS": f"arn:aws:iam::{HOME}:user/u1"},
    {"Service": "lambda.amazonaws.com"},
    {"Service": "ec2.amazonaws.com"},
    "*",
)


def document(*statements):
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


@st.composite
def policies(draw):
    """One or two statements for a principal."""
    statements = []
    for _ in range(draw(st.integers(1, 2))):
        one = {
            "Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
            "Action": draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)),
            "Resource": draw(st.sampled_from(RESOURCES)),
        }
        condition = draw(st.sampled_from(CONDITIONS))
        statements.append(one if condition is None else {**one, "Condition": condition})
    return document(*statements)


@st.composite
def accounts(draw):
    """Users, groups, and roles that differ in trust and tags or in nothing."""
    users = {
        f"u{number}": {"inline_policies": {"own": draw(policies())}}
        for number in range(draw(st.integers(1, 2)))
    }
    roles = {}
    for name in ("app-1", "app-2", "web"):
        trust = {
            "Effect": "Allow",
            "Principal": draw(st.sampled_from(PRINCIPALS)),
            "Action": "sts:AssumeRole",
        }
        roles[name] = {
            "trust": document(trust),
            "tags": {"team": draw(st.sampled_from(["red", "blue"]))},
            "inline_policies": {"own": draw(policies())} if draw(st.booleans()) else {},
        }
    groups = {
        f"g{number}": {"inline_policies": {"own": draw(policies())}}
        for number in range(draw(st.integers(0, 2)))
    }
    return {"users": users, "roles": roles, "groups": groups}


def possible(batch, way, candidate, target):
    """Whether somebody can take all steps towards a target, each asked for alone."""
    if way.trusts is not None:
        trusted = batch.decide(way.trusts, "sts:AssumeRole", target.arn).possible
        if not trusted:
            return False
    for step in way.steps:
        new = NEW.get(step.action.partition(":")[0], "")
        resource = target.arn if step.about_target else new.format(candidate.account)
        action = step.action
        if action == "sts:AssumeRole":
            action = assume_action(candidate)
        if not batch.decide(candidate.principal, action, resource, dict(step.context)).possible:
            return False
    return True


def reached(found):
    """Who reaches whom by which way, with the nodes in between resolved."""
    edges = set()
    for source, target, data in found.graph.edges(data=True):
        edge = data.get("edge")
        if edge is None or not str(source).startswith("arn:"):
            continue
        ends = list(found.graph[target]) if isinstance(target, tuple) else [target]
        edges.update((source, end) for end in ends if end != source)
    return edges


@given(accounts(), accounts())
def test_the_grouped_search_finds_what_is_found_one_by_one(home, other):
    """For every principal that is no administrator, and every user and role of its reach."""
    world = CompiledWorld.checked(load_world_data({"accounts": {HOME: home, OTHER: other}}))
    batch = Batch(world)
    found = find_escalations(batch, ways=WAYS)
    expected = set()
    for candidate in found.candidates.values():
        if candidate.entity is None or candidate.account not in {HOME, OTHER}:
            continue
        for other_one in found.candidates.values():
            target = other_one.entity
            if target is None or target.arn == candidate.principal:
                continue
            for way in WAYS:
                assume = way.id == "sts-assume-role"
                if (way.target == "role") is not isinstance(target, Role):
                    continue
                if not assume and (
                    candidate.principal in found.administrators
                    or candidate.account != other_one.account
                ):
                    continue
                if possible(batch, way, candidate, target):
                    expected.add((candidate.principal, target.arn))
    assert expected == reached(found)


def search(home, other, ways):
    """Search two accounts; gives who reaches whom by which way."""
    world = CompiledWorld.checked(load_world_data({"accounts": {HOME: home, OTHER: other}}))
    return reached(find_escalations(Batch(world), ways=ways))


@given(accounts(), accounts())
def test_with_a_group_besides_somebody_is_who_is_in_the_group(home, other):
    """Whatever is found behind joining a group is found of its members, and nothing more is found
    of them than what they reach anyway."""
    joins = {"Effect": "Allow", "Action": "iam:AddUserToGroup", "Resource": "*"}
    for user in home["users"].values():
        user["inline_policies"]["join"] = document(joins)
    edges = search(home, other, (*WAYS, *JOIN))
    for node in sorted({target for _, target in edges if split_node(target)[1]}):
        principal, group = split_node(node)
        user = home["users"][principal.rpartition("/")[2]]
        user["groups"] = [group.rpartition("/")[2]]
        members = {end for source, end in search(home, other, WAYS) if source == principal}
        del user["groups"]
        # Being oneself again, without the group, is nothing.
        behind = {end for source, end in edges if source == node} - {principal}
        alone = {end for source, end in edges if source == principal}
        assert behind <= members
        assert members <= behind | alone
