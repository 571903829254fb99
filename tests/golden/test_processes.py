"""Questions about whole worlds get the same answer in any number of processes, byte for byte."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from iamsim.cli.main import main
from iamsim.query.batch import pool
from tests.golden.test_commands import CASES, EXAMPLES, HERE

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = {"access-matrix", "changes", "diff", "findings", "paths", "what-can", "who-can"}


def words_of(case: Path) -> list[str]:
    """The arguments of a golden file."""
    examples = os.path.relpath(EXAMPLES, case)
    return shlex.split((case / "cmd").read_text(encoding="utf-8").replace("$EXAMPLES", examples))


def asks_a_world(words: list[str]) -> bool:
    """Whether a command takes `-n`."""
    return words[0] in COMMANDS or words[:2] == ["world", "trust"]


ASKING = [case for case in CASES if asks_a_world(words_of(case))]

STARTED_AFRESH = ("who-can/everything-json", "findings/json", "paths/blocked", "diff/json")


class Said(NamedTuple):
    """What a run of the command line says."""

    code: int
    out: str
    err: str


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("case", ASKING, ids=lambda case: case.relative_to(HERE).as_posix())
def test_three_processes_say_what_one_says(case, monkeypatch, capfd):
    """Whatever a golden file asks, in whatever format."""
    monkeypatch.chdir(case)
    monkeypatch.setattr(pool, "best_method", lambda: pool.FORK)
    alone = said(words_of(case), capfd)
    assert said([*words_of(case), "-n", "3"], capfd) == alone


@pytest.mark.parametrize("name", STARTED_AFRESH)
def test_processes_that_start_afresh_say_the_same(name, monkeypatch, capfd):
    """As on systems where no process can be forked: the worlds are sent."""
    monkeypatch.chdir(HERE / name)
    monkeypatch.setattr(pool, "best_method", lambda: pool.SPAWN)
    alone = said(words_of(HERE / name), capfd)
    assert said([*words_of(HERE / name), "-n", "2"], capfd) == alone


def said(words: list[str], capfd: pytest.CaptureFixture[str]) -> Said:
    """Run the command line."""
    code = main(words)
    return Said(code, *capfd.readouterr())


def test_every_command_about_a_world_is_tried():
    """A command that gets `-n` gets a golden file."""
    assert {words_of(case)[0] for case in ASKING} == {*COMMANDS, "world"}
