"""Hostile names in what other programs are told: the AWS CLI and SDKs, agents, editors; and what a
live account answers to `iamsim collect`. Names of files are hostile, too."""

from __future__ import annotations

import json
import re
import subprocess
from http.client import HTTPConnection
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import boto3
import pytest
from botocore.exceptions import ClientError
from lsprotocol import types
from mcp import MCPError

from iamsim.cli.main import main
from iamsim.collect.account import Wanted, collect_account
from iamsim.collect.reader import Reader
from iamsim.core.errors import RequestError
from tests.unit import test_lsp, test_mcp
from tests.unit.serving import serving
from tests.unit.test_hostile_names import ANN, EVIL, OBEYED, OBJECT, A, policy, world

LINE = "::error file=a::b"
READ = "s3:GetObject"


def is_clean(text):
    """Nothing that a terminal obeys, no line that a build log would take for a command."""
    return not OBEYED.search(text) and not any(
        line.lstrip().startswith(LINE) for line in text.splitlines()
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a hostile world."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.json").write_text(json.dumps(world("s3:*")), encoding="utf-8")
    return tmp_path


def fetched(server, parameters, path="/", method="POST"):
    """Ask a server as no SDK filters it: the status, the headers and the body."""
    connection = HTTPConnection(server.host)
    body = parameters if isinstance(parameters, str) else urlencode(parameters)
    service = "access-analyzer" if path != "/" else "iam"
    scope = f"AKIANOBODYLISTSTHIS1/20261201/us-east-1/{service}/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}",
        "Content-Type": "application/json" if path != "/" else "application/x-www-form-urlencoded",
    }
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read().decode()
    connection.close()
    return found


IAM = [
    {"Action": "GetAccountAuthorizationDetails"},
    {"Action": "ListUserTags", "UserName": "ann"},
    {"Action": "ListPolicies"},
    {"Action": "GetUser", "UserName": EVIL},
    {"Action": EVIL},
    {
        "Action": "SimulatePrincipalPolicy",
        "PolicySourceArn": ANN,
        "ActionNames.member.1": READ,
        "ResourceArns.member.1": f"{OBJECT}{EVIL}",
    },
    {"Action": "SimulatePrincipalPolicy", "PolicySourceArn": EVIL, "ActionNames.member.1": EVIL},
]


def test_xml_of_the_endpoint_holds_names_as_text(folder):
    """Every answer can be parsed, has AWS's elements alone, and names are text that XML can write;
    headers are one line each."""
    seen = ""
    with serving(folder / "world.json") as server:
        for parameters in IAM:
            _, headers, body = fetched(server, {**parameters, "Version": "2010-05-08"})
            root = ET.fromstring(body)  # noqa: S314 - our own server's
            assert all(entry.tag.startswith("{https://iam.amazonaws.com/") for entry in root.iter())
            assert not any(OBEYED.search(value) for value in headers.values())
            seen += "".join(root.itertext())
    assert EVIL.replace("\x1b", "\ufffd") in seen


def test_json_of_the_endpoint_holds_names_as_text(folder):
    """Nothing stands there unescaped."""
    with serving(folder / "world.json") as server:
        asked = [
            (f"/policy/validation?policyType={EVIL}", {"policyDocument": EVIL}),
            (
                "/policy/validation",
                {
                    "policyDocument": json.dumps(policy(Effect=EVIL, Action=EVIL, Resource=EVIL)),
                    "policyType": "IDENTITY_POLICY",
                },
            ),
        ]
        for path, data in asked:
            _, headers, body = fetched(server, json.dumps(data), path.replace(EVIL, "x%1b%0a"))
            json.loads(body)
            assert is_clean(body)
            assert not any(OBEYED.search(value) for value in headers.values())


CALLS = [
    ("explain", {"principal": ANN, "actions": [READ], "resources": [OBJECT], "verbose": True}),
    ("explain", {"principal": EVIL, "actions": [EVIL], "resources": [EVIL]}),
    ("who_can", {"actions": [READ], "resource": f"{OBJECT}{EVIL}"}),
    ("what_can", {"principal": ANN, "verbose": True}),
    ("findings", {}),
    ("paths", {"blocked": True}),
    ("edits", {"principal": ANN, "actions": ["s3:DeleteObject"], "resources": [OBJECT]}),
    ("explain", {EVIL: "x"}),
    ("explain", {"world": [EVIL]}),
]
ALONE = [
    ("validate", {"policy": json.dumps(policy(Effect=EVIL, Action=EVIL, Resource=EVIL))}),
    ("calls", {"line": EVIL}),
    ("catalog", {"name": EVIL}),
    ("check", {"check": "equivalent", "policies": [EVIL, EVIL]}),
]


def test_agents_are_told_names_that_obey_nothing(folder):
    """The text of every tool and of every error, and the names of resources."""

    async def ask(client):
        given = [(name, {"world": ["world.json"], **some}) for name, some in CALLS]
        answers = [await client.call_tool(*entry) for entry in (*given, *ALONE)]
        told = [answer.content[0].text for answer in answers]
        for wrong in (
            client.call_tool(EVIL, {}),
            client.read_resource("iamsim://world/x%1b%0a"),
            client.get_prompt(EVIL),
        ):
            with pytest.raises(MCPError) as caught:
                await wrong
            told.append(str(caught.value))
        return told, await client.list_resources()

    told, listed = test_mcp.with_client(folder, ask)
    assert [text for text in told if not is_clean(text)] == []
    assert any("\\x1b" in text for text in told)
    assert all(is_clean(resource.name) for resource in listed.resources)


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": EVIL,
            "Effect": "Allow",
            "Action": [f"s3:Zip{EVIL}", f"s3:Get*{EVIL}"],
            "Resource": [f"arn:aws:s3:::{EVIL}", f"arn:{EVIL}:s3:{EVIL}:{EVIL}:b"],
            "Condition": {EVIL: {EVIL: EVIL}, "StringEquals": {f"aws:{EVIL}": EVIL}},
        }
    ],
}
SUITE = {
    "title": EVIL,
    "world": "world.json",
    "requests": [
        {"name": EVIL, "principal": ANN, "action": "s3:Zip", "resource": OBJECT, "expect": EVIL},
        {
            "name": EVIL,
            "principal": ANN,
            "action": READ,
            "resource": f"{OBJECT}{EVIL}",
            "expect": "denied",
        },
    ],
}


def texts_of(symbols):
    """All that an outline shows."""
    for symbol in symbols:
        yield from (symbol.name, symbol.detail or "")
        yield from texts_of(symbol.children or ())


def test_editors_are_told_names_that_obey_nothing(folder):
    """Hovers are Markdown without markup of others; messages, labels and outlines are clean, and
    what is typed in is the exact name, escaped as JSON wants it."""
    uri, suite, of_world = (
        (folder / name).as_uri() for name in ("p.json", "s.iamtest.json", "world.json")
    )
    text = json.dumps(POLICY, indent=2)

    async def ask(client):
        hovers, messages, shown = [], [], []
        client.open(uri, text)
        messages += [entry.message for entry in await client.diagnostics(uri, 1)]
        for line, content in enumerate(text.split("\n")):
            position = types.Position(line, len(content) - len(content.lstrip()) + 2)
            hover = await client.text_document_hover_async(
                test_lsp.params(types.HoverParams, uri, position)
            )
            hovers += [hover.contents.value] if hover else []
        client.change(uri, '{"Statement": [{"Resource": "', 2)
        completed = await client.text_document_completion_async(
            test_lsp.params(types.CompletionParams, uri, types.Position(0, 29))
        )
        shown += [f"{item.label} {item.detail}" for item in completed.items]
        for other, data in ((suite, SUITE), (of_world, world("s3:*"))):
            client.open(other, json.dumps(data))
            messages += [entry.message for entry in await client.diagnostics(other, 1)]
            outline = await client.text_document_document_symbol_async(
                types.DocumentSymbolParams(types.TextDocumentIdentifier(other))
            )
            shown += texts_of(outline)
        for number in range(2):
            told = await client.workspace_execute_command_async(
                types.ExecuteCommandParams("iamsim.why", arguments=[suite, number])
            )
            messages.append(told)
        return hovers, [*messages, *client.messages], shown

    hovers, messages, shown = test_lsp.with_client(ask)
    assert len(hovers) > 4
    assert [entry for entry in hovers if not is_clean(entry)] == []
    for hover in hovers:
        prose = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", hover)
        assert not re.search(r"@team|(?<!\\)<img", prose), prose
    assert messages
    assert [message for message in (*messages, *shown) if not is_clean(message)] == []


class Account:
    """An endpoint that answers with whatever names it likes, and refuses with any words."""

    def __init__(self, name):
        self.name = name
        self.meta = self
        self.region_name = "eu-west-1"

    def client(self, service, **_more):
        """A client of any service."""
        return Client(service, self.name)


class Client:
    """Buckets and Regions have a name; all else is refused."""

    def __init__(self, service, name):
        self.service, self.name = service, name
        self.meta = self
        self.method_to_api_mapping = Mapping()

    def can_paginate(self, _operation):
        """No answer has pages."""
        return False

    def list_buckets(self):
        """A bucket of the name."""
        return {"Buckets": [{"Name": self.name}]}

    def describe_regions(self):
        """A Region of the name."""
        return {"Regions": [{"RegionName": self.name}]}

    def __getattr__(self, operation):
        def refuse(**_parameters):
            raise ClientError({"Error": {"Code": EVIL, "Message": EVIL}}, operation)

        return refuse


class Mapping(dict):
    """The names of operations, whatever they are."""

    def __missing__(self, operation):
        return "".join(map(str.capitalize, operation.split("_")))


@pytest.mark.parametrize("name", [EVIL, "../../up", "/etc/up", ".."])
def test_what_an_account_answers_stays_in_the_folder(tmp_path, name, monkeypatch):
    """No name leads out of it."""
    monkeypatch.setattr("iamsim.collect.account.collected_calls", list)
    inside = tmp_path / "a" / "b"
    reader = Reader(Account(name), inside, lambda _text: None)
    if name == "..":
        with pytest.raises(RequestError, match="no place in the folder"):
            collect_account(reader, A, "aws", Wanted())
    else:
        collect_account(reader, A, "aws", Wanted())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(inside / A in path.parents for path in files)


def test_what_an_account_refuses_is_said_on_one_line(tmp_path, monkeypatch, capsys):
    """The command writes AWS's words to a terminal."""
    monkeypatch.setattr("iamsim.collect.account.collected_calls", list)
    made = Account("reports")
    sts = Client("sts", "x")
    sts.get_caller_identity = lambda: {"Account": A, "Arn": f"arn:aws:iam::{A}:root"}
    monkeypatch.setattr(
        made, "client", lambda service, **_more: sts if service == "sts" else Client(service, "b")
    )
    monkeypatch.setattr(boto3, "Session", lambda **_more: made)
    assert main(["collect", "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().err
    assert "calls were refused" in told
    assert is_clean(told)


FILE = EVIL.replace("/", "")
OF_FILES = {
    "validate": ("validate", FILE),
    "validate-text": ("validate", f"p{FILE}"),
    "missing": ("validate", f"none{FILE}"),
    "explain": ("explain", "--world", FILE, "-p", ANN, "-a", READ, "-r", OBJECT),
    "policy": ("explain", "-p", ANN, "-a", READ, "-r", OBJECT, "--identity-policy", f"p{FILE}"),
    "fix": ("validate", "--fix", f"p{FILE}"),
    "test": ("test", FILE),
    "import": ("import", FILE, "-o", f"out{FILE}"),
    "lint": ("world", "lint", "--world", FILE),
    "diff": ("diff", FILE, FILE),
    "claims": ("check", "claims", FILE, "--world", "world.json"),
    "replay": ("replay", FILE, "--world", "world.json"),
    "report": ("report", "--world", FILE, "-o", f"r{FILE}"),
    "output": ("who-can", READ, OBJECT, "--world", "world.json", "-o", f"none{FILE}/x"),
}


def test_a_patch_names_a_hostile_file_as_git_does(folder, capsys):
    """Git applies it to that file."""
    document = json.dumps(policy(Effect="allow", Action=READ, Resource="*"), indent=1)
    (folder / FILE).write_text(document, encoding="utf-8")
    main(["validate", "--diff", "-q", FILE])
    patch = capsys.readouterr().out
    assert is_clean(patch)
    git = ["git", "apply", "-"]
    subprocess.run(git, input=patch.rstrip("\n").encode() + b"\n", check=True, cwd=folder)
    assert json.loads((folder / FILE).read_text("utf-8"))["Statement"][0]["Effect"] == "Allow"


@pytest.mark.parametrize("form", ["text", "github", "markdown"])
@pytest.mark.parametrize("name", OF_FILES)
def test_names_of_files_command_no_terminal(folder, capsys, name, form):
    """Whatever is said of a file that can or can't be read."""
    broken = {"accounts": {"1": {EVIL: 3}}}
    (folder / FILE).write_text(json.dumps(broken), encoding="utf-8")
    document = policy(Effect="allow", Action="s3:Zip", Resource="*")
    (folder / f"p{FILE}").write_text(json.dumps(document), encoding="utf-8")
    main([*OF_FILES[name], "--format", form])
    printed = capsys.readouterr()
    assert is_clean(printed.out + printed.err)
