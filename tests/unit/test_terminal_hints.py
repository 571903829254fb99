"""Hints in a terminal: about what was typed, never about the answer."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from iamsim.cli.main import main

HARBOR = str(Path(__file__).parents[2] / "corpus" / "examples" / "harbor")
NORA = "arn:aws:iam::111122223333:user/nora"
REPORT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
ASK = ("--world", HARBOR, "-a", "s3:GetObject")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command with its standard error in a terminal, or not: code, output, errors."""

    def call(*words, terminal=True):
        errors = Terminal() if terminal else io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr("sys.stderr", errors)
            code = main(list(words))
        return code, capsys.readouterr().out, errors.getvalue()

    return call


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (
            ("-p", f"{NORA[:-1]}", "-r", REPORT),
            f"hint: `{NORA[:-1]}` is not in the world; did you mean `{NORA}`?\n",
        ),
        (
            ("-p", NORA, "-r", "arn:aws:s3:::harbor-report/a"),
            (
                "hint: `arn:aws:s3:::harbor-report/a` is not in the world; did you mean"
                " `arn:aws:s3:::harbor-reports/a`?\n"
            ),
        ),
        (
            ("-p", NORA, "-r", REPORT, "--unset", "aws:SorceIp"),
            "",  # the answer says it
        ),
        (
            ("-p", NORA, "-r", REPORT, "--unset", "aws:RequestTag/a", "--unset", "owner:Tem"),
            "",  # nothing comes close
        ),
        (("-p", NORA, "-r", REPORT, "-c", "aws:SourceIP=203.0.113.9"), ""),
        (("-p", NORA, "-r", REPORT, "--unknown", "resource-account"), ""),
        (("-p", NORA, "-r", REPORT), ""),
    ],
)
@pytest.mark.parametrize("command", ["explain"])
def test_a_hint_changes_nothing_but_standard_error(run, command, words, hint):
    """Output and exit code are the same without a terminal, where hints are about keys alone, and
    with `-q`, which leaves hints out."""
    words = (command, *ASK, *words)
    code, out, errors = run(*words)
    assert (code, errors) == (0, hint)
    assert run(*words, terminal=False) == (0, out, hint if "no policy reads" in hint else "")
    assert run(*words, "-q")[2] == ""


def test_several_requests_give_each_hint_once(run):
    """One misspelled caller is one hint, however many requests are asked."""
    words = (*ASK, "-a", "s3:PutObject", "-p", NORA[:-1], "-r", REPORT, "-r", "arn:aws:s3:::x")
    assert run("explain", *words)[2].count("hint:") == 1


def test_without_a_world_services_of_arns_are_compared(run):
    """There is no world to name: AWS is asked for."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow})
    words = ("-p", NORA, "-a", "s3:GetObject", "-r", "arn:aws:s4:::a/b")
    assert run("explain", *words, "--identity-policy", policy)[2] == (
        "hint: `arn:aws:s4:::a/b` is not in AWS; did you mean `arn:aws:s3:::a/b`?\n"
    )


@pytest.mark.parametrize("command", ["explain", "context"])
@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("norra", f"did you mean `{NORA}`?"),
        ("nobody-at-all", "give an ARN, a service principal"),
    ],
)
def test_what_names_no_principal_may_be_somebody_of_the_world(run, command, text, hint):
    """A bare name is an error, in and out of a terminal, and its hint has the ARN."""
    for terminal in (True, False):
        code, out, errors = run(command, *ASK, "-r", REPORT, "-p", text, terminal=terminal)
        assert (code, out) == (2, "")
        assert errors.startswith(f"error: `{text}` names no principal\nhint: {hint}")


def test_without_a_world_the_error_is_what_it_was(run):
    """Nobody is known, so nobody can have been meant."""
    words = ("explain", "-p", "nora", "-a", "s3:GetObject", "-r", REPORT)
    assert "give an ARN" in run(*words)[2]
