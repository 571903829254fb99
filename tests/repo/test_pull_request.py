"""The job that comments a pull request, run as GitHub runs it: the steps of the page in a shell.

The checkout has the branch that it goes to; variables, the event and `gh` are what GitHub gives.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "how-to" / "test-in-github-actions.md"
MAIN = """\
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}
resource "aws_s3_bucket" "reports" { bucket = "reports" }
resource "aws_iam_user" "maya" { name = "maya" }
resource "aws_iam_user_policy" "maya" {
  user   = aws_iam_user.maya.name
  name   = "read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "*" }]
  })
}
"""
ACCOUNT = "111122223333"
CLAIMS = """\
claims:
- name: nobody creates users
  never: {principal: {except: ["arn:aws:iam::111122223333:root"]}, action: "iam:CreateUser"}
"""
BASH = (shutil.which("bash") or "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
GH = """\
import json, os, sys
comment = open(sys.argv[sys.argv.index("--body-file") + 1]).read()
json.dump([sys.argv[1:], comment, os.environ["GH_TOKEN"]], open({told!r}, "w"))
"""
SUITE = f"""\
title: readers
world: ../infra
requests:
- principal: arn:aws:iam::{ACCOUNT}:user/maya
  action: s3:GetObject
  resource: arn:aws:s3:::reports/a
  expect: allowed
"""


@pytest.fixture(scope="module")
def steps():
    """The steps of the job, by their names."""
    import yaml

    blocks = re.findall(r"^```yml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    [workflow] = [yaml.safe_load(block) for block in blocks if block.startswith("name: review")]
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    return {step["name"]: step for step in workflow["jobs"]["review"]["steps"] if "name" in step}


def git(folder, *arguments):
    """Run git, as somebody."""
    git_program = shutil.which("git") or "git"
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    subprocess.run([git_program, *who, *arguments], cwd=folder, check=True, capture_output=True)


def expression(text, event, env):
    """What `${{ ... }}` comes to in these steps."""

    def value(found):
        name = found[1]
        if name.startswith("github.event."):
            return str(event[name.removeprefix("github.event.")])
        return {"github.token": env["TOKEN"]}[name]

    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", value, text)


@pytest.fixture
def checkout(tmp_path):
    """The repository as `actions/checkout` leaves it: the branch of the pull request, and what it
    goes to as `origin/main`."""
    folder = tmp_path / "checkout"
    for name, text in (
        ("infra/main.tf", MAIN),
        ("claims.yaml", CLAIMS),
        ("policies/readers.iamtest.yaml", SUITE),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "before")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(folder, "checkout", "-q", "-b", "change")
    return folder


class Runner:
    """Runs steps as GitHub's runner does: bash with `-e`, files for summaries, the event."""

    def __init__(self, checkout, place):
        self.checkout = checkout
        programs = place / "bin"
        programs.mkdir()
        self.told = place / "gh.json"
        self.summary = place / "summary.md"
        event = place / "event.json"
        self.event = {"number": 7, "pull_request": {"base": {"ref": "main"}}}
        event.write_text(json.dumps(self.event))
        for name, text in (
            ("iamsim", "import sys\nfrom iamsim.cli.main import main\nsys.exit(main())\n"),
            ("gh", GH.format(told=str(self.told))),
        ):
            (programs / name).write_text(f"#!{sys.executable}\n{text}")
            (programs / name).chmod(0o755)
        self.env = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GITHUB_ACTIONS": "true",
            "GITHUB_BASE_REF": "main",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def run(self, step):
        """Run a step; gives its exit code and what it wrote."""
        event = json.loads(Path(self.env["GITHUB_EVENT_PATH"]).read_text())
        given = {
            name: expression(text, event, {"TOKEN": "t0ken"})
            for name, text in step.get("env", {}).items()
        }
        done = subprocess.run(
            [*BASH, step["run"]],
            cwd=self.checkout,
            env={**self.env, **given},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


OPENED = ('"s3:GetObject"', '"s3:GetObject", "iam:CreateUser"')
PARTS = (
    "What changes",
    "Who gets in from outside",
    "What must hold",
    "What is wrong with policies",
    "Which tests fail",
)
CHANGES = {
    "opens": (OPENED, 1),
    "the same": (('"read"', '"read-objects"'), 0),
    "unreadable": (('resource "aws_iam_user" "maya" {', "resource {{"), 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_comment_says_what_a_pull_request_does(steps, checkout, tmp_path, change):
    """A change that opens access fails the step; it is commented in one text with all parts."""
    (old, new), expected = CHANGES[change]
    (checkout / "infra" / "main.tf").write_text(MAIN.replace(old, new))
    git(checkout, "commit", "-aqm", "change")
    runner = Runner(checkout, tmp_path)
    code, written = runner.run(steps["Permissions"])
    assert code == expected, written
    comment = checkout / "permissions.md"
    condition = "github.event_name == 'pull_request' && hashFiles('permissions.md') != ''"
    assert steps["Comment"]["if"] == f"always() && {condition}"
    if not comment.exists():
        assert change == "unreadable"
        assert "main.tf" in written
        return
    code, written = runner.run(steps["Comment"])
    assert code == 0, written
    arguments, said, token = json.loads(runner.told.read_text())
    assert arguments[:3] == ["pr", "comment", "7"]
    assert token == "t0ken"  # noqa: S105 - none
    assert said == runner.summary.read_text() == comment.read_text()
    for part in PARTS:
        assert f"\n## {part}: " in said
    assert ("iam:CreateUser" in said) is (change == "opens")
