"""What a trail adds to what a world knows of last uses."""

from __future__ import annotations

import json

import pytest

from iamsim.cli.main import main

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["iam:ListRoles", "iam:ListUsers", "sqs:*"], "Resource": "*"}
    ],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def role(**more):
    """A role with the policy."""
    return {"trust": TRUST, "policies": [ALLOW], **more}


def world(**roles):
    """A world with roles, and a user with a password and two keys."""
    user = {
        "password_enabled": True,
        "password_last_used": "2026-01-01T00:00:00Z",
        "access_keys": [
            {"id": "AKIAIOSFODNN7EXAMPLE", "status": "Active", "last_used": "2026-01-01T00:00:00Z"},
            {"id": "AKIAI44QH8DHBEXAMPLE", "status": "Active", "last_used": "2026-01-01T00:00:00Z"},
        ],
    }
    return {"accounts": {ACCOUNT: {"roles": roles, "users": {"kim": user}}}}


def record(number, time, name, source="iam.amazonaws.com", caller="busy", **more):
    """A record of a session of a role."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:s",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{caller}/s",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE + caller}},
        },
        "eventTime": time,
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": None,
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "eventCategory": "Management",
        "recipientAccountId": ACCOUNT,
        **more,
    }


def by_user(number, time, name, **more):
    """A record of the user."""
    identity = {
        "type": "IAMUser",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/kim",
        "accountId": ACCOUNT,
        **more.pop("identity", {}),
    }
    return record(number, time, name, **more) | {"userIdentity": identity}


START, END = "2026-08-01T00:00:00Z", "2026-11-30T00:00:00Z"


@pytest.fixture
def unused(tmp_path, capsys):
    """Run the command over records; gives its answer, and what is unused by kind and name."""

    def run(model, records, *options):
        (tmp_path / "world.json").write_text(json.dumps(model))
        (tmp_path / "log.json").write_text(json.dumps({"Records": records}))
        files = [str(tmp_path / "log.json")] if records else []
        arguments = ["unused", "--world", str(tmp_path / "world.json"), "--format", "json"]
        code = main([*arguments, *files, *options])
        answer = json.loads(capsys.readouterr().out)
        found = {
            (finding["findingType"], finding["resource"].rpartition("/")[2]): finding
            for finding in answer["findings"]
        }
        return code, answer, found

    return run


def test_a_trail_over_the_whole_time_tells_what_was_not_used(unused):
    """A role that was neither taken nor seen, and actions that only others call."""
    records = [
        record(1, START, "ListRoles"),
        record(2, END, "ListRoles"),
        record(3, END, "ListUsers", caller="other"),
    ]
    code, answer, found = unused(world(busy=role(), other=role(), idle=role()), records)
    assert code == 0
    assert ("UnusedIAMRole", "idle") in found
    assert ("UnusedIAMRole", "busy") not in found
    details = found["UnusedPermission", "busy"]["findingDetails"]
    services = {detail["unusedPermissionDetails"]["serviceNamespace"]: detail for detail in details}
    assert list(services) == ["iam"]  # of SQS the trail holds nothing, so nothing is known
    assert "ListUsers" in json.dumps(services["iam"])
    assert "ListRoles" not in json.dumps(services["iam"])
    assert any("data events of no service" in note for note in answer["notes"])


def test_a_service_with_data_events_is_judged_as_a_whole(unused):
    """Where the trail logs them, a service that nothing was called of is unused."""
    data = {"managementEvent": False, "eventCategory": "Data"}
    queue = {"requestParameters": {"queueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/q"}}
    records = [
        record(1, START, "ListRoles"),
        record(2, END, "ReceiveMessage", "sqs.amazonaws.com", "other", **data, **queue),
        record(3, END, "ListRoles"),
    ]
    _, _, found = unused(world(busy=role(), other=role()), records)
    details = {
        finding_detail["unusedPermissionDetails"]["serviceNamespace"]: finding_detail[
            "unusedPermissionDetails"
        ]
        for finding_detail in found["UnusedPermission", "busy"]["findingDetails"]
    }
    assert "sqs" in details
    assert not details["sqs"].get("actions")


def test_a_trail_that_begins_later_tells_no_disuse(unused):
    """What was used before it begins is not known."""
    records = [record(1, "2026-11-01T00:00:00Z", "ListRoles"), record(2, END, "ListRoles")]
    _, answer, found = unused(world(busy=role(), idle=role()), records)
    assert {kind for kind, _ in found} == {"UnusedIAMUserPassword", "UnusedIAMUserAccessKey"}
    assert "not all of the time" in answer["notes"][0]


def test_uses_of_the_trail_count_beside_what_the_world_knows(unused):
    """A role, a key and a password whose last known use is old were used since, in time."""
    old = role(last_used="2026-01-01T00:00:00Z")
    taking = {"requestParameters": {"roleArn": f"{ROLE}old"}, "responseElements": {}}
    key = {"identity": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"}}
    signing_in = {"source": "signin.amazonaws.com", "responseElements": {"ConsoleLogin": "Success"}}
    records = [
        record(1, END, "AssumeRole", "sts.amazonaws.com", **taking),
        by_user(2, END, "ListRoles", **key),
        by_user(3, END, "ConsoleLogin", **signing_in),
    ]
    before = unused(world(old=old, busy=role()), [], "--at", END)[2]
    assert ("UnusedIAMRole", "old") in before
    assert ("UnusedIAMUserPassword", "kim") in before
    _, answer, found = unused(world(old=old, busy=role()), records)
    assert not [name for _, name in found if name in ("old", "busy")]
    keys = json.dumps(answer["findings"])
    assert "AKIAI44QH8DHBEXAMPLE" in keys
    assert "AKIAIOSFODNN7EXAMPLE" not in keys
    assert ("UnusedIAMUserPassword", "kim") not in found


def test_a_failed_sign_in_and_a_refused_key_are_no_use(unused):
    """Nobody got in."""
    failed = {"source": "signin.amazonaws.com", "responseElements": {"ConsoleLogin": "Failure"}}
    refused = {
        "identity": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
        "errorCode": "InvalidClientTokenId",
    }
    records = [by_user(1, END, "ConsoleLogin", **failed), by_user(2, END, "ListRoles", **refused)]
    _, answer, found = unused(world(), records)
    assert ("UnusedIAMUserPassword", "kim") in found
    assert "AKIAIOSFODNN7EXAMPLE" in json.dumps(answer["findings"])


def test_what_cannot_be_read_fails_the_command(unused, tmp_path):
    """A record without a time, and a file that is no log, are said."""
    code, answer, _ = unused(world(), [by_user(1, "yesterday", "ListRoles")], "--at", END)
    assert code == 1
    assert answer["lost"]


def test_a_name_that_is_no_text_is_the_name_of_no_call(unused):
    """A record of another form costs itself alone."""
    code, answer, _ = unused(world(), [by_user(1, END, {"a": "ListRoles"})], "--at", END)
    assert code == 0
    assert answer["findings"] is not None


def test_what_nobody_says_fails_a_gate(unused, capsys):
    """Logs that hold nothing, or begin too late, are no evidence that all is used."""
    late = [record(1, "2026-11-01T00:00:00Z", "ListRoles"), record(2, END, "ListRoles")]
    gate = ("--at", END, "--fail-on", "any")
    plain = {"accounts": {ACCOUNT: {"roles": {"busy": role()}}}}
    for records in ([], late):
        code, answer, found = unused(plain, records, *gate)
        assert (code, answer["unjudged"], found) == (1, 1, {})
        assert unused(plain, records, *gate, "--accept-unknown")[0] == 0
    whole = [record(1, START, "ListRoles"), record(2, END, "ListRoles")]
    code, answer, _ = unused(plain, whole, *gate)
    assert (code, answer["unjudged"]) == (0, 0)


@pytest.mark.parametrize("command", ["unused", "findings --unused"])
def test_a_world_without_last_uses_is_no_all_clear(command, tmp_path, capsys):
    """Nobody says what the role called, nor whether the password and the keys are used."""
    users = {"kim": {"last_accessed": {}}}
    path = tmp_path / "world.json"
    gate = [*command.split(), "--world", str(path), "--at", END, "--fail-on", "any"]
    plain = {"accounts": {ACCOUNT: {"roles": {"busy": role()}}}}
    path.write_text(json.dumps(plain))
    assert main(gate) == 1
    assert "what 1 of 1 principals called is not known" in capsys.readouterr().err
    assert main([*gate, "--accept-unknown"]) == 0
    capsys.readouterr()
    path.write_text(json.dumps({"accounts": {ACCOUNT: {"users": users}}}))
    assert main(gate) == 1
    assert "access keys are used is not known of 1 user: a credential" in capsys.readouterr().err
    users["kim"] |= {"password_enabled": False, "access_keys": []}
    path.write_text(json.dumps({"accounts": {ACCOUNT: {"users": users}}}))
    assert main(gate) == 0


def test_without_logs_a_time_must_be_given(tmp_path, capsys):
    """There is no clock."""
    (tmp_path / "world.json").write_text(json.dumps(world()))
    assert main(["unused", "--world", str(tmp_path / "world.json")]) == 2
    assert "--at" in capsys.readouterr().err


KEY_USED = {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"}
OTHER_USED = {"accessKeyId": "AKIAI44QH8DHBEXAMPLE"}


@pytest.mark.parametrize(
    ("active", "used", "found", "unknown"),
    [
        (1, [], 1, False),
        (1, [KEY_USED], 0, False),  # it can only be that one
        (2, [KEY_USED], 0, True),  # one of them was used, and nobody knows which
        (2, [KEY_USED, OTHER_USED], 0, False),
    ],
)
def test_keys_without_ids_are_those_that_the_user_called_with(unused, active, used, found, unknown):
    """A credential report does not name keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/
    id_credentials_getting-report.html."""
    key = {"status": "Active", "last_used": "2026-01-01T00:00:00Z"}
    model = world(busy=role())
    user = model["accounts"][ACCOUNT]["users"]["kim"]
    user["access_keys"] = [key] * active + [{**key, "status": "Inactive"}]
    user["password_enabled"] = False
    records = [
        by_user(number, END, "ListUsers", identity=identity) for number, identity in enumerate(used)
    ]
    _, answer, kinds = unused(model, records, "--at", END)
    assert sum(kind == "UnusedIAMUserAccessKey" for kind, _ in kinds) == found
    assert answer["unjudged_credentials"] == int(unknown)
