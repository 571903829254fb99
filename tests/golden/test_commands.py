"""Every folder `tests/golden/COMMAND/CASE/` with a `cmd` file is one run of the command line.

`cmd` holds the arguments as a shell would split them; the command runs in the folder of the case,
`$EXAMPLES` stands for the example corpus. `out.txt` is its standard output, `err.txt` its standard
error (no file: nothing), `exit` its exit code (no file: 0).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXAMPLES = ROOT / "corpus" / "examples"
CASES = sorted(path.parent for path in HERE.glob("*/*/cmd"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(HERE).as_posix())
def test_command_prints_what_its_golden_files_say(case, golden, request, tmp_path):
    """Output, errors and exit code of a command are those of its golden files, byte for byte."""
    examples = os.path.relpath(EXAMPLES, case)
    command = (case / "cmd").read_text(encoding="utf-8").replace("$EXAMPLES", examples)
    done = subprocess.run(
        [sys.executable, "-m", "iamsim", *shlex.split(command)],
        cwd=case,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "IAMSIM_CACHE": str(tmp_path),
            "IAMSIM_STATE": str(tmp_path),
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    expectations = {
        "out.txt": (done.stdout, ""),
        "err.txt": (done.stderr, ""),
        "exit": (f"{done.returncode}\n", "0\n"),
    }
    for name, (text, default) in expectations.items():
        path = case / name
        if text == default and not path.exists():
            continue
        if text == default and request.config.getoption("--update"):
            path.unlink()
            continue
        golden(path, text)
