"""What AWS RAM wrote for shared resources counts beside their own policies."""

from __future__ import annotations

import json

from iamsim.importers.frame import import_sources

A, B = "111122223333", "444455556666"
POOL = f"arn:aws:ec2:eu-west-1:{A}:subnet/subnet-1"
TABLE = f"arn:aws:dynamodb:eu-west-1:{A}:table/tides"


def shared(resource: str, action: str) -> dict[str, object]:
    """Write a policy as AWS RAM does."""
    whom = {"AWS": f"arn:aws:iam::{B}:root"}
    return {"Effect": "Allow", "Principal": whom, "Action": action, "Resource": resource}


def policy(*statements: dict[str, object]) -> dict[str, object]:
    """Make a document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


OWN = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:DeleteTable", "Resource": TABLE}


def test_policies_of_shares_count_beside_those_of_resources(tmp_path):
    """Whatever was read first."""
    table, pool = shared(TABLE, "dynamodb:GetItem"), shared(POOL, "ec2:RunInstances")
    listed = {"policies": [json.dumps(policy(table)), json.dumps(policy(pool))]}
    (tmp_path / "a-ram.json").write_text(json.dumps(listed))
    folder = tmp_path / "dynamodb"
    folder.mkdir()
    name = f"get-resource-policy.{TABLE.replace('/', '%2F')}.json"
    (folder / name).write_text(json.dumps({"Policy": json.dumps(policy(OWN))}))
    found = import_sources([str(tmp_path)])
    resources = found.data["accounts"][A]["resources"]
    assert resources[TABLE]["policy"] == policy(OWN, table)
    assert resources[POOL]["policy"] == policy(pool)
    assert not [remark for remark in found.remarks if remark.severity == "unknown"]


def test_nothing_shared_is_nothing_lost(tmp_path):
    """An empty list is an answer."""
    (tmp_path / "ram.json").write_text(json.dumps({"policies": []}))
    (tmp_path / "more.json").write_text(json.dumps({"policies": [json.dumps(policy(OWN))]}))
    found = import_sources([str(tmp_path)])
    assert list(found.data["accounts"][A]["resources"]) == [TABLE]
    assert found.remarks == ()


def test_a_policy_of_no_single_resource_is_lost_aloud(tmp_path):
    """Whose it is nothing says."""
    listed = {"policies": [json.dumps(policy(OWN, shared(POOL, "ec2:RunInstances")))]}
    (tmp_path / "ram.json").write_text(json.dumps(listed))
    found = import_sources([str(tmp_path)])
    assert [remark.code for remark in found.remarks] == ["output-about-unknown"]
    assert found.data["unlisted"]
