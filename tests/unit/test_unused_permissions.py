"""Unused permissions: what counts as granted, as tracked and as old; times in worlds."""

from __future__ import annotations

import json

import pytest
from botocore.session import get_session

from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.finding import FindingKind
from iamsim.query.analyzer.recommended import recommend
from iamsim.query.analyzer.unused import find_unused
from iamsim.query.analyzer.unused_permissions import find_unused_permissions
from iamsim.query.batch import Batch
from iamsim.report.access_findings import (
    FindingsAnswer,
    access_findings_document,
    access_findings_lines,
    finding_sentence,
)
from iamsim.report.access_findings_data import access_findings_data
from iamsim.report.paint import Paint
from iamsim.report.writers.html import to_html
from iamsim.report.writers.text import to_text
from iamsim.world.laying import State, lay_over
from iamsim.world.load import load_world, load_world_data
from tests.unit.pages import find_all, read_page, text_of

HOME = "111111111111"
NOW, RECENT, OLD = "2026-11-25", "2026-11-20T00:00:00Z", "2026-01-01T00:00:00Z"


def policy(*statements):
    """A document of statements: effect, actions, and resources where they are not all."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": effect, "Action": actions, "Resource": rest[0] if rest else "*"}
            for effect, actions, *rest in statements
        ],
    }


def world(last_accessed, *statements, kind="roles", scp=None, **facts):
    """One principal with one policy; an organization where there is an SCP."""
    holder = {
        "inline_policies": {"own": policy(*statements)},
        "last_accessed": last_accessed,
        **facts,
    }
    data = {"accounts": {HOME: {kind: {"app": holder}}}}
    if scp is not None:
        root = {"id": "r-root", "accounts": [HOME], "scps": ["FullAWSAccess", policy(scp)]}
        data["organization"] = {"id": "o-ours000001", "root": root}
    return load_world_data(data)


def services(model, days=90):
    """The unused services of the only finding, by namespace."""
    found = find_unused_permissions(Batch(CompiledWorld.checked(model)), NOW, days)
    assert len(found) <= 1
    return {service.namespace: service for entry in found for service in entry.services}


def test_a_service_that_nobody_called_is_unused_as_a_whole():
    """Without actions, as AWS has it; a service that was called is none."""
    model = world({"s3": {"at": RECENT}, "sqs": {}, "sns": {"at": OLD}}, ("Allow", "*"))
    found = services(model)
    assert sorted(found) == ["sns", "sqs"]
    assert found["sqs"].last_accessed is None
    assert found["sns"].last_accessed == OLD
    assert not found["sqs"].actions
    assert found["sqs"].granted > 1


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([("Allow", "s3:*")], ("s3:CreateBucket", "s3:DeleteBucket")),
        ([("Allow", "s3:CreateBucket")], ("s3:CreateBucket",)),
        ([("Allow", "s3:*"), ("Deny", "s3:Create*")], ("s3:DeleteBucket",)),
        ([("Allow", "s3:*"), ("Deny", "s3:*")], ()),
        (
            [("Allow", "s3:*"), ("Deny", "s3:Create*", "arn:aws:s3:::other")],
            ("s3:CreateBucket", "s3:DeleteBucket"),
        ),
        (
            [("Allow", "s3:DeleteBucket", "arn:aws:s3:::mine"), ("Deny", "s3:*", "*:mine")],
            (),
        ),
        (
            [
                ("Allow", "s3:DeleteBucket", ["arn:aws:s3:::mine", "arn:aws:s3:::yours"]),
                ("Deny", "s3:*", "*:mine"),
            ],
            ("s3:DeleteBucket",),
        ),
        ([("Allow", "sqs:*")], ()),
    ],
)
def test_only_what_identity_based_policies_grant_is_unused(statements, expected):
    """A Deny takes away what it takes away everywhere; untracked actions are never named."""
    data = {
        "s3": {
            "at": RECENT,
            "actions": {"CreateBucket": "never", "DeleteBucket": OLD, "ListAllMyBuckets": RECENT},
        }
    }
    found = services(world(data, *statements))
    names = tuple(name for service in found.values() for name, _ in service.actions)
    assert names == expected


def test_what_is_not_tracked_is_said_and_not_called_unused():
    """The actions that IAM's data does not name are apart, and make no finding alone."""
    data = {"s3": {"at": RECENT, "actions": {"CreateBucket": "never"}}}
    (found,) = services(world(data, ("Allow", ["s3:CreateBucket", "s3:GetObject"]))).values()
    assert found.actions == (("s3:CreateBucket", None),)
    assert found.untracked == ("s3:GetObject",)
    assert found.granted == 2
    assert not services(world({"s3": {"at": RECENT}}, ("Allow", "s3:GetObject")))


def test_what_a_guardrail_denies_anyway_is_said():
    """The permission is unused all the same, as in AWS's analyzer; here it is known why."""
    data = {"s3": {"at": RECENT, "actions": {"CreateBucket": "never", "DeleteBucket": "never"}}}
    found = services(world(data, ("Allow", "s3:*"), scp=("Deny", "s3:DeleteBucket")))
    assert [name for name, _ in found["s3"].actions] == ["s3:CreateBucket", "s3:DeleteBucket"]
    assert found["s3"].blocked == ("s3:DeleteBucket",)
    whole = services(world({"s3": {}}, ("Allow", "s3:*Bucket"), scp=("Deny", "s3:D*")))
    assert whole["s3"].blocked == ("s3:DeleteBucket",)


def test_a_service_that_the_service_reference_does_not_list():
    """IAM's data lists only what the policies grant."""
    assert "brandnew" in services(world({"brandnew": {}}, ("Allow", "*")))
    assert not services(world({"brandnew": {"at": RECENT}}, ("Allow", "*")))


@pytest.mark.parametrize(
    "facts",
    [
        {"created": RECENT},
        {"path": "/aws-service-role/x.amazonaws.com/"},
        {"service_linked": True},
        {"last_used": OLD},
    ],
)
def test_roles_that_have_no_unused_permissions(facts):
    """New ones, service-linked ones, and those that are unused themselves."""
    assert not services(world({"sqs": {}}, ("Allow", "*"), **facts))


def test_a_role_that_called_a_service_is_not_unused():
    """Whatever else says when it was last used."""
    model = world({"s3": {"at": RECENT}, "sqs": {}}, ("Allow", "*"), last_used=OLD)
    assert not find_unused(model, NOW)
    assert list(services(model)) == ["sqs"]
    (old,) = find_unused(world({"s3": {"at": OLD}}, last_used="2025-01-01T00:00:00Z"), NOW)
    assert old.details == {"lastAccessed": OLD}


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        ({"password_enabled": True}, [FindingKind.UNUSED_PASSWORD]),
        ({"password_enabled": True, "password_last_used": RECENT}, []),
        ({"password_enabled": True, "password_last_changed": RECENT}, []),
        ({"password_enabled": True, "created": RECENT}, []),
        ({"password_enabled": False, "password_last_used": OLD}, []),
        ({"access_keys": [{"last_used": "never", "created": RECENT}]}, []),
        ({"access_keys": [{"last_used": "never", "created": OLD}]}, [FindingKind.UNUSED_KEY]),
        ({"access_keys": [{"status": "Active", "created": OLD}]}, []),
    ],
)
def test_passwords_and_keys_by_when_they_were_made(facts, kinds):
    """What is there and was never used counts, once it is as old as the time looked at."""
    model = load_world_data({"accounts": {HOME: {"users": {"ana": facts}}}})
    assert [entry.kind for entry in find_unused(model, NOW)] == kinds


def test_days_before_the_first_day_there_is():
    """So many days that no time is that early find what was never used."""
    assert list(services(world({"sqs": {}, "s3": {"at": OLD}}, ("Allow", "*")), 36500 * 25)) == [
        "sqs"
    ]


def test_last_accessed_is_checked_and_survives(tmp_path):
    """A time is ISO 8601 or `never`; what stands in the file is what the world holds."""
    text = f"""accounts:
  "{HOME}":
    roles:
      app:
        last_accessed:
          S3: {{at: {RECENT}, actions: {{GetObject: never, PutObject: {OLD}}}}}
"""
    path = tmp_path / "world.yaml"
    path.write_text(text)
    access = load_world(path).accounts[HOME].roles["app"].last_accessed
    assert access["s3"].at == RECENT
    assert access["s3"].actions == {"GetObject": None, "PutObject": OLD}
    path.write_text(text.replace(RECENT, "yesterday"))
    (problem,) = load_world(path, strict=False).problems
    assert problem.code == "invalid-time"
    assert "`yesterday` is not a time in ISO 8601" in problem.message


def test_a_plan_that_says_all_of_a_role_leaves_its_dates():
    """When it was made and used is no choice of a plan."""
    base = world({"sqs": {}}, ("Allow", "*"), created=OLD, last_used=RECENT)
    layer = load_world_data({"accounts": {HOME: {"roles": {"app": {"trust": policy()}}}}})
    said = {(HOME, "roles", "app"): frozenset({"trust"})}
    role = lay_over(base, State(layer, said)).accounts[HOME].roles["app"]
    assert role.policies == ()
    assert (role.created, role.last_used) == (OLD, RECENT)
    assert list(role.last_accessed) == ["sqs"]


def answer():
    """A finding with a service as a whole, and one with actions."""
    data = {"s3": {"at": RECENT, "actions": {"CreateBucket": OLD}}, "sqs": {}}
    model = world(data, ("Allow", "*"))
    findings = find_unused_permissions(Batch(CompiledWorld.checked(model)), NOW, 90)
    return FindingsAnswer(findings, [], "account", 0, model, "2026-11-25T00:00:00Z")


def test_json_is_what_botocore_reads():
    """Members as AWS's own model of GetFindingV2 has them; one detail a service."""
    model = get_session().get_service_model("accessanalyzer")
    shape = model.shape_for("UnusedPermissionDetails")
    (finding,) = access_findings_data(answer())["findings"]
    assert finding["findingType"] in model.shape_for("FindingType").enum
    details = [
        finding_detail["unusedPermissionDetails"] for finding_detail in finding["findingDetails"]
    ]
    assert details == [
        {
            "serviceNamespace": "s3",
            "lastAccessed": RECENT,
            "actions": [{"action": "s3:CreateBucket", "lastAccessed": OLD}],
        },
        {"serviceNamespace": "sqs"},
    ]
    for detail in details:
        assert set(detail) <= set(shape.members)
        assert set(shape.required_members) <= set(detail)
    assert set(finding["iamsim"]["services"]) == {"s3", "sqs"}


def test_every_form_says_services_and_actions():
    """Text, the line, the sentence of SARIF, and the page."""
    given = answer()
    text = to_text(access_findings_document(given), Paint(), 100)
    assert "service s3   s3:CreateBucket not used" in text
    assert "service sqs  no use is known" in text
    arn = f"arn:aws:iam::{HOME}:role/app"
    assert access_findings_lines(given) == [f"UnusedPermission {arn} permissions"]
    sentence = finding_sentence(given.findings[0])
    assert sentence == f"{arn} has not used what it may do: s3:CreateBucket; all of sqs"
    page = to_html(access_findings_document(given))
    rows = [
        [text_of(cell) for cell in [*row.iter("th"), *row.iter("td")]]
        for row in find_all(read_page(page), "tr")
    ]
    assert [row[1:5] for row in rows[1:]] == [
        ["service s3", "UnusedPermission", "ACTIVE", "s3:CreateBucket not used"],
        ["service sqs", "UnusedPermission", "ACTIVE", "no use is known"],
    ]


def recommended(model):
    """The documents to write, by policy, of the only finding."""
    batch = Batch(CompiledWorld.checked(model))
    (finding,) = found = find_unused_permissions(batch, NOW, 90)
    recommend(batch, found)
    return {step.policy: step.document for step in finding.steps}


USED = {"s3": {"at": RECENT, "actions": {"CreateBucket": "never", "DeleteBucket": RECENT}}}


@pytest.mark.parametrize(
    ("statements", "actions"),
    [
        ([("Allow", ["s3:CreateBucket", "s3:DeleteBucket"])], [["s3:DeleteBucket"]]),
        ([("Allow", "s3:*eBucket")], [["s3:DeleteBucket"]]),
        ([("Allow", "s3:CreateBucket"), ("Allow", "sqs:*")], ["sqs:*"]),
        ([("Allow", ["s3:CreateBucket", "brandnew:Do"])], [["brandnew:Do"]]),
        ([("Allow", "s3:*eBucket"), ("Deny", "s3:*", "*:x")], [["s3:DeleteBucket"], "s3:*"]),
    ],
)
def test_recommended_policies_lose_what_is_unused_alone(statements, actions):
    """Entries that cover nothing unused stay as they are; a Deny stays."""
    (document,) = recommended(world(USED, *statements)).values()
    assert [statement["Action"] for statement in document["Statement"]] == actions


def test_a_policy_of_which_nothing_is_left_is_detached():
    """Not one that denies something."""
    assert recommended(world({"sqs": {}}, ("Allow", "sqs:*"))) == {"own": None}
    left = recommended(world({"sqs": {}}, ("Allow", "sqs:SendMessage"), ("Deny", "s3:*")))
    assert left == {"own": policy(("Deny", "s3:*"))}


def test_not_action_and_managed_policies():
    """NotAction becomes what is left of the service reference; an AWS managed policy is named by
    its ARN."""
    role = {
        "policies": ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"],
        "inline_policies": {
            "most": {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"},
            }
        },
        "last_accessed": {"sqs": {}},
    }
    steps = recommended(load_world_data({"accounts": {HOME: {"roles": {"app": role}}}}))
    assert steps["arn:aws:iam::aws:policy/AmazonSQSFullAccess"] is None
    (statement,) = steps["most"]["Statement"]
    assert "NotAction" not in statement
    assert "sns:*" in statement["Action"]
    assert not [text for text in statement["Action"] if text.startswith(("sqs", "iam:", "s3:"))]


def test_nothing_is_recommended_that_does_not_take_it_away():
    """What a group grants stays with its members: the steps would not be enough."""
    user = {
        "groups": ["all"],
        "inline_policies": {"own": policy(("Allow", "sqs:*"))},
        "last_accessed": {"sqs": {}},
    }
    group = {"inline_policies": {"every": policy(("Allow", "sqs:SendMessage"))}}
    data = {"accounts": {HOME: {"users": {"ana": user}, "groups": {"all": group}}}}
    assert recommended(load_world_data(data)) == {}
    assert recommended(world({"brandnew": {}}, ("Allow", "*"))) == {}


def test_steps_are_those_of_get_finding_recommendation():
    """Members and values as AWS's own model has them."""
    given = answer()
    recommend(Batch(CompiledWorld.checked(given.model)), given.findings)
    (finding,) = access_findings_data(given)["findings"]
    (step,) = finding["iamsim"]["recommendedSteps"]
    model = get_session().get_service_model("accessanalyzer")
    shape = model.shape_for("UnusedPermissionsRecommendedStep")
    assert set(step) <= set(shape.members)
    assert step["recommendedAction"] in shape.members["recommendedAction"].enum
    (statement,) = json.loads(step["recommendedPolicy"])["Statement"]
    assert "sqs:*" not in statement["Action"]
