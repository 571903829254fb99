"""Escalation paths beyond single ways: chains, accounts, administrators, groups of targets."""

from __future__ import annotations

import pytest

from iamsim.core.decision import Verdict
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.model import administrator_of
from iamsim.query.escalation.routes import administrators, shortest_chains
from iamsim.world.load import load_world_data

HOME, OTHER = "111111111111", "222222222222"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def document(*statements):
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", **more):
    """A policy of one statement."""
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def user(*policies, **more):
    """A user with inline policies."""
    return {
        "inline_policies": {str(number): policy for number, policy in enumerate(policies)},
        **more,
    }


def trust(**principal):
    """A trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def search(home, other=None, **more):
    """Search two accounts."""
    model = load_world_data({"accounts": {HOME: home, OTHER: other or {}}, **more})
    return find_escalations(Batch(CompiledWorld.checked(model)), blocked=True)


def chains(found, goals=None):
    """The ways of everybody, by name."""
    some = administrators(found) if goals is None else goals
    return {
        shortest_chain.source.rpartition("/")[2]: [hop.edge.way.id for hop in shortest_chain.hops]
        for shortest_chain in shortest_chains(found, some)
    }


def test_an_administrator_is_who_may_do_everything_whatever_the_policy_is_called():
    """A boundary or a service control policy that leaves less makes none."""
    found = search(
        {
            "users": {
                "ada": {"policies": [ADMIN]},
                "ben": user(allow("*")),
                "cyd": user(allow("*"), boundary="Boundary"),
                "dot": user(allow(["iam:*", "s3:*"])),
            },
            "policies": {"Boundary": allow("s3:*")},
        }
    )
    assert {administrator.rpartition("/")[2] for administrator in found.administrators} == {
        "ada",
        "ben",
    }
    assert "ada" not in chains(found)
    assert chains(found)["dot"] == ["iam-attach-user-policy"]


def test_a_guardrail_of_the_organization_is_in_the_way():
    """Who could is blocked by the service control policy."""
    root = {
        "id": "r-root",
        "scps": ["FullAWSAccess", document({"Effect": "Deny", "Action": "iam:*", "Resource": "*"})],
        "accounts": [HOME, OTHER],
    }
    organization = {"id": "o-example001", "root": root}
    found = search(
        {"users": {"dot": user(allow("iam:AttachUserPolicy"))}}, organization=organization
    )
    assert not chains(found)
    assert {answer.decision.layer.value for answer in found.blocked} == {"service-control-policy"}


def test_a_chain_through_another_account_and_a_condition():
    """Assume a role there, whose policies then grow; the condition of the first step stays."""
    role = {
        "trust": trust(AWS=OTHER),
        **user(allow("iam:PutRolePolicy", f"arn:aws:iam::{HOME}:role/deploy")),
    }
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    found = search(
        {"roles": {"deploy": role}},
        {"users": {"zoe": user(allow("sts:AssumeRole", Condition=mfa))}},
    )
    assert chains(found) == {
        "deploy": ["iam-put-role-policy"],
        "zoe": ["sts-assume-role", "iam-put-role-policy"],
    }
    (chain,) = shortest_chains(found, administrators(found), [f"arn:aws:iam::{OTHER}:user/zoe"])
    assert chain.verdict is Verdict.CONDITIONAL
    assert chain.target == administrator_of(HOME)


def test_who_becomes_an_administrator_reaches_what_trusts_the_account():
    """The way goes on in the account that trusts it, though nobody there has the permission yet."""
    found = search(
        {"users": {"dot": user(allow("iam:AttachUserPolicy"))}},
        {"roles": {"audit": {"trust": trust(AWS=HOME), "policies": [ADMIN]}}},
    )
    target = f"arn:aws:iam::{OTHER}:role/audit"
    assert chains(found, {target})["dot"] == ["iam-attach-user-policy", "sts-assume-role"]


def test_outsiders_and_identity_providers_are_starts():
    """Whoever a trust policy names, with the call that is theirs."""
    provider = f"arn:aws:iam::{HOME}:saml-provider/corp"
    saml = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithSAML",
        }
    )
    found = search(
        {
            "roles": {
                "people": {"trust": saml, "policies": [ADMIN]},
                "partner": {"trust": trust(AWS="333333333333"), "policies": [ADMIN]},
            }
        }
    )
    assert set(chains(found)) == {"corp", "arn:aws:iam::333333333333:root"}


def test_targets_that_no_policy_tells_apart_share_a_node():
    """Ten equal roles are asked for once, and each of them is reached."""
    role = {"trust": trust(AWS=HOME)}
    found = search(
        {
            "users": {name: user(allow("sts:AssumeRole")) for name in ("ana", "bob")},
            "roles": {f"app-{number}": role for number in range(10)},
        }
    )
    inner = [node for node in found.graph if isinstance(node, tuple)]
    assert len(inner) == 1
    assert found.graph.out_degree(inner[0]) == 10
    goal = {f"arn:aws:iam::{HOME}:role/app-7"}
    assert chains(found, goal) == {"ana": ["sts-assume-role"], "bob": ["sts-assume-role"]}


def test_a_deny_on_one_role_tells_it_apart():
    """The class of a target is what policies say about it."""
    role = {"trust": trust(AWS=HOME)}
    deny = {
        "Effect": "Deny",
        "Action": "sts:AssumeRole",
        "Resource": f"arn:aws:iam::{HOME}:role/app-1",
    }
    found = search(
        {
            "users": {"ana": user(allow("sts:AssumeRole"), document(deny)), "bob": {}},
            "roles": {"app-1": role, "app-2": role},
        }
    )
    assert not chains(found, {f"arn:aws:iam::{HOME}:role/app-1"})
    assert chains(found, {f"arn:aws:iam::{HOME}:role/app-2"})


def test_nothing_leads_to_what_is_not_there():
    """An unknown goal has no chains."""
    assert not shortest_chains(search({}), {"arn:aws:iam::111111111111:user/nobody"})


def test_a_small_group_is_no_way_up():
    """Joining it gives what it has, which is not everything; and it is not said to be blocked."""
    found = search(
        {
            "users": {"ana": user(allow("iam:AddUserToGroup"))},
            "groups": {"readers": user(allow("s3:GetObject"))},
        }
    )
    assert not chains(found)
    assert not found.blocked


def test_of_goals_that_are_equally_near_the_first_by_name_is_taken():
    """So that the same question has the same answer each time."""
    some = {"policies": [ADMIN], "trust": trust(AWS=HOME)}
    found = search(
        {"users": {"ana": user(allow("sts:AssumeRole"))}, "roles": {"b": some, "a": some}}
    )
    (chain,) = shortest_chains(found, administrators(found), [f"arn:aws:iam::{HOME}:user/ana"])
    assert chain.target == administrator_of(HOME)
    roles = [f"arn:aws:iam::{HOME}:role/{name}" for name in ("b", "a")]
    (chain,) = shortest_chains(found, roles, [f"arn:aws:iam::{HOME}:user/ana"])
    assert chain.target == roles[1]


def test_nothing_blocks_the_way_to_oneself():
    """Whoever may not make an own access key is somebody already."""
    deny = document({"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"})
    ana = user(allow("iam:CreateAccessKey"), deny)
    assert not search({"users": {"ana": ana}}).blocked
    (blocked,) = search({"users": {"ana": ana, "ben": user(allow("s3:GetObject"))}}).blocked
    assert blocked.source.endswith("/ana")


def test_a_group_by_which_everything_is_had_is_not_left():
    """A new version of a policy of the group: its deny goes by other calls than leaving it."""
    deny = document({"Effect": "Deny", "Action": "s3:DeleteBucketPolicy", "Resource": "*"})
    policies = {"Team": allow("iam:CreatePolicyVersion", f"arn:aws:iam::{HOME}:policy/Team")}
    groups = {"team": user(deny, policies=["Team"])}
    found = search({"users": {"ana": {"groups": ["team"]}}, "groups": groups, "policies": policies})
    (chain,) = shortest_chains(found, administrators(found))
    assert chain.hops[0].edge.way.id == "iam-create-policy-version"
    (cleared,) = chain.hops[0].edge.cleared
    assert cleared.taken.step.action == "iam:DeleteGroupPolicy"
    own = {"ana": {"groups": ["team"], "policies": ["Team"]}}
    found = search({"users": own, "groups": groups, "policies": policies})
    (cleared,) = shortest_chains(found, administrators(found))[0].hops[0].edge.cleared
    assert cleared.taken.step.action == "iam:RemoveUserFromGroup"


def test_a_workload_that_the_world_lists_is_not_presumed():
    """A function with its role is asked about by its own ARN; without one in the world the way says
    what it presumes, and a function that the caller can't change is none."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = "arn:aws:iam::111122223333:role/prize"

    def chain(own, functions):
        change = {"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": own}
        account = {
            "users": {"dev": {"policies": [{"Version": "2012-10-17", "Statement": change}]}},
            "roles": {
                "prize": {
                    "trust": {
                        "Version": "2012-10-17",
                        "Statement": {**trust, "Action": "sts:AssumeRole"},
                    },
                    "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                }
            },
            "resources": {arn: {"role": role} for arn in functions},
        }
        world = load_world_data({"accounts": {"111122223333": account}})
        found = find_escalations(Batch(CompiledWorld.checked(world)), blocked=False)
        reached = shortest_chains(found, administrators(found))
        (hop,) = next(entry for entry in reached if entry.source.endswith("/dev")).hops
        return hop.edge

    head = "arn:aws:lambda:eu-west-1:111122223333:function:"
    listed = chain(f"{head}team-*", [f"{head}team-a"])
    assert listed.way.presumes is None
    assert [entry.resource for entry in listed.taken] == [f"{head}team-a"]
    assert chain(f"{head}team-*", []).way.presumes
    assert chain(f"{head}team-*", [f"{head}other"]).way.presumes


def test_a_workload_whose_policy_lets_another_account_change_it():
    """Its code runs with its own role; whom the policy does not name comes nowhere."""
    function = f"arn:aws:lambda:us-east-1:{HOME}:function:f"

    def reached(principal, action="lambda:UpdateFunctionCode"):
        policy = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": function}
        home = {
            "roles": {
                "prize": {"trust": trust(Service="lambda.amazonaws.com"), "policies": [ADMIN]}
            },
            "resources": {
                function: {"role": f"arn:aws:iam::{HOME}:role/prize", "policy": document(policy)}
            },
        }
        return chains(search(home, {"users": {"eve": user(allow("lambda:*")), "bob": {}}}))

    way = {"eve": ["lambda-update-function-code"]}
    assert reached({"AWS": OTHER}) == way
    assert reached({"AWS": f"arn:aws:iam::{OTHER}:user/eve"}) == way
    assert reached({"AWS": f"arn:aws:iam::{OTHER}:user/bob"}).keys() <= {"bob"}
    assert reached({"AWS": OTHER}, "lambda:InvokeFunction") == {}


@pytest.mark.parametrize(
    "pattern",
    [
        f"arn:aws:lambda:eu-west-1:{HOME}:*",
        f"arn:aws:lambda:eu-*-2:{HOME}:*",
        f"arn:aws:*:eu-west-1:{HOME}:*",
        "arn:aws:lambda:eu-west-1",
        f"arn:aws:lambda:eu-west-1:{HOME}:func*:team-*",
        "arn:aws:lambda:*:11111111*:function:team-*",
        f"arn:aws:lambda:*:{HOME}:function:${{aws:username}}-*",
    ],
)
def test_what_a_way_makes_has_a_name_that_some_pattern_fits(pattern):
    """In a Region, with a name, or of a user: nobody got anywhere, which was a clean answer."""
    making = ["lambda:CreateFunction", "lambda:InvokeFunction"]
    home = {
        "users": {"ann": user(allow("iam:PassRole"), allow(making, pattern)), "bob": user()},
        "roles": {"prize": {"trust": trust(Service="lambda.amazonaws.com"), "policies": [ADMIN]}},
    }
    assert chains(search(home)) == {"ann": ["lambda-create-function-and-invoke"]}
