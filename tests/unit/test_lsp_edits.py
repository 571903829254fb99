"""Edits in the editor: what makes a request of a scenario come out as expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.uris import to_fs_path

from iamsim.lsp.analysis import Analyzer
from tests.unit.test_lsp import at, with_client

ACCOUNT = "111122223333"
MAYA = f"arn:aws:iam::{ACCOUNT}:user/maya"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::reports/*"}
    ],
}
WORLD = {"accounts": {ACCOUNT: {"users": {"maya": {"policies": ["read.json"]}}}}}
REQUEST = f"""\
  - principal: {MAYA}
    action: s3:{{action}}
    resource: arn:aws:s3:::reports/a
    expect: {{expect}}
"""
INLINE = """\
    identity_policies:
      - {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
"""


def scenario(expect, action="PutObject", more=""):
    """A scenario of one request, whose policies are those of the world if it brings none."""
    world = "" if more else "world: world.json\n"
    return f"title: t\n{world}requests:\n{REQUEST.format(action=action, expect=expect)}{more}"


def actions_of(client, uri, text):
    """Ask for what can be done about the request."""
    position = at(text, "action: ", 2)
    asked = types.CodeActionParams(
        types.TextDocumentIdentifier(uri),
        types.Range(position, position),
        types.CodeActionContext(client.told[uri].diagnostics if uri in client.told else []),
    )
    return client.text_document_code_action_async(asked)


def changed(text, edits):
    """A text after the edits of a client, from the last to the first."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda one: starts[one.range.start.line], reverse=True):
        start = starts[edit.range.start.line] + edit.range.start.character
        end = starts[edit.range.end.line] + edit.range.end.character
        text = text[:start] + edit.new_text + text[end:]
    return text


@pytest.fixture
def folder(tmp_path):
    """A world with a policy in a file."""
    (tmp_path / "world.json").write_text(json.dumps(WORLD))
    (tmp_path / "read.json").write_text(json.dumps(POLICY, indent=2))
    return tmp_path


@pytest.mark.parametrize(("expect", "action"), [("allowed", "PutObject"), ("denied", "GetObject")])
def test_each_edit_that_is_offered_makes_the_request_come_out_as_expected(folder, expect, action):
    """The file of the policy changes, and the scenario asked again is as expected."""
    file = folder / "case.yaml"
    uri, text = file.as_uri(), scenario(expect, action)

    async def ask(client):
        client.open(uri, text)
        await client.diagnostics(uri, 1)
        return await actions_of(client, uri, text)

    offered = [entry for entry in with_client(ask) if entry.title.startswith("Edit: ")]
    assert offered
    for entry in offered:
        assert entry.diagnostics[0].code == "not-as-expected"
        assert entry.is_preferred is None
        before = {}
        for target, edits in entry.edit.changes.items():
            path = to_fs_path(target)
            before[path] = Path(path).read_text()
            Path(path).write_text(changed(before[path], edits))
        [result] = Analyzer().analyze(text, str(file)).results
        assert result.met, entry.title
        for path, old in before.items():
            Path(path).write_text(old)
        [result] = Analyzer().analyze(text, str(file)).results
        assert not result.met


def test_a_policy_that_has_changed_in_the_editor_is_not_edited(folder):
    """The place of an edit would be another one there; with the text as it was read, it is one."""
    uri, text = (folder / "case.yaml").as_uri(), scenario("allowed")
    policy, other = (folder / "read.json").as_uri(), f"\n\n{json.dumps(POLICY, indent=2)}"

    async def ask(client):
        client.open(uri, text)
        await client.diagnostics(uri, 1)
        client.open(policy, other)
        first = await actions_of(client, uri, text)
        client.change(policy, json.dumps(POLICY, indent=2), 2)
        return first, await actions_of(client, uri, text)

    first, second = with_client(ask)
    assert not first
    assert policy in {target for entry in second for target in entry.edit.changes}


def test_policies_that_stand_in_the_scenario_are_edited_there(folder):
    """And what is as expected, or expects an error, has no edits."""
    uri = (folder / "case.yaml").as_uri()
    text = scenario("denied", more=INLINE)

    async def ask(client):
        client.open(uri, text)
        await client.diagnostics(uri, 1)
        unmet = await actions_of(client, uri, text)
        fine = scenario("allowed", more=INLINE)
        client.change(uri, fine, 2)
        await client.diagnostics(uri, 2)
        return unmet, await actions_of(client, uri, fine)

    unmet, met = with_client(ask)
    assert not met
    assert {target for entry in unmet for target in entry.edit.changes} == {uri}
    for entry in unmet:
        text_after = changed(text, entry.edit.changes[uri])
        [result] = Analyzer().analyze(text_after, str(folder / "case.yaml")).results
        assert result.met, entry.title


def test_lenses_stand_at_their_requests_where_rows_of_a_table_are_several(folder):
    """A table has more requests than entries: each lens stands in its own entry."""
    uri = (folder / "case.yaml").as_uri()
    text = scenario("allowed", "GetObject") + (
        "  - name: rows\n"
        "    allowed: [s3:GetObject]\n"
        "    denied: [s3:PutObject, s3:DeleteObject]\n"
        f"    principal: {MAYA}\n"
        "    resource: arn:aws:s3:::reports/a\n"
        "  - {name: last, "
        f"principal: '{MAYA}', action: s3:ListBucket, resource: 'arn:aws:s3:::reports', "
        "expect: denied}\n"
    )

    async def ask(client):
        client.open(uri, text)
        diagnostics = await client.diagnostics(uri, 1)
        asked = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        return diagnostics, await client.text_document_code_lens_async(asked)

    diagnostics, lenses = with_client(ask)
    assert not diagnostics
    assert len(lenses) > 2 * 3
    assert lenses[-1].range.start.line == at(text, "name: last").line
