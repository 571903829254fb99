"""Work is bounded by counting, and what was left undone is said."""

from __future__ import annotations

import json
from itertools import islice, product

import pytest

from iamsim.cli.main import main
from iamsim.core.work import Work
from iamsim.query.analyzer import external
from iamsim.query.changes import find
from iamsim.query.edits import search
from iamsim.query.escalation import beside, steps
from iamsim.query.what_can import places

ACCOUNT = "111122223333"


def test_work_ends_when_there_has_been_enough():
    """What was refused is counted."""
    work = Work(2)
    assert [work.take() for _ in range(4)] == [True, True, False, False]
    assert (work.done, work.refused) == (2, 2)


def test_places_are_chosen_by_the_sum_of_their_ranks():
    """As sorting all of them would, without making all of them."""
    lengths = (3, 1, 2, 4)
    every = sorted(product(*map(range, lengths)), key=sum)
    assert list(search._by_rank(lengths)) == every
    assert len(list(islice(search._by_rank([2] * 200), 400))) == 400


def denying(count):
    """A policy that allows everything but what so many Denies are about."""
    tests = ({"StringNotEquals": {f"aws:PrincipalTag/t{n}": "x"}} for n in range(count))
    deny = {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            *({**deny, "Condition": test} for test in tests),
        ],
    }


@pytest.mark.parametrize("count", [3, 6, 9, 18])
def test_edits_are_polynomial_in_the_denies_that_apply(capsys, count):
    """It was every subset of them; now the changes tried stay below their square."""
    words = ["-p", f"arn:aws:iam::{ACCOUNT}:user/u", "-a", "s3:GetObject"]
    words += ["-r", "arn:aws:s3:::b/k"]
    policy = json.dumps(denying(count))
    assert (
        main(["explain", *words, "--identity-policy", policy, "--edits", "--format", "json"]) == 0
    )
    edits = json.loads(capsys.readouterr().out)["edits"]
    assert edits["sets"]
    assert edits["tried"] < 400 + 30 * count * count


def test_what_findings_leave_out_fails_a_gate(tmp_path, monkeypatch, capsys):
    """With fewer requests than the policy needs; and it passes where that is accepted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(external, "MOST_ASKED", 3)
    statements = [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::b/{number}/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": f"o-example{number:03}"}},
        }
        for number in range(4)
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    world = {"accounts": {ACCOUNT: {"resources": {"arn:aws:s3:::b": {"policy": policy}}}}}
    (tmp_path / "w.json").write_text(json.dumps(world), "utf-8")
    gate = ["findings", "--world", "w.json", "--fail-on", "public"]
    assert main(gate) == 1
    captured = capsys.readouterr()
    assert "requests that tell callers apart were not asked for" in captured.err
    assert main([*gate, "--accept-unknown"]) == 0
    monkeypatch.setattr(external, "MOST_ASKED", 20_000)
    capsys.readouterr()
    assert main(gate) == 0
    assert "not asked for" not in capsys.readouterr().err


def functions(names):
    """The world of a user that may pass a role, and start functions: the last of these names."""
    actions = ["lambda:CreateFunction", "lambda:InvokeFunction"]
    arns = [f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}" for name in names]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
            *({"Effect": "Deny", "Action": actions, "Resource": arn} for arn in arns[:-1]),
            {"Effect": "Allow", "Action": actions, "Resource": arns[-1]},
        ],
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = {
        "trust": {"Version": "2012-10-17", "Statement": trust},
        "policies": [{"Version": "2012-10-17", "Statement": everything}],
    }
    return {
        "accounts": {ACCOUNT: {"users": {"u": {"policies": [policy]}}, "roles": {"admin": role}}}
    }


def test_what_paths_do_not_try_fails_a_gate(tmp_path, monkeypatch, capsys):
    """The path that it would have found is not there; within the bound nothing is left out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.json").write_text(json.dumps(functions("abcdef")), "utf-8")
    gate = ["paths", "--world", "w.json", "--fail"]
    found = json.loads(_out(capsys, [*gate, "--format", "json"], code=1)[0])
    assert found["paths"]
    assert "not_tried" not in found
    monkeypatch.setattr(steps, "MOST_TRIED", 3)
    out, err = _out(capsys, [*gate, "--format", "json"], code=1)
    found = json.loads(out)
    assert not found["paths"]
    assert found["not_tried"] == [f"lambda:CreateFunction in {ACCOUNT}"]
    assert "failed: lambda:CreateFunction in 111122223333: policies name more resources" in err
    out, err = _out(capsys, [*gate, "--accept-unknown"])
    assert "policies name more resources than were tried" in out
    assert "accepted: lambda:CreateFunction" in err


def _out(capsys, words, code=0):
    """What a command writes."""
    capsys.readouterr()
    assert main(words) == code
    return capsys.readouterr()


def test_groups_that_paths_do_not_follow_fail_a_gate(tmp_path, monkeypatch, capsys):
    """With a bound below the groups that somebody can join."""
    monkeypatch.chdir(tmp_path)
    join = {"Effect": "Allow", "Action": "iam:AddUserToGroup", "Resource": "*"}
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    groups = {
        f"g{number}": {"policies": [{"Version": "2012-10-17", "Statement": passing}]}
        for number in range(3)
    }
    user = {"policies": [{"Version": "2012-10-17", "Statement": join}]}
    world = {"accounts": {ACCOUNT: {"users": {"u": user}, "groups": groups}}}
    (tmp_path / "w.json").write_text(json.dumps(world), "utf-8")
    gate = ["paths", "--world", "w.json", "--fail"]
    assert main(gate) == 0
    monkeypatch.setattr(beside, "MOST_GROUPS", 1)
    _, err = _out(capsys, gate, code=1)
    assert "failed: 2 groups that somebody can join were not followed" in err


def test_patterns_that_changes_do_not_try_fail_a_gate(tmp_path, monkeypatch, capsys):
    """Where they meet in more ways than are looked at."""
    monkeypatch.chdir(tmp_path)

    def reading(end):
        """A policy over patterns that all meet."""
        statements = [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::b/*{number}*{end}",
            }
            for number in range(4)
        ]
        return {"Version": "2012-10-17", "Statement": statements}

    world = {"accounts": {ACCOUNT: {"users": {"u": {"policies": [reading("y")]}}}}}
    details = {
        "UserName": "u",
        "Path": "/",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/u",
        "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": reading("x")}],
        "GroupList": [],
        "AttachedManagedPolicies": [],
    }
    dump = {"UserDetailList": [details], "RoleDetailList": [], "GroupDetailList": []}
    (tmp_path / "w.json").write_text(json.dumps(world), "utf-8")
    (tmp_path / "o.json").write_text(json.dumps({**dump, "Policies": []}), "utf-8")
    (tmp_path / "f.yaml").write_text(
        f"title: t\nrequests: [{{principal: 'arn:aws:iam::{ACCOUNT}:user/u',"
        " action: 's3:GetObject', resource: 'arn:aws:s3:::b/other', expect: denied}]",
        "utf-8",
    )
    gate = ["changes", "--world", "w.json", "--overlay", "o.json", "--forbid", "f.yaml"]
    assert main(gate) == 0
    monkeypatch.setattr(places, "MOST_MEETINGS", 1)
    _, err = _out(capsys, gate, code=1)
    assert "failed: patterns meet in more ways than were tried" in err
    _out(capsys, [*gate, "--accept-unknown"])


def test_a_principal_with_more_changes_than_are_told_fails_a_gate(tmp_path, monkeypatch, capsys):
    """Its other places were not asked, and one of them may open something."""
    monkeypatch.chdir(tmp_path)

    def world(name, *statements):
        policy = {"Version": "2012-10-17", "Statement": statements}
        data = {"accounts": {ACCOUNT: {"users": {"u": {"policies": [policy]}}}}}
        (tmp_path / name).write_text(json.dumps(data), "utf-8")

    allow = {"Effect": "Allow", "Action": "s3:GetObject"}
    world("old.json", *({**allow, "Resource": f"arn:aws:s3:::b{n}/*"} for n in range(5)))
    world("new.json", {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"})
    for command in ("diff", "review"):
        gate = [command, "old.json", "new.json", "--fail-on", "opened"]
        monkeypatch.setattr(find, "MOST_CHANGES", 1_000)
        assert main(gate) == 0
        monkeypatch.setattr(find, "MOST_CHANGES", 1)
        _out(capsys, gate, code=1)
        _out(capsys, [*gate, "--accept-unknown"])
    out, _ = _out(capsys, ["diff", "old.json", "new.json", "--format", "json"])
    assert json.loads(out)["bounds"]["complete"] is False
