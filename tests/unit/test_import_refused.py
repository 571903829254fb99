"""What Terraform or CloudFormation would refuse was written wrong, or lost: what it denies may be
denied, and the import says what was probably meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import iamsim
from iamsim.importers.frame import import_sources

if TYPE_CHECKING:
    from pathlib import Path

    from iamsim.importers.frame import Imported

ACCOUNT = "000000000000"  # where nothing names one
MIA = f"arn:aws:iam::{ACCOUNT}:user/mia"
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DENY = ALLOW | {"Effect": "Deny"}
CONFIGURATION = """
resource "aws_iam_user" "mia" { name = "mia" }
resource "aws_iam_user_policy" "all" {
  user   = "mia"
  name   = "all"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:*", Resource = "*" }
  ] })
}
resource "aws_iam_policy" "none" {
  name   = "none"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Deny", Action = "s3:*", Resource = "*" }
  ] })
}
"""
NONE = 'user = "mia"\n policy_arn = aws_iam_policy.none.arn'
DOCUMENT = """
data "aws_iam_policy_document" "x" {
  %s
}
resource "aws_iam_user_policy" "x" {
  user   = "mia"
  policy = data.aws_iam_policy_document.x.json
}
"""
STATEMENT = 'effect = "Deny"\n actions = ["s3:*"]\n resources = ["*"]\n'
TEXT = """jsonencode({ Statement = [
    { Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "*" }
] })"""
ATTACHED = f'resource "aws_iam_user_policy_attachment" "x" {{\n{NONE}\n}}\n'
ALL = """
variable "users" {}
resource "aws_iam_policy_attachment" "x" {
  name       = "x"
  policy_arn = aws_iam_policy.none.arn
  %s
}
"""
# What stands in the configuration besides, and what the import says of it.
REFUSED: dict[str, tuple[str, str]] = {
    "a type": (
        f'resource "aws_iam_user_policy_atachment" "x" {{\n{NONE}\n}}',
        "which may be `aws_iam_user_policy_attachment` misspelt",
    ),
    "a type that is far from any": (
        f'resource "aws_iam_polices_of_users" "x" {{\n{NONE}\n}}',
        "`aws_iam_polices_of_users`, which no reader takes",
    ),
    "a type of Identity Center": (
        'resource "aws_ssoadmin_managed_policy_attachments_exclusive" "x" {}',
        "which no reader takes",
    ),
    "a policy in another type": (
        f'resource "aws_s3_policies" "x" {{\npolicy = {TEXT}\n}}',
        "no reader takes policies of `aws_s3_policies`",
    ),
    "a block": (
        f'resorce "aws_iam_user_policy_attachment" "x" {{\n{NONE}\n}}',
        "no block `resorce`",
    ),
    "a block without a name": (
        f'resource "aws_iam_user_policy_attachment" {{\n{NONE}\n}}',
        "has 2 labels",
    ),
    "a block that stands twice": (
        ATTACHED + ATTACHED.replace("mia", "leo"),
        "`aws_iam_user_policy_attachment.x` is declared twice",
    ),
    "a value outside of a block": ('policy = "x"', "`policy` stands outside of a block"),
    "lists that name nobody": (ALL % "users = []", "names nobody to whom it attaches a policy"),
    "no lists": (ALL % "", "names nobody to whom it attaches a policy"),
    "a list that is not known": (
        ALL % "users = var.users",
        "`users` depends on the variable `users`",
    ),
    "the effect of a statement": (
        DOCUMENT % f"statement {{\n{STATEMENT.replace('effect', 'effec')}\n}}",
        "`effec`, which there is not (did you mean `effect`?)",
    ),
    "a test of a statement": (
        DOCUMENT
        % f'statement {{\n{STATEMENT}\nconditions {{\ntest = "Bool"\nvariable = "aws:ViaAWSService"'
        '\nvalues = ["true"]\n}\n}',
        "`conditions`, which there is not (did you mean `condition`?)",
    ),
    "a part of a test": (
        DOCUMENT
        % f'statement {{\n{STATEMENT}\ncondition {{\ntest = "Bool"\nvariable = "aws:ViaAWSService"'
        '\nvalue = ["true"]\n}\n}',
        "`value`, which there is not (did you mean `values`?)",
    ),
    "a part of a document": (
        DOCUMENT % f"rules {{\n{STATEMENT}\n}}",
        "`rules`, which there is not",
    ),
    "a loop over nothing": (
        DOCUMENT % f'dynamic "statement" {{\nfor_eac = [1]\ncontent {{\n{STATEMENT}\n}}\n}}',
        "the blocks `statement`, of which not all is said",
    ),
}


def _verdict(found: Imported, folder: Path) -> str:
    """Whether mia reads an object, in the world that was imported."""
    file = folder / "world.json"
    file.write_text(json.dumps(found.data), encoding="utf-8")
    world = iamsim.load(file)
    answer = world.explain(principal=MIA, action="s3:GetObject", resource="arn:aws:s3:::ledger/k")
    return answer.verdict.value


@pytest.mark.parametrize("name", REFUSED)
def test_what_terraform_refuses_may_deny(tmp_path: Path, name: str) -> None:
    """No part of a configuration is left out without a word."""
    more, said = REFUSED[name]
    file = tmp_path / "source" / "main.tf"
    file.parent.mkdir()
    file.write_text(CONFIGURATION + more, encoding="utf-8")
    found = import_sources([str(file.parent)])
    assert any(said in remark.message for remark in found.remarks), found.remarks
    assert _verdict(found, tmp_path) == "conditional"


def test_what_terraform_takes_is_not_doubted(tmp_path: Path) -> None:
    """Types that attach nothing, blocks that nobody reads, and override files."""
    (tmp_path / "source").mkdir()
    more = 'resource "aws_iam_access_key" "x" {\nuser = "mia"\n}\nterraform {}\n'
    (tmp_path / "source/main.tf").write_text(CONFIGURATION + more, encoding="utf-8")
    more = 'resource "aws_iam_user" "mia" {\ntags = {}\n}\n'
    (tmp_path / "source/override.tf").write_text(more, encoding="utf-8")
    found = import_sources([str(tmp_path / "source")])
    unknown = {remark.code for remark in found.remarks if remark.severity == "unknown"}
    assert unknown == {"account-unknown"}
    assert _verdict(found, tmp_path) == "allowed"


@pytest.mark.parametrize("kind", ["aws_iam_user_policy_atachment", "aws_iam_of_users"])
def test_a_plan_with_such_a_type(tmp_path: Path, kind: str) -> None:
    """What it attaches may be attached to anybody."""
    policies = {"Version": "2012-10-17", "Statement": [ALLOW]}
    none = {"Version": "2012-10-17", "Statement": [DENY]}
    arn = f"arn:aws:iam::{ACCOUNT}:policy/none"
    resources = [
        {"type": "aws_iam_user", "name": "u", "values": {"name": "mia"}},
        {
            "type": "aws_iam_user_policy",
            "name": "p",
            "values": {"name": "p", "user": "mia", "policy": json.dumps(policies)},
        },
        {
            "type": "aws_iam_policy",
            "name": "none",
            "values": {"name": "none", "arn": arn, "policy": json.dumps(none)},
        },
        {"type": kind, "name": "x", "values": {"user": "mia", "policy_arn": arn}},
    ]
    listed = [
        {"address": f"{entry['type']}.{entry['name']}", "mode": "managed", **entry}
        for entry in resources
    ]
    state = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": listed}},
    }
    (tmp_path / "source").mkdir()
    (tmp_path / "source/state.json").write_text(json.dumps(state), encoding="utf-8")
    found = import_sources([str(tmp_path / "source")])
    assert _verdict(found, tmp_path) == "conditional"


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("AWS::IAM::Polcy", "conditional"),
        ("AWS::IAM::PolicyOfUsers", "conditional"),
        ("AWS::IAM::AccessKey", "allowed"),
        ("AWS::SSO::Instance", "allowed"),
        ("AWS::Oam::Link", "allowed"),
    ],
)
def test_a_template_with_such_a_type(tmp_path: Path, kind: str, verdict: str) -> None:
    """A type of IAM that nobody reads may attach anything, unless it attaches nothing."""
    document = {"Version": "2012-10-17", "Statement": [ALLOW]}
    policies = [{"PolicyName": "p", "PolicyDocument": document}]
    resources = {
        "Mia": {"Type": "AWS::IAM::User", "Properties": {"UserName": "mia", "Policies": policies}},
        "X": {"Type": kind, "Properties": {"UserName": "mia"}},
    }
    (tmp_path / "source").mkdir()
    file = tmp_path / "source/app.json"
    file.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    found = import_sources([str(file)])
    assert _verdict(found, tmp_path) == verdict
