"""The inline policies of a user, group or role count together against the quota of IAM."""

from __future__ import annotations

import json

import pytest

from iamsim.cli.main import main
from iamsim.importers.load import load_worlds
from iamsim.query.world_lint import lint_world
from iamsim.query.world_stats import world_stats

ACCOUNT = "111122223333"
LIMITS = {"users": 2_048, "groups": 5_120, "roles": 10_240}


def policy(length):
    """A policy that has so many characters without white space."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
    }
    missing = length - len(json.dumps(document, separators=(",", ":")))
    document["Statement"][0]["Sid"] = "x" * missing
    return document


def findings(path):
    """The messages about inline policies."""
    return [
        finding.message
        for finding in lint_world(load_worlds(path))
        if finding.code.startswith("inline-")
    ]


@pytest.mark.parametrize("kind", LIMITS)
def test_inline_policies_count_together(tmp_path, kind):
    """What is attached in place and what has a name in the holder are added; the quota itself is
    still accepted, and white space does not count."""
    limit, path = LIMITS[kind], tmp_path / "world.json"
    half = limit // 2

    def write(second):
        holder = {"policies": [policy(half)], "inline_policies": {"second": policy(second)}}
        world = {"accounts": {ACCOUNT: {kind: {"holder": holder}}}}
        path.write_text(json.dumps(world, indent=8), "utf-8")

    write(limit - half)
    assert findings(path) == []
    write(limit - half + 1)
    (message,) = findings(path)
    assert f"{kind[:-1]} `holder`" in message
    assert f"{limit + 1:,} characters together, 1 more than the quota {limit:,}" in message
    used = [usage for usage in world_stats(load_worlds(path)).usages if "inline" in usage.quota]
    assert [(entry.used, entry.limit) for entry in used] == [(limit + 1, limit)]


def test_managed_policies_are_not_counted(tmp_path):
    """Those with a name in the account or the world, AWS's own, and files that may be managed; a
    file that an inline policy is read from counts."""
    long = policy(3_000)
    (tmp_path / "long.json").write_text(json.dumps(long), "utf-8")
    user = {
        "policies": ["own", "shared", "long.json", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "inline_policies": {"one": policy(200)},
    }
    world = {
        "policies": {"shared": long},
        "accounts": {ACCOUNT: {"policies": {"own": long}, "users": {"eve": user}}},
    }
    path = tmp_path / "world.json"
    path.write_text(json.dumps(world), "utf-8")
    assert findings(path) == []
    usages = {usage.quota: usage.used for usage in world_stats(load_worlds(path)).usages}
    assert usages["characters of inline policies"] == 200
    assert usages["managed policies"] == 4
    user["inline_policies"]["one"] = "long.json"
    path.write_text(json.dumps(world), "utf-8")
    assert len(findings(path)) == 1


@pytest.mark.parametrize(
    ("kind", "length", "fails"),
    [
        ("users", 2_048, 0),
        ("users", 2_049, 1),
        ("groups", 5_121, 1),
        ("roles", 10_240, 0),
        ("roles", 10_241, 1),
    ],
)
@pytest.mark.parametrize("form", ["world", "details"])
def test_an_inline_policy_has_the_quota_of_its_holder(
    tmp_path, monkeypatch, capsys, form, kind, length, fails
):
    """In a world, and in account authorization details, the checks know what holds a policy."""
    monkeypatch.chdir(tmp_path)
    name = kind[:-1].title()
    data = {
        "world": {"accounts": {ACCOUNT: {kind: {"a": {"policies": [policy(length)]}}}}},
        "details": {
            f"{name}DetailList": [{f"{name}PolicyList": [{"PolicyDocument": policy(length)}]}]
        },
    }
    (tmp_path / "in.json").write_text(json.dumps(data[form]), "utf-8")
    code = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"
    words = ["--select", code, "--fail-on", "warning"]
    assert main(["validate", "in.json", *words]) == fails
    assert ("more than the quota" in capsys.readouterr().out) == bool(fails)


def test_denies_that_do_nothing_are_found(tmp_path):
    """With an action or a key that nobody lists, or about another resource than their policy."""
    denies = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    statements = [
        {**denies, "Resource": "arn:aws:s3:::other/*"},
        {**denies, "Action": "s3:GetObjekt"},
        {**denies, "Condition": {"StringEquals": {"aws:SouceIp": "192.0.2.1"}}},
        {**denies, "Condition": {"StringNotEquals": {"aws:SouceIp": "192.0.2.1"}}},
        {**denies, "Condition": {"unknown": "lost", "source": "here"}},
        {**denies, "Action": []},
        {**denies, "Effect": "Allow", "Action": "s3:GetObjekt"},
        denies,
    ]
    bucket = {"policy": {"Version": "2012-10-17", "Statement": statements}}
    broken = {"Version": "2012-10-17", "Statement": [{"Effect": "Dney"}]}
    resources = {"arn:aws:s3:::b": bucket, "arn:aws:s3:::c": {"policy": broken}}
    path = tmp_path / "world.json"
    path.write_text(json.dumps({"accounts": {ACCOUNT: {"resources": resources}}}))
    found = [
        finding
        for finding in lint_world(load_worlds(path))
        if finding.code == "deny-that-does-nothing"
    ]
    assert [entry.message.partition(": ")[2] for entry in found] == [
        "it is about another resource than the policy",
        "it has an action that AWS lists nowhere, or of another service",
        "it hangs on a context key that AWS lists nowhere",
    ]


def test_a_principal_that_is_none_comes_close_to_one(tmp_path):
    """It was told as a role that is missing."""
    eva = f"arn:aws:iam::{ACCOUNT}:user/eva"
    deny = {"Effect": "Deny", "Principal": {"AWS": ""}, "Action": "s3:*", "Resource": "*"}
    deny["Principal"]["AWS"] = eva.replace("user/", "users/")
    bucket = {"policy": {"Version": "2012-10-17", "Statement": [deny]}}
    account = {"users": {"eva": {}}, "resources": {"arn:aws:s3:::b": bucket}}
    path = tmp_path / "world.json"
    path.write_text(json.dumps({"accounts": {ACCOUNT: account}}))
    (found,) = (one for one in lint_world(load_worlds(path)) if one.code == "principal-not-there")
    assert f"is no principal (did you mean `{eva}`?)" in found.message
