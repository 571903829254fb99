"""Measure test suites: many cases, coverage, and mutation of a long policy.

    python benchmarks/suites.py [--runs 3]

Each figure is the wall time of a new process `iamsim test`, start included; the median of the runs.
The world of the 10,000 cases has 1,000 roles and 2,000 policies; the policy that is mutated has 50
statements, and 200 cases are about it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from workloads import ACCOUNT, BIG_WORLD, policy, world_document

CASES = 10_000
STATEMENTS, MUTATED_CASES = 50, 200
ROOT = Path(__file__).parent.parent

Json = dict[str, Any]


def many_cases() -> Json:
    """A suite of 10,000 cases over 1,000 roles: reading, writing and sending, on many resources."""
    principals, policies = BIG_WORLD
    requests = []
    for number in range(CASES):
        role = number % principals
        held = (role * 2 + number // principals % 4) % policies
        kind = number // principals % 5
        bucket = f"arn:aws:s3:::data-{held % 200}"
        action, resource = {
            0: ("s3:GetObject", f"{bucket}/{number}"),
            1: ("s3:PutObject", f"{bucket}/{number}"),
            2: ("s3:GetObject", f"{bucket}/private/{number}"),
            3: ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q-{held}"),
            4: ("s3:ListBucket", bucket),
        }[kind]
        expect = {0: "allowed", 1: "implicitDeny", 2: "explicitDeny", 3: "allowed", 4: "allowed"}
        requests.append(
            {
                "name": f"case {number}",
                "principal": f"arn:aws:iam::{ACCOUNT}:role/worker-{role}",
                "action": action,
                "resource": resource,
                "expect": expect[kind],
            }
        )
    return {"title": "many cases", "world": "world.json", "requests": requests}


def mutated() -> tuple[Json, Json]:
    """A world with one policy of 50 statements, and 200 cases about them."""
    statements: list[Json] = []
    requests: list[Json] = []
    for number in range(STATEMENTS):
        bucket = f"arn:aws:s3:::team-{number}"
        statements.append(
            {
                "Sid": f"Team{number}",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"{bucket}/*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": f"t{number}"}},
            }
        )
        asked = [("s3:GetObject", number), ("s3:PutObject", number)]
        asked += [("s3:GetObject", number + 1), ("s3:DeleteObject", number)]
        for action, team in asked[: MUTATED_CASES // STATEMENTS]:
            requests.append(
                {
                    "name": f"{action} of team {number} as team {team}",
                    "principal": f"arn:aws:iam::{ACCOUNT}:role/app",
                    "action": action,
                    "resource": f"{bucket}/a",
                    "context": {"aws:PrincipalTag/team": f"t{team}"},
                    "expect": "allowed"
                    if team == number and action != "s3:DeleteObject"
                    else "denied",
                }
            )
    role = {"policies": [policy(*statements)]}
    world = {"accounts": {ACCOUNT: {"roles": {"app": role}}}}
    return world, {"title": "mutated", "world": "world.json", "requests": requests}


def measure(folder: Path, *options: str, runs: int) -> tuple[float, str]:
    """Run `iamsim test` in a folder; gives the seconds, and the last line of what it says."""
    times = []
    last = ""
    for _ in range(runs):
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "iamsim", "test", "a.iamtest.json", *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "IAMSIM_CACHE": str(folder / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        times.append(time.perf_counter() - begin)
        lines = (done.stdout or done.stderr).strip().splitlines()
        last = lines[-1] if lines else ""
        if done.returncode:
            sys.exit(f"iamsim test failed: {done.stdout[-2000:]}{done.stderr}")
    return median(times), last


def write(folder: Path, world: Json, suite: Json) -> Path:
    """Write a world and its suite."""
    folder.mkdir()
    (folder / "world.json").write_text(json.dumps(world), encoding="utf-8")
    (folder / "a.iamtest.json").write_text(json.dumps(suite), encoding="utf-8")
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        big = write(place / "big", world_document(*BIG_WORLD), many_cases())
        plain, said = measure(big, "-q", runs=runs)
        print(f"{CASES:,} cases, {BIG_WORLD[1]:,} policies      {plain:8.2f} s   < 3   ({said})")
        covered, _ = measure(big, "-q", "--cov", "--cov-report", "json:cov.json", runs=runs)
        ratio = covered / plain
        print(f"the same with coverage          {covered:8.2f} s   {ratio:.2f} times, < 1.5")
        recorded, _ = measure(big, "-q", "--record", "r.json", runs=runs)
        print(f"the same, recorded              {recorded:8.2f} s")
        compared, said = measure(big, "-q", "--compare", "r.json", runs=runs)
        print(f"the same, compared              {compared:8.2f} s   ({said})")
        size = (big / "r.json").stat().st_size / 1_000_000
        print(f"  the record has                {size:8.1f} MB")
        small = write(place / "small", *mutated())
        changed, said = measure(small, "--mutate", runs=runs)
        what = f"mutation: {STATEMENTS} statements, {MUTATED_CASES} cases"
        print(f"{what}{changed:9.2f} s   < 20  ({said})")


if __name__ == "__main__":
    main()
