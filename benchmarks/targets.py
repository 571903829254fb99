"""Measure what people feel, and say of each line whether its target is reached.

    python benchmarks/targets.py [--seconds 1] [--processor] [--peers] [--moto]
                                 [--organization WORLD] [--accounts WORLD] [--hostile]

One run on one machine: rates are medians over passes, processes run with their bytecode written.
With `--organization`, which may be repeated, written worlds are asked, too
(`benchmarks/organization.py` makes sources, and `iamsim import SOURCES -o WORLD` writes them);
`--accounts` searches one for paths and checks it. `--hostile` runs what must have an end
(`benchmarks/budgets.py`). With `--peers` other evaluators are asked the same (see
`benchmarks/peers.py`), with `--moto` that one alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import budgets
import peers
import run
import trail
from ways import first_rate, measure_ways, rate, use_clock
from workloads import ACCOUNT, middle, simple, world_document, world_of

import iamsim

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES, SHARED, ASKED = 3_000, 200, 60_000
STATEMENTS = 5_000
RECORDS = 300_000
SMALL, PATHS = 50, 20  # accounts of the organizations that have targets of their own


class Line(NamedTuple):
    """What was measured, and the target: at least so much of a rate, at most so much of a time."""

    what: str
    figure: float
    unit: str
    target: float | None

    @property
    def text(self) -> str:
        """One line of the table."""
        figure = f"{self.figure:,.0f}" if self.figure >= 1000 else f"{self.figure:,.3g}"
        start = f"{self.what:<58} {figure:>11} {self.unit:<3}"
        if self.target is None:
            return start.rstrip()
        at_least = self.unit == "/s"
        reached = self.figure >= self.target if at_least else self.figure <= self.target
        sign = ">=" if at_least else "<="
        factor = self.target / self.figure if at_least else self.figure / self.target
        verdict = "reached" if reached else f"missed, {factor:.1f} times"
        return f"{start} {sign} {self.target:<9,g} {verdict}"


def one_shot(seconds: float, verdicts: list[str]) -> list[Line]:
    """Questions that bring their policies."""
    targets = (2_000, None, 50_000, 100_000)
    rows = measure_ways(middle(), verdicts, seconds)
    return [
        Line(what, figure, unit, target)
        for (what, figure, unit, _), target in zip(rows, targets, strict=True)
    ]


def in_a_world(folder: Path, seconds: float) -> list[Line]:
    """One role, from plain arguments; then many at once."""
    workload = middle()
    path = folder / "middle.json"
    path.write_text(json.dumps(world_of(workload)), encoding="utf-8")
    world = iamsim.load(str(path))
    records = [
        {
            "principal": workload.principal,
            "action": action,
            "resource": resource,
            "context": context,
        }
        for action, resource, context in workload.requests
    ]
    many = [records * 20]
    untold = run.measure_world(run.write_world(folder, 10, 20), seconds, untold=True)
    return [
        Line(
            "world.decide, middle, one role",
            rate(lambda record: world.decide(**record), records, seconds),
            "/s",
            100_000,
        ),
        Line("  a key untold that policies read", untold, "/s", None),
        Line(
            "world.decide_many, middle",
            len(many[0]) * rate(lambda some: list(world.decide_many(some)), many, seconds),
            "/s",
            300_000,
        ),
    ]


def by_sessions(folder: Path) -> list[Line]:
    """Sessions of many roles that share policies, each with a name and an object of its own."""
    document = world_document(ROLES, SHARED)
    path = folder / "sessions.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    world = iamsim.load(str(path))
    questions = [
        {
            "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker-{number % ROLES}/s{number}",
            "action": ("s3:GetObject", "s3:ListBucket", "s3:DeleteObject")[number // ROLES % 3],
            "resource": f"arn:aws:s3:::data-{number * 7 % SHARED}/open/{number}.csv",
            "context": {"aws:SecureTransport": "true"},
        }
        for number in range(ASKED)
    ]

    def ask(question: dict[str, Any]) -> object:
        return world.decide(**question)

    half = ASKED // 2
    first = first_rate(ask, questions[:half])
    before = _resident()
    second = first_rate(ask, questions[half:])
    return [
        Line("world.decide, 3,000 roles' sessions, first half", first, "/s", 50_000),
        Line("  second half", second, "/s", 50_000),
        Line("  memory that the second half takes", _resident() - before, "MB", None),
    ]


def _resident() -> float:
    """The memory of this process in MB, where the system tells it."""
    status = Path("/proc/self/statm")
    if not status.is_file():
        return 0.0
    return int(status.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def many_statements(seconds: float) -> Line:
    """A policy of which thousands of statements name the action."""
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b-{number}/*"}
        for number in range(STATEMENTS)
    ]
    stack = iamsim.compile_policies(
        principal=simple().principal,
        identity_policies=[{"Version": "2012-10-17", "Statement": statements}],
    )
    requests = [
        stack.request(action="s3:GetObject", resource=f"arn:aws:s3:::b-{number}/x")
        for number in range(0, STATEMENTS, 10)
    ]
    return Line(
        f"{STATEMENTS:,} statements that name the action",
        1000 / rate(stack.decide, requests, seconds),
        "ms",
        0.1,
    )


def processes(folder: Path) -> list[Line]:
    """New processes, from start to end."""
    small = run.write_world(folder, 10, 20)
    return [
        Line("new process, explain", run.measure_process(run.explain_command(small)), "ms", 90),
        Line("new process, --version", run.measure_process(run.VERSION), "ms", 30),
        Line(
            "  of this: a bare Python process",
            run.measure_process([sys.executable, "-c", ""]),
            "ms",
            None,
        ),
    ]


def replay(folder: Path) -> Line:
    """A trail in two processes; without a clock of the processor, by the clock on the wall."""
    trail.write(folder / "trail", RECORDS, 50)
    command = [
        sys.executable,
        "-m",
        "iamsim",
        "replay",
        str(folder / "trail" / "AWSLogs"),
        "--world",
    ]
    command += [str(folder / "trail" / "world.json"), "-n", "2", "-q"]
    took = run.measure_process(command, 1) / 1000
    shared = 2 if run.by_processor else 1
    return Line("replay from gz files, two processes", shared * RECORDS / took, "/s", 250_000)


def organization(world: Path) -> list[Line]:
    """One question in a written world."""
    number = sum(1 for _ in (world / "accounts").iterdir())
    large = number > SMALL
    command = [sys.executable, "-m", "iamsim", "explain", "--world", str(world), "-q", "-p"]
    command += ["arn:aws:iam::100000000002:role/app/role-5", "-a", "s3:GetObject"]
    command += ["-r", "arn:aws:s3:::app-1-100000000002/data.csv"]
    took, memory = run.cost_of(command)
    what = f"one question in {number} accounts of 200 principals"
    return [
        Line(what, took, "s", 2 if large else 0.5),
        Line("  its memory", memory, "MB", 300 if large else 150),
    ]


def accounts(world: Path) -> list[Line]:
    """What goes through a whole written world."""
    number = sum(1 for _ in (world / "accounts").iterdir())
    iamsim_ = [sys.executable, "-m", "iamsim"]
    lines = []
    for what, command, target in (
        ("paths", ["paths", "--world", str(world)], 20 if number == PATHS else None),
        ("validate", ["validate", str(world)], 10 if number == SMALL else None),
        ("world lint", ["world", "lint", "--world", str(world)], None),
        ("diff of identical worlds", ["diff", str(world), str(world)], None),
    ):
        took, memory = run.cost_of([*iamsim_, *command, "-q"], (0, 1))
        lines.append(Line(f"{what}, {number} accounts of 200 principals", took, "s", target))
        lines.append(Line("  its memory", memory, "MB", None))
    return lines


def beside_ours(
    theirs: list[list[Any]], ours: list[Line], in_simple: list[list[Any]]
) -> Iterator[Line]:
    """What others reached in this run, each with how many times as fast iamsim was: in the way that
    people call them, which is all policies with each question, or in a new process."""
    by_name = {line.what: line.figure for line in ours}
    for what, figure, unit, _ in theirs:
        yield Line(what, figure, unit, None)
        if unit == "ms":
            ratio = figure / by_name["new process, explain"]
        elif "middle" in what:
            ratio = by_name["iamsim.decide, plain dicts, middle"] / figure
        else:
            ratio = in_simple[0][1] / figure
        yield Line("  iamsim, times as fast", ratio, "", None)


def hostile() -> list[Line]:
    """The largest input of each kind that is as bad as its kind can be."""
    lines = []
    for name, sizes in budgets.SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            words = budgets.arguments(name, sizes[-1], Path(folder))
            took, _ = run.cost_of([sys.executable, "-m", "iamsim", *words], (0, 1), folder)
        lines.append(Line(f"hostile {name}, size {sizes[-1]}", took, "s", 2))
    return lines


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each measurement")
    parser.add_argument("--processor", action="store_true", help="count the processor's time")
    parser.add_argument("--peers", action="store_true", help="install and measure other tools, too")
    parser.add_argument("--moto", action="store_true", help="install and measure moto, too")
    parser.add_argument("--hostile", action="store_true", help="run what must have an end")
    for name, about in (("organization", "ask"), ("accounts", "search and check")):
        parser.add_argument(
            f"--{name}",
            type=Path,
            metavar="WORLD",
            action="append",
            default=[],
            help=f"a written world to {about}",
        )
    options = parser.parse_args()
    if options.processor:
        use_clock(time.process_time)
        run.use_processor()
    print(run.machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verdicts = {
            entry.name: run.measure_decisions(entry, 0)[1] for entry in (simple(), middle())
        }
        explained, _ = run.measure_explanations(folder, options.seconds)
        lines = [
            *one_shot(options.seconds, verdicts["middle"]),
            *in_a_world(folder, options.seconds),
            *by_sessions(folder),
            Line("explain, full trace, middle", explained, "/s", 5_000),
            many_statements(options.seconds),
            *processes(folder),
            replay(folder),
            *(line for world in options.organization for line in organization(world)),
            *(line for world in options.accounts for line in accounts(world)),
            *(hostile() if options.hostile else ()),
        ]
        if options.peers or options.moto:
            ask = peers.measure if options.peers else peers.measure_moto
            theirs = ask(folder, (simple(), middle()), verdicts, options.seconds)
            lines += beside_ours(theirs, lines, measure_ways(simple(), verdicts["simple"], 0.3))
    print("\n".join(line.text for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
