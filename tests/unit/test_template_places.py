"""Answers about templates and configurations stand at their lines, in whatever form they are."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from iamsim.cli.main import main
from iamsim.core.unknown import find_marker
from iamsim.importers.frame import import_sources
from iamsim.importers.load import load_worlds
from iamsim.importers.slots import policy_slots

ROOT = Path(__file__).parents[2]
IMPORTS = ROOT / "corpus" / "imports"
SOURCES = [
    *sorted(path for path in (IMPORTS / "cloudformation").glob("*/source")),
    IMPORTS / "terraform" / "configuration" / "source",
]
YAML = """\
Resources:
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: sts:AssumeRole,
        Principal: {Service: lambda.amazonaws.com}}}
      Policies:
      - PolicyName: read
        PolicyDocument:
          Statement:
          - !If [Never, {Effect: Allow, Action: "*", Resource: "*"}, !Ref AWS::NoValue]
          - {Effect: Allow, Action: s3:ListBucket, Resource: !GetAtt Data.Arn}
          - Effect: Deny
            Action: !If [Never, "s3:*", ["s3:DeleteObject"]]  # here
            Resource: !Sub "${Data.Arn}/*"
Conditions: {Never: !Equals [a, b]}
"""
DOCUMENT = """\
locals { forbidden = ["s3:DeleteObject"] }
resource "aws_iam_role" "reader" {
  name               = "reader"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "common" {
  statement {
    effect    = "Deny"
    actions   = local.forbidden # here
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "read" {
  source_policy_documents = [data.aws_iam_policy_document.common.json]
  statement {
    actions   = ["s3:ListBucket"]
    resources = ["*"]
  }
}
resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.reader.id
  policy = data.aws_iam_policy_document.read.json
}
"""
ENCODED = """\
resource "aws_iam_role" "reader" {
  name               = "reader"
  assume_role_policy = jsonencode({ Statement = { Effect = "Allow", Action = "sts:AssumeRole",
    Principal = { Service = "lambda.amazonaws.com" } } })
  inline_policy {
    name   = "read"
    policy = <<-EOT
      {
        "Statement": [
          {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"},
          {"Effect": "Deny", "Resource": "*",
           "Action": "s3:DeleteObject"}
        ]
      }
      EOT
  }
}
"""
TEMPLATE_JSON = json.dumps(
    {
        "Resources": {
            "Reader": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "reader",
                    "AssumeRolePolicyDocument": {"Statement": []},
                    "Policies": [
                        {
                            "PolicyName": "read",
                            "PolicyDocument": {
                                "Statement": {
                                    "Effect": "Deny",
                                    "Action": "s3:DeleteObject",
                                    "Resource": "*",
                                }
                            },
                        }
                    ],
                },
            }
        }
    },
    indent=1,
)
ASKED = ["-p", "reader", "-a", "s3:DeleteObject", "-r", "arn:aws:s3:::data/a"]


def line_of(text, mark):
    """The line of a mark, counted from 1."""
    return text.count("\n", 0, text.index(mark)) + 1


@pytest.mark.parametrize(
    ("name", "text", "statement", "clause"),
    [
        ("app.yaml", YAML, "- Effect: Deny", "# here"),
        ("app.template.json", TEMPLATE_JSON, '"Statement": {', '"s3:DeleteObject"'),
        ("main.tf", DOCUMENT, "  statement {\n    effect", "# here"),
        ("main.tf", ENCODED, '{"Effect": "Deny"', '"s3:DeleteObject"'),
    ],
    ids=["yaml", "json", "document", "heredoc"],
)
def test_an_answer_stands_at_the_line_of_the_template(
    tmp_path, capsys, name, text, statement, clause
):
    """The statement that decides, and the entry of it that fits; also what a local value says."""
    (tmp_path / name).write_text(text)
    assert main(["explain", "--world", str(tmp_path), *ASKED, "--format", "json", "-v"]) == 0
    answer = json.loads(capsys.readouterr().out)
    [decides] = answer["decided_by"]
    assert decides["file"] == str(tmp_path / name)
    assert decides["line"] == line_of(text, statement)
    lines = [
        entry["line"]
        for layer in answer["layers"]
        for policy in layer["policies"]
        for told in policy["statements"]
        for entry in told["clauses"]
        if entry["element"] == "Action" and entry["matches"]
    ]
    assert lines == [line_of(text, clause)]
    assert main(["explain", "--world", str(tmp_path), *ASKED]) == 0
    shown = capsys.readouterr().out
    assert f"{line_of(text, statement)} | {statement.splitlines()[0].strip()}" in shown


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_every_policy_stands_in_a_file_that_was_given(source):
    """All but the key policies that AWS makes where nobody writes any."""
    imported = import_sources([str(source)])
    files = {str(path) for path in source.rglob("*")}
    policies = 0
    for slot in policy_slots(dict(imported.data)):
        document = slot.value
        if not isinstance(document, dict) or find_marker(document):
            continue
        policies += 1
        place = imported.places.of(document)
        if place is None:
            assert ":kms:" in slot.place
            continue
        assert place.source.evaluated is document
        for number, _ in enumerate(document["Statement"]):
            span = place.source.span(("Statement", number))
            assert span.source.name in files
            assert 0 < span.end - span.start < len(span.source.text)
    assert policies


def test_equal_policies_stand_each_at_its_own_place(tmp_path):
    """Where a plan would share one document, a template has two places."""
    trust = 'jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole" }] })'
    body = f"assume_role_policy = {trust}\n}}\n"
    text = "".join(
        f'resource "aws_iam_role" "{name}" {{\n  name = "{name}"\n  {body}' for name in "ab"
    )
    (tmp_path / "main.tf").write_text(text)
    account = load_worlds(str(tmp_path)).accounts["000000000000"]
    lines = [role.trust.source.span(("Statement", 0)).line for role in account.roles.values()]
    assert lines == [3, 7]


def test_what_a_resource_adds_stands_at_the_resource(tmp_path):
    """A permission of a function is no document: its statement stands where it is made."""
    text = """\
Resources:
  Work: {Type: AWS::Lambda::Function, Properties: {FunctionName: work}}
  Call:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: work, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com}
"""
    (tmp_path / "app.yaml").write_text(text)
    [resource] = load_worlds(str(tmp_path)).accounts["000000000000"].resources.values()
    assert resource.policy.source.span(("Statement", 0)).line == line_of(text, "    Type:")


def test_edits_name_the_line_and_leave_the_template_to_its_author(tmp_path, capsys):
    """No patch of a text that is no policy."""
    (tmp_path / "app.yaml").write_text(YAML)
    asked = ["explain", "--world", str(tmp_path), *ASKED, "--edits", "--format", "json"]
    assert main(asked) == 0
    edits = json.loads(capsys.readouterr().out)["edits"]
    told = json.dumps(edits)
    assert f'"line": {line_of(YAML, "- Effect: Deny")}' in told
    assert '"diff"' not in told


def test_a_page_shows_the_statements_of_other_files(tmp_path):
    """Each stretch of text under its own line numbers."""
    common = DOCUMENT[DOCUMENT.index('data "aws_iam_policy_document" "common"') :]
    common, rest = common.split('data "aws_iam_policy_document" "read"')
    (tmp_path / "common.tf").write_text(f"\n\n{common}")
    start = DOCUMENT[: DOCUMENT.index('data "aws_iam_policy_document" "common"')]
    (tmp_path / "main.tf").write_text(f'{start}data "aws_iam_policy_document" "read"{rest}')
    page = tmp_path / "page.html"
    world = str(tmp_path)
    assert main(["explain", "--world", world, *ASKED, "--format", "html", "-o", str(page)]) == 0
    shown = page.read_text()
    assert "local.forbidden" in shown
    assert "s3:ListBucket" in shown


def test_changes_of_a_template_compare_what_it_comes_to(tmp_path, capsys):
    """A line more above a statement is no change of it."""
    for name, more in (("before", ""), ("after", "# a comment\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.yaml").write_text(more + YAML)
    assert main(["changes", str(tmp_path / "before"), str(tmp_path / "after")]) == 0
    assert "no decision changes" in capsys.readouterr().out.lower()


def test_changes_of_two_outputs_of_the_cdk(tmp_path, capsys, monkeypatch):
    """Folders of `cdk synth`, and revisions that hold them: at the line of the template."""
    source = IMPORTS / "cloudformation" / "cdk" / "source" / "cdk.out"
    stack = Path("cdk.out") / "Shop.template.json"
    text = (source / stack.name).read_text()
    wider = text.replace('"s3:PutObjectLegalHold",', '"s3:PutBucketPolicy",', 1)
    for side, shop in (("before", text), ("after", wider)):
        shutil.copytree(source, tmp_path / side / "cdk.out")
        (tmp_path / side / stack).write_text(shop)
    sides = [str(tmp_path / side / "cdk.out") for side in ("before", "after")]
    assert main(["changes", *sides, "--fail-on", "opened", "--accept-unknown"]) == 1
    told = capsys.readouterr().out
    assert "s3:PutBucketPolicy" in told
    line = text.count("\n", 0, text.index('"s3:PutObjectLegalHold"'))
    statement = text.rindex('      {\n       "Action"', 0, text.index('"s3:PutObjectLegalHold"'))
    number = text.count("\n", 0, statement) + 1
    assert number < line
    assert f"Shop.template.json:{number}" in told
    monkeypatch.chdir(tmp_path / "before")
    git = shutil.which("git")
    assert git is not None
    name = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "."), (*name, "commit", "-qm", "before")):
        subprocess.run([git, *words], check=True)
    stack.write_text(wider)
    subprocess.run([git, *name, "commit", "-qam", "after"], check=True)
    revisions = ["HEAD~1:cdk.out", "HEAD:cdk.out"]
    assert main(["changes", *revisions, "--fail-on", "opened", "--accept-unknown"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert f"(HEAD:cdk.out/Shop.template.json:{number})" in told
