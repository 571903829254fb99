"""The command line from outside: exit codes, where output goes, and errors as people see them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iamsim.cli import explain as explain_command
from iamsim.cli.main import main
from iamsim.core.errors import InternalError

USER = "arn:aws:iam::111122223333:user/nora"
OBJECT = "arn:aws:s3:::reports/a"
ALLOW = (
    '{"Version": "2012-10-17", '
    '"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}'
)
ASK = ["explain", "-p", USER, "-r", OBJECT]
READ = [*ASK, "-a", "s3:GetObject", "--identity-policy", ALLOW]
WRITE = [*ASK, "-a", "s3:PutObject", "--identity-policy", ALLOW]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(capsys):
    """Run the command line in this process: exit code, output, errors."""

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_an_answer_exits_with_zero_whatever_the_verdict(run):
    """A denial is an answer, no error."""
    for words, verdict in ((READ, "allowed"), (WRITE, "denied")):
        code, out, err = run(*words)
        assert (code, err) == (0, "")
        assert out.startswith("assumed: nothing names the owner of the bucket")
        assert f"\n{verdict}: " in out


@pytest.mark.parametrize(
    ("words", "expected", "code"),
    [
        (READ, "allowed", 0),
        (READ, "denied", 1),
        (WRITE, "denied", 0),
        (WRITE, "implicitDeny", 0),
        (WRITE, "explicitDeny", 1),
    ],
)
def test_expect_fails_with_one(run, words, expected, code):
    """`--expect` gives 1 when the verdict differs, and says how it differs."""
    got, _, err = run(*words, "--expect", expected)
    assert got == code
    assert err.startswith("expected") is bool(code)


def test_quiet_prints_the_verdict_alone(run):
    """`-q` prints one word, over all pairs."""
    assert run(*READ, "-q") == (0, "allowed\n", "")
    assert run(*READ, "-a", "s3:PutObject", "-q") == (0, "implicitDeny\n", "")


def test_json_is_one_object_or_a_list_under_answers(run):
    """One pair gives an object, several give a list with the verdict over all."""
    one = json.loads(run(*READ, "--format", "json")[1])
    assert one["decision"] == "allowed"
    two = json.loads(run(*READ, "-a", "s3:PutObject", "--format", "json")[1])
    assert two["decision"] == "implicitDeny"
    assert [answer["decision"] for answer in two["answers"]] == ["allowed", "implicitDeny"]


def test_output_goes_to_a_file(run, tmp_path):
    """`-o` writes what would have been printed; `-` stands for standard output."""
    file = tmp_path / "answer.txt"
    assert run(*READ, "-o", str(file)) == (0, "", "")
    assert file.read_text(encoding="utf-8") == run(*READ)[1] == run(*READ, "-o", "-")[1]
    code, _, err = run(*READ, "-o", str(tmp_path / "no" / "folder"))
    assert code == 2
    assert "can't write" in err


def test_markdown_has_a_table_and_the_quoted_statement(run):
    """`--format markdown` can be pasted into a ticket."""
    out = run(*WRITE, "--format", "markdown")[1]
    assert out.startswith("**assumed**: nothing names the owner of the bucket")
    assert "\n**denied**: " in out
    assert "| layer | outcome | why |" in out
    assert "```text" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["explain", "-a", "s3:GetObject"], "error: the request has no principal"),
        (["explain", "-p", USER], "error: the request has no action"),
        ([*READ, "-c", "aws:SourceIp"], "error: `aws:SourceIp` is not of the form KEY=VALUE"),
        ([*READ, "--session-tag", "=x"], "error: `=x` is not of the form KEY=VALUE"),
        ([*READ, "--unset", ""], "error: the option `--unset` has an empty key"),
        ([*READ, "--unknown", ""], "error: the option `--unknown` has an empty key"),
        ([*READ, "--unknown", "scp"], "error: `scp` can't be unknown"),
        (["keys", *READ[1:], "--edits"], "error: there is no option `--edits`"),
        (["context", *READ[1:], "--picture", "decision"], "error: there is no option `--picture`"),
        ([*READ, "--at", "noon"], "error: `noon` is not a time in ISO 8601"),
        ([*READ, "--resource-account", "prod"], "error: `prod` is not the id of an account"),
        ([*READ, "--boundary", "nowhere.json"], "error: there is no policy or file `nowhere.json`"),
        (
            [*READ, "--boundary", "arn:aws:iam::aws:policy/ReadOnlyAcces"],
            "error: there is no AWS managed policy `arn:aws:iam::aws:policy/ReadOnlyAcces`",
        ),
        (["explian"], "error: there is no command `explian`"),
        (["case.yaml"], "error: there is no command `case.yaml`"),
        (["--verison"], "error: there is no option `--verison`"),
        (
            ["explain", "case.yaml", "-p", USER],
            "error: can't read `case.yaml`: no such file or directory",
        ),
    ],
)
def test_wrong_usage_exits_with_two(run, words, message):
    """Wrong usage is said in one line with a hint behind it, on standard error."""
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    first, hint = err.splitlines()
    assert first.startswith(message)
    assert hint.startswith("hint: ")


def test_a_broken_policy_is_shown_with_line_and_caret(run, tmp_path):
    """An error in a file names file, line and column, and shows the line with a caret."""
    file = tmp_path / "broken.json"
    file.write_text(
        '{"Version": "2012-10-17",\n "Statement": [{"Effect": "allow", "Action": "*"}]}', "utf-8"
    )
    code, _, err = run(*ASK, "-a", "s3:GetObject", "--identity-policy", str(file))
    assert code == 2
    assert err.startswith(f"{file}:2:27: error: ")
    assert "^" in err
    assert "Traceback" not in err


def test_policies_come_from_everywhere(run, tmp_path, monkeypatch):
    """A policy is a file, standard input, inline JSON, a managed ARN, or a name of the world."""
    file = tmp_path / "allow.json"
    file.write_text(ALLOW, "utf-8")
    yaml = tmp_path / "allow.yaml"
    yaml.write_text(
        "Version: 2012-10-17\nStatement: {Effect: Allow, Action: 's3:*', Resource: '*'}\n"
    )
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"policies": {"Shared": json.loads(ALLOW)}}), "utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ALLOW.encode())))
    for reference in (
        str(file),
        str(yaml),
        ALLOW,
        "-",
        "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        "Shared",
    ):
        words = [*ASK, "-a", "s3:GetObject", "--identity-policy", reference]
        assert run(*words, "-q", "--world", str(world))[:2] == (0, "allowed\n"), reference


def test_levels_are_joined_by_plus(run, tmp_path):
    """`F+F` joins policies in one level, a second `--scp` is a further level."""
    reads, writes = tmp_path / "reads.json", tmp_path / "writes.json"
    reads.write_text(ALLOW, "utf-8")
    writes.write_text(ALLOW.replace("s3:Get*", "s3:Put*"), "utf-8")
    both = ["--scp", f"{reads}+{writes}"]
    split = ["--scp", str(reads), "--scp", str(writes)]
    assert run(*READ, *both, "-q")[1] == "allowed\n"
    assert run(*READ, *split, "-q")[1] == "implicitDeny\n"


def test_time_comes_from_the_clock_only_where_a_policy_asks(run):
    """Without `--at` the time is now; an answer that does not depend on it does not hold it."""
    dated = ALLOW.replace(
        '"Resource"',
        '"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}, "Resource"',
    )
    words = [*ASK, "-a", "s3:GetObject", "--identity-policy", dated]
    assert run(*words, "-q")[1] == "allowed\n"
    assert run(*words, "--at", "2019-01-01T00:00:00Z", "-q")[1] == "implicitDeny\n"
    detail = json.loads(run(*READ, "--format", "json")[1])["context_detail"]
    assert not [entry for entry in detail if entry["key"].lower() == "aws:currenttime"]


def test_context_and_session_reach_the_request(run):
    """Repeated keys have several values, `--unset` takes a derived key away, tags are tags."""
    words = [*READ, "-c", "aws:TagKeys=a", "-c", "AWS:tagkeys=b", "-c", "aws:SourceIp="]
    request = json.loads(run(*words, "--format", "json")[1])["request"]
    assert request["context"] == {"aws:TagKeys": ["a", "b"], "aws:SourceIp": ""}
    named = ALLOW.replace(
        '"Resource"', '"Condition": {"StringEquals": {"aws:username": "nora"}}, "Resource"'
    )
    words = [*ASK, "-a", "s3:GetObject", "--identity-policy", named]
    assert run(*words, "-q")[1] == "allowed\n"
    assert run(*words, "--unset", "aws:username", "-q")[1] == "implicitDeny\n"


def test_color_is_asked_for_or_felt(run):
    """`--color always` paints, `never` and a pipe do not."""
    assert "\x1b[" in run(*READ, "--color", "always")[1]
    assert "\x1b[" not in run(*READ, "--color", "never")[1]
    assert "\x1b[" not in run(*READ)[1]


def test_help_and_version(run):
    """Without arguments there is short help; `--version` says the version."""
    assert "iamsim explain" in run()[1]
    assert run("--version")[1].startswith("iamsim ")
    assert "--identity-policy" in run("explain", "--help")[1]
    assert "--identity-policy" in run("explain")[1]
    assert "explain" in run("-h")[1]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InternalError("readings-disagree", "two readings disagree"), "two readings disagree"),
        (ZeroDivisionError("by zero"), "by zero"),
        (RecursionError(), "nested too deep"),
    ],
)
def test_our_own_faults_are_sentences_too(run, monkeypatch, error, words):
    """A bug of ours is said in a sentence that asks for a report; a traceback only on demand."""

    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(explain_command, "run_explain", fail)
    code, _, err = run(*READ)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    monkeypatch.setenv("IAMSIM_TRACEBACK", "1")
    assert ("Traceback" in run(*READ)[2]) is not isinstance(error, RecursionError)


def test_interrupts_end_quietly(run, monkeypatch):
    """Ctrl-C ends with the exit code that shells expect."""

    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(explain_command, "run_explain", interrupt)
    assert run(*READ) == (130, "", "")


def test_a_closed_pipe_ends_quietly():
    """`iamsim ... | head` gives no traceback when the reader goes away."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "iamsim", *READ],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_no_bug_of_ours():
    """What can't be written is said as of any file."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "iamsim", *READ],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr == b"error: can't write standard output: no space left on device\n"


def test_explain_loads_nothing_heavy():
    """An answer on JSON input starts without the libraries that it does not need."""
    code = (
        "import sys; from iamsim.cli.main import main; main(sys.argv[1:]);"
        "print([name for name in ('typer', 'click', 'rich', 'pydantic', 'lark', 'yaml', 'graphviz')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *READ, "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["allowed", "[]"]
