"""The search for escalation paths, grouped as it is, finds what one by one is found."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from iamsim.checks.escalation_paths import known_ways
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation.administrators import PROBES, probe_resource
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.model import administrator_of, split_node
from iamsim.query.role_chains import assume_action
from iamsim.world.load import load_world_data
from iamsim.world.model import Group, ManagedPolicyReference, Role, User

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


CHANGES = {
    "iam-attach-role-policy": "iam:AttachRolePolicy",
    "iam-attach-user-policy": "iam:AttachUserPolicy",
    "iam-create-policy-version": "iam:CreatePolicyVersion",
    "iam-put-user-policy": "iam:PutUserPolicy",
}
CHANGING = tuple(way for way in known_ways() if way.id in CHANGES)
KINDS = {"user": User, "role": Role}
DENIED = (
    "s3:DeleteBucketPolicy",
    "iam:CreateAccessKey",
    "iam:Delete*Policy",
    "iam:Detach*Policy",
    "iam:RemoveUserFromGroup",
    "iam:CreatePolicyVersion",
    "iam:Put*Policy",
    "dynamodb:*",
)


@st.composite
def denials(draw):
    """A policy that denies some of what it takes to be an administrator, or to get rid of it."""
    actions = draw(st.lists(st.sampled_from(DENIED), min_size=1, max_size=4, unique=True))
    one = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    condition = draw(st.sampled_from([None, None, CONDITIONS[3]]))
    return document(one if condition is None else {**one, "Condition": condition})


@st.composite
def guarded_accounts(draw):
    """A user and a role that may change their policies, with denies in other policies of theirs."""
    managed = {name: draw(denials()) for name in ("one", "two")}
    some = st.lists(st.sampled_from(["one", "two"]), unique=True)

    def somebody(*, guarded):
        allows = {"Effect": "Allow", "Action": sorted(CHANGES.values()), "Resource": "*"}
        inline = {"own": document(allows)}
        if guarded:
            inline["guard"] = draw(denials())
        return {"inline_policies": inline, "policies": draw(some)}

    trust = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "sts:AssumeRole"}
    return {
        "users": {"u": {**somebody(guarded=draw(st.booleans())), "groups": ["g"]}},
        "roles": {"r": {**somebody(guarded=draw(st.booleans())), "trust": document(trust)}},
        "groups": {"g": {"policies": draw(some)}},
        "policies": managed,
    }


def changed(model, who, change):
    """The world in which the policies of a user, role or group are others."""
    account = model.accounts[HOME]
    kind = {User: "users", Role: "roles", Group: "groups"}[type(who)]
    places = {**getattr(account, kind), who.name: replace(who, **change)}
    accounts = {**model.accounts, HOME: replace(account, **{kind: places})}
    return replace(model, accounts=accounts)


def mutable(model, principal):
    """Everything that IAM lets a principal change of itself, each with the world after it."""
    account = model.accounts[HOME]
    who = next(
        user for user in (*account.users.values(), *account.roles.values()) if user.arn == principal
    )
    groups = account.groups_of(who) if isinstance(who, User) else ()
    for group in groups:
        yield "iam:RemoveUserFromGroup", group.arn, changed(model, who, {"groups": ()})
    for holder in (who, *groups):
        kind = type(holder).__name__
        for policy in holder.policies:
            if isinstance(policy, ManagedPolicyReference):
                continue
            after = changed(
                model,
                holder,
                {"policies": tuple(entry for entry in holder.policies if entry is not policy)},
            )
            if policy.arn is None:
                yield f"iam:Delete{kind}Policy", holder.arn, after
                yield f"iam:Put{kind}Policy", holder.arn, after
            else:
                yield f"iam:Detach{kind}Policy", holder.arn, after
                yield "iam:CreatePolicyVersion", policy.arn, after


def asked(model, principal, action, resource):
    """Whether somebody may do something in a world."""
    return Batch(CompiledWorld(model)).decide(principal, action, resource).possible


def administers(model, principal):
    """Whether somebody is allowed all that administrators are known by."""
    return all(
        asked(model, principal, action, probe_resource(form, "aws", HOME, "us-east-1"))
        for action, form in PROBES
    )


def becomes_administrator(model, principal):
    """Whether somebody who is allowed everything else gets there by any calls in any order."""
    left, seen = [model], set()
    while left:
        world = left.pop()
        if administers(world, principal):
            return True
        for action, resource, after in mutable(world, principal):
            account = after.accounts[HOME]
            key = tuple(
                (holder.arn, holder.policies, getattr(holder, "groups", ()))
                for some in (account.users, account.roles, account.groups)
                for holder in some.values()
            )
            if key not in seen and asked(world, principal, action, resource):
                seen.add(key)
                left.append(after)
    return False


def gives(model, principal, way):
    """The worlds in which somebody has got everything by a way, each with what it was done to."""
    account = model.accounts[HOME]
    who = next(
        user for user in (*account.users.values(), *account.roles.values()) if user.arn == principal
    )
    everything = ManagedPolicyReference("arn:aws:iam::aws:policy/AdministratorAccess")
    if way == "iam-create-policy-version":
        for group in (who, *(account.groups_of(who) if isinstance(who, User) else ())):
            for policy in group.policies:
                if policy.arn is not None:
                    written = tuple(
                        everything if entry is policy else entry for entry in group.policies
                    )
                    yield policy.arn, changed(model, group, {"policies": written})
        return
    kept = who.policies
    if way == "iam-put-user-policy":
        kept = tuple(holder for holder in kept if holder.arn is not None)
    yield who.arn, changed(model, who, {"policies": (*kept, everything)})


@given(guarded_accounts())
def test_who_changes_own_policies_gets_past_own_denies_where_some_order_of_calls_does(home):
    """An own deny that stays is in the way, unless those who have everything else may take it
    away: whatever a search through all calls in all orders finds, and nothing else."""
    model = load_world_data({"accounts": {HOME: home}})
    batch = Batch(CompiledWorld.checked(model))
    for way in CHANGING:
        found = find_escalations(batch, ways=(way,))
        for principal in (f"arn:aws:iam::{HOME}:user/u", f"arn:aws:iam::{HOME}:role/r"):
            who = found.candidates[principal].entity
            if not isinstance(who, KINDS.get(way.target.partition(":")[2], User | Role)):
                continue
            expected = any(
                asked(model, principal, CHANGES[way.id], resource)
                and becomes_administrator(after, principal)
                for resource, after in gives(model, principal, way.id)
            )
            assert found.graph.has_edge(principal, administrator_of(HOME)) is expected
