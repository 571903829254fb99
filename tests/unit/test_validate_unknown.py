"""`iamsim validate` over markers: no check looks at what is not known, which is said, and fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

LOST = {"unknown": "the file was lost", "source": "p.json"}
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
GET = {"Version": "2012-10-17", "Statement": [ALLOW]}


def policy(*statements: Any) -> dict[str, Any]:
    """A policy of some statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(**fields: Any) -> dict[str, Any]:
    """A world with one role."""
    return {"accounts": {"111122223333": {"roles": {"app": fields}}}}


# A file, and where something is not known in it.
PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "statement": (policy(LOST), "Statement.0"),
    "action": (policy(ALLOW, ALLOW | {"Action": [LOST]}), "Statement.1.Action.0"),
    "a policy of a role": (
        role(inline_policies={"x": GET}, policies=[LOST]),
        "accounts.111122223333.roles.app.policies.0",
    ),
    "one that is named like a fact": (
        role(inline_policies={"role": LOST}),
        "accounts.111122223333.roles.app.inline_policies.role",
    ),
    "a boundary": (
        role(permissions_boundary=LOST),
        "accounts.111122223333.roles.app.permissions_boundary",
    ),
    "a control policy": ({"organization": {"root": {"scps": [LOST]}}}, "organization.root.scps.0"),
    "a lost source": ({"unlisted": [LOST], "policies": {"x": GET}}, "unlisted.0"),
    "one of buckets": ({"unlisted": [LOST | {"services": ["s3"]}]}, "unlisted.0"),
}
# Of these no check asks; and a file that is no world may say anything.
FACTS: dict[str, dict[str, Any]] = {
    "tags": role(inline_policies={"x": GET}, tags=LOST),
    "a tag": role(inline_policies={"x": GET}, tags={"team": LOST}),
    "settings": {"unlisted": [LOST | {"kinds": ["settings"]}], "policies": {"x": GET}},
    "the organization": {"organization": {"id": LOST}, "policies": {"x": GET}},
    "something else": {"answers": [LOST], "policy": GET},
}


@pytest.mark.parametrize("name", PLACES)
def test_what_is_not_known_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """In each format it is said what, why, and what should have told it."""
    data, place = PLACES[name]
    file = tmp_path / "x.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    for form in ("text", "markdown", "html"):
        assert main(["validate", str(file), "--format", form]) == 1
        said = " ".join(capsys.readouterr().out.split())
        assert place in said
        assert "the file was lost" in said
        assert "1 part is not known" in said
    assert main(["validate", str(file), "--format", "json"]) == 1
    said, failed = capsys.readouterr()
    [unknown] = json.loads(said)["unknowns"]
    assert (".".join(map(str, unknown["path"])), unknown["source"]) == (place, "p.json")
    assert f"`{place}`: the file was lost" in failed


def test_what_is_not_known_may_be_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is counted then, and findings fail all the same."""
    file = tmp_path / "x.json"
    file.write_text(json.dumps(policy(LOST)), encoding="utf-8")
    assert main(["validate", str(file), "--accept-unknown"]) == 0
    assert "accepted: one part" in capsys.readouterr().err
    assert main(["validate", str(file), "--fail-on", "never"]) == 0
    assert "1 part is not known" in capsys.readouterr().out
    file.write_text(json.dumps(policy(LOST, {"Effect": "Allow"})), encoding="utf-8")
    assert main(["validate", str(file), "--accept-unknown"]) == 1


@pytest.mark.parametrize("name", FACTS)
def test_facts_of_which_no_check_asks_are_passed_over(tmp_path: Path, name: str) -> None:
    """A tag that is not known changes no finding."""
    (tmp_path / "x.json").write_text(json.dumps(FACTS[name]), encoding="utf-8")
    assert main(["validate", str(tmp_path)]) == 0


TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !ImportValue Trust
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: s3:GetObject, Resource: !ImportValue Bucket}]
"""
CONFIGURATION = """
variable "bucket" {}
resource "aws_iam_role_policy" "one" {
  role   = "app"
  policy = file("nowhere.json")
}
resource "aws_iam_role_policy" "two" {
  role   = "app"
  policy = var.bucket
}
resource "aws_iam_role" "three" {
  name               = "three"
  assume_role_policy = data.aws_iam_policy_document.nobody.json
  inline_policy {
    name   = "own"
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = var.bucket }]
    })
  }
}
"""
OPEN = {
    "app.yaml": (TEMPLATE, {"Resources.Role.Properties.AssumeRolePolicyDocument", "Statement.0"}),
    "main.tf": (CONFIGURATION, {"aws_iam_role_policy.two.policy", "Statement.0"}),
}
LOST_FILES = {"aws_iam_role_policy.one.policy", "aws_iam_role.three.assume_role_policy"}


@pytest.mark.parametrize("name", OPEN)
def test_what_comes_with_the_deployment_is_said_and_does_not_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A file or a document that is not there comes with no deployment: that fails."""
    text, places = OPEN[name]
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    lost = LOST_FILES if name == "main.tf" else set()
    assert main(["validate", str(file), "--format", "json"]) == int(bool(lost))
    said = json.loads(capsys.readouterr().out)["unknowns"]
    found = {".".join(map(str, one["path"])).removesuffix(".Resource"): one for one in said}
    assert found.keys() == places | lost
    assert {place for place, one in found.items() if one.get("at_deployment")} == places
    assert main(["validate", str(file), "--accept-unknown"]) == 0
    assert "; 2 parts are known only at deployment\n" in capsys.readouterr().out
    main(["validate", str(file), "-v"])
    text = capsys.readouterr().out
    assert "Statement.0" in text
    assert "is known only at deployment, and was not checked" in text


def test_other_programs_are_told_what_was_not_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """GitHub and JUnit what is lost, SARIF all."""
    file = tmp_path / "main.tf"
    file.write_text(CONFIGURATION, encoding="utf-8")
    outs = {}
    for form in ("sarif", "github", "junit"):
        assert main(["validate", str(file), "--format", form]) == 1
        outs[form] = capsys.readouterr().out
    [run] = json.loads(outs["sarif"])["runs"]
    [invocation] = run["invocations"]
    levels = sorted(note["level"] for note in invocation["toolExecutionNotifications"])
    assert levels == ["note", "note", "warning", "warning"]
    for place in LOST_FILES:
        assert f"title=not checked::`{place}` is not known" in outs["github"]
    assert outs["github"].count("::warning") == len(LOST_FILES)
    assert outs["junit"].count("<skipped message=") == len(LOST_FILES)
    assert 'failures="0" skipped="2"' in outs["junit"]


def test_a_review_fails_on_a_policy_that_is_lost(tmp_path: Path) -> None:
    """As validation does."""
    (tmp_path / "main.tf").write_text(CONFIGURATION, encoding="utf-8")
    world = tmp_path / "w.json"
    world.write_text(json.dumps(role(inline_policies={"x": GET})), encoding="utf-8")
    command = ["review", str(world), str(world), "--policies", str(tmp_path / "main.tf")]
    assert main(command) == 1
    assert main([*command, "--accept-unknown"]) == 0
