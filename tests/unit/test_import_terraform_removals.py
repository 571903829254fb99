"""What a plan deletes of which it is lost what it belonged to."""

import json

import pytest

from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.importers.overlay import overlay_world
from iamsim.symbolic.partial import decide

A = "111122223333"
ROLE = f"arn:aws:iam::{A}:role/app"
QUEUE = f"arn:aws:sqs:eu-west-1:{A}:q"
URL = f"https://sqs.eu-west-1.amazonaws.com/{A}/q"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ASKED = {ROLE: ("iam:CreateUser", "*"), "anonymous": ("sqs:SendMessage", QUEUE)}
TRUST = json.dumps(
    {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ]
    }
)


def document(**more: str) -> str:
    """A policy that allows all."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


PUBLIC = document(Principal="*", Resource=QUEUE, Action="sqs:*")
ROLE_SHOWN = {"name": "app", "arn": ROLE, "path": "/", "assume_role_policy": TRUST}
QUEUE_SHOWN = {"name": "q", "arn": QUEUE, "id": URL, "url": URL, "policy": PUBLIC}
ATTACHED = ROLE_SHOWN | {"managed_policy_arns": [ADMIN]}
INLINE = ROLE_SHOWN | {"inline_policy": [{"name": "all", "policy": document()}]}
# What is shown, what is deleted beside it, the attributes that may be lost, and who asks.
CASES = {
    "attachment": (
        ("aws_iam_role", ATTACHED),
        ("aws_iam_role_policy_attachment", {"role": "app", "policy_arn": ADMIN}),
        ROLE,
    ),
    "attachments": (
        ("aws_iam_role", ATTACHED),
        ("aws_iam_policy_attachment", {"roles": ["app"], "policy_arn": ADMIN}),
        ROLE,
    ),
    "inline": (
        ("aws_iam_role", INLINE),
        ("aws_iam_role_policy", {"role": "app", "name": "all"}),
        ROLE,
    ),
    "queue": (("aws_sqs_queue", QUEUE_SHOWN), ("aws_sqs_queue_policy", {"queue_url": URL}), None),
}
LOST = [
    (name, attribute, value)
    for name, (_, (_, values), _) in CASES.items()
    for attribute in values
    for value in (None, 17, "gone")
] + [(name, "", None) for name in CASES]


def plan(tmp_path, shown, deleted):
    """Write a plan that keeps one resource and deletes another."""
    changes = []
    for (kind, values), actions in ((shown, ["no-op"]), (deleted, ["delete"])):
        change = {"actions": actions, "before": values, "after": None}
        if actions == ["no-op"]:
            change["after"] = values
        changes.append(
            {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change}
        )
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"format_version": "1.2", "resource_changes": changes}))
    return file


def verdict(world, caller) -> str:
    """Decide what the case is about."""
    action, resource = ASKED[caller or "anonymous"]
    question = Question(caller or "anonymous", action, resource)
    return decide(question, CompiledWorld(world)).verdict.value


@pytest.mark.parametrize("name", CASES)
def test_what_a_plan_deletes_is_no_longer_shown(tmp_path, name):
    """Nothing is lost: what the resource still shows does not count."""
    shown, deleted, caller = CASES[name]
    found = import_sources([plan(tmp_path, shown, deleted)])
    assert verdict(to_world(found), caller) == "implicitDeny"


@pytest.mark.parametrize(("name", "attribute", "value"), LOST)
def test_a_deleted_policy_that_may_be_the_shown_one(tmp_path, name, attribute, value):
    """What names its owner is lost: what is shown may be what goes, also over a world."""
    shown, (kind, values), caller = CASES[name]
    broken = {key: entry for key, entry in values.items() if key != attribute or value != "gone"}
    if attribute and value != "gone":
        broken[attribute] = value
    before = broken if attribute else None
    found = import_sources([plan(tmp_path, shown, (kind, before))])
    world = to_world(found)
    assert verdict(world, caller) == "conditional"
    assert found.remarks
    whole = to_world(import_sources([plan(tmp_path, shown, (shown[0], shown[1]))]))
    laid = overlay_world(whole, [plan(tmp_path, shown, (kind, before))])
    assert verdict(laid, caller) == "conditional"


@pytest.mark.parametrize(
    "kind",
    ["aws_s3_object", "aws_s3_bucket_versioning", "aws_vpc_endpoint_route_table_association"],
)
def test_what_is_no_policy_takes_none_away(tmp_path, kind):
    """Objects and settings name their bucket, and routes their endpoint: its policy stays."""
    bucket = {"bucket": "b", "id": "b", "arn": "arn:aws:s3:::b", "policy": PUBLIC}
    endpoint = {"id": "b", "service_name": "com.amazonaws.eu-west-1.s3", "policy": PUBLIC}
    shown = ("aws_vpc_endpoint", endpoint) if "vpc" in kind else ("aws_s3_bucket", bucket)
    names = {"bucket": "b", "vpc_endpoint_id": "b"}
    file = plan(tmp_path, shown, (kind, names))
    data = import_sources([file]).data["accounts"]
    assert json.dumps(json.loads(PUBLIC)) in json.dumps(data)


def test_a_change_that_lost_a_side_is_reported(tmp_path):
    """What is kept has values on both sides."""
    file = plan(tmp_path, ("aws_iam_role", ATTACHED), ("aws_sqs_queue", QUEUE_SHOWN))
    data = json.loads(file.read_text())
    data["resource_changes"][0]["change"]["after"] = None
    data["planned_values"] = {
        "root_module": {
            "resources": [{"address": "aws_iam_role.x", "mode": "managed", "values": ROLE_SHOWN}]
        }
    }
    file.write_text(json.dumps(data))
    assert verdict(to_world(import_sources([file])), ROLE) == "conditional"
