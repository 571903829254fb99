"""Other evaluators, asked the questions of the same workloads as a user of theirs would ask."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import venv
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workloads import Workload

PACKAGE = "@cloud-copilot/iam-simulate"
HERE = Path(__file__).parent


def measure(
    folder: Path, workloads: Sequence[Workload], verdicts: dict[str, list[str]], seconds: float
) -> list[list[Any]]:
    """Install and measure each peer; give rows like those of `run.py`.

    A peer that can't be installed is left out with a message. `verdicts` are iamsim's, by the
    names of workloads; rows say how many of a peer's are the same.
    """
    return [
        *_measure_node(folder / "node", _write(folder, workloads), verdicts, seconds),
        *measure_moto(folder, workloads, verdicts, seconds),
    ]


def measure_moto(
    folder: Path, workloads: Sequence[Workload], verdicts: dict[str, list[str]], seconds: float
) -> list[list[Any]]:
    """The same for moto alone."""
    file = _write(folder, workloads)["simple"]
    return _measure_moto(folder / "moto", file, verdicts["simple"], seconds)


def _write(folder: Path, workloads: Sequence[Workload]) -> dict[str, Path]:
    """Write the workloads; give their files by name."""
    files = {}
    for workload in workloads:
        files[workload.name] = folder / f"{workload.name}.json"
        files[workload.name].write_text(json.dumps(asdict(workload)), encoding="utf-8")
    return files


def _run(command: list[str], cwd: Path) -> str | None:
    """Run a program; give what it prints, or `None` with a message when it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError as error:
        print(f"left out: {command[0]}: {error.strerror}")
        return None
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()
        print(f"left out: {Path(command[0]).name} failed: {reason[-1] if reason else ''}")
        return None
    return done.stdout


def _row(what: str, answer: dict[str, Any], ours: list[str]) -> list[Any]:
    """Make the row of a rate."""
    same = sum(this == other for this, other in zip(ours, answer["verdicts"], strict=True))
    return [what, median(answer["rates"]), "/s", f"{same} of {len(ours)} verdicts as ours"]


def _measure_node(
    folder: Path, files: dict[str, Path], verdicts: dict[str, list[str]], seconds: float
) -> list[list[Any]]:
    """Measure the npm package, warm and as a new process for one question."""
    folder.mkdir()
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", PACKAGE]
    if _run(install, folder) is None:
        return []
    shutil.copy(HERE / "peer.mjs", folder)
    shutil.copy(HERE / "peer_once.mjs", folder)
    rows = []
    for name, file in files.items():
        printed = _run(["node", "peer.mjs", str(file), str(seconds)], folder)
        if printed is not None:
            answer = json.loads(printed)
            rows.append(_row(f"iam-simulate {answer['version']}, {name}", answer, verdicts[name]))
    durations = []
    for _ in range(16):
        begin = time.perf_counter()
        if _run(["node", "peer_once.mjs", str(files["simple"])], folder) is None:
            return rows
        durations.append(1000 * (time.perf_counter() - begin))
    rows.append(["iam-simulate, new process, one question", median(durations[1:]), "ms", ""])
    return rows


def _measure_moto(folder: Path, file: Path, ours: list[str], seconds: float) -> list[list[Any]]:
    """Measure moto, which knows identity-based policies only: the simple workload."""
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    if _run([python, "-m", "pip", "install", "-q", "moto[iam]"], folder) is None:
        return []
    printed = _run([python, str(HERE / "peer_moto.py"), str(file), str(seconds)], folder)
    if printed is None:
        return []
    answer = json.loads(printed)
    return [_row(f"moto {answer['version']}, simple", answer, ours)]
