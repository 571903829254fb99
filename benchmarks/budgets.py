"""Curves of what must not grow beyond bounds: `python benchmarks/budgets.py [NAME ...]`.

Each case makes an input of several sizes that is as bad as its kind can be, runs the command in a
new process, and prints seconds of the processor by size, with the power of the size by which they
grow.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"
SECONDS = 300
SIZES = {
    "edits": (4, 8, 16, 32),
    "findings": (20, 40, 80, 160),
    "who-can": (1, 10, 100),
    "who-can-all": (1, 10, 100),
    "mutate": (10, 20, 40),
    "shrink": (10, 40, 160),
    "paths": (10, 20, 40),
    "changes": (10, 20, 40),
    "diff": (5, 10, 20, 40),
}


def policy(*statements: dict[str, object]) -> dict[str, object]:
    """A document of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object, **more: object) -> dict[str, object]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def write(folder: Path, name: str, data: object) -> str:
    """Write a file as JSON, and give its name."""
    (folder / name).write_text(json.dumps(data), "utf-8")
    return name


def world_of(**account: object) -> dict[str, object]:
    """A world of one account."""
    return {"accounts": {ACCOUNT: account}}


def arguments(name: str, size: int, folder: Path) -> list[str]:
    """Make the input of a size, and give the command line."""
    return CASES[name](size, folder)


def edits(size: int, folder: Path) -> list[str]:
    """As many Denies as the size stand in the way together."""
    tests = [{"StringNotEquals": {f"aws:PrincipalTag/t{number}": "x"}} for number in range(size)]
    denies: list[dict[str, object]] = [
        {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*", "Condition": test}
        for test in tests
    ]
    file = write(folder, "p.json", policy(allow("*", "*"), *denies))
    request = ["-p", USER, "-a", "s3:GetObject", "-r", "arn:aws:s3:::b/k"]
    return ["explain", *request, "--identity-policy", file, "--edits"]


def findings(size: int, folder: Path) -> list[str]:
    """As many patterns of resources and of principals in one bucket's policy."""
    statements = [
        allow(
            "s3:Get*",
            f"arn:aws:s3:::b/p{number}*x",
            Principal={"AWS": "*"},
            Condition={"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/r{number}*"}},
        )
        for number in range(size)
    ]
    resources = {"arn:aws:s3:::b": {"policy": policy(*statements)}}
    return ["findings", "--world", write(folder, "w.json", world_of(resources=resources))]


def who_can(size: int, folder: Path) -> list[str]:
    """Every action on one bucket, for as many users."""
    users = {f"u{number}": {"policies": [policy(allow("*", "*"))]} for number in range(size)}
    data = world_of(users=users, resources={"arn:aws:s3:::b": {}})
    return ["who-can", "*", "arn:aws:s3:::b", "--world", write(folder, "w.json", data)]


def who_can_all(size: int, folder: Path) -> list[str]:
    """Every action that has no resource, for as many users."""
    _, _, _, *world = who_can(size, folder)
    return ["who-can", "*", "*", *world]


def mutate(size: int, folder: Path) -> list[str]:
    """As many statements and cases."""
    statements = [
        allow([f"s3:Get{letter}*" for letter in "ABCO"], f"arn:aws:s3:::b{number}/*")
        for number in range(size)
    ]
    write(folder, "w.json", world_of(users={"u": {"policies": [policy(*statements)]}}))
    requests = [
        {
            "principal": USER,
            "action": "s3:GetObject",
            "resource": f"arn:aws:s3:::b{number}/k",
            "expect": "allowed",
        }
        for number in range(size)
    ]
    data = {"title": "t", "world": "w.json", "requests": requests}
    return ["test", write(folder, "a.iamtest.json", data), "--mutate"]


def shrink(size: int, folder: Path) -> list[str]:
    """As many statements, written out short."""
    statements = [
        allow(["s3:Get*", "s3:Put*"], f"arn:aws:s3:::b{number}/*") for number in range(size)
    ]
    data = world_of(users={"u": {"policies": [policy(*statements)]}})
    return ["what-can", USER, "--world", write(folder, "w.json", data), "--as-policy", "--shrink"]


def paths(size: int, folder: Path) -> list[str]:
    """As many roles, each of which can assume all."""
    trust = policy(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        }
    )
    roles = {
        f"r{number}": {"trust": trust, "policies": [policy(allow("sts:AssumeRole", "*"))]}
        for number in range(size)
    }
    return ["paths", "--world", write(folder, "w.json", world_of(roles=roles))]


def changes(size: int, folder: Path) -> list[str]:
    """As many roles, whose policies all change."""

    def roles(end: str) -> dict[str, dict[str, object]]:
        """The roles, with another pattern."""
        return {
            f"r{index}": policy(
                *(allow("s3:*", f"arn:aws:s3:::b{index}/{number}{end}") for number in range(5))
            )
            for index in range(size)
        }

    trust = policy(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    )
    before = {
        name: {"policies": [document], "trust": trust} for name, document in roles("*").items()
    }
    details = [
        {
            "RoleName": name,
            "Path": "/",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document}],
            "AttachedManagedPolicies": [],
            "AssumeRolePolicyDocument": trust,
        }
        for name, document in roles("x*").items()
    ]
    dump = {"RoleDetailList": details, "UserDetailList": [], "GroupDetailList": [], "Policies": []}
    world = write(folder, "w.json", world_of(roles=before))
    return ["changes", "--world", world, "--overlay", write(folder, "o.json", dump), "-q"]


def diff(size: int, folder: Path) -> list[str]:
    """Two worlds that have nothing in common, of as many powerful users each."""
    worlds = []
    for number, account in enumerate((ACCOUNT, "444455556666")):
        users = {
            f"u{number}{index}": {
                "policies": [
                    policy(
                        allow("*", "*"),
                        {
                            "Effect": "Deny",
                            "NotAction": ["iam:*", f"s3:Get{index}*"],
                            "Resource": f"arn:aws:s3:::b{index}*",
                        },
                    )
                ]
            }
            for index in range(size)
        }
        bucket = allow("s3:*", f"arn:aws:s3:::b{number}/*", Principal="*")
        resources = {f"arn:aws:s3:::b{number}": {"policy": policy(bucket)}}
        data = {"accounts": {account: {"users": users, "resources": resources}}}
        worlds.append(write(folder, f"w{number}.json", data))
    return ["diff", *worlds, "-q"]


CASES = {
    "edits": edits,
    "findings": findings,
    "who-can": who_can,
    "who-can-all": who_can_all,
    "mutate": mutate,
    "shrink": shrink,
    "paths": paths,
    "changes": changes,
    "diff": diff,
}


def spent() -> float:
    """Seconds of the processor that the processes started here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(names: list[str]) -> None:
    """Run the cases and print their curves."""
    for name in names or SIZES:
        taken: list[tuple[int, float]] = []
        for size in SIZES[name]:
            with tempfile.TemporaryDirectory() as folder:
                words = arguments(name, size, Path(folder))
                start = spent()
                done = subprocess.run(
                    [sys.executable, "-m", "iamsim", *words],
                    cwd=folder,
                    capture_output=True,
                    check=False,
                    timeout=SECONDS,
                )
                taken.append((size, spent() - start))
            if done.returncode not in (0, 1):
                sys.exit(f"{name}: {done.stderr.decode()}")
        (small, first), (large, last) = taken[-2:]
        power = math.log(last / first) / math.log(large / small)
        curve = "  ".join(f"{size}: {seconds:.1f} s" for size, seconds in taken)
        print(f"{name:11} {curve}  (power {power:.1f})", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
