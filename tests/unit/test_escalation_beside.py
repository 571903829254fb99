"""Escalation paths behind a group that makes nobody an administrator, or behind a boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation import beside
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.model import member_node, split_node
from iamsim.query.escalation.routes import administrators, shortest_chains
from iamsim.report.paint import Paint
from iamsim.report.paths import PathsAnswer, paths_data, paths_document
from iamsim.report.writers.markdown import to_markdown
from iamsim.report.writers.text import to_text
from iamsim.world.load import load_world_data

if TYPE_CHECKING:
    import pytest

HOME, OTHER = "111111111111", "222222222222"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ANA = f"arn:aws:iam::{HOME}:user/ana"


def document(*statements):
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policy(action, resource="*", effect="Allow"):
    """A policy of one statement."""
    return document({"Effect": effect, "Action": action, "Resource": resource})


def having(*policies, **more):
    """A user, role or group with inline policies."""
    return {
        "inline_policies": {str(number): entry for number, entry in enumerate(policies)},
        **more,
    }


def trust(**principal):
    """A trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def search(home, other=None, **more):
    """Search two accounts."""
    model = load_world_data({"accounts": {HOME: home, OTHER: other or {}}})
    return find_escalations(Batch(CompiledWorld.checked(model)), **more)


def chain(found, goals=None, source=ANA):
    """The ways of somebody to a goal."""
    some = administrators(found) if goals is None else goals
    return [
        hop.edge.way.id
        for shortest_chain in shortest_chains(found, some, [source])
        for hop in shortest_chain.hops
    ]


PRIZE = {"trust": trust(Service="lambda.amazonaws.com"), "policies": [ADMIN]}
BUILD = having(policy(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))
JOINS = having(policy("iam:AddUserToGroup"))


def test_a_group_is_a_step_to_what_it_allows():
    """Joining it, then passing a role as its members may."""
    found = search({"users": {"ana": JOINS}, "groups": {"build": BUILD}, "roles": {"prize": PRIZE}})
    first, second = chain(found)
    assert first == "iam-add-user-to-group"
    assert second.startswith("lambda-create-function")


def test_own_policies_and_those_of_the_group_count_together():
    """One has the pass, the other the function; neither alone is enough."""
    own = having(policy("iam:AddUserToGroup"), policy("iam:PassRole"))
    home = {"users": {"ana": own}, "roles": {"prize": PRIZE}}
    assert (
        len(
            chain(
                search(
                    {
                        **home,
                        "groups": {
                            "build": having(
                                policy(["lambda:CreateFunction", "lambda:InvokeFunction"])
                            )
                        },
                    }
                )
            )
        )
        == 2
    )
    assert not chain(search({**home, "groups": {"build": having(policy("s3:*"))}}))


def test_a_deny_of_the_group_holds_for_its_new_member():
    """Joining brings the denies as well."""
    group = having(
        policy(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]),
        policy("iam:PassRole", effect="Deny"),
    )
    found = search({"users": {"ana": JOINS}, "groups": {"build": group}, "roles": {"prize": PRIZE}})
    assert not chain(found)


def test_a_boundary_limits_what_a_group_gives():
    """A new member keeps its boundary."""
    home = {"groups": {"build": BUILD}, "roles": {"prize": PRIZE}}
    for boundary, count in (
        (["iam:*", "lambda:CreateFunction", "lambda:InvokeFunction"], 2),
        (["iam:*"], 0),
    ):
        ana = {**JOINS, "boundary": "Limit"}
        found = search({**home, "users": {"ana": ana}, "policies": {"Limit": policy(boundary)}})
        assert len(chain(found)) == count


def test_a_group_opens_a_role_of_another_account():
    """The role trusts the account, and only members of the group may ask for it."""
    role = f"arn:aws:iam::{OTHER}:role/audit"
    group = having(policy("sts:AssumeRole", role))
    found = search(
        {"users": {"ana": JOINS, "ben": {}}, "groups": {"audit": group}},
        {"roles": {"audit": {"trust": trust(AWS=HOME), "policies": [ADMIN]}}},
    )
    assert chain(found, {role}) == ["iam-add-user-to-group", "sts-assume-role"]
    assert not chain(found, {role}, f"arn:aws:iam::{HOME}:user/ben")


def test_one_group_is_followed_and_not_a_second_one_after_it():
    """What two groups give only together is not found."""
    groups = {
        "pass": having(policy("iam:PassRole")),
        "make": having(policy(["lambda:CreateFunction", "lambda:InvokeFunction"])),
    }
    home = {"users": {"ana": JOINS}, "roles": {"prize": PRIZE}}
    assert not chain(search({**home, "groups": groups}))
    assert chain(search({**home, "groups": {"both": BUILD}}))


def test_a_role_joins_no_group():
    """Only users are members of groups, however much a role may change about them."""
    role = {"trust": trust(Service="ec2.amazonaws.com"), **JOINS}
    groups = {"all": having(policy("*")), "build": BUILD}
    found = search({"roles": {"app": role, "prize": PRIZE}, "groups": groups})
    assert not chain(found, source=f"arn:aws:iam::{HOME}:role/app")


def test_behind_a_boundary_everything_else_is_a_step():
    """Whoever may change the own policies, but not the boundary, has all that it leaves."""
    ana = having(policy("iam:PutUserPolicy"), boundary="Limit")
    home = {"users": {"ana": ana}, "roles": {"prize": PRIZE}}
    limit = {
        "Limit": policy(
            ["iam:PutUserPolicy", "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
        )
    }
    ways = chain(search({**home, "policies": limit}))
    assert ways[0] == "iam-put-user-policy"
    assert len(ways) == 2
    assert not chain(search({**home, "policies": {"Limit": policy("iam:PutUserPolicy")}}))


def test_an_own_deny_stays_unless_it_is_written_over():
    """A policy more does not take the deny of another away; an inline policy can be replaced, and
    a managed one by a new version of it."""
    deny = policy("iam:PassRole", effect="Deny")
    changes = ["iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:CreatePolicyVersion"]
    some = [*changes[:2], "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
    managed = [f"arn:aws:iam::{HOME}:policy/{name}" for name in ("Guard", "Other")]
    version = {"Effect": "Allow", "Action": changes[2], "Resource": managed}
    limit = document({"Effect": "Allow", "Action": some, "Resource": "*"}, version)
    roles = {"prize": PRIZE}
    policies = {"Limit": limit, "Guard": deny, "Other": policy("s3:ListAllMyBuckets")}
    for own, passes in (
        (having(policy(changes[0]), deny), False),
        (having(policy(changes[0]), policies=["Guard"]), False),
        (having(policy(changes[1]), deny), True),
        (having(policy(changes[1]), policies=["Guard"]), False),
        (having(policy(changes[2]), deny, policies=["Other"]), False),
        (having(policy(changes[2]), policies=["Guard"]), True),
    ):
        ana = {**own, "boundary": "Limit"}
        found = search({"users": {"ana": ana}, "roles": roles, "policies": policies})
        assert bool(chain(found)) is passes


def test_a_group_that_bears_on_no_way_is_no_node():
    """Neither is one for somebody who becomes an administrator anyway."""
    readers = {"readers": having(policy("s3:GetObject"))}
    for users, groups in (
        ({"ana": JOINS}, readers),
        ({"ana": having(policy(["iam:AddUserToGroup", "iam:AttachUserPolicy"]))}, {"b": BUILD}),
    ):
        found = search({"users": users, "groups": groups, "roles": {"prize": PRIZE}})
        assert not [node for node in found.graph if split_node(str(node))[1]]


def test_groups_beyond_the_limit_are_named(monkeypatch: pytest.MonkeyPatch):
    """A search says what it left out."""
    monkeypatch.setattr(beside, "MOST_GROUPS", 2)
    groups = {f"build-{number}": BUILD for number in range(5)}
    found = search({"users": {"ana": JOINS}, "groups": groups, "roles": {"prize": PRIZE}})
    assert found.not_followed == [
        f"arn:aws:iam::{HOME}:group/build-{number}" for number in (2, 3, 4)
    ]
    assert len(chain(found)) == 2


def test_what_was_left_out_is_said(monkeypatch: pytest.MonkeyPatch):
    """In text, in Markdown and in JSON."""
    monkeypatch.setattr(beside, "MOST_GROUPS", 1)
    groups = {f"build-{number}": BUILD for number in range(2)}
    home = {"users": {"ana": JOINS}, "groups": groups, "roles": {"prize": PRIZE}}
    found = search(home)
    answer = PathsAnswer("anybody", found, shortest_chains(found, administrators(found)))
    text = to_text(paths_document(answer), Paint(), 100)
    assert "1 group that somebody can join was not followed" in text
    assert "with group/build-0 besides" in text
    assert "was not followed" in to_markdown(paths_document(answer))
    assert paths_data(answer)["not_followed"] == [f"arn:aws:iam::{HOME}:group/build-1"]
    hops = paths_data(answer)["paths"][0]["ways"]
    assert [hop["source_besides"] for hop in hops] == [None, f"arn:aws:iam::{HOME}:group/build-0"]
    assert {hop["source"] for hop in hops} == {ANA}
    monkeypatch.undo()
    assert "not_followed" not in paths_data(PathsAnswer("anybody", search(home), ()))


def test_nodes_are_taken_apart_again():
    """A principal alone has nothing besides."""
    group = f"arn:aws:iam::{HOME}:group/build"
    assert split_node(member_node(ANA, group)) == (ANA, group)
    assert split_node(ANA) == (ANA, None)


def test_who_becomes_an_administrator_opens_what_trusts_somebody_by_name():
    """An administrator gives the one that is named the permission it lacks."""
    role = f"arn:aws:iam::{OTHER}:role/audit"
    found = search(
        {"users": {"ana": having(policy("iam:AttachUserPolicy")), "ben": {}}},
        {"roles": {"audit": {"trust": trust(AWS=f"arn:aws:iam::{HOME}:user/ben")}}},
    )
    assert chain(found, {role}) == ["iam-attach-user-policy", "sts-assume-role"]
    assert not chain(found, {role}, f"arn:aws:iam::{HOME}:user/ben")


def test_tags_that_somebody_gives_himself_open_a_trust_policy():
    """Whom a role trusts by a tag can take the tag on; who may not tag himself can't."""
    by_tag = trust(AWS=[ANA, f"arn:aws:iam::{HOME}:user/bob"])
    by_tag["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "platform"}}
    roles = {"prize": {**PRIZE, "trust": by_tag}}
    tagger = having(policy("iam:TagUser", ANA))
    found = search({"users": {"ana": tagger, "bob": tagger}, "roles": roles})
    assert chain(found) == ["iam-tag-user", "sts-assume-role"]
    assert chain(found, source=f"arn:aws:iam::{HOME}:user/bob") == []


def test_tags_that_somebody_gives_himself_are_nobody_elses():
    """Own tags make oneself what a policy asks of its resource, and not a role that is alike."""
    by_tag = policy("iam:PutRolePolicy")
    by_tag["Statement"][0]["Condition"] = {"StringEquals": {"iam:ResourceTag/open": "yes"}}
    arn = f"arn:aws:iam::{HOME}:role/"
    more = {"trust": trust(Service="ec2.amazonaws.com"), "tags": {"team": "web"}}
    roles = {
        "worker": having(policy("iam:TagRole", f"{arn}worker"), by_tag, **more),
        "alike": more,
        "other": having(by_tag, **more),
    }
    found = search({"roles": roles})
    assert chain(found, source=f"{arn}worker") == ["iam-tag-role", "iam-put-role-policy"]
    assert not found.graph.has_edge(member_node(f"{arn}worker", beside.OWN_TAGS), f"{arn}alike")
    assert chain(found, source=f"{arn}other") == []
