"""Escalation paths from one account into the others of its organization."""

from __future__ import annotations

from iamsim.checks.escalation_paths import known_ways
from iamsim.core.decision import Verdict
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.model import administrator_of
from iamsim.query.escalation.routes import administrators, shortest_chains
from iamsim.world.load import load_world_data

MANAGEMENT, TOOLS, MEMBER, OUTSIDE = (f"{entry}" * 12 for entry in (1, 2, 3, 4))
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-{}"
GROUP = "11111111-1111-1111-1111-111111111111"


def document(*statements):
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def somebody(*actions, resource="*", **more):
    """A user that is allowed some actions."""
    one = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"inline_policies": {"own": document(one)}, **more}


def permission_set(number=1, policy=ADMIN, **more):
    """A permission set."""
    return {"arn": SET.format(str(number) * 16), "policies": [policy], **more}


def search(accounts, *, delegated=None, ways=None, scps=("FullAWSAccess",), **more):
    """Search an organization; `delegated` is what the tools account administers."""
    organization = {
        "id": "o-example001",
        "management_account": MANAGEMENT,
        "root": {
            "id": "r-root",
            "accounts": [MANAGEMENT, TOOLS],
            "units": {"members": {"accounts": [MEMBER], "scps": list(scps)}},
        },
        "delegated_services": {TOOLS: [delegated]} if delegated else {},
        **more,
    }
    everybody = {MANAGEMENT: {}, TOOLS: {}, MEMBER: {}, OUTSIDE: {}} | accounts
    model = load_world_data({"organization": organization, "accounts": everybody})
    chosen = (
        None if ways is None else [known_way for known_way in known_ways() if known_way.id in ways]
    )
    return find_escalations(Batch(CompiledWorld.checked(model)), ways=chosen)


def reach(found, name, ways=None):
    """Where somebody gets in one step, by one of the ways: accounts of which it is everything, and
    roles."""
    (source,) = [candidate for candidate in found.candidates if candidate.endswith(f":user/{name}")]
    return {
        target
        for _, target, data in found.graph.out_edges(source, data=True)
        if "edge" in data and (ways is None or data["edge"].way.id in ways)
    }


ASSIGN = ("sso-create-account-assignment",)
ROLE = "arn:aws:iam::{}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{}_0000000000000000"


def test_the_management_account_assigns_every_permission_set_of_the_organization():
    """To a member where it is, and to an account that does not have it yet; not outside, and in the
    management account only with the permission to make its role."""
    accounts = {
        MANAGEMENT: {
            "users": {
                "ann": somebody("sso:CreateAccountAssignment"),
                "ben": somebody("sso:CreateAccountAssignment", "iam:CreateRole"),
            }
        },
        MEMBER: {"permission_sets": {"Admin": permission_set()}},
        OUTSIDE: {"permission_sets": {"Other": permission_set(2)}},
    }
    found = search(accounts, ways=ASSIGN)
    members = {ROLE.format(MEMBER, "Admin"), administrator_of(TOOLS)}
    assert reach(found, "ann") == members
    assert reach(found, "ben") == members | {administrator_of(MANAGEMENT)}


def test_a_delegated_administrator_leaves_alone_what_the_management_account_has():
    """Neither that account, nor what is provisioned there is managed from a member account."""
    accounts = {
        MANAGEMENT: {"permission_sets": {"Shared": permission_set()}},
        TOOLS: {"users": {"ann": somebody("sso:*", "iam:CreateRole")}},
        MEMBER: {"permission_sets": {"Shared": permission_set(), "Local": permission_set(2)}},
    }
    found = search(accounts, delegated="sso.amazonaws.com", ways=ASSIGN)
    assert reach(found, "ann") == {ROLE.format(MEMBER, "Local"), administrator_of(TOOLS)}
    assert not reach(search(accounts, ways=ASSIGN), "ann")
    assert not reach(search(accounts, delegated="guardduty.amazonaws.com", ways=ASSIGN), "ann")


def test_a_delegated_administrator_edits_every_group():
    """Also one that gives access to the management account, as AWS warns."""
    shared = permission_set(assignments=[f"GROUP/{GROUP}"])
    accounts = {
        MANAGEMENT: {"permission_sets": {"Shared": shared}},
        TOOLS: {"users": {"ann": somebody("identitystore:CreateGroupMembership")}},
        MEMBER: {"permission_sets": {"Personal": permission_set(2, assignments=["USER/x"])}},
    }
    ways = ("identitystore-create-group-membership",)
    found = search(accounts, delegated="sso.amazonaws.com", ways=ways)
    assert reach(found, "ann") == {ROLE.format(MANAGEMENT, "Shared")}


def test_the_arn_of_a_permission_set_decides():
    """A permission for one permission set is none for the other; where no world says which ARN it
    has, it may be the one that the policy names."""
    instance = "arn:aws:sso:::instance/*"
    account = f"arn:aws:sso:::account/{MEMBER}"
    ann = somebody(
        "sso:CreateAccountAssignment", resource=[SET.format("1" * 16), instance, account]
    )
    sets = {"One": permission_set(), "Two": permission_set(2)}
    unknown = {name: {"policies": [ADMIN]} for name in sets}
    for known, expected in ((sets, {"One"}), (unknown, {"One", "Two"})):
        found = search(
            {MANAGEMENT: {"users": {"ann": ann}}, MEMBER: {"permission_sets": known}}, ways=ASSIGN
        )
        assert reach(found, "ann") == {ROLE.format(MEMBER, name) for name in expected}


def test_a_changed_permission_set_makes_administrators_of_all_accounts_that_have_it():
    """Unless its boundary, or the guardrails of an account leave less."""
    users = {"ann": somebody("sso:AttachManagedPolicyToPermissionSet", "sso:Provision*")}
    accounts = {
        MANAGEMENT: {"users": users},
        TOOLS: {"permission_sets": {"Read": permission_set(1, READER)}},
        MEMBER: {"permission_sets": {"Read": permission_set(1, READER)}},
    }
    ways = ("sso-attach-managed-policy",)
    both = {administrator_of(TOOLS), administrator_of(MEMBER)}
    assert reach(search(accounts, ways=ways), "ann") == both
    deny = document({"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
    limited = search(accounts, ways=ways, scps=("FullAWSAccess", deny))
    assert reach(limited, "ann") == {administrator_of(TOOLS)}
    bounded = {"Read": permission_set(1, READER, boundary=READER)}
    accounts[TOOLS] = {"permission_sets": bounded}
    assert reach(search(accounts, ways=ways), "ann") == {administrator_of(MEMBER)}


def test_a_customer_managed_policy_must_be_there_to_assign_its_permission_set():
    """An account without a policy of that name can't get the permission set."""
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    accounts = {
        MANAGEMENT: {"users": {"ann": somebody("sso:CreateAccountAssignment")}},
        MEMBER: {
            "permission_sets": {"Admin": permission_set(policy="Everything")},
            "policies": {"Everything": everything},
        },
    }
    role = ROLE.format(MEMBER, "Admin")
    assert reach(search(accounts, ways=ASSIGN), "ann") == {role}
    accounts[TOOLS] = {"policies": {"Everything": everything}}
    assert reach(search(accounts, ways=ASSIGN), "ann") == {role, administrator_of(TOOLS)}


def test_who_becomes_an_administrator_of_the_management_account_reaches_the_members():
    """The chain goes on from there, by whatever is nearest."""
    found = search({MANAGEMENT: {"users": {"ann": somebody("iam:AttachUserPolicy")}}})
    goals = {administrator_of(MEMBER)}
    (chain,) = [
        shortest_chain
        for shortest_chain in shortest_chains(found, goals)
        if shortest_chain.source.endswith("/ann")
    ]
    assert [hop.source for hop in chain.hops][1:] == [administrator_of(MANAGEMENT)]
    assert chain.hops[0].edge.way.id == "iam-attach-user-policy"


def test_a_group_of_the_management_account_is_a_step_to_the_members():
    """Whoever can join it assigns as its members do."""
    accounts = {
        MANAGEMENT: {
            "users": {"ann": somebody("iam:AddUserToGroup"), "ben": {}},
            "groups": {"access": somebody("sso:CreateAccountAssignment")},
        },
        MEMBER: {"permission_sets": {"Admin": permission_set()}},
    }
    found = search(accounts, ways=(*ASSIGN, "iam-add-user-to-group"))
    (chain,) = shortest_chains(found, {administrator_of(MEMBER)})
    assert chain.source == f"arn:aws:iam::{MANAGEMENT}:user/ann"
    assert [hop.edge.way.id for hop in chain.hops] == ["iam-add-user-to-group", *ASSIGN]


def test_root_sessions_reach_the_root_user_unless_a_guardrail_is_about_it():
    """From the management account and from who may open root sessions, never into the former."""
    ways = ("sts-assume-root",)
    accounts = {
        MANAGEMENT: {"users": {"ann": somebody("sts:AssumeRoot")}},
        TOOLS: {"users": {"ben": somebody("sts:AssumeRoot")}},
        MEMBER: {"users": {"cyd": somebody("sts:AssumeRoot")}},
    }
    found = search(accounts, ways=ways, delegated_administrators=[TOOLS])
    both = {administrator_of(TOOLS), administrator_of(MEMBER)}
    assert [reach(found, word) for word in ("ann", "ben", "cyd")] == [both, both, set()]
    no_root = document(
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
        }
    )
    found = search(accounts, ways=ways, scps=("FullAWSAccess", no_root))
    assert reach(found, "ann") == {administrator_of(TOOLS)}


def test_stack_sets_of_the_organization_never_deploy_into_the_management_account():
    """A delegated administrator of stack sets deploys into members, itself included."""
    ways = ("cloudformation-create-organization-stack-set",)
    accounts = {TOOLS: {"users": {"ann": somebody("cloudformation:*")}}}
    delegated = "member.org.stacksets.cloudformation.amazonaws.com"
    found = search(accounts, delegated=delegated, ways=ways)
    assert reach(found, "ann") == {administrator_of(TOOLS), administrator_of(MEMBER)}


def test_without_a_management_account_there_are_no_such_ways():
    """No organization, or one that does not say which account that is."""
    accounts = {
        TOOLS: {
            "users": {"ann": somebody("sso:*", "sts:AssumeRoot")},
            "permission_sets": {"Admin": permission_set()},
        }
    }
    alone = load_world_data({"accounts": accounts})
    found = find_escalations(Batch(CompiledWorld.checked(alone)))
    assert not reach(found, "ann")


def test_a_condition_of_a_step_stays():
    """Assigning only with multi-factor authentication is a conditional way."""
    one = somebody("sso:CreateAccountAssignment")
    one["inline_policies"]["own"]["Statement"][0]["Condition"] = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"}
    }
    accounts = {
        MANAGEMENT: {"users": {"ann": one}},
        MEMBER: {"permission_sets": {"Admin": permission_set()}},
    }
    found = search(accounts, ways=ASSIGN)
    (chain,) = [
        shortest_chain
        for shortest_chain in shortest_chains(found, administrators(found))
        if shortest_chain.source.endswith("/ann")
    ]
    assert chain.verdict is Verdict.CONDITIONAL


def test_roles_of_identity_center_are_not_changed_in_iam():
    """A role of a permission set is no target of IAM's own calls; a policy that it has, is."""
    everything = document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    accounts = {
        OUTSIDE: {
            "users": {
                "ann": somebody("iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"),
            },
            "roles": {
                "AWSReservedSSO_Read_0123456789abcdef": {
                    "path": "/aws-reserved/sso.amazonaws.com/",
                    "trust": document(
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": OUTSIDE},
                            "Action": "sts:AssumeRole",
                        }
                    ),
                    "policies": ["Own"],
                    **somebody("iam:CreatePolicyVersion", "iam:AttachRolePolicy"),
                }
            },
            "policies": {"Own": everything},
        }
    }
    found = search(accounts)
    assert not reach(found, "ann")
    (role,) = [candidate for candidate in found.candidates if "AWSReservedSSO" in candidate]
    ways = {data["edge"].way.id for *_, data in found.graph.out_edges(role, data=True)}
    assert ways == {"iam-create-policy-version"}
