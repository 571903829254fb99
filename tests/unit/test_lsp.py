"""`iamsim lsp`: a real client of pygls, over standard streams."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.lsp.client import BaseLanguageClient

from iamsim.cli import extras
from iamsim.cli.main import main
from iamsim.lsp.analysis import Analyzer
from iamsim.lsp.place import place_at

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "corpus" / "examples"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:Get*", "s3:GetObjct"],
            "Resource": "arn:aws:s3:::reports/*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}},
        }
    ],
}
TEXT = json.dumps(POLICY, indent=2)


class Client(BaseLanguageClient):
    """A client that keeps what it is told of documents."""

    def __init__(self):
        super().__init__("test", "1")
        self.told = {}
        self.messages = []
        self.news = asyncio.Event()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def publish(params):
            self.told[params.uri] = params
            self.news.set()

        @self.feature(types.WINDOW_SHOW_MESSAGE)
        def show(params):
            self.messages.append(params.message)

    async def diagnostics(self, uri, version):
        """What is told of a version of a document."""
        while uri not in self.told or self.told[uri].version != version:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 60)
        return self.told[uri].diagnostics

    def open(self, uri, text, version=1):
        """Open a document."""
        item = types.TextDocumentItem(uri, "json", version, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, uri, text, version):
        """Put another text in a document."""
        document = types.VersionedTextDocumentIdentifier(version, uri)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))


def with_client(ask, encoding=types.PositionEncodingKind.Utf16):
    """Start a server, ask it, and end the session as editors do."""

    async def run():
        client = Client()
        await client.start_io(sys.executable, "-m", "iamsim", "lsp")
        general = types.GeneralClientCapabilities(position_encodings=[encoding])
        capabilities = types.ClientCapabilities(general=general)
        asked = types.InitializeParams(capabilities=capabilities, process_id=None)
        answer = await client.initialize_async(asked)
        assert answer.capabilities.position_encoding == encoding
        client.initialized(types.InitializedParams())
        try:
            return await ask(client)
        finally:
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()

    return asyncio.run(run())


def at(text, mark, behind=0):
    """The position of a piece of a text, which counts columns in UTF-16."""
    offset = text.index(mark) + behind
    line = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1)
    return types.Position(line, column)


def params(kind, uri, position):
    """The parameters of a question about a position."""
    return kind(types.TextDocumentIdentifier(uri), position)


def test_findings_come_as_one_types_and_go_when_they_are_mended(tmp_path):
    """A policy with a fault, its mend, its next version without it, and its end."""
    uri = (tmp_path / "policy.json").as_uri()

    async def ask(client):
        client.open(uri, TEXT)
        first = await client.diagnostics(uri, 1)
        client.change(uri, TEXT.replace('"s3:GetObjct"', '"s3:GetBucketAcl"'), 2)
        second = await client.diagnostics(uri, 2)
        client.change(uri, TEXT[:-20], 3)
        third = await client.diagnostics(uri, 3)
        document = types.TextDocumentIdentifier(uri)
        client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        last = await client.diagnostics(uri, None)
        return first, second, third, last

    first, second, third, last = with_client(ask)
    wrong = {finding.code: finding for finding in first}
    assert "INVALID_ACTION" in wrong
    start = at(TEXT, "s3:GetObjct")
    assert wrong["INVALID_ACTION"].range.start.line == start.line
    assert wrong["INVALID_ACTION"].severity == types.DiagnosticSeverity.Error
    assert "INVALID_ACTION" not in {finding.code for finding in second}
    assert [finding.code for finding in third] == ["JSON_SYNTAX_ERROR"]
    assert not last


HCL = """\
locals { action = "s3:GetObjct" }
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:ListBucket", "s3:GetObjct"], Resource = "*" }]
  })
}
"""
TEMPLATE = """\
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Action: s3:GetObjct, Resource: !Sub "${B}/*"}
"""


@pytest.mark.parametrize(
    ("name", "text", "line", "broken"),
    [("main.tf", HCL, 4, HCL[:-3]), ("app.yaml", TEMPLATE, 6, TEMPLATE + "  - ]")],
)
def test_policies_in_configurations_and_templates_are_checked(tmp_path, name, text, line, broken):
    """At their places in the text; a text that can't be read is told, too."""
    uri = (tmp_path / name).as_uri()

    async def ask(client):
        client.open(uri, text)
        first = await client.diagnostics(uri, 1)
        hover = params(types.HoverParams, uri, types.Position(line, 3))
        await client.text_document_hover_async(hover)
        client.change(uri, broken, 2)
        return first, await client.diagnostics(uri, 2)

    first, second = with_client(ask)
    wrong = [finding for finding in first if finding.code == "INVALID_ACTION"]
    assert [member.range.start.line for member in wrong] == [line]
    assert [finding.code for finding in second] in (["invalid-hcl"], ["invalid-yaml"])


@pytest.mark.parametrize(
    ("encoding", "width"),
    [
        (types.PositionEncodingKind.Utf8, 4),
        (types.PositionEncodingKind.Utf16, 2),
        (types.PositionEncodingKind.Utf32, 1),
    ],
)
def test_columns_are_counted_as_the_client_counts(tmp_path, encoding, width):
    """A sign outside of the basic plane before a fault is as wide as the encoding makes it."""
    uri = (tmp_path / "policy.json").as_uri()
    text = '{"Version": "2012-10-17", "Id": "\U0001f511", "Statement": {"Effect": "Alow"}}'
    before = text.index('"Alow"')

    async def ask(client):
        client.open(uri, text)
        return await client.diagnostics(uri, 1)

    found = {finding.code: finding for finding in with_client(ask, encoding)}
    assert found["INVALID_EFFECT"].range.start.character == before - 1 + width


def test_hover_says_what_stands_there(tmp_path):
    """Actions, patterns, keys, operators, ARNs, statements; nothing where there is nothing."""
    uri = (tmp_path / "policy.json").as_uri()
    text = TEXT.replace("arn:aws:s3:::reports/*", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    asked = [
        ("s3:GetObject", "**s3:GetObject**: Read"),
        ("s3:Get*", "covers"),
        ("s3:GetObjct", "perhaps `s3:GetObject`"),
        ("aws:PrincipalTag", "String"),
        ("StringEquals", "**StringEquals**"),
        ("arn:aws:iam", "AWS managed policy **ReadOnlyAccess**"),
        ('Read"', "This statement allows"),
    ]

    async def ask(client):
        client.open(uri, text)
        found = []
        for mark, _ in asked:
            position = at(text, mark, 2)
            hover = await client.text_document_hover_async(params(types.HoverParams, uri, position))
            found.append(hover)
        nothing = await client.text_document_hover_async(
            params(types.HoverParams, uri, types.Position(0, 0))
        )
        return found, nothing

    found, nothing = with_client(ask)
    assert nothing is None
    for (mark, expected), hover in zip(asked, found, strict=True):
        assert hover is not None, mark
        assert expected in hover.contents.value


COMPLETIONS = [
    ('{"|', "Version"),
    ('{"Version": "|', "2012-10-17"),
    ('{"Statement": [{"|', "Effect"),
    ('{"Statement": [{"Effect": "|', "Deny"),
    ('{"Statement": [{"Action": "|', "s3:"),
    ('{"Statement": [{"Action": ["s3:Li|', "s3:ListBucket"),
    ('{"Statement": [{"Condition": {"|', "StringEquals"),
    ('{"Statement": [{"Condition": {"Bool": {"|', "aws:SecureTransport"),
    ('{"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": "|', "true"),
    ('{"Statement": [{"Principal": {"|', "Federated"),
    ('{"Statement": [{"Principal": {"AWS": "|', "arn:aws:iam::111122223333:role/deploy"),
    ('{"Statement": [{"Resource": "|', "arn:aws:s3:::harbor-reports"),
]


def test_completion_knows_where_it_stands_in_what_is_not_whole():
    """Broken texts beside a world: elements, actions, keys, operators, values, ARNs."""
    uri = (EXAMPLES / "harbor" / "policies" / "new.json").as_uri()

    async def ask(client):
        client.open(uri, "")
        found = []
        for version, (marked, _) in enumerate(COMPLETIONS, 2):
            text = marked.replace("|", "")
            client.change(uri, text, version)
            position = types.Position(0, marked.index("|"))
            completed = await client.text_document_completion_async(
                params(types.CompletionParams, uri, position)
            )
            found.append([item.label for item in completed.items])
        return found

    for (marked, expected), labels in zip(COMPLETIONS, with_client(ask), strict=True):
        assert expected in labels, (marked, labels[:5])


def test_the_keys_of_a_condition_are_those_of_the_actions(tmp_path):
    """First those whose type the operator compares; services of other actions have none."""
    uri = (tmp_path / "policy.json").as_uri()
    text = TEXT.replace('"StringEquals": {', '"Bool": {')

    async def ask(client):
        client.open(uri, text)
        completed = await client.text_document_completion_async(
            params(types.CompletionParams, uri, at(text, "aws:PrincipalTag", 1))
        )
        return [item.label for item in sorted(completed.items, key=lambda one: one.sort_text)]

    labels = with_client(ask)
    assert "s3:ExistingObjectTag/" in labels
    assert "ec2:InstanceType" not in labels
    assert labels.index("aws:SecureTransport") < labels.index("aws:PrincipalTag/")


def test_mends_and_suppressions_are_offered(tmp_path):
    """A mend is an edit of the document; a suppression an entry beside it, with a reason."""
    uri = (tmp_path / "policy.json").as_uri()
    text = TEXT.replace('"Allow"', '"allow"')

    async def ask(client):
        client.open(uri, text)
        diagnostics = await client.diagnostics(uri, 1)
        position = at(text, '"allow"', 1)
        asked = types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(position, position),
            types.CodeActionContext(diagnostics),
        )
        return await client.text_document_code_action_async(asked)

    found = {action.title: action for action in with_client(ask)}
    edits = found["Mend INVALID_EFFECT"].edit.changes[uri]
    assert [edit.new_text.strip('"') for edit in edits] == ["Allow"]
    assert edits[0].range.start.line == at(text, '"allow"').line
    accept = found["Accept INVALID_EFFECT, with a reason"].edit.document_changes
    assert accept[0].uri == f"{uri}.iamsim-ignore.yaml"
    assert "code: INVALID_EFFECT" in accept[1].edits[0].new_text


def test_suppressions_that_are_written_count(tmp_path):
    """A finding that the file beside a policy accepts is not told."""
    file = tmp_path / "policy.json"
    file.write_text(TEXT)
    entry = '- code: INVALID_ACTION\n  reason: "the service is new"\n'
    (tmp_path / "policy.json.iamsim-ignore.yaml").write_text(entry)

    async def ask(client):
        client.open(file.as_uri(), TEXT)
        return await client.diagnostics(file.as_uri(), 1)

    assert "INVALID_ACTION" not in {finding.code for finding in with_client(ask)}


def test_worlds_have_an_outline_and_names_lead_to_what_they_name():
    """Records by account; a policy's name leads to it, a file's name to it; faults are told."""
    file = EXAMPLES / "harbor" / "world.yaml"
    uri, text = file.as_uri(), file.read_text()

    async def ask(client):
        client.open(uri, text)
        healthy = await client.diagnostics(uri, 1)
        document = types.TextDocumentIdentifier(uri)
        outline = await client.text_document_document_symbol_async(
            types.DocumentSymbolParams(document)
        )
        targets = [
            await client.text_document_definition_async(
                params(types.DefinitionParams, uri, at(text, mark, behind))
            )
            for mark, behind in (
                ("analysts]", 2),
                ("[Deploy]", 2),
                ("StayInEurope]", 2),
                ("policies/deploy.json", 3),
                ("production", 2),
            )
        ]
        client.change(uri, text.replace("users:", "usrs:"), 2)
        broken = await client.diagnostics(uri, 2)
        completed = await client.text_document_completion_async(
            params(types.CompletionParams, uri, at(text, "      deploy:", 6))
        )
        return healthy, outline, targets, broken, completed

    healthy, outline, targets, broken, _ = with_client(ask)
    assert not healthy
    assert [entry.name for entry in outline] == ["111122223333", "444455556666"]
    assert {"nora", "deploy", "ReadReports"} <= {child.name for child in outline[0].children}
    group, policy, shared, other, nothing = targets
    assert group.range.start.line == at(text, "      analysts: {").line
    assert policy.range.start.line == at(text, "      Deploy: ").line
    assert shared.range.start.line == at(text, "  StayInEurope: ").line
    assert other.uri.endswith("harbor/policies/deploy.json")
    assert nothing is None
    assert any("usrs" in entry.message for entry in broken)


def test_requests_of_a_scenario_have_lenses_and_answers():
    """Each request says how it came out, runs and explains; one that is not met is told."""
    file = EXAMPLES / "why-was-this-denied.yaml"
    uri, text = file.as_uri(), file.read_text()

    async def ask(client):
        client.open(uri, text)
        document = types.TextDocumentIdentifier(uri)
        lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
        command = lenses[3].command
        told = await client.workspace_execute_command_async(
            types.ExecuteCommandParams(command.command, command.arguments)
        )
        none = await client.workspace_execute_command_async(
            types.ExecuteCommandParams("iamsim.run", [uri, 99])
        )
        client.change(uri, text.replace("expect: allowed", "expect: implicitDeny", 1), 2)
        return lenses, told, none, await client.diagnostics(uri, 2)

    lenses, told, none, broken = with_client(ask)
    assert lenses[0].command.title == "allowed, as expected: run"
    assert lenses[0].range.start.line == at(text, "- name: deploy writes").line
    assert "permissions boundary" in told
    assert "no such request" in none
    assert [finding.code for finding in broken] == ["not-as-expected"]


def test_claims_that_are_none_are_told(tmp_path):
    """A file of claims with a member that no claim has."""
    uri = (tmp_path / "claims.yaml").as_uri()

    async def ask(client):
        client.open(uri, "claims:\n- {nonsense: 1}\n")
        return await client.diagnostics(uri, 1)

    assert len(with_client(ask)) == 1


def large_world(changed):
    """A world of about 100 KB with a hundred policies, one of them changed."""
    statement = POLICY["Statement"][0]
    policies = {}
    for number in range(100):
        some = [{**statement, "Sid": f"S{number}x{index}"} for index in range(2)]
        if number == 50:
            some[0] = {**some[0], "Resource": f"arn:aws:s3:::{changed}/*"}
        policies[f"policy{number}"] = {"Version": "2012-10-17", "Statement": some}
    return json.dumps({"accounts": {"111122223333": {"policies": policies}}}, indent=1)


def test_a_change_costs_the_policy_that_it_touches():
    """Policies that stay keep their findings, at their new places."""
    analyzer = Analyzer()
    first = analyzer.analyze(large_world("a"), "world.json")
    longer = large_world("a" * 40)
    asked = []
    validator = analyzer._validator
    examine = validator.examine_data
    validator.examine_data = lambda *some, **more: asked.append(1) or examine(*some, **more)
    second = analyzer.analyze(longer, "world.json")
    assert len(asked) == 1
    fresh = Analyzer().analyze(longer, "world.json")

    def told(analysis):
        return [
            (finding.code, [(span.start, span.end) for span in finding.spans])
            for _, examined in analysis.policies
            for finding in examined.findings
        ]

    assert len(first.policies) == len(second.policies) == 100
    assert told(second) == told(fresh)


@given(st.integers(0, len(TEXT)))
def test_a_place_is_found_wherever_a_text_ends(end):
    """Every beginning of a policy has a place, and the way to it is a way into the policy."""
    place = place_at(TEXT[:end], end, "json")
    value = POLICY
    for step in place.path[:-1] if place.is_key else place.path:
        if isinstance(value, list) and step == len(value):
            break
        if step == "":
            break
        value = value[step]
    assert place.start <= end


BLOCK = """\
Version: "2012-10-17"
Statement:
- Sid: One
  Effect: Allow
  Action:
  - s3:GetObject
  - s3:PutObject
  Condition:
    StringEquals: {"aws:username": [a, b]}
  Resource: ["arn:aws:s3:::a",
    "arn:aws:s3:::b"]
-
  Effect: Deny
"""


@pytest.mark.parametrize(
    ("mark", "behind", "path", "is_key", "text"),
    [
        ("2012", 2, ("Version",), False, "2012-10-17"),
        ("Effect", 2, ("Statement", 0, "Effect"), True, "Effect"),
        ("Allow", 2, ("Statement", 0, "Effect"), False, "Allow"),
        ("s3:Put", 3, ("Statement", 0, "Action", 1), False, "s3:PutObject"),
        (
            "aws:user",
            4,
            ("Statement", 0, "Condition", "StringEquals", "aws:username"),
            True,
            "aws:username",
        ),
        ("b]", 0, ("Statement", 0, "Condition", "StringEquals", "aws:username", 1), False, "b"),
        (":::b", 1, ("Statement", 0, "Resource", 1), False, "arn:aws:s3:::b"),
        ("Deny", 1, ("Statement", 1, "Effect"), False, "Deny"),
    ],
)
def test_places_in_yaml(mark, behind, path, is_key, text):
    """Block style by its indentation, flow style by its brackets, over lines as well."""
    place = place_at(BLOCK, BLOCK.index(mark) + behind, "yaml")
    assert (place.path, place.is_key, place.text) == (path, is_key, text)


def test_without_the_extra_the_command_says_how_to_get_it(monkeypatch, capsys):
    """A clear message with the command of pip, and exit code 2."""
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    assert main(["lsp"]) == 2
    assert "pip install 'iamsim[lsp]'" in capsys.readouterr().err
