"""A policy from a trail: what succeeded still passes, and nothing new is granted."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from itertools import pairwise

import pytest

from iamsim.api.proofs import check_no_new_access
from iamsim.cli.main import main
from iamsim.report.snippets import snippet
from tests.unit.test_replay import records

A = "111122223333"
ROLE = f"arn:aws:iam::{A}:role/app1"


@pytest.fixture
def trail(tmp_path):
    """Records of many roles, on lines."""
    lines = [json.dumps(record) for record in records(900, seed=3)]
    (tmp_path / "trail.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def world(trail, *statements):
    """A world in which the role has one policy."""
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    account = {
        "roles": {"app1": {"trust": trust, "policies": ["P"]}},
        "policies": {"P": policy},
        "resources": {"arn:aws:s3:::ledger": {}},
    }
    path = trail / "world.json"
    path.write_text(json.dumps({"accounts": {A: account}}), encoding="utf-8")
    return str(path), policy


def run(trail, capsys, *arguments):
    """Run the command; gives its JSON and its exit code."""
    code = main(
        ["generate", str(trail / "trail.jsonl"), "-p", ROLE, "--format", "json", *arguments]
    )
    return json.loads(capsys.readouterr().out), code


def issuer(record):
    """The role of the session that called, if one did."""
    context = record["userIdentity"].get("sessionContext", {})
    return context.get("sessionIssuer", {}).get("arn")


def made():
    """What the role did."""
    return [record for record in records(900, seed=3) if issuer(record) == ROLE]


def test_what_succeeded_is_covered_and_denials_are_not(trail, capsys):
    """Without a world: exact resources, the denied action is not among them."""
    data, code = run(trail, capsys, "--most-resources", "0")
    assert code == 0
    asked = [
        member
        for member in made()
        if member["eventName"] not in ("CreateUser", "GetCallerIdentity")
    ]
    assert data["coverage"]["calls"] == data["coverage"]["requests_covered"] == len(asked)
    assert data["coverage"]["patterns"] == 0
    assert "iam:CreateUser" not in json.dumps(data["policy"])
    keys = {
        f"arn:aws:s3:::ledger/{member['requestParameters']['key']}"
        for member in asked
        if member["eventName"] == "GetObject"
    }
    resources = {
        resource
        for statement in data["policy"]["Statement"]
        if "s3:GetObject" in statement["Action"]
        for resource in (
            [statement["Resource"]]
            if isinstance(statement["Resource"], str)
            else statement["Resource"]
        )
    }
    assert resources == keys


def test_many_resources_become_a_pattern(trail, capsys):
    """The knob trades statements for what is granted beyond the seen, and says how much."""
    exact, _ = run(trail, capsys, "--most-resources", "0")
    grouped, _ = run(trail, capsys, "--most-resources", "2")
    assert len(json.dumps(grouped["policy"])) < len(json.dumps(exact["policy"]))
    assert grouped["coverage"]["patterns"] > 0
    assert grouped["coverage"]["requests_covered"] == exact["coverage"]["requests_covered"]
    assert check_no_new_access(grouped["policy"], exact["policy"]).result == "PASS"


def test_a_world_bounds_the_policy(trail, capsys):
    """Conditions come along, what is no longer allowed is left out, and the rest is proved."""
    path, policy = world(
        trail,
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"},
    )
    data, code = run(trail, capsys, "--world", path, "--most-resources", "2")
    assert code == 0
    assert data["proof"] == "PASS"
    assert check_no_new_access(policy, data["policy"]).result == "PASS"
    left = {entry["action"] for entry in data["left_out"]}
    assert left == {"dynamodb:GetItem", "kms:Decrypt", "sqs:SendMessage"}
    s3 = [
        statement
        for statement in data["policy"]["Statement"]
        if "s3:" in json.dumps(statement["Action"])
    ]
    assert all(
        statement["Condition"] == {"Bool": {"aws:SecureTransport": "true"}}
        for statement in s3
        if statement["Effect"] == "Allow"
    )


def test_a_short_name_is_that_of_the_world(trail, capsys):
    """As everywhere: the role's name alone, where a world tells which account it is of."""
    path, _ = world(trail, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    whole, code = run(trail, capsys, "--world", path)
    short = ["generate", str(trail / "trail.jsonl"), "-p", "app1", "--world", path]
    assert main([*short, "--format", "json"]) == code
    assert json.loads(capsys.readouterr().out) == whole


def test_patterns_give_way_where_they_would_grant_something_new(trail, capsys):
    """Today's policy names single objects: then so does the generated one."""
    keys = sorted(
        {
            f"arn:aws:s3:::ledger/{entry['requestParameters']['key']}"
            for entry in made()
            if entry["eventName"] == "GetObject"
        }
    )
    path, policy = world(trail, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": keys})
    data, _ = run(trail, capsys, "--world", path, "--most-resources", "1")
    assert data["proof"] == "PASS"
    assert data["coverage"]["patterns"] == 0
    assert check_no_new_access(policy, data["policy"]).result == "PASS"


def test_nobody_and_nothing(trail, capsys):
    """Without a principal, or calls of it, there is no policy."""
    logs = str(trail / "trail.jsonl")
    assert main(["generate", logs]) == 2
    assert main(["generate", logs, "-p", f"arn:aws:iam::{A}:role/nobody"]) == 2
    assert "no call of" in capsys.readouterr().err
    assert main(["generate", logs, "-p", ROLE, "-q"]) == 0
    assert json.loads(capsys.readouterr().out)["Statement"]
    assert main(["generate", logs, "-p", ROLE, "--format", "markdown"]) == 0
    assert "# What" in capsys.readouterr().out


def test_a_resource_that_is_not_told_counts_as_a_pattern(tmp_path, capsys):
    """A record does not tell the name `a*b` from a pattern; a `$` in a name is a character."""
    record = next(entry for entry in made() if entry["eventName"] == "GetObject")
    record["resources"] = []
    for key, written, beyond in (("a*b", "a*b", 1), ("a$b", "a${$}b", 0)):
        record["requestParameters"]["key"] = key
        (tmp_path / "trail.jsonl").write_text(json.dumps(record), encoding="utf-8")
        data, _ = run(tmp_path, capsys)
        assert written in json.dumps(data["policy"])
        assert data["coverage"]["patterns"] == beyond


def test_conditions_are_where_calls_came_from(trail, capsys):
    """Every statement names networks that hold all addresses of its calls, and nothing is lost."""
    data, code = run(trail, capsys, "--conditions")
    assert code == 0
    assert data["coverage"]["calls"] == data["coverage"]["requests_covered"]
    addresses = [
        ip_address(entry["sourceIPAddress"])
        for entry in made()
        if entry.get("errorCode") != "AccessDenied"
    ]
    networks = {
        network
        for statement in data["policy"]["Statement"]
        if "Condition" in statement
        for values in [statement["Condition"]["IpAddress"]["aws:SourceIp"]]
        for network in ([values] if isinstance(values, str) else values)
    }
    assert networks
    assert all(any(address in ip_network(network) for address in addresses) for network in networks)
    path, _ = world(trail, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    data, code = run(trail, capsys, "--conditions", "--world", path)
    assert (code, data["proof"]) == (0, "PASS")
    assert "aws:SourceIp" in json.dumps(data["policy"])


def test_a_condition_of_today_on_the_same_keys_stays_as_it_is(trail, capsys):
    """It says where from already."""
    today = {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}
    path, _ = world(trail, {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": today})
    data, _ = run(trail, capsys, "--conditions", "--world", path)
    conditions = [entry["Condition"] for entry in data["policy"]["Statement"]]
    assert conditions
    assert all(condition == today for condition in conditions)


def test_snippets_hold_the_policy(trail, capsys):
    """Terraform reads JSON, but for what it would fill in; CloudFormation has a template."""
    policy = {"Statement": [{"Resource": "arn:aws:s3:::a/${*}/%{x}"}]}
    lines = snippet(policy, "arn:aws:iam::111122223333:user/path/kim", "terraform")
    text = "\n".join(lines)
    assert 'resource "aws_iam_user_policy"' in text
    assert '  user = "kim"' in lines
    body = text.partition("jsonencode(")[2].rpartition(")")[0]
    assert json.loads(body.replace("$${", "${").replace("%%{", "%{")) == policy
    assert "a/$${*}/%%{x}" in body
    template = json.loads("\n".join(snippet(policy, ROLE, "cloudformation")))
    (resource,) = template["Resources"].values()
    assert resource["Type"] == "AWS::IAM::RolePolicy"
    assert resource["Properties"]["RoleName"] == "app1"
    assert resource["Properties"]["PolicyDocument"] == policy
    assert (
        main(["generate", str(trail / "trail.jsonl"), "-p", ROLE, "--as", "terraform", "-q"]) == 0
    )
    assert capsys.readouterr().out.startswith('resource "aws_iam_role_policy"')


def test_the_trade_between_size_and_what_is_beyond_the_seen(trail, capsys):
    """Fewer exact resources make a smaller policy with more patterns, and a size can be asked."""
    data, _ = run(trail, capsys)
    rows = data["trade"]
    assert [row["most"] for row in rows] == [0, 10, 5, 2, 1]
    assert rows[0]["patterns"] == 0
    for before, after in pairwise(rows):
        assert after["characters"] <= before["characters"]
        assert after["resources"] <= before["resources"]
    assert rows[-1]["patterns"] > 0
    small, _ = run(trail, capsys, "--most-characters", str(rows[2]["characters"]))
    assert small["coverage"]["most_resources"] in (5, 10)
    assert small["coverage"]["characters"] <= rows[2]["characters"]
    tiny, _ = run(trail, capsys, "--most-characters", "10")
    assert tiny["coverage"]["most_resources"] == 1
    assert any("10 were asked for at most" in said for said in tiny["assumptions"])


def test_what_the_trail_would_not_show_is_named(trail, capsys):
    """Services of today's policies that the trail has nothing of, or no data of."""
    lines = (trail / "trail.jsonl").read_text("utf-8").splitlines()
    some = [json.loads(line) for line in lines]
    for entry in some:
        if entry["eventSource"] == "dynamodb.amazonaws.com":
            entry |= {"eventCategory": "Management", "managementEvent": True}
    (trail / "trail.jsonl").write_text("\n".join(map(json.dumps, some)), encoding="utf-8")
    allowed = ["s3:*", "dynamodb:*", "sqs:*", "lambda:InvokeFunction", "states:StartExecution"]
    path, _ = world(trail, {"Effect": "Allow", "Action": allowed, "Resource": "*"})
    data, _ = run(trail, capsys, "--world", path)
    said = " ".join(data["assumptions"])
    assert "today's policies allow calls of lambda, states, and nobody's" in said
    assert "of dynamodb the trail has management events alone" in said


def test_roles_that_calls_hand_over_are_passed(trail, capsys):
    """No trail logs iam:PassRole; it follows from what calls were given."""
    passed = {
        **made()[0],
        "eventID": "passed",
        "eventSource": "lambda.amazonaws.com",
        "eventName": "CreateFunction20150331",
        "requestParameters": {
            "functionName": "mailer",
            "role": f"arn:aws:iam::{A}:role/mailer",
        },
    }
    passed.pop("errorCode", None)
    passed.pop("resources", None)
    (trail / "trail.jsonl").write_text(json.dumps(passed), encoding="utf-8")
    data, _ = run(trail, capsys)
    statements = [
        statement
        for statement in data["policy"]["Statement"]
        if "iam:PassRole" in json.dumps(statement["Action"])
    ]
    assert [statement["Resource"] for statement in statements] == [f"arn:aws:iam::{A}:role/mailer"]
    assert any("iam:PassRole" in said for said in data["assumptions"])
    assert data["coverage"]["calls"] == 1
