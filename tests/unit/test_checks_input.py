"""What `iamsim validate` finds in folders: types by content and by name, and what is no policy."""

from __future__ import annotations

import json

import pytest

import iamsim
from iamsim.checks.reading import recognize_type
from iamsim.cli.main import main
from iamsim.core.decision import PolicyType


def document(**elements):
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [elements]}


ON_STS = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (
            document(Effect="Deny", Principal="*", Action=["sns:Publish", "*"], Resource="*"),
            PolicyType.RESOURCE,
        ),
        (document(Effect="Allow", Principal="*", Action="sts:AssumeRole"), PolicyType.TRUST),
        (
            document(Effect="Allow", Principal="*", Action="sts:AssumeRole", Resource="*"),
            PolicyType.TRUST,
        ),
        (
            document(Effect="Deny", Principal="*", Action="sts:AssumeRole", Resource="*"),
            PolicyType.RESOURCE_CONTROL,
        ),
        (
            {"Statement": [ON_STS, ON_STS, {**ON_STS, "Effect": "Allow"}]},
            PolicyType.RESOURCE_CONTROL,
        ),
        ({"Statement": [ON_STS, {**ON_STS, "Effect": "Allow"}]}, PolicyType.TRUST),
        (
            document(Effect="Deny", Principal="*", Action=["s3:*", "sqs:*"], Resource="*"),
            PolicyType.RESOURCE_CONTROL,
        ),
        (
            document(Effect="Deny", Principal="*", Action="s3:*", Resource="*"),
            PolicyType.RESOURCE,
        ),
        (document(Effect="Deny", Action="s3:*", Resource="*"), PolicyType.IDENTITY),
    ],
)
def test_types_by_content(policy, expected):
    """A resource beside a denial of STS actions makes no trust policy."""
    assert recognize_type(policy) is expected


@pytest.mark.parametrize(
    "folder",
    ["scp", "rcps/a", "service-control-policy-examples", "Resource control policies", "my_scp_v2"],
)
def test_types_by_folder(folder, tmp_path, monkeypatch, capsys):
    """Names of folders tell what their policies are, however they are written."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / folder
    place.mkdir(parents=True)
    policy = document(Effect="Deny", Principal={"AWS": "a"}, Action="s3:*", Resource="*")
    (place / "p.json").write_text(json.dumps(policy), encoding="utf-8")
    assert main(["validate", ".", "--format", "json"]) == 1
    codes = {finding["issueCode"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert codes & {"SCP_SYNTAX_ERROR_PRINCIPAL", "RCP_SYNTAX_ERROR_PRINCIPAL"}


def test_a_policy_of_an_api_beside_resource_control_policies(tmp_path, monkeypatch, capsys):
    """What stands in for a control that RCPs do not have is a resource-based policy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rcps").mkdir()
    for name, elements in (
        ("api", {"Action": "*", "Resource": "execute-api:/*"}),
        ("topic", {"Action": ["sns:Publish", "sns:Subscribe"], "Resource": "*"}),
        # AWS's own sample of a data perimeter names every action: no control of a customer may.
        ("everything", {"Action": "*", "Resource": "*"}),
    ):
        policy = document(Effect="Deny", Principal="*", **elements)
        (tmp_path / "rcps" / f"{name}.json").write_text(json.dumps(policy), encoding="utf-8")
    main(["validate", "rcps", "--format", "json"])
    codes = {finding["issueCode"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert not any(code.startswith("RCP_") for code in codes)


def test_what_is_nearly_a_policy_is_checked_and_the_rest_is_counted(tmp_path, monkeypatch, capsys):
    """A misspelt Statement is a fault of a policy; other files of a folder are counted."""
    monkeypatch.chdir(tmp_path)
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    (tmp_path / "a.json").write_text(json.dumps({"Statements": [statement]}), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"statement": statement}), encoding="utf-8")
    (tmp_path / "c.json").write_text('{"name": "settings"}', encoding="utf-8")
    (tmp_path / "d.json").write_text(json.dumps({"Statementt": [statement]}), encoding="utf-8")
    assert main(["validate", ".", "-v"]) == 1
    out = capsys.readouterr().out
    assert out.count("error MISSING_STATEMENT") == 3
    assert "c.json: no policy" in out
    assert out.rstrip().endswith("in 3 policies; 1 file holds no policy")
    assert main(["validate", ".", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["without_policy"] == ["c.json"]


def test_a_file_named_like_a_pattern_takes_none_away(tmp_path, monkeypatch, capsys):
    """Whoever adds a file `*.json` turns off no check of the others."""
    monkeypatch.chdir(tmp_path)
    for name in ("*.json", "a.json"):
        (tmp_path / name).write_text('{"Statement": []', encoding="utf-8")
    assert main(["validate", "*.json"]) == 1
    out = capsys.readouterr().out
    assert "a.json:1" in out
    assert "*.json:1" in out


@pytest.mark.parametrize(
    ("code", "actions"),
    [
        (
            "PRIVILEGE_ESCALATION",
            ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        ),
        ("CREDENTIALS_EXPOSURE", ["redshift-serverless:GetCredentials"]),
        ("DATA_EXFILTRATION", ["s3:GetObject"]),
        ("RESOURCE_EXPOSURE", ["s3:PutBucketPolicy"]),
        ("INFRASTRUCTURE_MODIFICATION", ["sqs:DeleteQueue"]),
    ],
)
def test_the_pack_of_risks_shows_requests(tmp_path, monkeypatch, capsys, code, actions):
    """Each finding of the risk checks carries a request that the engine allows; without the pack
    there is none of them."""
    monkeypatch.chdir(tmp_path)
    policy = document(Effect="Allow", Action=actions, Resource="*")
    (tmp_path / "p.json").write_text(json.dumps(policy), encoding="utf-8")
    asked = ["validate", "p.json", "--format", "json", "--fail-on", "never"]
    for more, given in (([], False), (["--extend-select", "risks"], True)):
        assert main([*asked, *more]) == 0
        found = json.loads(capsys.readouterr().out)["findings"]
        by_code = {entry["issueCode"]: entry for entry in found}
        assert (f"IAMSIM_{code}" in by_code) is given
    request = by_code[f"IAMSIM_{code}"]["request"]
    assert request["action"] in actions
    answer = iamsim.explain(
        principal=request["principal"],
        action=request["action"],
        resource=request["resource"],
        identity_policies=[policy],
    )
    assert answer.allowed


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("", "", "big.json"),
        ('{"Id": "x", ', "", "big.json"),
        ('{"other": ', "}", "big.json#other"),
    ],
)
def test_a_policy_of_a_size_that_no_service_takes_is_refused_unread(
    tmp_path, monkeypatch, capsys, before, after, name
):
    """It is an error with its place, as in every other command, wherever the policy stands."""
    policy = document(Effect="Allow", Action="s3:" + "a" * 1_100_000, Resource="*")
    text = json.dumps(policy)
    whole = before + (text if after else text.removeprefix("{") if before else text) + after
    monkeypatch.chdir(tmp_path)
    (tmp_path / "big.json").write_text(whole, encoding="utf-8")
    assert main(["validate", "big.json"]) == 2
    said = capsys.readouterr()
    assert f"{name}:1:1: error: the policy is 1,100," in said.err
    assert "no findings in 0 policies" in said.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"Records": [{"eventName": "GetObject"}', "holds more than 16 MB of CloudTrail records"),
        ('{"accounts": [1', "big.json:1:1: error: the policy is 17,000,0"),
    ],
)
def test_a_large_text_that_is_no_policy_is_refused(tmp_path, monkeypatch, capsys, text, said):
    """A trail before it is read, what holds no policy before it is read as one; a folder too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "big.json").write_text(text + " " * 17_000_000 + "]}", encoding="utf-8")
    assert main(["validate", "big.json"]) == 2
    assert said in capsys.readouterr().err
    assert main(["validate", "."]) == 2
    assert (said in capsys.readouterr().err) is ("Records" in text)


def test_what_holds_too_many_values_is_refused_unread(tmp_path, monkeypatch, capsys):
    """They are counted in the text, before there are objects; an import says it of the file."""
    monkeypatch.setattr("iamsim.core.json_text.MOST_VALUES", 1_000)
    monkeypatch.chdir(tmp_path)
    role = {"RoleName": "a", "Arn": "arn:aws:iam::111122223333:role/a", "Path": "/"}
    details = {"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": []}
    details["RoleDetailList"] = [role] * 1_000
    (tmp_path / "big.json").write_text(json.dumps(details), encoding="utf-8")
    assert main(["validate", "big.json"]) == 2
    assert "big.json:1:1: error: the text has more than" in capsys.readouterr().err
    assert main(["findings", "--world", "big.json"]) == 2
    assert "values or lines: it is not read" in capsys.readouterr().err
    assert main(["import", "big.json", "-o", "out"]) == 2
    assert "big.json: the file has more than" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
