"""What importers mark as unknown beside policies: facts of resources, in written worlds too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.cli.main import main
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.world.load import load_world

if TYPE_CHECKING:
    from pathlib import Path

A = "111122223333"
BUCKET = "arn:aws:s3:::b"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/11aa"


def data_of(folder: Path, files: dict[str, Any]) -> dict[str, Any]:
    """The plain data of an import of files; texts stay as they are."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    found = import_sources([str(folder)])
    to_world(found)
    return found.data


LISTED = {f"{A}/list-buckets.json": {"Buckets": [{"Name": "b", "CreationDate": "2026"}]}}
DENIED = "\nAn error occurred (AccessDenied) when calling the operation: not authorized\n"


@pytest.mark.parametrize(
    ("file", "fact"),
    [
        ("get-public-access-block.b.json", "public_access_block"),
        ("get-bucket-tagging.b.json", "tags"),
        ("get-bucket-encryption.b.json", "kms_key"),
    ],
)
@pytest.mark.parametrize("content", [DENIED, "", "{}", '{"Error": {"Code": "AccessDenied"}}'])
def test_an_output_about_a_bucket_that_is_lost(
    tmp_path: Path, file: str, fact: str, content: str
) -> None:
    """The fact that it should have said is not known."""
    bucket = data_of(tmp_path, {**LISTED, f"{A}/{file}": content})["accounts"][A]["resources"][
        BUCKET
    ]
    assert set(bucket[fact]) == {"unknown", "source"}
    assert bucket[fact]["source"] == file


def test_the_settings_of_an_account_that_are_lost(tmp_path: Path) -> None:
    """Block Public Access of the whole account."""
    data = data_of(tmp_path, {**LISTED, f"{A}/get-public-access-block.{A}.json": DENIED})
    assert "unknown" in data["accounts"][A]["public_access_block"]


def test_a_bucket_without_the_setting_is_known(tmp_path: Path) -> None:
    """AWS's error that there is none says all there is to say."""
    error = "An error occurred (NoSuchPublicAccessBlockConfiguration) when calling the operation"
    data = data_of(tmp_path, {**LISTED, f"{A}/get-public-access-block.b.json": error})
    assert "public_access_block" not in data["accounts"][A]["resources"][BUCKET]
    assert "unlisted" not in data


def test_grants_that_are_lost(tmp_path: Path) -> None:
    """Who may use the key by a grant is not known."""
    policy = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": []})}
    named = KEY.replace(":", "%3A").replace("/", "%2F")
    files = {f"get-key-policy.{named}.json": policy, f"list-grants.{named}.json": ""}
    resources = data_of(tmp_path, {f"{A}/{name}": file for name, file in files.items()})
    assert "unknown" in resources["accounts"][A]["resources"][KEY]["grants"]


def test_an_access_point_whose_origin_is_lost(tmp_path: Path) -> None:
    """A list without the origin, or the bucket, leaves both unknown."""
    arn = f"arn:aws:s3:eu-west-1:{A}:accesspoint/ap"
    points = {"AccessPointList": [{"AccessPointArn": arn, "Name": "ap"}]}
    point = data_of(tmp_path, {f"{A}/list-access-points.json": points})
    known = point["accounts"][A]["resources"][arn]
    assert "unknown" in known["network_origin"]
    assert "unknown" in known["bucket"]


def test_tags_of_templates_that_are_not_known(tmp_path: Path) -> None:
    """One value is unknown, and the other tags are known; a list that is none is not known."""
    queue = {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": "jobs",
            "Tags": [
                {"Key": "team", "Value": "blue"},
                {"Key": "env", "Value": {"Fn::ImportValue": "elsewhere"}},
            ],
        },
    }
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "n", "Tags": 17}}
    resources = {
        "Queue": queue,
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": []}},
        },
        "Topic": topic,
    }
    data = data_of(tmp_path, {"app.json": {"Resources": resources}})
    found = data["accounts"]["000000000000"]["resources"]
    tags = found["arn:aws:sqs:us-east-1:000000000000:jobs"]["tags"]
    assert tags["team"] == "blue"
    assert "elsewhere" in tags["env"]["unknown"]
    assert "unknown" in found["arn:aws:sns:us-east-1:000000000000:n"]["tags"]


def test_tags_of_a_plan_that_are_known_after_apply(tmp_path: Path) -> None:
    """One value, or all."""

    def user(name: str, tags: object, unknown: object) -> dict[str, Any]:
        change = {
            "actions": ["create"],
            "before": None,
            "after": {"name": name, "tags": tags},
            "after_unknown": {"tags": unknown},
        }
        return {"address": f"aws_iam_user.{name}", "mode": "managed", "change": change}

    changes = [
        user("mia", {"team": "blue"}, {"env": True}),
        user("leo", None, True),
    ]
    plan = {"format_version": "1.2", "resource_changes": changes}
    users = data_of(tmp_path, {"plan.json": plan})["accounts"]["000000000000"]["users"]
    assert users["mia"]["tags"]["team"] == "blue"
    assert "unknown" in users["mia"]["tags"]["env"]
    assert "unknown" in users["leo"]["tags"]


def test_a_world_that_is_written_keeps_what_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The world that is imported and the one that is written know the same, and say the same."""
    sources = tmp_path / "sources"
    files = {
        **LISTED,
        f"{A}/get-bucket-tagging.b.json": DENIED,
        f"{A}/get-bucket-policy.b.json": "",
    }
    data_of(sources, files)
    imported = CompiledWorld(to_world(import_sources([str(sources)]))).unknowns()
    written = tmp_path / "world"
    assert main(["import", str(sources), "-o", str(written), "-q"]) == 0
    again = CompiledWorld(load_world(str(written))).unknowns()
    assert [entry.to_dict() for entry in again] == [entry.to_dict() for entry in imported]
    assert {entry.fact for entry in again} == {None, "tags"}
    for command in ("lint", "show", "stats"):
        capsys.readouterr()
        main(["world", command, "--world", str(written), "--format", "json"])
        said = json.loads(capsys.readouterr().out)
        assert "tags" in json.dumps(said), command
