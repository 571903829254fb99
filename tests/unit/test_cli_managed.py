"""`iamsim managed`: what is found by which name, and what each form of output holds."""

from __future__ import annotations

import json

import pytest

from iamsim.catalog import managed
from iamsim.cli.main import main

ARN = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


@pytest.fixture
def run(capsys):
    """Run `iamsim managed`: exit code, output, errors."""

    def call(*words):
        code = main(["managed", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize("name", ["ViewOnlyAccess", "job-function/ViewOnlyAccess", ARN])
def test_a_policy_is_shown_by_name_path_or_arn(run, name):
    """All ways to name a policy show the same document, which `-q` gives alone."""
    shown = json.loads(run("show", name, "--format", "json")[1])
    assert (shown["arn"], shown["name"]) == (ARN, "ViewOnlyAccess")
    assert json.loads(run("show", name, "-q")[1]) == shown["document"]
    assert run("show", name)[1].endswith(run("show", name, "-q")[1])


def test_the_list_is_complete_sorted_and_stable(run):
    """Without a pattern every policy is listed once, by name without regard to case."""
    listed = json.loads(run("list", "--format", "json")[1])["policies"]
    assert sorted(entry["arn"] for entry in listed) == list(managed.arns())
    names = [entry["name"].lower() for entry in listed]
    assert names == sorted(names)
    assert run("list", "-q")[1].splitlines() == [entry["arn"] for entry in listed]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("viewonlyaccess", {"ViewOnlyAccess"}),
        ("View?nlyAccess", {"ViewOnlyAccess"}),
        (ARN, {"ViewOnlyAccess"}),
        ("*policy/root-task/S3*", {"S3UnlockBucketPolicy"}),
    ],
)
def test_a_pattern_is_held_against_name_and_arn(run, pattern, expected):
    """Wildcards hold for the whole name or ARN, a bare word for any part of a name."""
    found = {arn.rpartition("/")[2] for arn in run("list", pattern, "-q")[1].split()}
    assert found == expected if expected != {"ViewOnlyAccess"} else expected <= found


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["show", "ViewOnlyAcces"], "there is no AWS managed policy", "did you mean"),
        (["show", f"{ARN}s"], "there is no AWS managed policy", "did you mean"),
        (["list", "qqqqqq"], "no AWS managed policy matches", "lists them"),
        (["show"], "`iamsim managed show` needs NAME", "--help"),
        (["show", "a", "b"], "`iamsim managed show` does not take `b`", "it takes one NAME"),
        (["shwo", "a"], "there is no command `managed shwo`", "did you mean `show`?"),
        (["qqq"], "there is no command `managed qqq`", "commands are: list, show, version"),
        (["list", "--frmat", "json"], "there is no option `--frmat`", "did you mean `--format`?"),
        (["list", "--zzz"], "there is no option `--zzz`", "`iamsim managed list --help`"),
        (["list", "--format", "yaml"], "`yaml` is not a value of `--format`", "use text, json"),
    ],
)
def test_wrong_usage_exits_with_two_and_a_hint(run, words, message, hint):
    """What can't be found or understood is said on standard error, with what would be right."""
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert f"error: {message}" in err
    assert hint in err


def test_the_version_counts_the_policies(run):
    """`version` says the day, the package and the number of what is shipped."""
    data = json.loads(run("version", "--format", "json")[1])
    assert data["policies"] == len(managed.arns())
    assert run("version", "-q")[1] == f"{data['snapshot']}\n"
    assert data["snapshot"] in run("version")[1]


def test_output_goes_to_a_file(run, tmp_path):
    """`-o` writes what would have been printed."""
    path = tmp_path / "policy.json"
    assert run("show", "ViewOnlyAccess", "-q", "-o", str(path)) == (0, "", "")
    assert path.read_text("utf-8") == run("show", "ViewOnlyAccess", "-q")[1]


@pytest.mark.parametrize("words", [[], ["--help"], ["list", "--help"]])
def test_help_lists_commands_and_options(run, words):
    """A group without a command gives its help, as `--help` does."""
    code, out, _ = run(*words)
    assert code == 0
    assert "Usage: iamsim managed" in out
