"""Measure iamsim, and with `--peers` other tools in the same run.

    python benchmarks/run.py [--peers] [--seconds 3] [--processor] [--json FILE] [--document]

Prints medians as a table. Each rate is the median over passes through 1,000 different prebuilt
requests, in one process on one core, warm; decisions are not cached. Nothing is downloaded without
`--peers`, which installs an npm package and moto into a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import peers
from ways import measure_many, measure_ways, policies_of, rate, use_clock
from workloads import (
    ACCOUNT,
    BIG_WORLD,
    REQUESTS,
    Context,
    Workload,
    middle,
    simple,
    world_document,
    world_of,
)

import iamsim

ROOT = Path(__file__).resolve().parent.parent


def measure_decisions(workload: Workload, seconds: float) -> tuple[float, list[str]]:
    """Measure decisions over prebuilt requests; give the rate and the verdicts."""
    stack = iamsim.compile_policies(principal=workload.principal, **policies_of(workload))
    requests = [
        stack.request(action=action, resource=resource, context=context)
        for action, resource, context in workload.requests
    ]
    verdicts = [stack.decide(request).verdict.value for request in requests]
    return rate(stack.decide, requests, seconds), verdicts


def measure_explanations(folder: Path, seconds: float) -> tuple[float, list[str]]:
    """Measure answers with the full trace (every layer, statement and clause), from plain
    arguments in a world; give the rate and the verdicts.
    """
    workload = middle()
    path = folder / "middle-world.json"
    path.write_text(json.dumps(world_of(workload)), encoding="utf-8")
    world = iamsim.load(str(path))
    session = {"policies": [iamsim.parse_policy(json.dumps(workload.session_policy))]}

    def ask(question: tuple[str, str, Context]) -> iamsim.Answer:
        action, resource, context = question
        answer = world.explain(
            principal=workload.principal,
            action=action,
            resource=resource,
            context=context,
            session=session,
        )
        _ = answer.explanation
        return answer

    verdicts = [ask(question).verdict.value for question in workload.requests]
    return rate(ask, workload.requests, seconds), verdicts


def questions_of_world() -> list[dict[str, Any]]:
    """Give 1,000 questions that the first role of every benchmark world is asked."""
    questions = []
    for number in range(REQUESTS):
        folder = ("open", "private", "inbox")[number % 3]
        action = ("s3:GetObject", "s3:PutObject", "s3:GetObject", "s3:DeleteObject")[number % 4]
        questions.append(
            {
                "principal": f"arn:aws:iam::{ACCOUNT}:role/worker-0",
                "action": action,
                "resource": f"arn:aws:s3:::data-{number % 4}/{folder}/{number}.csv",
                "context": {
                    "aws:SourceIp": f"203.0.113.{number % 256}",
                    "aws:SecureTransport": "true",  # of what AWS always sends, what policies read
                },
            }
        )
    return questions


def write_world(folder: Path, principals: int, policies: int) -> Path:
    """Write a world as one JSON file."""
    path = folder / f"world-{principals}.json"
    path.write_text(json.dumps(world_document(principals, policies)), encoding="utf-8")
    return path


def measure_world(path: Path, seconds: float, *, untold: bool = False) -> float:
    """Measure decisions from plain arguments, the context derived in the world; with `untold`
    nobody says whether requests come over HTTPS, so that decisions depend on it.
    """
    compiled = iamsim.load(str(path)).compile()
    questions = questions_of_world()
    for question in questions if untold else ():
        del question["context"]["aws:SecureTransport"]

    def ask(question: dict[str, Any]) -> object:
        return compiled.decide(**question)

    return rate(ask, questions, seconds)


def measure_load(path: Path) -> tuple[float, float]:
    """Measure loading a big world in a new process; give the seconds from `import iamsim` to the
    first decision, and to the moment when every principal was asked once.
    """
    program = f"""
import sys, time
begin = time.perf_counter()
import iamsim
world = iamsim.load(sys.argv[1]).compile()
for number in range({BIG_WORLD[0]}):
    world.decide(
        principal=f"arn:aws:iam::{ACCOUNT}:role/worker-{{number}}",
        action="s3:GetObject",
        resource=f"arn:aws:s3:::data-{{number * 2 % 200}}/open/a.csv",
        context={{}},
    )
    if number == 0:
        print(time.perf_counter() - begin)
print(time.perf_counter() - begin)
"""
    command = [sys.executable, "-c", program, str(path)]
    runs = []
    for _ in range(5):
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environment()
        )
        runs.append([float(line) for line in done.stdout.split()])
    return median(run[0] for run in runs), median(run[1] for run in runs)


def environment() -> dict[str, str]:
    """Let new processes find this checkout, and write bytecode as they do where it is installed."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def measure_process(command: list[str], times: int = 15) -> float:
    """Measure a new process from its start to its end; milliseconds."""
    durations = [1000 * cost_of(command)[0] for _ in range(times + 1)]
    return median(durations[1:])  # the first one writes bytecode


def cost_of(
    command: list[str], codes: tuple[int, ...] = (0,), folder: str | None = None
) -> tuple[float, float]:
    """Run a new process; give its seconds, by the clock or by the processor, and its MB."""
    # Memory is counted from before a process becomes another, so a small one starts it.
    small = [sys.executable, "-S", "-c", STARTER, *command]
    done = subprocess.run(small, capture_output=True, text=True, env=environment(), cwd=folder)  # noqa: PLW1510 - looked at below
    code, clock, processor, memory = json.loads(done.stdout.rpartition("\n")[2] or "[-1, 0, 0, 0]")
    if code not in codes:
        raise RuntimeError(done.stderr[-2000:])
    return (processor if by_processor else clock), memory


STARTER = """
import json, os, sys, time
begin, command = time.perf_counter(), sys.argv[1:]
if not (number := os.fork()):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(command[0], command)
_, status, used = os.wait4(number, 0)
clock, processor = time.perf_counter() - begin, used.ru_utime + used.ru_stime
code = os.waitstatus_to_exitcode(status)
print(json.dumps([code, clock, processor, used.ru_maxrss / 1024]), end="")
"""


by_processor = False


def use_processor() -> None:
    """Measure new processes by the processor's time."""
    globals()["by_processor"] = True


def explain_command(world: Path) -> list[str]:
    """Give the command line of one question on a world."""
    return [
        *(sys.executable, "-m", "iamsim", "explain", "--world", str(world)),
        *("-p", f"arn:aws:iam::{ACCOUNT}:role/worker-0", "-a", "s3:GetObject"),
        *("-r", "arn:aws:s3:::data-0/open/a.csv"),
    ]


VERSION = [sys.executable, "-m", "iamsim", "--version"]


def machine() -> str:
    """Describe where this ran."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text("utf-8").splitlines() if "model name" in line]
        model = names[0].split(":")[1].strip() if names else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}{load}"


def count(verdicts: list[str]) -> str:
    """Write the mix of verdicts."""
    return ", ".join(f"{name} {number}" for name, number in sorted(Counter(verdicts).items()))


def measure_ours(folder: Path, seconds: float) -> tuple[list[list[Any]], dict[str, list[str]]]:
    """Measure all of iamsim; give rows (what, figure, unit, target) and verdicts by workload."""
    rows: list[list[Any]] = []
    verdicts: dict[str, list[str]] = {}
    for workload, target in ((simple(), 1_000_000), (middle(), 200_000)):
        figure, verdicts[workload.name] = measure_decisions(workload, seconds)
        rows.append([f"decide, {workload.name}", figure, "/s", f">= {target:,}"])
    first, ready = measure_load(write_world(folder, *BIG_WORLD))
    explained, same = measure_explanations(folder, seconds)
    if same != verdicts["middle"]:
        message = "the middle workload and its world give different verdicts"
        raise AssertionError(message)
    small = write_world(folder, 10, 20)
    big = write_world(folder, *BIG_WORLD)
    in_small, in_big = measure_world(small, seconds), measure_world(big, seconds)
    rows += measure_ways(middle(), verdicts["middle"], seconds)
    rows += measure_many(big, seconds)
    rows += [
        ["decide from plain arguments, world of 10 principals", in_small, "/s", ">= 50,000"],
        [f"the same, world of {BIG_WORLD[0]:,} principals", in_big, "/s", "the same"],
        ["  a key untold that policies read", measure_world(small, seconds, untold=True), "/s", ""],
        ["explain, full trace, middle", explained, "/s", ">= 3,000"],
        ["new process `iamsim explain`", measure_process(explain_command(small)), "ms", "< 150"],
        ["new process `iamsim --version`", measure_process(VERSION), "ms", "< 30"],
        ["  of this: a bare Python process", measure_process([sys.executable, "-c", ""]), "ms", ""],
        [
            f"load {BIG_WORLD[0]:,} principals, {BIG_WORLD[1]:,} policies, first decision",
            first,
            "s",
            "< 2",
        ],
        ["  and until every principal was asked once", ready, "s", "< 2"],
    ]
    return rows, verdicts


def table(rows: list[list[Any]]) -> list[str]:
    """Write rows with aligned columns."""
    lines = []
    for what, figure, unit, target in rows:
        text = f"{figure:,.0f}" if figure >= 1000 else f"{figure:,.3g}"
        lines.append(f"{what:<58} {text:>12} {unit:<3} {target}".rstrip())
    return lines


def write_document(lines: list[str], seconds: float) -> None:
    """Put the table into docs/performance.md, in place of the one that is there."""
    page = ROOT / "docs" / "performance.md"
    text = page.read_text(encoding="utf-8")
    command = f"python benchmarks/run.py --peers --seconds {seconds:g}"
    body = "\n".join((f"{command}   ({datetime.now(UTC):%Y-%m-%d})", *lines))
    before, _, after = re.split(r"(?<=```text\n)(.*?)(?=```\n)", text, maxsplit=1, flags=re.DOTALL)
    page.write_text(f"{before}{body}\n{after}", encoding="utf-8")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--peers", action="store_true", help="install and measure other tools, too")
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each measurement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    parser.add_argument("--document", action="store_true", help="write docs/performance.md")
    parser.add_argument("--processor", action="store_true", help="count the processor's time")
    options = parser.parse_args()
    if options.processor:
        use_clock(time.process_time)
        use_processor()
    workloads = (simple(), middle())
    where = machine()
    with tempfile.TemporaryDirectory() as name:
        rows, verdicts = measure_ours(Path(name), options.seconds)
        mixes = [
            f"verdicts, {workload.name}: {count(verdicts[workload.name])}" for workload in workloads
        ]
        lines = [where, "", *table(rows), *mixes]
        if options.peers:
            theirs = peers.measure(Path(name), workloads, verdicts, options.seconds)
            lines += ["", *table(theirs)]
            rows += theirs
    print("\n".join(lines))
    if options.document:
        write_document(lines, options.seconds)
    if options.json:
        figures = [
            dict(zip(("what", "figure", "unit", "target"), row, strict=True)) for row in rows
        ]
        document = {"machine": where, "figures": figures}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
