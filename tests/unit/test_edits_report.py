"""Edits as text, Markdown and JSON, and the command that prints them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from iamsim.cli.main import main
from iamsim.report.schema import answer_schema

ROOT = Path(__file__).parents[2]
HARBOR = str(ROOT / "corpus" / "examples" / "harbor")
DEPLOY = "arn:aws:iam::111122223333:role/deploy"
OBJECT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
BASE = ["explain", "--world", HARBOR, "--edits"]


def run(capsys, *arguments):
    """Run a command; give exit code and what it printed."""
    code = main([*BASE, *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


QUESTIONS = {
    "boundary": ["-p", DEPLOY, "-a", "s3:DeleteObject", "-r", OBJECT],
    "allowed": ["-p", DEPLOY, "-a", "s3:GetObject", "-r", OBJECT],
    "policy of an organization": [
        *["-p", DEPLOY, "-a", "ec2:RunInstances", "-c", "aws:RequestedRegion=us-east-1"],
        *["-r", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"],
    ],
    "context": [
        "-p",
        DEPLOY,
        "-a",
        "s3:GetObject",
        "-r",
        OBJECT,
        "-c",
        "aws:SecureTransport=false",
    ],
    "several": ["-p", DEPLOY, "-a", "s3:GetObject", "-a", "s3:DeleteObject", "-r", OBJECT],
    "other partition": ["-p", DEPLOY, "-a", "s3:GetObject", "-r", "arn:aws-cn:s3:::a/b"],
    "unknown": ["-p", DEPLOY, "-a", "ec2:RunInstances", "--unknown", "aws:RequestedRegion"],
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_answer_with_edits_fits_the_schema(capsys, name):
    """The JSON answer has edits as the schema says."""
    code, out, _ = run(capsys, *QUESTIONS[name], "--format", "json")
    assert code == 0
    data = json.loads(out)
    errors = [error.message for error in Draft202012Validator(answer_schema()).iter_errors(data)]
    assert errors == []
    answers = data.get("answers", [data])
    assert all("edits" in answer for answer in answers)


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_every_answer_with_edits_is_written(capsys, name, form):
    """Text and Markdown say the same things: the goal, each set, and the patches."""
    _, out, _ = run(capsys, *QUESTIONS[name], "--format", form)
    assert "hat would" in out
    _, data, _ = run(capsys, *QUESTIONS[name], "--format", "json")
    data = json.loads(data)
    for answer in data.get("answers", [data]):
        for number, found in enumerate(answer["edits"]["sets"], start=1):
            assert f"{number}. " in out
            for patch in found["patches"]:
                assert all(line in out for line in patch["diff"].splitlines())


def test_text_is_painted(capsys):
    """In a terminal that shows colors, patches have those of a diff."""
    _, out, _ = run(capsys, *QUESTIONS["boundary"], "--color", "always")
    assert "\x1b[32m+" in out
    _, out, _ = run(capsys, *QUESTIONS["policy of an organization"], "--color", "always")
    assert "\x1b[31m-" in out


def test_quiet_is_the_verdict_alone(capsys):
    """With --quiet nothing is looked for; --expect counts as ever."""
    assert run(capsys, *QUESTIONS["boundary"], "--quiet")[1] == "implicitDeny\n"
    assert run(capsys, *QUESTIONS["boundary"], "--expect", "allowed")[0] == 1


@pytest.mark.parametrize(
    "other",
    [
        ["--without", "Deploy"],
        ["--diff"],
        ["--assume", "deploy"],
        ["--format", "aws"],
    ],
)
def test_options_that_do_not_go_together(capsys, other):
    """Each pair is refused with the name of the other option."""
    code, out, err = run(capsys, *QUESTIONS["boundary"], *other)
    assert (code, out) == (2, "")
    assert f"`{other[0] if other[0] != '--format' else '--format aws'}`" in err


MESSAGE = (
    f'User: {DEPLOY} is not authorized to perform: s3:DeleteObject on resource: "{OBJECT}" because'
    " no permissions boundary allows the s3:DeleteObject action"
)


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_edits_of_a_message(capsys, form):
    """A message of AWS is answered with what would allow its request."""
    code, out, _ = run(capsys, "--denied", MESSAGE, "--format", form)
    assert code == 0
    assert "explained" in out
    assert "hat would allow it" in out


def test_edits_of_messages_as_data(capsys):
    """The answers that deny have edits, which fit the schema; one that allows has none."""
    both = f"{MESSAGE}\n{MESSAGE.replace('Delete', 'Get')}"
    encrypted = ("-c", "aws:SecureTransport=true")
    code, out, _ = run(capsys, "--denied", both, *encrypted, "--format", "json")
    assert code == 1
    denied, allowed = (denial["answer"] for denial in json.loads(out)["denials"])
    assert denied["edits"]["goal"] == "allowed"
    assert Draft202012Validator(answer_schema()).is_valid(denied)
    assert "edits" not in allowed
    assert run(capsys, "--denied", MESSAGE, "--quiet")[1] == "explained\n"
