"""The hooks for pre-commit and the action for GitHub are what their programs take."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

ROOT = Path(__file__).parent.parent.parent
GOOD = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject"}}'
BAD = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObjct"}}'


def load(name):
    """Read a YAML file of the repository as other programs do."""
    import yaml

    return yaml.safe_load((ROOT / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def action():
    """The action."""
    return load("action.yml")


# What the other hooks look at, with the same fault.
BROKEN = {
    "iamsim-templates": (
        "template.yaml",
        (
            "Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: !If [C, "
            f"{BAD.strip()}, !Ref AWS::NoValue]}}}}}}\n"
        ),
    ),
    "iamsim-terraform": (
        "main.tf",
        f'resource "aws_iam_policy" "p" {{\n  policy = jsonencode({BAD.strip()})\n}}\n',
    ),
}


@pytest.fixture(scope="module")
def hooks():
    """The hooks."""
    return load(".pre-commit-hooks.yaml")


def test_pre_commit_takes_the_hooks(tmp_path):
    """Its own check of manifests passes."""
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"],
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("policy.json", True),
        ("iam/app-policy.json", True),
        ("policies/reader.json", True),
        ("org/SCPs/deny-regions.json", True),
        ("role/trust.json", True),
        ("package.json", False),
        ("src/data.json", False),
        ("policy.yaml", False),
    ],
)
def test_the_hooks_look_at_policies(hooks, path, wanted):
    """Files are told by their names or those of their folders."""
    for hook in hooks[:2]:
        assert (re.search(hook["files"], path) is not None) is wanted


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("template.yaml", "iamsim-templates"),
        ("app/my-stack.template", "iamsim-templates"),
        ("cloudformation/roles.yml", "iamsim-templates"),
        ("infra/main.tf", "iamsim-terraform"),
        ("infra/main.tfstate", None),
        ("docs/page.yaml", None),
    ],
)
def test_the_hooks_look_at_templates_and_configurations(hooks, path, wanted):
    """Each kind of file has its own hook."""
    fitting = [hook["id"] for hook in hooks[2:] if re.search(hook["files"], path)]
    assert fitting == ([] if wanted is None else [wanted])


def test_the_hooks_start_a_command_that_is_there(hooks, tmp_path):
    """The entry of each hook runs, and fails for a policy with an error."""
    for hook in hooks:
        name, text = BROKEN.get(hook["id"], ("policy.json", BAD))
        (tmp_path / name).write_text(text, encoding="utf-8")
        program, *arguments = hook["entry"].split()
        assert program == "python"
        done = subprocess.run(
            [sys.executable, *arguments, name],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr


def test_the_action_follows_the_schema_of_github(action):
    """The schema that describes action.yml has nothing against it."""
    folder = files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "github-actions.json").read_text("utf-8"))
    assert [error.message for error in Draft7Validator(schema).iter_errors(action)] == []


@pytest.mark.parametrize("page", ["test-in-github-actions", "validate-in-ci"])
def test_the_workflows_of_the_pages_follow_the_schema_of_github(page):
    """Each block that is a workflow in whole."""
    folder = files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "github-workflows.json").read_text("utf-8"))
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text("utf-8")
    blocks = re.findall(r"^```yml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    whole = [block for block in blocks if re.search("^jobs:", block, re.MULTILINE)]
    assert whole
    import yaml

    for block in whole:
        # YAML 1.1 takes the key `on` for a truth value; GitHub does not.
        workflow = {
            "on" if key is True else key: value for key, value in yaml.safe_load(block).items()
        }
        assert [error.message for error in Draft7Validator(schema).iter_errors(workflow)] == []


@pytest.mark.parametrize(
    ("inputs", "code", "written"),
    [
        ({}, 1, "::error file=policy.json,"),
        ({"fail-on": "never"}, 0, "::error file=policy.json,"),
        ({"format": "text", "type": "scp"}, 1, "error INVALID_ACTION"),
        ({"format": "sarif", "output": "found.sarif", "paths": "policy.json"}, 1, ""),
        ({"paths": "good.json policy.json"}, 1, "::error file=policy.json,"),
        ({"paths": "good.json\n  policy.json  \n"}, 1, "::error file=policy.json,"),
        ({"paths": "good.json\n\nin a folder\n"}, 1, "::error file=in a folder/policy.json,"),
        ({"paths": "--fail-on=never\n"}, 1, "::error file=--fail-on=never,"),
        ({"paths": "good.json\n--output=good.json\n"}, 1, "::error file=--output=good.json,"),
        ({"paths": "--fix\n"}, 1, "::error file=--fix,"),
        ({"paths": "$(touch x)\n`touch x`;touch x.json\n"}, 2, ""),
        ({"paths": " \n\n"}, 2, ""),
        ({"output": "--fix"}, 1, ""),
    ],
)
def test_the_action_runs(action, tmp_path, inputs, code, written):
    """Its last step, given what GitHub would give it, writes findings and ends as asked."""
    for name in ("policy.json", "--fail-on=never", "--output=good.json", "--fix"):
        (tmp_path / name).write_text(BAD, encoding="utf-8")
    (tmp_path / "in a folder").mkdir()
    (tmp_path / "in a folder" / "policy.json").write_text(BAD, encoding="utf-8")
    (tmp_path / "good.json").write_text(GOOD, encoding="utf-8")
    program = tmp_path / "iamsim"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iamsim "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    given = {name: member["default"] for name, member in action["inputs"].items()} | inputs
    step = action["runs"]["steps"][-1]
    environment = {
        name: given[found[1]]
        for name, value in step["env"].items()
        if (found := re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value))
    }
    environment["ACTION_PATH"] = str(ROOT)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607
        cwd=tmp_path,
        env={
            **os.environ,
            **environment,
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert bool(done.stderr) is (code == 2)
    assert written in done.stdout
    assert not (tmp_path / "x").exists()
    assert (tmp_path / "good.json").read_text("utf-8") == GOOD
    if "output" in inputs:
        assert "error" in (tmp_path / inputs["output"]).read_text("utf-8")
    else:
        assert (tmp_path / "--fix").read_text("utf-8") == BAD
        assert not (tmp_path / "found.sarif").exists()


def test_the_action_pins_what_it_uses(action):
    """A tag can be moved to other code, a commit can't."""
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    assert used
    for entry in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", entry)


@pytest.mark.parametrize("name", ["--fail-on=never", "--fix", "-x/policy.json", "-o", "-"])
def test_the_hooks_take_no_name_for_an_option(tmp_path, name):
    """pre-commit puts names right behind the arguments."""
    (tmp_path / "-x").mkdir()
    (tmp_path / name).write_text(BAD, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "iamsim.cli.pre_commit", "--fail-on", "error", name],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert name in done.stdout
    assert (tmp_path / name).read_text("utf-8") == BAD
