"""Policies that can't be read are named, even where nothing of them differs."""

import json

from iamsim.api.loading import load

OWN = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}
BROKEN = {"Effect": "Allow", "Action": "s3:*", "Resourc": "*", "Principal": "*"}


def world_with(statement, name, tmp_path):
    """A world with one bucket."""
    held = {"policy": {"Version": "2012-10-17", "Statement": [statement]}}
    account = {"resources": {"arn:aws:s3:::b": held}}
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps({"accounts": {"111122223333": account}}))
    return load(path)


def test_what_neither_world_can_read_is_named_and_fails_nothing(tmp_path):
    """Silence would say that all was read."""
    first, second = (world_with(BROKEN, name, tmp_path) for name in ("a", "b"))
    found = first.diff(second)
    assert not found.found
    assert not found.unknowns
    assert "1 policy that is written alike in both worlds can't be read whole" in str(found)
    assert found.to_dict()["unread"] == ["policy of arn:aws:s3:::b"]


def test_nothing_is_said_where_all_is_read(tmp_path):
    """Nor of what differs, which has a remark of its own."""
    first, second = (world_with(OWN, name, tmp_path) for name in ("a", "b"))
    assert "unread" not in first.diff(second).to_dict()
    broken = world_with(BROKEN, "c", tmp_path)
    assert "unread" not in first.diff(broken).to_dict()
