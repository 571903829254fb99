"""Measure `iamsim validate`: all managed policies in one process, and one policy in a new one.

    python benchmarks/validate.py [--runs 11]

Times of the first are those of the processor, in one process on one core, with every check that is
on by default (and once with all); the second is given as wall time from start to end and as time of
the processor, medians of so many runs, bytecode already written.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from iamsim.catalog import managed
from iamsim.checks.codes import CODES
from iamsim.checks.validate import Validator

ROOT = Path(__file__).resolve().parent.parent
MANAGED_QUOTA = 6_144  # characters, without white space
POLICIES, ALL_SECONDS, ONE_MILLISECONDS = 1_500, 30, 400


def documents() -> list[str]:
    """The texts of all managed policies, loaded before the clock starts."""
    found = (managed.find_managed_policy(arn) for arn in managed.arns())
    return [policy.document_text for policy in found if policy is not None]


def seconds_for(texts: list[str], validator: Validator) -> tuple[float, int]:
    """Check the texts; the processor's time, and how many findings there were."""
    start = time.process_time()
    count = sum(len(validator.validate_text(text)) for text in texts)
    return time.process_time() - start, count


def new_process(text: str, runs: int) -> tuple[float, float]:
    """Milliseconds of a new process that checks one policy, on the wall and of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.json"
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "iamsim", "validate", str(path), "--fail-on", "never"]
        walls, processor = [], []
        for _ in range(runs + 1):
            start, spent = time.perf_counter(), used_by_children()
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            walls.append((time.perf_counter() - start) * 1000)
            processor.append((used_by_children() - spent) * 1000)
    return median(walls[1:]), median(processor[1:])


def used_by_children() -> float:
    """Seconds of the processor that child processes have used so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure iamsim validate.")
    parser.add_argument("--runs", type=int, default=11, help="new processes for each figure")
    runs = parser.parse_args().runs
    texts = documents()
    characters = sum(map(len, texts))
    print(f"{len(texts):,} managed policies, {characters:,} characters")
    for title, validator in (
        ("checks that are on by default", Validator()),
        ("all checks", Validator(select=tuple(CODES))),
    ):
        spent, count = seconds_for(texts, validator)
        scaled = spent * POLICIES / len(texts)
        print(f"{title:<44}{spent:6.2f} s  {count:,} findings;", end=" ")
        print(f"{POLICIES:,} policies: {scaled:.2f} s  < {ALL_SECONDS}")
    by_length = sorted(texts, key=len)
    within = [text for text in by_length if len("".join(text.split())) <= MANAGED_QUOTA]
    for title, text in (
        ("new process, a policy of the middle length", by_length[len(texts) // 2]),
        ("new process, the longest within the quota", within[-1]),
        ("new process, the longest of all", by_length[-1]),
    ):
        wall, spent = new_process(text, runs)
        target = f"  < {ONE_MILLISECONDS}" if text in within else ""
        print(f"{title:<44}{wall:6.0f} ms{target};", end=" ")
        print(f"processor {spent:.0f} ms, {len(text):,} characters")


if __name__ == "__main__":
    main()
