"""Measure questions about a whole world: the one that `benchmarks/organization.py` makes.

    python benchmarks/organization.py --out DIR
    python benchmarks/whole_world.py DIR [--rounds 3]

Reads the world once, and asks in fresh copies of it. The first question about an object compiles
what it needs; those about everybody's policies are asked in a world that was checked. Times are of
the processor, the best of the rounds.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from iamsim.engine.world import CompiledWorld
from iamsim.importers.load import load_worlds
from iamsim.query.batch import Batch
from iamsim.query.matrix import Column, find_matrix
from iamsim.query.what_can import find_effective, write_policy
from iamsim.query.who_can import find_blocked, find_who_can
from iamsim.world.model import ManagedPolicyReference, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.world.model import World

HOME, OTHER = "100000000002", "100000000003"
OBJECT = f"arn:aws:s3:::app-7-{HOME}/data.csv"
BIG_ROLE = f"arn:aws:iam::{HOME}:role/app/role-6"
MANAGED = (
    "AWSLambda_FullAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonEC2FullAccess",
    "AmazonRDSFullAccess",
    "AmazonS3ReadOnlyAccess",
    "CloudWatchFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
)


class Measured:
    """Times by label, the best of the rounds."""

    def __init__(self) -> None:
        """Start without any."""
        self.best: dict[str, tuple[float, str]] = {}

    def __call__(self, label: str, target: str, ask: Callable[[], object]) -> None:
        """Ask once and keep the time if it is the best."""
        start = time.process_time()
        ask()
        seconds = time.process_time() - start
        before = self.best.get(label)
        if before is None or seconds < before[0]:
            self.best[label] = seconds, target


def with_ten_policies(model: World) -> None:
    """Give one role ten of AWS's managed policies."""
    role = model.find_principal(BIG_ROLE)
    if isinstance(role, Role):
        policies = tuple(
            ManagedPolicyReference(f"arn:aws:iam::aws:policy/{one}") for one in MANAGED
        )
        name = BIG_ROLE.rpartition("/")[2]
        model.accounts[HOME].roles[name] = replace(role, policies=policies)


def measure(model: World, measured: Measured) -> None:
    """One round."""
    batch = Batch(CompiledWorld(model))
    _ = batch.universe
    measured("who-can s3:GetObject OBJECT, first", "3 s", lambda: batch.who("s3:GetObject", OBJECT))
    measured(
        "who-can s3:PutObject OBJECT, second", "1 s", lambda: batch.who("s3:PutObject", OBJECT)
    )
    other = OBJECT.replace(HOME, OTHER)
    measured("who-can in another account, third", "1 s", lambda: batch.who("s3:GetObject", other))
    measured(
        "whom guardrails keep from it (--not)",
        "",
        lambda: find_blocked(batch, ["s3:DeleteObject"], OBJECT),
    )
    measured(
        "who-can with --via-roles",
        "",
        lambda: find_who_can(batch, ["s3:PutObject"], OBJECT, via_roles=True),
    )
    measured(
        "22,321 actions on one object, first", "", lambda: batch.action_classes(BIG_ROLE, OBJECT)
    )
    measured(
        "22,321 actions on one object, again",
        "150 ms",
        lambda: batch.action_classes(BIG_ROLE, OBJECT),
    )
    everywhere = Batch(CompiledWorld.checked(model))
    measured(
        "who-can ec2:DescribeVpcs '*', first", "", lambda: everywhere.who("ec2:DescribeVpcs", "*")
    )
    measured("who-can ec2:DeleteVpc '*', second", "", lambda: everywhere.who("ec2:DeleteVpc", "*"))
    batch.world.check()
    measured(
        "what-can, role with ten managed policies",
        "1 s",
        lambda: find_effective(batch, BIG_ROLE),
    )
    effective = find_effective(batch, BIG_ROLE)
    measured("... again", "1 s", lambda: find_effective(batch, BIG_ROLE))
    measured("... as a policy, checked", "", lambda: write_policy(effective, batch, shrink=True))
    written = write_policy(effective, batch, shrink=True)
    size = len(json.dumps(written.document))
    print(
        f"policy: {size} characters, {written.compared} requests compared, exact: {written.exact}"
    )
    rows = [one for one in batch.candidates if one.account == HOME]
    columns = [Column("s3:GetObject", f"arn:aws:s3:::app-{one}-{HOME}/x") for one in range(40)]
    measured(
        "access matrix, 201 principals by 40 objects", "", lambda: find_matrix(batch, rows, columns)
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("world", help="the folder that `benchmarks/organization.py` wrote")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    start = time.perf_counter()
    model = load_worlds(options.world)
    with_ten_policies(model)
    gc.freeze()  # as the commands do: what was loaded stays
    principals = sum(1 for _ in Batch(CompiledWorld(model)).candidates)
    print(f"{principals:,} principals, loaded in {time.perf_counter() - start:.1f} s")
    measured = Measured()
    for _ in range(options.rounds):
        measure(model, measured)
    for label, (seconds, target) in measured.best.items():
        print(
            f"{label:<46} {seconds * 1000:10,.1f} ms   {f'< {target}' if target else ''}".rstrip()
        )


if __name__ == "__main__":
    main()
