"""Every command that writes to a file writes by the one room: no link is followed, and what fails
leaves nothing. The table names a way to call each; a command that is missing in it fails."""

from __future__ import annotations

import json
import re

import pytest

from iamsim.cli.commands import MODULES, find_command
from iamsim.cli.grammar import Group
from iamsim.cli.main import main

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"
ASK = ["-p", USER, "-a", "s3:GetObject", "-r", "arn:aws:s3:::b/k"]
IN_WORLD = ["--world", "w.json"]
KEPT = "kept"
CALLS = {
    "explain": ["explain", *ASK, *IN_WORLD],
    "calls": ["calls", "aws s3 ls"],
    "simulate principal-policy": [
        *("simulate", "principal-policy", "--policy-source-arn", USER),
        *("--action-names", "s3:GetObject", *IN_WORLD),
    ],
    "simulate custom-policy": [
        *("simulate", "custom-policy", "--policy-input-list", "p.json"),
        *("--action-names", "s3:GetObject"),
    ],
    "context": ["context", *ASK, *IN_WORLD],
    "catalog show": ["catalog", "show", "s3:GetObject"],
    "catalog search": ["catalog", "search", "getobject"],
    "catalog services": ["catalog", "services"],
    "catalog version": ["catalog", "version"],
    "catalog refresh": ["catalog", "refresh", "sqs.json"],
    "managed list": ["managed", "list", "ReadOnlyAccess"],
    "managed show": ["managed", "show", "ReadOnlyAccess"],
    "managed version": ["managed", "version"],
    "validate": ["validate", "p.json"],
    "import": ["import", "dump.json"],
    "world show": ["world", "show", *IN_WORLD],
    "world tree": ["world", "tree", *IN_WORLD],
    "world trust": ["world", "trust", *IN_WORLD],
    "world lint": ["world", "lint", *IN_WORLD],
    "world stats": ["world", "stats", *IN_WORLD],
    "test": ["test", "a.iamtest.json"],
    "schema": ["schema", "world"],
    "who-can": ["who-can", "s3:GetObject", "arn:aws:s3:::b/k", *IN_WORLD],
    "what-can": ["what-can", USER, *IN_WORLD],
    "access-matrix": [
        *("access-matrix", "-a", "s3:GetObject", "-r", "arn:aws:s3:::b/k"),
        *IN_WORLD,
    ],
    "findings": ["findings", *IN_WORLD],
    "unused": ["unused", *IN_WORLD, "--at", "2026-01-01"],
    "audit": ["audit", *IN_WORLD, "--at", "2026-01-01"],
    "report": ["report", *IN_WORLD, "--at", "2026-01-01"],
    "diff": ["diff", "w.json", "w2.json"],
    "review": ["review", "w.json", "w2.json"],
    "paths": ["paths", *IN_WORLD],
    "check no-new-access": ["check", "no-new-access", "p.json", "p.json"],
    "check access-not-granted": ["check", "access-not-granted", "p.json", "-a", "s3:GetObject"],
    "check no-public-access": [
        *("check", "no-public-access", "b.json", "--resource-type", "AWS::S3::Bucket"),
    ],
    "check equivalent": ["check", "equivalent", "p.json", "p.json"],
    "check ever": ["check", "ever", "s3:GetObject", *IN_WORLD],
    "check claims": ["check", "claims", "c.json", *IN_WORLD],
    "replay": ["replay", "trail.json", *IN_WORLD],
    "generate": ["generate", "trail.json", "-p", USER],
    "learn": ["learn", "1", "--questions"],
    "docs": ["docs", "errors"],
}
ELSEWHERE = {"collect"}  # in `test_cli_files.py`, with a session in the place of AWS's
# The folder of a link, a file in the place of a folder, and a disk on which nothing fits.
PLACES = {
    "link": "symbolic link|there already",
    "kept/x": "not a directory",
    "/dev/full": "no space left|not a regular file|directory",
}


def commands():
    """Every command of the tree that has an option for a file, by its name."""
    for name in MODULES:
        found = find_command(name)
        for command in found.commands if isinstance(found, Group) else (found,):
            if any("--output" in option.names for option in command.options):
                yield f"{name} {command.name}" if isinstance(found, Group) else name


def test_every_command_that_writes_is_tried():
    """So that none passes the room by."""
    assert {*commands()} == {*CALLS, *ELSEWHERE} - {"explain"}


@pytest.fixture
def folder(tmp_path, tmp_path_factory, monkeypatch):
    """A folder with a small input of each kind."""
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allow]}
    of_bucket = {"Version": "2012-10-17", "Statement": [{**allow, "Principal": "*"}]}
    record = {
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventTime": "2026-01-01T00:00:00Z",
        "eventID": "1",
        "awsRegion": "eu-west-1",
        "userIdentity": {"type": "IAMUser", "arn": USER, "accountId": ACCOUNT, "userName": "u"},
        "requestParameters": {"bucketName": "b", "key": "k"},
    }
    asked = {"principal": "u", "action": "s3:GetObject", "resource": "*", "expect": "denied"}
    claim = {"name": "c", "never": {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/*"}}
    world = {"accounts": {ACCOUNT: {"users": {"u": {"policies": [policy]}}}}}
    files = {
        "p.json": policy,
        "b.json": of_bucket,
        "w.json": world,
        "w2.json": {"accounts": {ACCOUNT: {"users": {"u": {}}}}},
        "dump.json": {"UserDetailList": [{"Arn": USER}]},
        "a.iamtest.json": {"title": "t", "world": "w.json", "requests": [asked]},
        "sqs.json": {"Name": "sqs", "Actions": [], "Resources": []},
        "trail.json": {"Records": [record]},
        "c.json": {"claims": [claim]},
    }
    for name, data in files.items():
        (tmp_path / name).write_text(json.dumps(data), "utf-8")
    (tmp_path / KEPT).write_text(KEPT, "utf-8")
    (tmp_path / "link").symlink_to(KEPT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IAMSIM_CACHE", str(tmp_path_factory.mktemp("cache")))
    return tmp_path


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", CALLS)
def test_no_command_writes_past_the_room(folder, capsys, name, place):
    """One line says why; what a link leads to is as it was, and nothing is left in the folder."""
    before = sorted(path.name for path in folder.iterdir())
    assert main([*CALLS[name], "-o", place]) == 2
    err = capsys.readouterr().err
    assert "error: " in err
    assert "iamsim has a bug" not in err
    assert re.search(PLACES[place], err, re.IGNORECASE), err
    assert (folder / KEPT).read_text("utf-8") == KEPT
    assert (folder / "link").is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("name", CALLS)
def test_no_command_takes_what_it_read_for_its_output(folder, capsys, name):
    """Every file that the call names is as it was: the output is refused, or is another."""
    call = CALLS[name]
    files = [word for word in call if (folder / word).is_file()]
    for file in files:
        before = (folder / file).read_bytes()
        assert main([*call, "-o", file]) == 2
        assert "error: " in capsys.readouterr().err
        assert (folder / file).read_bytes() == before
