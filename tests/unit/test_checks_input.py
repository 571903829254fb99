"""What `iamsim validate` finds in folders: types by content and by name, and what is no policy."""

from __future__ import annotations

import json

import pytest

from iamsim.checks.reading import recognize_type
from iamsim.cli.main import main
from iamsim.core.decision import PolicyType


def document(**elements):
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [elements]}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
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
    codes = {one["issueCode"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert codes & {"SCP_SYNTAX_ERROR_PRINCIPAL", "RCP_SYNTAX_ERROR_PRINCIPAL"}


def test_a_policy_of_an_api_beside_resource_control_policies(tmp_path, monkeypatch, capsys):
    """What stands in for a control that RCPs do not have is a resource-based policy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rcps").mkdir()
    for name, elements in (
        ("api", {"Action": "*", "Resource": "execute-api:/*"}),
        ("topic", {"Action": ["sns:Publish", "sns:Subscribe"], "Resource": "*"}),
    ):
        policy = document(Effect="Deny", Principal="*", **elements)
        (tmp_path / "rcps" / f"{name}.json").write_text(json.dumps(policy), encoding="utf-8")
    main(["validate", "rcps", "--format", "json"])
    codes = {one["issueCode"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert not any(code.startswith("RCP_") for code in codes)


def test_what_is_nearly_a_policy_is_checked_and_the_rest_is_counted(tmp_path, monkeypatch, capsys):
    """A misspelt Statement is a fault of a policy; other files of a folder are counted."""
    monkeypatch.chdir(tmp_path)
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    (tmp_path / "a.json").write_text(json.dumps({"Statements": [statement]}), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"statement": statement}), encoding="utf-8")
    (tmp_path / "c.json").write_text('{"name": "settings"}', encoding="utf-8")
    assert main(["validate", ".", "-v"]) == 1
    out = capsys.readouterr().out
    assert out.count("error MISSING_STATEMENT") == 2
    assert "c.json: no policy" in out
    assert out.rstrip().endswith("in 2 policies; 1 file holds no policy")
    assert main(["validate", ".", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["without_policy"] == ["c.json"]


def test_the_pack_of_risks_shows_requests(tmp_path, monkeypatch, capsys):
    """Each finding of the risk checks carries a request that the policy allows."""
    monkeypatch.chdir(tmp_path)
    policy = document(
        Effect="Allow",
        Action=["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "s3:GetObject"],
        Resource="*",
    )
    (tmp_path / "p.json").write_text(json.dumps(policy), encoding="utf-8")
    codes = (
        "IAMSIM_PRIVILEGE_ESCALATION",
        "IAMSIM_SENSITIVE_ACCESS",
        "IAMSIM_INFRASTRUCTURE_MODIFICATION",
    )
    chosen = [word for code in codes for word in ("--extend-select", code)]
    assert main(["validate", "p.json", *chosen, "--format", "json", "--fail-on", "never"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    by_code = {one["issueCode"]: one for one in findings}
    assert "lambda-create-function-and-invoke" in by_code[codes[0]]["findingDetails"]
    assert set(codes) <= set(by_code)
    assert all("iamsim" in by_code[code] or "request" in str(by_code[code]) for code in codes)
