"""`iamsim explain` with pictures: which options go together, and where the bytes go."""

from __future__ import annotations

import io
import sys
from xml.etree import ElementTree as ET

import pytest

from iamsim.cli.main import main

HARBOR = "corpus/examples/harbor"
WORLD = "tests/golden/what-if/world.yaml"
ASK = (
    *("explain", "--world", HARBOR, "-p", "arn:aws:iam::111122223333:role/deploy"),
    *("-a", "s3:DeleteObject", "-r", "arn:aws:s3:::harbor-reports/finance/2026.csv"),
)
CHAIN = (
    *("explain", "--world", WORLD, "-p", "arn:aws:iam::111122223333:user/mona"),
    *("-a", "s3:PutObject", "-r", "arn:aws:s3:::lake/terns/1.csv", "--assume", "builder"),
)
WHOLE = (
    *("--assume", "loader", "--session-name", "night", "--source-identity", "mona"),
    *("-c", "aws:MultiFactorAuthPresent=true", "-c", "sts:ExternalId=tern"),
)


def run(*arguments: str) -> int:
    """Run the command as its entry point does, and give the exit code."""
    return main([*arguments])


def svg(text: str) -> ET.Element:
    """Read SVG."""
    return ET.fromstring(text)  # noqa: S314 - we wrote it


def test_svg_goes_to_standard_output_or_to_a_file(tmp_path, capsys):
    """Both are the same, and an expectation still counts."""
    assert run(*ASK, "--format", "svg") == 0
    shown = capsys.readouterr().out
    svg(shown)
    file = tmp_path / "decision.svg"
    assert run(*ASK, "--format", "svg", "-o", str(file), "--expect", "allowed") == 1
    assert file.read_text(encoding="utf-8") == shown
    assert run(*ASK, "--format", "svg", "--theme", "dark") == 0
    assert capsys.readouterr().out != shown


def test_png_does_not_go_to_a_terminal(monkeypatch, capsys):
    """But it may be piped."""
    picture = b"\x89PNG"
    monkeypatch.setattr("iamsim.draw.picture.rasterized", lambda _: picture)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert run(*ASK, "--format", "png") == 2
    assert "-o FILE" in capsys.readouterr().err
    piped = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", piped)
    assert run(*ASK, "--format", "png") == 0
    assert piped.buffer.getvalue() == picture


def test_png_without_what_draws_it_says_what_to_install(monkeypatch, capsys):
    """As an error of usage, without a trace."""
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert run(*ASK, "--format", "png", "-o", "x.png") == 2
    assert "pip install resvg-py" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--format", "svg", "--edits"), "the format `svg` can't be used together with `--edits`"),
        (("--format", "dot", "--denied", "x"), "together with `--denied`"),
        (("--format", "png", "--without", "Deploy", "--diff"), "together with `--diff`"),
        (("--picture", "decision", "--format", "json"), "together with `--format json`"),
        (("--picture", "decision", "--edits"), "the option `--picture`"),
        (("--format", "svg", "-a", "s3:GetObject"), "a picture shows one question, and 2 are"),
        (("--picture", "decision", "-a", "s3:GetObject"), "a picture shows one question"),
        (("--picture", "organisation"), "did you mean `organization`?"),
    ],
)
def test_what_is_no_single_answer_has_no_picture(more, said, capsys):
    """Usage errors say what does not go together."""
    assert run(*ASK, *more) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("more", [("--format", "svg"), ("--picture", "decision")])
def test_scenario_files_have_no_picture(more, capsys):
    """They hold many questions."""
    assert run("explain", "corpus/examples/why-was-this-denied.yaml", *more) == 2
    assert "scenario file" in capsys.readouterr().err


def test_the_organization_needs_a_world(capsys):
    """Policies on the command line hang nowhere."""
    ask = ("explain", "-p", "arn:aws:iam::111122223333:user/nora", "-a", "sqs:SendMessage")
    assert run(*ask, "-r", "arn:aws:sqs:eu-west-1:111122223333:q", "--picture", "organization") == 2
    assert "there is no organization to draw" in capsys.readouterr().err


def test_lines_are_drawn_when_asked_or_verbose(capsys):
    """In a text answer, in ASCII when asked; the short answer stays as it is."""
    assert run(*ASK) == 0
    short = capsys.readouterr().out
    assert "\npicture\n" not in short
    assert run(*ASK, "--picture", "decision") == 0
    drawn = capsys.readouterr().out
    assert "│   ✓ open    service control policy" in drawn
    start, end = drawn.index("\npicture\n"), drawn.index("\nways in\n")
    assert drawn[:start] + drawn[end:] == short
    assert run(*ASK, "-v", "--ascii") == 0
    assert "|   + open    service control policy" in capsys.readouterr().out
    assert run(*ASK, "--picture", "organization", "--color", "always") == 0
    assert "SCP \x1b[32mopen\x1b[0m FullAWSAccess" in capsys.readouterr().out


def test_colors_follow_the_states(capsys):
    """What is open is green, closed red, and what the request never comes to dim."""
    assert run(*ASK, "--picture", "decision", "--color", "always") == 0
    shown = capsys.readouterr().out
    assert "\x1b[32m✓ open\x1b[0m    service control policy" in shown
    assert "\x1b[31m✕ closed\x1b[0m  permissions boundary" in shown
    assert "\x1b[2m(closed)\x1b[0m  permissions boundary" in shown


@pytest.mark.parametrize(("encoding", "line"), [("ascii", "+ open"), ("utf-8", "✓ open")])
def test_a_terminal_without_unicode_gets_ascii(encoding, line, monkeypatch):
    """Nobody has to know the option."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    monkeypatch.setattr(sys, "stdout", out)
    assert run(*ASK, "-v") == 0
    assert line in out.buffer.getvalue().decode("utf-8", "replace")


def test_a_file_is_written_in_unicode(tmp_path):
    """Whatever the terminal can show."""
    file = tmp_path / "answer.txt"
    assert run(*ASK, "-v", "-o", str(file)) == 0
    assert "✓ open" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["svg", "dot"])
def test_a_chain_of_roles_is_drawn_as_one(form, capsys):
    """Each hop with its permissions, and the question at its end."""
    assert run(*CHAIN, *WHOLE, "--format", form) == 0
    shown = capsys.readouterr().out
    assert "chain of roles: allowed" in shown
    assert "hop 2 of 2" in shown
    assert "asks for s3:PutObject" in shown


def test_a_chain_that_breaks_ends_there(capsys):
    """The hops behind are counted, and the organization can be asked about the hop."""
    assert run(*CHAIN, "--assume", "loader", "--format", "svg") == 0
    shown = capsys.readouterr().out
    assert "chain of roles: denied implicitly" in shown
    assert "1 more hop that the chain never reaches" in shown
    assert run(*CHAIN, "--picture", "organization", "--format", "svg") == 0
    assert "sts:AssumeRole by arn:aws:iam::111122223333:user/mona" in capsys.readouterr().out
