"""`iamsim mcp`: every tool, resource and prompt with the real client over standard streams."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import anyio
import jsonschema
import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client

from iamsim.cli import extras
from iamsim.cli.commands import find_command
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.grammar import Group
from iamsim.cli.main import main
from iamsim.core.errors import RequestError
from iamsim.files.reading import CONFINED, may_read, read_text
from iamsim.files.writing import write_folder, write_text
from iamsim.mcp.commands import shortened
from iamsim.mcp.folders import Folders
from iamsim.mcp.tools import TOOLS, input_schema, run_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "corpus" / "examples"
CLAIMS = ROOT / "tests" / "golden" / "changes" / "claims"
DEPLOY = "arn:aws:iam::111122223333:role/deploy"
REPORT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
}
WIDE = {**ALLOW, "Statement": {**ALLOW["Statement"], "Action": "s3:*"}}
QUESTION = {"principal": DEPLOY, "actions": ["s3:PutObject"], "resources": [REPORT]}
HARBOR = {"world": ["harbor"]}
DENIED = (
    "User: arn:aws:iam::111122223333:user/nora is not authorized to perform: s3:DeleteObject on"
    f' resource: "{REPORT}" because no identity-based policy allows the s3:DeleteObject action'
)
# What each tool is asked, and what its answer holds.
CALLS = [
    ("explain", QUESTION | HARBOR, "allowed: statement 1 `WholeBucket`"),
    ("explain", QUESTION | {"identity_policies": [WIDE]}, "allowed"),
    ("explain", QUESTION | {"identity_policies": [json.dumps(ALLOW)]}, "denied"),
    ("explain", QUESTION | {"world": ["example:harbor"], "context": {"a:b": ["1"]}}, "allowed"),
    ("why", {"message": DENIED} | HARBOR, "s3:DeleteObject"),
    ("why", {"call": "aws s3 rm s3://harbor-reports/x", "principal": DEPLOY} | HARBOR, "denied"),
    ("check", {"check": "no-new-access", "policies": [ALLOW, WIDE]}, "FAIL"),
    ("check", {"check": "no-new-access", "policies": [WIDE, ALLOW]}, "PASS"),
    ("check", {"check": "equivalent", "policies": [ALLOW, ALLOW]}, "PASS"),
    (
        "check",
        {"check": "access-not-granted", "policies": [ALLOW], "actions": ["iam:*"]},
        "PASS",
    ),
    (
        "check",
        {"check": "claims", "policies": [str(CLAIMS / "claims.yaml")]} | HARBOR,
        "claims are proved",
    ),
    ("validate", {"policy": json.dumps(ALLOW).replace("GetObject", "GetObjct")}, "INVALID_ACTION"),
    ("validate", {"policy": "harbor/policies/deploy.json"}, "no findings"),
    ("who_can", {"actions": ["s3:PutObject"], "resource": REPORT} | HARBOR, "role/deploy"),
    ("what_can", {"principal": DEPLOY, "as_policy": True} | HARBOR, '"Version"'),
    ("findings", HARBOR, "harbor"),
    ("paths", HARBOR | {"to": "administrator"}, "administrator"),
    ("changes", HARBOR | {"overlay": ["harbor-plan.json"]}, "opens"),
    ("edits", QUESTION | HARBOR | {"actions": ["s3:DeleteBucket"]}, '+      "Action"'),
    ("calls", {"line": "aws s3 cp a s3://harbor-reports/b"}, "s3:PutObject"),
    ("generate", {"logs": ["harbor-trail.jsonl"], "principal": DEPLOY}, '"Statement"'),
    ("catalog", {"name": "s3:GetObject"}, "s3:GetObject"),
    ("catalog", {"search": "s3 delete bucket"}, "s3:DeleteBucket"),
]


def options_of(command):
    """The names of the options of a command; of a group those of all its commands."""
    if command == "explain":
        return {name for option in EXPLAIN_OPTIONS for name in option.names}
    found = find_command(command)
    commands = found.commands if isinstance(found, Group) else (found,)
    return {name for entry in commands for option in entry.options for name in option.names}


def with_client(folder, ask, *more):
    """Ask a server that may read a folder."""
    arguments = ["-m", "iamsim", "mcp", "--folder", str(folder), *more]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    server = StdioServerParameters(command=sys.executable, args=arguments, env=environment)

    async def run():
        async with Client(stdio_client(server)) as client:
            return await ask(client)

    return anyio.run(run)


def test_every_tool_answers_a_real_client():
    """Schemas are JSON Schemas that the calls fit, and every answer holds what it must."""

    async def ask(client):
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(listed) == {name for name, _, _ in CALLS} == {tool.name for tool in TOOLS}
        for tool in listed.values():
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            assert tool.annotations.read_only_hint
        answers = []
        for name, arguments, _ in CALLS:
            jsonschema.validate(arguments, listed[name].input_schema)
            answers.append(await client.call_tool(name, arguments))
        return answers

    answers = with_client(EXAMPLES, ask, "--folder", str(CLAIMS))
    told = [answer.content[0].text for answer in answers]
    asked = zip(CALLS, told, strict=True)
    assert [(*call, text) for call, text in asked if call[2] not in text] == []
    assert not any(answer.is_error for answer in answers)
    assert max(map(len, told)) < 10_000


def test_long_answers_go_on_where_they_ended():
    """The parts of a long answer, put together, are the answer."""
    arguments = {"principal": DEPLOY, "verbose": True} | HARBOR

    async def ask(client):
        parts, line = [], 1
        while line is not None:
            answer = await client.call_tool("what_can", arguments | {"from_line": line})
            parts.append(answer.content[0].text)
            assert len(parts[-1]) < 9_000
            line = answer.structured_content.get("from_line")
        return parts, answer.structured_content["lines"]

    parts, lines = with_client(EXAMPLES, ask)
    assert len(parts) > 1
    assert "more lines: ask again with from_line" in parts[0]
    told = sum(len(part.split("\n")) for part in parts) - (len(parts) - 1)
    assert lines <= told <= lines + len(parts)  # notes stand behind each part


def test_texts_are_cut_at_lines():
    """By whole lines; a line that is too long stands alone."""
    assert shortened("", 1) == ("", None, 0)
    assert shortened("a\nb\n", 1) == ("a\nb", None, 2)
    assert shortened("a\nb\n", 2) == ("b", None, 2)
    assert shortened("a\nb\n", 9) == ("", None, 2)
    long = "x" * 9_000
    assert shortened(f"{long}\nb", 1) == (long, 2, 2)


def test_what_can_not_be_asked_is_an_error_that_agents_can_read():
    """Wrong arguments, files that are not there, broken policies: an error with a hint."""
    wrong = [
        ("explain", {"principals": "x"}, "no parameter `principals`"),
        ("explain", {"principal": 1}, "must be a text"),
        ("explain", {"actions": "s3:GetObject", "principal": ["x"]}, "must be a text"),
        ("explain", {"context": "a=b"}, "an object of texts"),
        ("explain", {"verbose": "yes"}, "true or false"),
        ("who_can", {"actions": ["s3:GetObject"]}, "`resource` is missing"),
        ("check", {"check": "nothing", "policies": []}, "one of no-new-access"),
        ("catalog", {}, "give a `name`"),
        ("what_can", {"principal": DEPLOY, "world": ["nowhere"]}, "there is no `nowhere`"),
        ("what_can", {"principal": DEPLOY, "world": ["\0"]}, "no name of a file"),
        ("what_can", {"principal": "--output=x", "world": ["harbor"]}, "error:"),
        ("check", {"check": "equivalent", "policies": ["{", "{"]}, "error:"),
    ]

    async def ask(client):
        with pytest.raises(MCPError):
            await client.call_tool("nothing", {})
        return [await client.call_tool(name, arguments) for name, arguments, _ in wrong]

    for (name, _, expected), answer in zip(wrong, with_client(EXAMPLES, ask), strict=True):
        assert answer.is_error, name
        assert expected in answer.content[0].text


def test_nothing_outside_of_the_folders_is_read(tmp_path):
    """Not by a path, not through a link, not by a world that includes it or names it as a policy,
    and no configuration above."""
    secret = {"accounts": {"111122223333": {"users": {"hidden": {}}}}}
    (tmp_path / "secret.json").write_text(json.dumps(secret))
    (tmp_path / "iamsim.toml").write_text("nonsense = [")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.json").symlink_to(tmp_path / "secret.json")
    (inside / "json.py").write_text("raise SystemExit('a module of the folder was loaded')")
    (inside / "including.json").write_text(json.dumps({"include": ["../secret.json"]}))
    account = {"roles": {"app": {"trust": "../secret.json"}}}
    (inside / "naming.json").write_text(json.dumps({"accounts": {"111122223333": account}}))
    worlds = ["../secret.json", str(tmp_path / "secret.json"), "link.json", "including.json"]

    async def ask(client):
        question = {"actions": ["iam:GetUser"], "resource": "*"}
        answers = [
            await client.call_tool("who_can", question | {"world": [world]})
            for world in [*worlds, "naming.json"]
        ]
        valid = await client.call_tool("validate", {"policy": json.dumps(ALLOW)})
        with pytest.raises(MCPError):
            await client.read_resource("iamsim://world/../secret.json")
        return answers, valid

    answers, valid = with_client(inside, ask)
    assert valid.structured_content["exit_code"] == 0
    for answer in answers:
        assert "hidden" not in answer.content[0].text
    for answer in answers[:-1]:
        assert answer.is_error


def test_files_are_confined_where_the_variable_says_so(tmp_path, monkeypatch):
    """The room that opens files: nothing else is read, nothing at all is written."""
    inside, outside = tmp_path / "in", tmp_path / "inner"
    inside.mkdir()
    outside.mkdir()
    for folder in (inside, outside):
        (folder / "a.txt").write_text("a")
    (inside / "link").symlink_to(outside / "a.txt")
    assert may_read(outside / "a.txt")
    monkeypatch.setenv(CONFINED, str(inside))
    assert read_text(inside / "a.txt") == "a"
    for path in (outside / "a.txt", inside / "link", inside / ".." / "inner" / "a.txt"):
        with pytest.raises(PermissionError):
            read_text(path)
    with pytest.raises(PermissionError):
        write_text(inside / "b.txt", "b")
    with pytest.raises(PermissionError):
        write_folder(inside / "b", {"a": "b"})
    assert may_read(ROOT / "iamsim" / "catalog" / "data")
    monkeypatch.setenv(CONFINED, "")
    assert not may_read(inside / "a.txt")


def test_resources_are_worlds_lessons_and_pages():
    """Each kind is listed and read; an address without a resource is an error."""

    async def ask(client):
        listed = {resource.uri: resource for resource in (await client.list_resources()).resources}
        texts = {}
        for uri in (
            "iamsim://world/harbor/world.yaml",
            "iamsim://lesson/01-nothing-is-allowed",
            "iamsim://page/how-to/validate-policies",
        ):
            assert uri in listed
            content = (await client.read_resource(uri)).contents[0]
            assert content.mime_type == listed[uri].mime_type
            texts[uri] = content.text
        for uri in (
            "iamsim://world/harbor/policies/deploy.json",
            "iamsim://world/nothing",
            "iamsim://lesson/nothing",
            "iamsim://page/nothing",
            "iamsim://nothing/x",
        ):
            with pytest.raises(MCPError):
                await client.read_resource(uri)
        return list(texts.values())

    world, lesson, page = with_client(EXAMPLES, ask)
    assert world == (EXAMPLES / "harbor" / "world.yaml").read_text()
    assert lesson.startswith("#")
    assert page.startswith("# Validate policies")


def test_prompts_take_their_arguments():
    """Three prompts, each with its arguments in its text."""

    async def ask(client):
        listed = [prompt.name for prompt in (await client.list_prompts()).prompts]
        got = await client.get_prompt("why_denied", {"message": DENIED})
        for name, arguments in (("why_denied", {}), ("nothing", {})):
            with pytest.raises(MCPError):
                await client.get_prompt(name, arguments)
        return listed, got.messages[0].content.text

    listed, text = with_client(EXAMPLES, ask)
    assert listed == ["review_this_policy", "why_denied", "least_privilege"]
    assert DENIED in text
    assert "not given" in text


def test_every_option_of_a_tool_is_one_of_its_command():
    """Each parameter alone is understood by the command (which may find other faults)."""
    folders = Folders((str(EXAMPLES),))
    for tool in TOOLS:
        assert input_schema(tool)["additionalProperties"] is False
        for parameter in tool.parameters:
            if not parameter.option.startswith("--"):
                continue
            needed = {entry.name: ["x"] for entry in tool.parameters if entry.required}
            needed = {
                entry.name: "harbor-trail.jsonl" if "path" in entry.kind else "{}"
                for entry in tool.parameters
                if entry.name in needed
            }
            value = {"flag": True, "context": {"a": "b"}}.get(parameter.kind, "harbor")
            value = parameter.choices[0] if parameter.choices else value
            if tool.name == "check":
                needed["check"] = "equivalent"
            run = run_of(tool, needed | {parameter.name: value}, folders)
            assert any(argument.startswith(parameter.option) for argument in run.arguments)
            assert parameter.option in options_of(tool.command[0]), (tool.name, parameter.option)


def test_without_the_extra_the_command_says_how_to_get_it(monkeypatch, capsys):
    """A clear message with the command of pip, and exit code 2."""
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    assert main(["mcp"]) == 2
    assert "pip install 'iamsim[mcp]'" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_an_error(capsys):
    """So is one that is a file."""
    assert main(["mcp", "--folder", "/nowhere"]) == 2
    assert "no folder" in capsys.readouterr().err
    with pytest.raises(RequestError):
        Folders((str(ROOT / "README.md"),))
