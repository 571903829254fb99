"""Running the command behind a tool: in a process of its own, which can read the folders alone,
writes nothing, and ends when the client cancels or the time is over."""

from __future__ import annotations

import os
import sys
from subprocess import PIPE
from typing import TYPE_CHECKING, NamedTuple

import anyio

from iamsim.files.reading import CONFINED

if TYPE_CHECKING:
    from iamsim.mcp.folders import Folders
    from iamsim.mcp.tools import Run

SECONDS = 120
MOST_CHARACTERS = 8_000
FAULT = 2
# What would choose another world than the one that the agent names, or another form of answer.
LEFT_OUT = frozenset({"IAMSIM_WORLD", "FORCE_COLOR", "CLICOLOR_FORCE", "IAMSIM_TRACEBACK"})


class Outcome(NamedTuple):
    """What a command wrote, and how it ended: 0, 1 where something was found or is denied, 2 for
    bad input. `notes` is what it said on the side."""

    code: int
    text: str
    notes: str


async def run_command(run: Run, folders: Folders) -> Outcome:
    """Run a command of iamsim."""
    environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    environment |= {
        CONFINED: os.pathsep.join(folders.roots),
        "NO_COLOR": "1",
        "COLUMNS": "110",
        "PYTHONUTF8": "1",
    }
    with anyio.move_on_after(SECONDS):
        done = await anyio.run_process(
            # `-P`: no module is taken from the folder of the agent
            [sys.executable, "-P", "-m", "iamsim", *run.arguments],
            input=run.input.encode(),
            stdout=PIPE,
            stderr=PIPE,
            check=False,
            cwd=folders.first,
            env=environment,
        )
        text, notes = (part.decode("utf-8", "replace") for part in (done.stdout, done.stderr))
        return Outcome(done.returncode, text, notes)
    return Outcome(FAULT, "", f"error: no answer within {SECONDS} seconds\n")


def shortened(text: str, first: int) -> tuple[str, int | None, int]:
    """A part of a long text, by whole lines from line `first` on; the line that follows, or `None`
    at the end; and how many lines there are."""
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    shown: list[str] = []
    left = MOST_CHARACTERS
    for line in lines[first - 1 :]:
        left -= len(line) + 1
        if left < 0 and shown:
            break
        shown.append(line)
    following = first + len(shown)
    return "\n".join(shown), following if following <= len(lines) else None, len(lines)
