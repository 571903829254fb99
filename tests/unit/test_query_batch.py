"""Many requests at once: which are decided together, and who is asked for."""

from __future__ import annotations

import pytest

from iamsim.core.decision import Layer, Verdict
from iamsim.core.errors import RequestError
from iamsim.engine.question import Session
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import ActionUniverse, Batch, CandidateKind, catalog_actions, find_candidate
from iamsim.query.batch.classes import refine
from iamsim.query.batch.scan import ActionScan
from iamsim.syntax.read import parse_policy
from iamsim.world.items import NOWHERE
from iamsim.world.load import load_world_data
from iamsim.world.model import ManagedPolicyReference, PolicyDocument

HOME, AWAY = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::data"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/11aa"


def allow(action, resource="*", **more):
    """Make a policy of one Allow."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def batch_of(accounts, **options):
    """Make a batch over some accounts."""
    return Batch(CompiledWorld(load_world_data({"accounts": accounts})), **options)


def user(name, account=HOME):
    """The ARN of a user."""
    return f"arn:aws:iam::{account}:user/{name}"


def principals(holders):
    """The names behind the last slash."""
    return [holder.principal.rpartition("/")[2] for holder in holders]


def test_universe_finds_actions_by_name_and_bit():
    """Bits are in the order of service and name, whatever case is asked for."""
    universe = ActionUniverse(["s3:GetObject", "ec2:RunInstances", "s3:PutObject"])
    assert universe.names == ("ec2:runinstances", "s3:getobject", "s3:putobject")
    assert universe.mask_of(["S3:getobject", "no:Such"]) == 0b010
    assert universe.actions(0b101) == ["ec2:RunInstances", "s3:PutObject"]
    assert universe.service_mask("s3") == 0b110
    assert universe.service_mask("sqs") == 0
    assert list(universe.services_of(0b111)) == ["ec2", "s3"]
    assert list(universe.numbers(0)) == []


def test_universe_lists_large_sets_like_small_ones():
    """Both ways to walk over a set give the same numbers."""
    universe = catalog_actions()
    whole = universe.everything
    assert list(universe.numbers(whole)) == list(range(len(universe.names)))
    assert catalog_actions() is universe


def test_refine_cuts_until_no_mask_cuts_any_more():
    """Every part lies inside or outside of every mask."""
    parts = refine(0b11110, [0b00110, 0b01010, 0b10000, 0b1])
    assert sorted(parts) == [0b00010, 0b00100, 0b01000, 0b10000]
    assert refine(0, [1]) == []


def test_alike_callers_are_decided_once_with_their_own_statements():
    """Two users with equal policies share a decision; each names the statement of its own."""
    batch = batch_of(
        {
            HOME: {
                "users": {
                    name: {"policies": [allow("s3:GetObject", f"{BUCKET}/*")]}
                    for name in ("ann", "bob")
                },
                "resources": {BUCKET: {}},
            }
        }
    )
    found = batch.who("s3:GetObject", f"{BUCKET}/x")
    by_name = {holder.principal: holder.answer for holder in found}
    assert set(by_name) == {user("ann"), user("bob"), f"arn:aws:iam::{HOME}:root"}
    (sweep,) = batch._sweeps.values()
    assert sweep.decided == 1
    for name in ("ann", "bob"):
        (statement,) = by_name[user(name)].decision.statements
        assert name in statement.policy


def test_values_of_keys_that_are_read_tell_callers_apart():
    """Equal policies with a condition on a tag: who has another tag gets another answer."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    policy = allow("s3:GetObject", Condition=condition)
    batch = batch_of(
        {
            HOME: {
                "users": {
                    "ann": {"tags": {"team": "blue"}, "policies": [policy]},
                    "bob": {"tags": {"team": "red"}, "policies": [policy]},
                    "cat": {"policies": [policy]},
                },
                "roles": {"dog": {"policies": [policy]}},
            }
        }
    )
    found = {holder.principal: holder.answer for holder in batch.who("s3:GetObject", "*")}
    assert found[user("ann")].verdict is Verdict.ALLOWED
    assert user("bob") not in found
    # A user has no other tags than those of the world; the session of a role may have.
    assert user("cat") not in found
    assert found[f"arn:aws:iam::{HOME}:role/dog"].verdict is Verdict.CONDITIONAL
    exact = batch_of({HOME: {"users": {"cat": {"policies": [policy]}}}}, partial=False)
    assert principals(exact.who("s3:GetObject", "*")) == [f"arn:aws:iam::{HOME}:root"]


def test_callers_that_nobody_names_are_not_asked_for():
    """In another account only those that the resource-based policy names can be allowed; with
    `denied` all come."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [user("ann", AWAY), "AIDACAT"]},
                "Action": "s3:GetObject",
                "Resource": f"{BUCKET}/*",
            }
        ],
    }
    everything = {"policies": [allow("s3:*")]}
    batch = batch_of(
        {
            HOME: {"resources": {BUCKET: {"policy": policy}}},
            AWAY: {
                "users": {
                    "ann": everything,
                    "bob": everything,
                    "cat": {"id": "AIDACAT"} | everything,
                }
            },
        }
    )
    able = batch.who("s3:GetObject", f"{BUCKET}/x")
    assert principals(able) == [f"arn:aws:iam::{HOME}:root", "ann", "cat"]
    everybody = batch.who("s3:GetObject", f"{BUCKET}/x", denied=True)
    denied = {holder.principal: holder.answer.decision for holder in everybody}
    assert denied[user("bob", AWAY)].layer is Layer.RESOURCE_BASED_POLICY


def test_callers_that_policies_name_are_asked_for_besides():
    """Services, providers, sessions, other accounts and their principals, anyone."""
    names = {
        "AWS": [
            "arn:aws:iam::777788889999:role/partner",
            "888899990000",
            f"arn:aws:sts::{HOME}:assumed-role/app/night",
            f"arn:aws:iam::{HOME}:user/gone",
            "AROAGONE",
        ],
        "Service": "events.amazonaws.com",
        "Federated": ["accounts.google.com", f"arn:aws:iam::{HOME}:saml-provider/corp"],
    }
    statement = {"Effect": "Allow", "Principal": names, "Action": "s3:*", "Resource": BUCKET}
    public = {**statement, "Principal": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement, public]}
    batch = batch_of({HOME: {"roles": {"app": {}}, "resources": {BUCKET: {"policy": policy}}}})
    kinds = {entry.principal: entry.kind for entry in batch.named("s3:ListBucket", BUCKET)}
    assert kinds == {
        "anonymous": CandidateKind.ANONYMOUS,
        "events.amazonaws.com": CandidateKind.SERVICE,
        "accounts.google.com": CandidateKind.IDENTITY_PROVIDER,
        f"arn:aws:iam::{HOME}:saml-provider/corp": CandidateKind.IDENTITY_PROVIDER,
        f"arn:aws:sts::{HOME}:assumed-role/app/night": CandidateKind.SESSION,
        "arn:aws:iam::777788889999:role/partner": CandidateKind.EXTERNAL,
        "arn:aws:iam::888899990000:root": CandidateKind.EXTERNAL_ACCOUNT,
        "*": CandidateKind.ANY_ACCOUNT,
    }
    found = {entry.principal: entry.answer for entry in batch.who("s3:ListBucket", BUCKET)}
    partner = found["arn:aws:iam::777788889999:role/partner"]
    assert partner.residual is not None
    assert partner.residual.sentence == "allowed if the unknown identity-based policy allows it"
    assert found["anonymous"].verdict is Verdict.ALLOWED
    assert "*" not in found  # anyone is more


def test_people_of_identity_center_come_with_their_permission_set():
    """A role that is listed stands for its permission set; one that is not gets a stand-in."""
    listed = "AWSReservedSSO_Ops_0123456789abcdef"
    path = "/aws-reserved/sso.amazonaws.com/"
    batch = batch_of(
        {
            HOME: {
                "roles": {listed: {"path": path}},
                "permission_sets": {
                    "Ops": {"assignments": ["group ops"]},
                    "Dev": {"inline": allow("s3:*"), "assignments": ["dora"]},
                },
            }
        }
    )
    people = {
        candidate.principal.rpartition("/")[2]: candidate.people
        for candidate in batch.candidates
        if candidate.kind is CandidateKind.IDENTITY_CENTER
    }
    assert people == {listed: ("group ops",), f"AWSReservedSSO_Dev_{'0' * 16}": ("dora",)}


def test_find_candidate_says_what_somebody_is():
    """By the world where it knows, else by the text."""
    model = load_world_data(
        {"accounts": {HOME: {"users": {"ann": {}}, "roles": {"x": {"service_linked": True}}}}}
    )
    kinds = {
        text: find_candidate(model, text).kind
        for text in (
            user("ann"),
            f"arn:aws:iam::{HOME}:role/x",
            f"arn:aws:iam::{HOME}:root",
            f"arn:aws:sts::{HOME}:assumed-role/x/s",
            "anonymous",
            "ec2.amazonaws.com",
            user("zoe"),
        )
    }
    assert list(kinds.values()) == [
        CandidateKind.USER,
        CandidateKind.SERVICE_LINKED_ROLE,
        CandidateKind.ROOT_USER,
        CandidateKind.SESSION,
        CandidateKind.ANONYMOUS,
        CandidateKind.SERVICE,
        CandidateKind.SESSION,
    ]


def test_actions_that_are_not_in_the_catalog_are_decided_by_name():
    """They get an answer, in the order in which they were asked for."""
    batch = batch_of({HOME: {"users": {"ann": {"policies": [allow("new:*")]}}}})
    found = batch.decide_actions(user("ann"), "*", ["new:Thing", "s3:GetObject", "new:Thing"])
    assert [(name, answer.verdict) for name, answer in found.items()] == [
        ("new:Thing", Verdict.ALLOWED),
        ("s3:GetObject", Verdict.IMPLICIT_DENY),
    ]


def test_all_actions_of_the_catalog_are_decided():
    """Without a list, every action comes once, sorted, as AWS writes it."""
    batch = batch_of({HOME: {"users": {"ann": {"policies": [allow("s3:Get*")]}}}})
    found = batch.decide_actions(user("ann"), "*")
    assert list(found) == list(batch.universe.written)
    able = [name for name, value in found.items() if value.possible]
    assert "s3:GetObject" in able
    assert "s3:PutObject" not in able
    assert batch.may(user("ann")) & batch.universe.mask_of(["s3:GetObject"])
    assert batch.may(f"arn:aws:iam::{HOME}:root") == batch.universe.everything
    assert batch.may("ec2.amazonaws.com") == 0


def test_actions_of_a_key_are_left_out_for_an_alias():
    """AWS authorizes the key; who asks for one action by name gets the error."""
    batch = batch_of({HOME: {"users": {"ann": {"policies": [allow("kms:*")]}}}})
    alias = f"arn:aws:kms:eu-west-1:{HOME}:alias/mine"
    found = batch.decide_actions(user("ann"), alias)
    assert "kms:Decrypt" not in found
    assert found["kms:CreateAlias"].possible
    with pytest.raises(RequestError) as caught:
        batch.decide_actions(user("ann"), alias, ["kms:Decrypt"])
    assert caught.value.code == "alias-instead-of-key"


def test_no_principal_is_an_error():
    """The engine refuses it, and so does a batch."""
    batch = batch_of({HOME: {}})
    with pytest.raises(RequestError):
        batch.decide_actions("nobody", "*", ["sts:AssumeRole"])


def test_a_session_brings_its_policies():
    """A session policy narrows what all actions get."""
    policy = parse_policy(allow("s3:GetObject"), name="session")
    batch = batch_of({HOME: {"roles": {"app": {"policies": [allow("s3:*")]}}}})
    role = f"arn:aws:iam::{HOME}:role/app"
    found = batch.decide_actions(
        role, "*", ["s3:GetObject", "s3:PutObject"], session=Session(policies=(policy,))
    )
    assert [answer.verdict for answer in found.values()] == [Verdict.ALLOWED, Verdict.IMPLICIT_DENY]


def test_trusted_are_those_that_the_trust_policy_can_mean():
    """By name, by account, or everybody."""

    def trusting(principal):
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        return {"trust": {"Version": "2012-10-17", "Statement": [trust]}}

    batch = batch_of(
        {
            HOME: {
                "users": {"ann": {}, "bob": {}},
                "roles": {
                    "named": trusting({"AWS": user("ann")}),
                    "home": trusting({"AWS": HOME}),
                    "open": trusting("*"),
                },
            },
            AWAY: {"users": {"eve": {}}},
        }
    )
    head = f"arn:aws:iam::{HOME}:role/"
    assert [entry.principal for entry in batch.trusted(f"{head}named")] == [user("ann")]
    assert user("eve", AWAY) not in {entry.principal for entry in batch.trusted(f"{head}home")}
    assert user("eve", AWAY) in {entry.principal for entry in batch.trusted(f"{head}open")}


def test_alike_callers_of_several_accounts_are_decided_once():
    """Where the accounts make no difference, nor what a statement reads of them."""

    def decided(condition):
        policy = allow("s3:ListAllMyBuckets", Condition=condition)
        users = {"users": {"ann": {"policies": [policy]}}}
        batch = batch_of({HOME: users, AWAY: users})
        assert len(batch.who("s3:ListAllMyBuckets", "*")) == 4
        (sweep,) = batch._sweeps.values()
        return sweep.decided

    assert decided({"Bool": {"aws:SecureTransport": "true"}}) == 1
    assert decided({"StringLike": {"aws:PrincipalAccount": "*"}}) == 1
    assert decided({"StringLike": {"aws:ResourceAccount": "*"}}) == 2


def test_policies_that_never_name_the_action_are_not_compiled():
    """Nor is anybody decided who has no others; with `denied` the engine says why."""
    idle = {"policies": [allow("sqs:*")]}
    able = {"policies": [allow("*")]}
    batch = batch_of({HOME: {"users": {"ann": able, "bob": idle, "cat": {}}}})
    assert principals(batch.who("s3:ListAllMyBuckets", "*")) == [f"arn:aws:iam::{HOME}:root", "ann"]
    assert len(batch.world.policies._compiled) == 1
    assert len(batch.who("s3:ListAllMyBuckets", "*", denied=True)) == 4
    assert len(batch.world.policies._compiled) == 2


def test_policies_are_scanned_for_an_action_or_left_to_the_compiler():
    """What isn't a list of plain actions is never left out."""
    scan = ActionScan("s3:getobject")

    def may(statements):
        return scan.may_find([PolicyDocument("p", {"Statement": statements}, NOWHERE)])

    assert may({"Action": "S3:Get*"})
    assert may([{"Action": "sqs:*"}, {"Action": ["sns:*", "*"]}])
    assert not may({"Action": "s3:Get"})
    assert not may([{"Action": ["sqs:*", "s3:Put*"]}])
    for odd in ({"NotAction": "s3:*"}, [{"Action": [1]}], ["text"], "text", {"Action": None}):
        assert may(odd)
    assert scan.may_find([ManagedPolicyReference("arn:aws:iam::aws:policy/ReadOnlyAccess")])
    policy = PolicyDocument("p", {"Statement": []}, NOWHERE)
    assert not scan.may_find([policy, policy])
    assert not scan.may_find([])


def test_a_key_that_other_actions_have_cuts_classes():
    """AWS sends aws:SourceIp with every request: a condition on it may hold for the actions that
    its statement names, whichever action stands for all, also where keys are not unknown."""
    policy = allow(["ec2:*", "s3:Tag*"], "arn:aws:s3:*")
    policy["Statement"][0]["Condition"] = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    batch = batch_of(
        {HOME: {"users": {"ann": {"policies": [policy]}}, "resources": {BUCKET: {}}}}, partial=False
    )
    actions = ["dynamodb:GetItem", "ec2:DescribeVpcs", "ec2:StartInstances", "s3:GetObject"]
    found = batch.decide_actions(user("ann"), f"{BUCKET}/x", actions)
    for action in actions:
        alone = batch.decide(user("ann"), action, f"{BUCKET}/x")
        assert found[action].verdict is alone.verdict, action
    assert found["ec2:DescribeVpcs"].verdict is Verdict.CONDITIONAL
