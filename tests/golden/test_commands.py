"""Every folder `tests/golden/COMMAND/CASE/` with a `cmd` file is one run of the command line.

`cmd` holds the arguments as a shell would split them; the command runs in the folder of the case,
`$EXAMPLES` stands for the example corpus. `out.txt` is its standard output, `err.txt` its standard
error (no file: nothing), `exit` its exit code (no file: 0).
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from iamsim.cli.main import main

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXAMPLES = ROOT / "corpus" / "examples"
CASES = sorted(path.parent for path in HERE.glob("*/*/cmd"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(HERE).as_posix())
def test_command_prints_what_its_golden_files_say(
    case, golden, request, tmp_path, monkeypatch, capfd
):
    """Output, errors and exit code of a command are those of its golden files, byte for byte."""
    examples = os.path.relpath(EXAMPLES, case)
    command = (case / "cmd").read_text(encoding="utf-8").replace("$EXAMPLES", examples)
    monkeypatch.chdir(case)
    monkeypatch.setenv("IAMSIM_CACHE", str(tmp_path))
    monkeypatch.setenv("IAMSIM_STATE", str(tmp_path))
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        code = main(shlex.split(command))
    out, err = capfd.readouterr()
    expectations = {
        "out.txt": (out, ""),
        "err.txt": (err, ""),
        "exit": (f"{code}\n", "0\n"),
    }
    for name, (text, default) in expectations.items():
        path = case / name
        if text == default and not path.exists():
            continue
        if text == default and request.config.getoption("--update"):
            path.unlink()
            continue
        golden(path, text)
