"""A real pseudo-terminal for tests: starts a program in it, presses keys, and reads the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 30  # seconds that a program has to say what is waited for
_CONTROL = re.compile(r"\x1b\[[0-9;?>=]*[a-zA-Z]|\x1b[=>]|\x1b\][^\x07]*\x07")


class Terminal:
    """A program in a terminal of 100 columns."""

    def __init__(self, command, *, stdout=None, **environment):
        """Start `command`; `stdout` is a file for its standard output instead of the terminal."""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.raw = b""
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            cwd=ROOT,
            env={**plain_environment(), **environment},
            start_new_session=True,
            # Shells want to control their terminal; no test that comes here has threads.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(slave)

    @property
    def text(self):
        """What the program wrote, without the control sequences of terminals."""
        return _CONTROL.sub("", self.raw.decode("utf-8", "replace")).replace("\r", "")

    def wait_for(self, text):
        """Read until something new is there that was not before."""
        before = self.text.count(text)
        deadline = time.monotonic() + LONGEST
        while self.text.count(text) == before and time.monotonic() < deadline:
            if not self._read():
                break
        assert self.text.count(text) > before, self.text

    def press(self, keys):
        """Press keys."""
        os.write(self.master, keys.encode())

    def end(self):
        """Read to the end, and give the exit code."""
        while self._read():
            pass
        os.close(self.master)
        return self.process.wait(LONGEST)

    def stop(self):
        """End the program, whatever it does."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def _read(self):
        """Read what is there; false when the program closed its terminal."""
        ready, _, _ = select.select([self.master], [], [], LONGEST)
        try:
            piece = os.read(self.master, 65_536) if ready else b""
        except OSError:  # Linux says so at the end
            piece = b""
        self.raw += piece
        return bool(piece)


def plain_environment():
    """Nothing that changes how a program draws."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"NO_COLOR", "COLUMNS", "LINES", "TERM"}
    }
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }


def iamsim(*words, **more):
    """Start `iamsim` in a terminal."""
    return Terminal([sys.executable, "-m", "iamsim", *words], **more)
