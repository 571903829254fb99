"""The language server inside of templates and configurations: a real client of pygls."""

from __future__ import annotations

import asyncio
import gc
import re

import pytest
from lsprotocol import types

from iamsim.lsp.analysis import Analyzer, OutdatedError
from iamsim.lsp.granted import statement_text
from iamsim.lsp.hcl_place import hcl_place_at
from iamsim.syntax.hcl.tree import Block
from tests.unit.test_lsp import at, params, with_client

HCL = """\
locals { bucket = "arn:aws:s3:::data" }
data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    effect    = "allow"
    actions   = ["s3:GetObject", "s3:Get*"]
    resources = ["${local.bucket}/*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["a"]
    }
  }
}
resource "aws_iam_policy" "read" {
  name   = "read"
  policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_role_policy_attachment" "read" {
  role       = "app"
  policy_arn = aws_iam_policy.read.arn
}
resource "aws_iam_policy" "list" {
  name   = "list"
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = ["s3:ListBucket"], Resource = local.bucket }]
  })
}
"""
TEMPLATE = """\
Resources:
  Data: {Type: AWS::S3::Bucket}
  Read:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
        - Sid: Read
          Effect: allow
          Action: [s3:GetObject, "s3:Get*"]
          Resource: !Sub "${Data.Arn}/*"
          Condition: {StringEquals: {"aws:PrincipalTag/team": a}}
  App:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Action: "sts:AssumeRole",
        Principal: {Service: lambda.amazonaws.com}}}
      ManagedPolicyArns: [!Ref Read]
"""
BOTH = pytest.mark.parametrize(
    ("name", "text"), [("main.tf", HCL), ("app.yaml", TEMPLATE)], ids=["hcl", "template"]
)


@BOTH
def test_hover_in_templates_and_configurations(tmp_path, name, text):
    """Actions, keys, operators, and what a statement grants, with a request that proves it."""
    uri = (tmp_path / name).as_uri()
    text = text.replace("allow", "Allow")
    asked = [
        ("s3:GetObject", "**s3:GetObject**: Read"),
        ("s3:Get*", "covers"),
        ("aws:PrincipalTag", "String"),
        ("StringEquals", "**StringEquals**"),
        ("Read\n" if name == "app.yaml" else 'Read"\n', "Proved: it decides `s3:GetObject"),
    ]

    async def ask(client):
        client.open(uri, text)
        found = []
        for mark, _ in asked:
            offset = text.index(mark) if "\n" not in mark else text.rindex(mark, 0, 420)
            position = at(text[offset - text.rindex("\n", 0, offset) :], mark, 2)
            line = text.count("\n", 0, offset)
            position = types.Position(line, offset - text.rindex("\n", 0, offset) + 1)
            question = params(types.HoverParams, uri, position)
            found.append(await client.text_document_hover_async(question))
        return found

    for (mark, expected), hover in zip(asked, with_client(ask), strict=True):
        assert hover is not None, mark
        assert expected in hover.contents.value


DOCUMENT = 'data "aws_iam_policy_document" "d" {\n statement {\n  '
POLICY = 'resource "aws_iam_policy" "p" {\n policy = '
BOOL = 'condition {\n   test = "Bool"\n   variable = "'
COMPLETIONS = [
    (f"{DOCUMENT}|", "not_actions"),
    (f'{DOCUMENT}effect = "|', "Deny"),
    (f'{DOCUMENT}actions = ["s3:Li|', "s3:ListBucket"),
    (f'{DOCUMENT}condition {{\n   test = "|', "StringEquals"),
    (f'{DOCUMENT}actions = ["s3:GetObject"]\n  {BOOL}|', "aws:SecureTransport"),
    (f'{DOCUMENT}{BOOL}aws:SecureTransport"\n   values = ["|', "true"),
    (f"{DOCUMENT}principals {{\n   |", "identifiers"),
    (f"{POLICY}jsonencode({{ Statement = [{{ |", "Effect"),
    (f'{POLICY}jsonencode({{ Statement = [{{ Action = ["sqs:|', "sqs:SendMessage"),
    (f'{POLICY}<<E\n{{"Statement": [{{"Action": "s3:|', "s3:GetObject"),
]


def test_completion_in_what_is_not_whole_of_hcl(tmp_path):
    """Arguments of blocks, objects of `jsonencode`, heredocs."""
    uri = (tmp_path / "main.tf").as_uri()

    async def ask(client):
        client.open(uri, "")
        found = []
        for version, (marked, _) in enumerate(COMPLETIONS, 2):
            text = marked.replace("|", "")
            client.change(uri, text, version)
            position = at(marked, "|")
            completed = await client.text_document_completion_async(
                params(types.CompletionParams, uri, position)
            )
            found.append({item.label: item.text_edit.new_text for item in completed.items})
        return found

    for (marked, expected), labels in zip(COMPLETIONS, with_client(ask), strict=True):
        assert expected in labels, (marked, list(labels)[:5])
        assert labels[expected] == expected


CONFIGURATION = """\
variable "team" {}
locals { bucket = "arn:aws:s3:::data" }
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
resource "aws_iam_role" "app" {
  for_each           = toset(["a"])
  name               = each.key
  assume_role_policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_role_policy_attachment" "app" {
  policy_arn = "x"
}
module "keys" { source = "./keys" }
"""
REFERENCES = [
    ("policy = |", ("data", "local", "var", "module", "aws_iam_role"), "bucket"),
    ("policy = da|", ("data",), "Allow"),
    ("policy = data.|", ("aws_iam_policy_document",), "aws_iam_role"),
    ("policy = data.aws_iam_policy_document.|", ("read",), "app"),
    ("policy = data.aws_iam_policy_document.read.|", ("json", "minified_json"), "arn"),
    ("role = aws_iam_role.|", ("app",), "read"),
    ("role = aws_iam_role.app.|", ("arn", "id", "name"), "json"),
    ('role = aws_iam_role.app["a"].a|', ("arn", "assume_role_policy"), "json"),
    ("role = aws_iam_role_policy_attachment.app.|", ("id", "policy_arn"), "arn"),
    ('name = "${local.|', ("bucket",), "team"),
    ('name = "${local.bu|cket}-x"', ("bucket",), "team"),
    ('name = "${var.|}"', ("team", "elsewhere"), "bucket"),
    ("name = module.|", ("keys",), "arn"),
    ("name = module.keys.|", ("arn",), "inner"),
    ("name = each.|", ("key", "value"), "arn"),
    ('name = "local.|"', (), "bucket"),
    ('name = "$${local.|}"', (), "bucket"),
    ("name = aws_iam_role.none.|", (), "arn"),
]


def test_completion_of_references_in_hcl(tmp_path):
    """Names of the folder's blocks, of modules on disk, and what these have, also where the text
    is not whole."""
    uri = (tmp_path / "main.tf").as_uri()
    (tmp_path / "more.tf").write_text('variable "elsewhere" {}\n')
    (tmp_path / "keys").mkdir()
    keys = 'variable "inner" {}\noutput "arn" { value = "x" }\n'
    (tmp_path / "keys" / "main.tf").write_text(keys)

    async def ask(client):
        client.open(uri, "")
        found = []
        for version, (marked, _, _) in enumerate(REFERENCES, 2):
            whole = f'{CONFIGURATION}resource "aws_iam_policy" "p" {{\n  {marked}\n}}\n'
            client.change(uri, whole.replace("|", ""), version)
            position = at(whole, marked, marked.index("|"))
            found.append(
                await client.text_document_completion_async(
                    params(types.CompletionParams, uri, position)
                )
            )
        return found

    for (marked, expected, other), found in zip(REFERENCES, with_client(ask), strict=True):
        labels = {item.label: item.text_edit for item in found.items}
        assert set(expected) <= set(labels), (marked, list(labels))
        assert other not in labels, (marked, list(labels))
        for name in expected:
            edit = labels[name]
            begun = re.search(r"\w*$", marked.partition("|")[0])[0]
            behind = re.match(r"\w*", marked.partition("|")[2])[0]
            length = edit.range.end.character - edit.range.start.character
            assert (edit.new_text, length) == (name, len(begun + behind)), marked


def test_a_dot_asks_for_references_and_for_nothing_else(tmp_path):
    """In a policy it is a part of what is typed."""
    uri = (tmp_path / "policy.json").as_uri()

    async def ask(client):
        text = '{"Statement": [{"Action": "s3."}]}'
        client.open(uri, text)
        kind = types.CompletionTriggerKind.TriggerCharacter
        asked = params(types.CompletionParams, uri, at(text, 's3."', 3))
        asked.context = types.CompletionContext(kind, ".")
        return await client.text_document_completion_async(asked)

    assert not with_client(ask).items


@BOTH
def test_mends_are_offered_where_the_template_then_comes_to_the_mended_policy(tmp_path, name, text):
    """The edit is in the template; the finding is gone with it."""
    uri = (tmp_path / name).as_uri()

    async def ask(client):
        client.open(uri, text)
        diagnostics = await client.diagnostics(uri, 1)
        position = at(text, "allow", 1)
        asked = types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(position, position),
            types.CodeActionContext(diagnostics),
        )
        return diagnostics, await client.text_document_code_action_async(asked)

    diagnostics, actions = with_client(ask)
    assert "INVALID_EFFECT" in {diagnostic.code for diagnostic in diagnostics}
    offered = {action.title: action for action in actions}
    [edit] = offered["Mend INVALID_EFFECT"].edit.changes[uri]
    assert edit.new_text.strip('"') == "Allow"
    assert edit.range.start.line == at(text, "allow").line
    assert "Accept INVALID_EFFECT, with a reason" in offered


def test_a_mend_that_would_change_other_policies_is_not_offered(tmp_path):
    """The value stands in a local value, which is no part of the policy."""
    text = HCL.replace('"allow"', "local.effect").replace(
        "locals {", 'locals {\n  effect = "allow"\n '
    )
    analysis = Analyzer().analyze(text, str(tmp_path / "main.tf"))
    codes = {finding.code for _, examined in analysis.policies for finding in examined.findings}
    assert "INVALID_EFFECT" in codes


@BOTH
def test_the_outline_has_resources_with_their_statements(tmp_path, name, text):
    """Called as Terraform calls blocks, and templates resources."""
    uri = (tmp_path / name).as_uri()

    async def ask(client):
        client.open(uri, text)
        asked = types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))
        return await client.text_document_document_symbol_async(asked)

    found = {entry.name: [child.name for child in entry.children] for entry in with_client(ask)}
    holder = "data.aws_iam_policy_document.read" if name == "main.tf" else "Read"
    assert found[holder] == ["Read"]
    assert {"aws_iam_policy.list", "locals"} <= set(found) or {"Data", "App"} <= set(found)


@BOTH
def test_references_lead_to_what_they_name(tmp_path, name, text):
    """A policy from its attachment, a document from its policy, a local value; other files too."""
    uri = (tmp_path / name).as_uri()
    (tmp_path / "more.tf").write_text('variable "elsewhere" {}\n')
    marks = {
        "main.tf": [
            ("aws_iam_policy.read.arn", 'resource "aws_iam_policy" "read"'),
            ("data.aws_iam_policy_document.read.json", "data "),
            ("local.bucket}", 'bucket = "arn'),
        ],
        "app.yaml": [("!Ref Read", "  Read:"), ("{Data.Arn", "  Data:")],
    }[name]

    async def ask(client):
        client.open(uri, text)
        found = []
        for mark, _ in marks:
            position = at(text, mark, 6 if mark.startswith("!") else 2)
            asked = params(types.DefinitionParams, uri, position)
            found.append(await client.text_document_definition_async(asked))
        changed = f"{text}# var.elsewhere\n"
        client.change(uri, changed, 2)
        asked = params(types.DefinitionParams, uri, at(changed, "var.elsewhere", 2))
        return found, await client.text_document_definition_async(asked)

    found, elsewhere = with_client(ask)
    for (mark, target), location in zip(marks, found, strict=True):
        assert location is not None, mark
        assert location.range.start.line == at(text, target).line
    if name == "main.tf":
        assert elsewhere.uri.endswith("/more.tf")


def test_a_question_can_be_cancelled(tmp_path):
    """A large document is being looked at; the client does not wait for the answer."""
    uri = (tmp_path / "main.tf").as_uri()
    blocks = [HCL.replace('"read"', f'"read{n}"').replace("document.read.", f"document.read{n}.")
              for n in range(400)]  # fmt: skip
    text = "\n".join(blocks)

    async def ask(client):
        client.open(uri, text)
        question = params(types.HoverParams, uri, at(text, "s3:GetObject", 2))
        asked = asyncio.ensure_future(client.text_document_hover_async(question))
        await asyncio.sleep(0.01)
        numbers = list(client.protocol._request_futures)
        client.cancel_request(types.CancelParams(numbers[-1]))
        with pytest.raises(Exception, match=r"(?i)cancel"):
            await asyncio.wait_for(asked, 60)
        question = params(types.HoverParams, uri, at(text, "s3:Get*", 2))
        return await client.text_document_hover_async(question)

    assert "covers" in with_client(ask).contents.value


def test_looking_ends_when_the_document_has_changed(tmp_path):
    """What nobody waits for is not looked at to the end."""
    with pytest.raises(OutdatedError):
        Analyzer().analyze(HCL, str(tmp_path / "main.tf"), lambda: True)
    with pytest.raises(OutdatedError):
        Analyzer().analyze(TEMPLATE, str(tmp_path / "app.yaml"), lambda: True)


def test_what_was_read_of_a_configuration_is_freed_at_once(tmp_path):
    """Nothing of it leads in circles: a collector that looks for these would stop the editor."""
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(entry, Block) for entry in gc.get_objects())
        assert Analyzer().analyze(HCL, str(tmp_path / "main.tf")).policies
        after = sum(isinstance(entry, Block) for entry in gc.get_objects())
    finally:
        gc.enable()
    assert after == before


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}


@pytest.mark.parametrize(
    ("statements", "number", "expected"),
    [
        ([READ], 0, "it decides `s3:GetObject` on `arn:aws:s3:::a/"),
        ([READ, {**READ, "Action": "s3:*"}], 0, "allows nothing new"),
        ([READ, {**READ, "Action": "s3:*"}], 1, "which the policy would not allow else"),
        ([READ, {**READ, "Effect": "Deny"}], 1, "which the policy would not deny else"),
        (
            [READ, {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}],
            1,
            "denies nothing that the others allow",
        ),
        ([{**READ, "Effect": "Deny"}], 0, "which the policy would not deny else"),
        ([{**READ, "Action": "s3:GetObjct"}], 0, "allows no action that is known on"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], 0, "all actions but"),
        (
            [{**READ, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}],
            0,
            "with `aws:SecureTransport` = `true`",
        ),
    ],
)
def test_what_a_statement_grants_is_proved(statements, number, expected):
    """By a request that it decides, or by the others that do all of it."""
    assert expected in statement_text({"Statement": statements}, number, None)


def test_what_is_not_known_is_not_proved():
    """A marker, too many statements, no statement."""
    unknown = {**READ, "Resource": {"Fn::ImportValue": "x"}}
    told = statement_text({"Statement": [unknown]}, 0, None)
    assert "on `(not known)`. Nothing is proved" in told
    assert "Fn::ImportValue: x" in told
    many = [READ] * 101
    assert "more than 100 statements" in statement_text({"Statement": many}, 0, None)
    assert statement_text({"Statement": ["x"]}, 0, None) == ""


def test_a_place_is_found_wherever_hcl_ends():
    """Every beginning of a configuration has a place."""
    for end in range(len(HCL)):
        assert 0 <= end - hcl_place_at(HCL[:end], end).start <= len(HCL)
