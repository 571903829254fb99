"""`iamsim` in a real terminal, in a pipe, and in real shells."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys

import pytest

from tests.repo.terminal import ROOT, Terminal, iamsim, plain_environment

HARBOR = "corpus/examples/harbor"
NORA = "arn:aws:iam::111122223333:user/nora"
REPORT = "arn:aws:s3:::harbor-reports/finance/2026.csv"
REQUEST = ("explain", "--world", HARBOR, "-p", NORA, "-a", "s3:GetObject", "-r", REPORT)
QUESTIONS = ("world (file", "principal:", "action:", "resource (empty")
ANSWERS = (HARBOR, NORA, "s3:GetObject", REPORT)

pytestmark = pytest.mark.timeout(120)


def piped(*words, **environment):
    """Run a command in pipes: exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "iamsim", *words],
        cwd=ROOT,
        env={**plain_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_request_is_asked_for_and_answered(tmp_path):
    """The answer goes to standard output, the questions and the command to standard error; the
    command gives the same answer."""
    file = tmp_path / "answer.txt"
    with file.open("w", encoding="utf-8") as stream:
        terminal = iamsim("explain", stdout=stream)
        for question, answer in zip(QUESTIONS, ANSWERS, strict=True):
            terminal.wait_for(question)
            terminal.press(f"{answer}\r")
        assert terminal.end() == 0
    command = terminal.text.partition("the same again:\n  ")[2].strip()
    assert "Traceback" not in terminal.text
    words = shlex.split(command)
    assert words[:2] == ["iamsim", "explain"]
    assert piped(*words[1:]) == (0, file.read_text("utf-8"), "")


def test_a_key_completes_an_answer():
    """Tab takes the proposal that a part of the name brought up."""
    terminal = iamsim("explain", "--world", HARBOR, "-a", "s3:ListAllMyBuckets")
    terminal.wait_for("principal:")
    terminal.press("nor")
    terminal.wait_for(NORA)
    terminal.press("\t\r")
    assert terminal.end() == 0
    assert f"principal  {NORA}" in terminal.text


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 2)])
def test_leaving_is_polite(key, code):
    """Ctrl-C ends with 130 as shells have it, Ctrl-D with 2 and a sentence; no traceback."""
    terminal = iamsim("explain")
    terminal.wait_for("world (file")
    terminal.press(key)
    assert terminal.end() == code
    assert "Traceback" not in terminal.text
    assert ("the input ended" in terminal.text) is (code == 2)


def test_nobody_is_asked_in_a_pipe():
    """Without a terminal a missing part is the error, and no arguments give the help."""
    code, out, errors = piped("explain", "-a", "s3:GetObject")
    assert (code, out) == (2, "")
    assert errors.startswith("error: the request has no principal\n")
    assert piped("explain")[:1] == (0,)


def test_color_is_for_terminals_only():
    """In a terminal there is color, unless NO_COLOR, TERM or an option says no; never in a
    pipe."""
    colored = iamsim(*REQUEST)
    assert colored.end() == 0
    assert b"\x1b[" in colored.raw
    for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = iamsim(*REQUEST, **more)
        assert plain.end() == 0
        assert b"\x1b[" not in plain.raw
        assert plain.text == colored.text
    plain = iamsim(*REQUEST, "--color", "never")
    assert plain.end() == 0
    assert b"\x1b[" not in plain.raw
    assert "\x1b[" not in piped(*REQUEST)[1]
    assert "\x1b[" in piped(*REQUEST, "--color", "always")[1]


@pytest.mark.parametrize("width", [60, 140])
def test_lines_are_as_wide_as_they_may_be(width):
    """COLUMNS says how wide text is; in a terminal its width counts, in a pipe 100."""
    words = [*REQUEST[:-1], "arn:aws:s3:::harbor-reports/finance/2027.csv"]

    def widest(text):
        prose = text.partition("layers")[0]
        return max(map(len, prose.splitlines()))

    assert widest(piped(*words, COLUMNS=str(width))[1]) <= width
    assert piped(*words)[1] == piped(*words, COLUMNS="100")[1]
    terminal = iamsim(*words, NO_COLOR="1")
    assert terminal.end() == 0
    assert terminal.text == piped(*words, COLUMNS="100")[1]


def test_a_reader_that_leaves_early_is_no_error():
    """`iamsim ... | head -1` ends quietly."""
    command = f"{shlex.quote(sys.executable)} -m iamsim managed list | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


SHELLS = {
    "bash": (["bash", "--noprofile", "--norc", "-i"], "bind 'set bell-style none'; . {file}"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -d {folder}/d; . {file}"),
    "fish": (["fish", "--no-config", "-i"], "source {file}"),
}
INSTALLED = [shell for shell in SHELLS if shutil.which(shell)]
COMPLETED = [
    ("explain -a s3:GetObjectAc", "s3:GetObjectAcl"),
    (f"explain --world {HARBOR} -p arn:aws:iam::111122223333:user/n", NORA),
    (f"explain --world {HARBOR} -r arn:aws:s", "arn:aws:s3:::harbor-reports"),
    ("explain -c aws:SourceIp -c aws:MultiFactorAuthP", "aws:MultiFactorAuthPresent"),
    ("explain -a sqs:SendMessage -c s3:pref", "s3:pref"),
    ("explain -a s3:ListBucket -c s3:pref", "s3:prefix"),
    ("simulate custom-policy --action-names s3:GetObject sqs:SendM", "sqs:SendMessage"),
]


@pytest.mark.parametrize("shell", INSTALLED)
def test_real_shells_complete(shell, tmp_path):
    """Principals, actions, resources and keys are completed in every shell that is here."""
    command = tmp_path / "iamsim"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m iamsim "$@"\n', "utf-8")
    command.chmod(0o755)
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path}:{plain_environment()['PATH']}",
        "PS1": "ready> ",
    }
    script = tmp_path / "completion"
    script.write_text(piped("--version", _IAMSIM_COMPLETE=f"source_{shell}")[1], "utf-8")
    start, setup = SHELLS[shell]
    terminal = Terminal(start, **environment)
    terminal.press(setup.format(file=script, folder=tmp_path) + "; echo read''y\n")
    terminal.wait_for("ready\n")
    for number, (typed, completed) in enumerate(COMPLETED):
        # The shell itself says what it made of the words, into a file.
        file = tmp_path / f"{number}.txt"
        terminal.press(f"iamsim {typed}\t")
        terminal.press(f"\x01echo \x05 > {shlex.quote(str(file))}; echo don''e\n")
        terminal.wait_for("done\n")
        assert file.read_text("utf-8").split()[-1] == completed
    terminal.stop()
