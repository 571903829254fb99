"""What commands do with files that are not what they seem, and with disks that are full."""

from __future__ import annotations

import gzip
import json
import os
import re

import pytest

from iamsim.cli import explain_call
from iamsim.cli.main import main
from iamsim.files import reading, writing
from iamsim.inputs import recognise

ACCOUNT = "111122223333"
BAD = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObject"], "Resource": "*"},
    ],
}
ASK = ("-p", f"arn:aws:iam::{ACCOUNT}:user/u", "-a", "s3:GetObject", "-r", "arn:aws:s3:::b/k")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, data):
    """Write a file as JSON."""
    path.write_text(json.dumps(data), "utf-8")


@pytest.mark.parametrize("name", ["/dev/zero", "pipe"])
def test_a_world_includes_no_device_and_no_pipe(folder, capsys, name):
    """Neither hangs, nor takes all memory."""
    os.mkfifo("pipe")
    write(folder / "w.json", {"include": [name]})
    assert main(["explain", *ASK, "--world", "w.json"]) == 2
    assert "not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--identity-policy", "--world", "--overlay"])
def test_no_option_reads_a_device(capsys, option):
    """Whatever it is for."""
    assert main(["explain", *ASK, option, "/dev/zero"]) == 2
    assert "not a regular file" in capsys.readouterr().err


def test_a_packed_file_is_unpacked_within_bounds(folder, monkeypatch, capsys):
    """However small it is."""
    monkeypatch.setattr(reading.read_gzip, "__kwdefaults__", {"most": 1_000_000})
    (folder / "a.json.gz").write_bytes(gzip.compress(b" " * 2_000_000))
    main(["import", "a.json.gz"])
    captured = capsys.readouterr()
    assert "more than 1000000 bytes" in captured.out + captured.err


@pytest.mark.parametrize(
    "command",
    [
        ["explain", *ASK, "--world", "w.json"],
        ["who-can", "s3:GetObject", "arn:aws:s3:::b/k", "--world", "w.json"],
        ["findings", "--world", "w.json"],
        ["test", "--init", "--world", "w.json"],
        ["validate", "w.json"],
    ],
)
def test_no_output_takes_the_place_of_an_input(folder, capsys, command):
    """The world is still what it was."""
    data = {"accounts": {ACCOUNT: {"users": {"u": {"policies": [BAD]}}}}}
    write(folder / "w.json", data)
    assert main([*command, "-o", "w.json"]) == 2
    err = capsys.readouterr().err
    assert "one of the files that were read" in err or "is there already" in err
    assert json.loads((folder / "w.json").read_text("utf-8")) == data


def full_disk(monkeypatch):
    """No file can be written whole."""

    def fail(_number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", fail)


def test_a_mend_on_a_full_disk_leaves_the_policy_whole(folder, monkeypatch, capsys):
    """It became twenty kilobytes of broken JSON."""
    write(folder / "policy.json", BAD)
    full_disk(monkeypatch)
    assert main(["validate", "policy.json", "--fix"]) == 2
    assert "no space left on device" in capsys.readouterr().err
    assert json.loads((folder / "policy.json").read_text("utf-8")) == BAD
    assert [entry.name for entry in folder.iterdir()] == ["policy.json"]


def test_a_mend_does_not_follow_a_link(folder, capsys):
    """What the link leads to is not what was given."""
    write(folder / "elsewhere.json", BAD)
    (folder / "policy.json").symlink_to("elsewhere.json")
    assert main(["validate", "policy.json", "--fix"]) == 2
    assert "symbolic link" in capsys.readouterr().err
    assert json.loads((folder / "elsewhere.json").read_text("utf-8")) == BAD


DUMP = {
    "UserDetailList": [
        {
            "UserName": "u",
            "Path": "/",
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/u",
            "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": BAD}],
        }
    ],
    "GroupDetailList": [],
    "RoleDetailList": [],
    "Policies": [],
}


def contents(folder):
    """All files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_import_that_fails_leaves_the_world_as_it_was(folder, monkeypatch, capsys):
    """Not half of the new one."""
    write(folder / "dump.json", DUMP)
    assert main(["import", "dump.json", "-o", "world"]) == 0
    before = contents(folder / "world")
    DUMP_B = {**DUMP, "UserDetailList": [{**DUMP["UserDetailList"][0], "UserName": "v"}]}  # noqa: N806
    write(folder / "dump.json", DUMP_B)
    full_disk(monkeypatch)
    assert main(["import", "dump.json", "-o", "world"]) == 2
    assert "no space left on device" in capsys.readouterr().err
    assert contents(folder / "world") == before


def test_an_import_writes_through_no_link(folder, capsys):
    """Whoever put it there would choose what is written over."""
    write(folder / "dump.json", DUMP)
    (folder / "elsewhere").mkdir()
    (folder / "world").mkdir()
    (folder / "world" / "world.yaml.part").symlink_to(folder / "elsewhere" / "a")
    (folder / "world" / "accounts").symlink_to(folder / "elsewhere")
    code = main(["import", "dump.json", "-o", "world"])
    assert code in (0, 2)
    assert contents(folder / "elsewhere") == {}
    if code == 2:
        assert "symbolic link" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [[], {}, None, ["AWS::S3::Bucket"], 1])
def test_a_type_that_is_no_text_is_no_bug(folder, capsys, kind):
    """Nor is a statement in a list too many."""
    nested = {"Version": "2012-10-17", "Statement": [BAD["Statement"]]}
    resources = {
        "A": {"Type": kind, "Properties": {}},
        "B": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": nested}},
    }
    write(folder / "t.json", {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    for command in (["import"], ["validate"], ["findings", "--world"]):
        assert main([*command, "t.json"]) in (0, 1, 2)
        assert "has a bug" not in capsys.readouterr().err


def test_braces_in_the_name_of_a_key_are_text(folder, capsys):
    """They were taken for places to fill."""
    test = {"StringEquals": {"aws:PrincipalTag/{'Fn::Sub'}": "x", "{}": "y", "{": "z"}}
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": test}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow})
    assert main(["explain", *ASK, "--identity-policy", policy, "--partial"]) == 0
    captured = capsys.readouterr()
    assert "has a bug" not in captured.err
    assert "Fn::Sub" in captured.out


def test_a_world_whose_name_can_be_none_is_an_error(folder, capsys):
    """Not a bug."""
    request = {"principal": ASK[1], "action": ASK[3], "resource": ASK[5], "expect": "denied"}
    write(folder / "a.iamtest.json", {"title": "t", "world": "a\u0000b", "requests": [request]})
    assert main(["test", "a.iamtest.json"]) == 2
    captured = capsys.readouterr()
    assert "not a file name" in captured.out
    assert "has a bug" not in captured.err


RECORD = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "IAMUser",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/u",
        "accountId": ACCOUNT,
        "userName": "u",
    },
    "eventTime": "2026-01-01T00:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "requestParameters": {"bucketName": "b", "key": "k"},
    "eventType": "AwsApiCall",
    "recipientAccountId": ACCOUNT,
}


@pytest.mark.parametrize("option", [[], ["--event"]])
@pytest.mark.parametrize("limit", ["MOST_OF_TRAIL", "MOST_RECORDS"])
def test_a_trail_of_many_records_is_replayed_and_not_explained(
    folder, monkeypatch, capsys, option, limit
):
    """It is refused before its records are parsed, or before they are answered, and what it says
    names the command that takes all of them."""
    write(folder / "trail.json", {"Records": [RECORD, RECORD, RECORD]})
    assert main(["explain", *option, "trail.json"]) == 0
    assert "denied" in capsys.readouterr().out
    where = recognise if limit == "MOST_OF_TRAIL" else explain_call
    monkeypatch.setattr(where, limit, 2)
    assert main(["explain", *option, "trail.json"]) == 2
    captured = capsys.readouterr()
    assert "CloudTrail records" in captured.err
    assert "iamsim replay" in captured.err
    assert captured.out == ""


def test_a_packed_trail_is_explained_like_a_plain_one(folder, capsys):
    """Trails are packed where CloudTrail puts them; one that is cut off is no trail."""
    write(folder / "trail.json", {"Records": [RECORD]})
    packed = gzip.compress((folder / "trail.json").read_bytes())
    (folder / "trail.json.gz").write_bytes(packed)
    (folder / "cut.json.gz").write_bytes(packed[:-20])
    assert main(["explain", "trail.json"]) == 0
    plain = capsys.readouterr().out
    assert main(["explain", "trail.json.gz"]) == 0
    assert capsys.readouterr().out == plain.replace("trail.json", "trail.json.gz")
    assert main(["explain", "cut.json.gz"]) == 2
    assert "can't unpack `cut.json.gz`" in capsys.readouterr().err


PLACES = {
    "below/x": "not a directory",
    "link": "symbolic link|there already",
    "": "needs a value",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "command",
    [
        ["findings", "--world", "w.json", "-o"],
        ["report", "--world", "w.json", "--at", "2026-01-01", "-o"],
        ["test", "a.iamtest.json", "--record"],
        ["test", "--init", "--world", "w.json", "-o"],
        ["import", "dump.json", "-o"],
        ["catalog", "refresh", "sqs.json", "-o"],
        ["collect", "-o"],
        ["collect", "--policy", "-o"],
        ["play", "--build"],
    ],
    ids=" ".join,
)
def test_a_place_that_takes_no_output_is_one_line(folder, monkeypatch, capsys, command, place):
    """No command takes it for a fault of its own, and nothing is left there."""
    write(folder / "w.json", {"accounts": {ACCOUNT: {"users": {"u": {"policies": [BAD]}}}}})
    write(folder / "dump.json", {"UserDetailList": [{"Arn": f"arn:aws:iam::{ACCOUNT}:user/u"}]})
    asked = {"principal": "u", "action": "s3:GetObject", "resource": "*", "expect": "denied"}
    write(folder / "a.iamtest.json", {"title": "t", "world": "w.json", "requests": [asked]})
    write(folder / "sqs.json", {"Name": "sqs", "Actions": [], "Resources": []})
    (folder / "below").write_text("kept", "utf-8")
    (folder / "kept").mkdir()
    (folder / "link").symlink_to("kept" if "build" in command[1] else "below")
    monkeypatch.setattr("iamsim.play.files.find_vendor", lambda: folder)
    monkeypatch.setattr("iamsim.play.files.playground_files", lambda _folder: {"a/b": b"c"})
    monkeypatch.setattr("iamsim.collect.run.open_session", lambda _profile: None)
    monkeypatch.setattr(
        "iamsim.collect.run.collect",
        lambda _session, folder, *_more, **_options: writing.write_folder(folder, {"a/b": "c"}),
    )
    assert main([*command, place]) == 2
    err = capsys.readouterr().err
    assert re.search(PLACES[place], err)
    assert err.startswith("error: ")
    assert (folder / "below").read_text("utf-8") == "kept"
    assert [*(folder / "kept").iterdir()] == []
