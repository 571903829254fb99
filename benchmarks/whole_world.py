"""Measure questions about a whole world: the one that `benchmarks/organization.py` makes.

    python benchmarks/organization.py --out DIR
    python benchmarks/whole_world.py DIR [--rounds 3]

Reads the world once, and asks in fresh copies of it. The first question about an object compiles
what it needs; those about everybody's policies are asked in a world where nothing is compiled yet
and in one that was checked, as the commands do. Times are of the processor, the best of the rounds.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from iamsim.engine.world import CompiledWorld
from iamsim.importers.load import load_worlds
from iamsim.query.analyzer.external import find_external
from iamsim.query.batch import Batch
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.routes import administrators, shortest_chains
from iamsim.query.matrix import Column, find_matrix
from iamsim.query.what_can import find_effective, write_policy
from iamsim.query.who_can import find_blocked, find_who_can
from iamsim.world.model import ManagedPolicyReference, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.world.model import User, World

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

POWERFUL = ("PowerUserAccess", "IAMFullAccess")


class Measured:
    """Times by label, the best of the rounds."""

    def __init__(self) -> None:
        """Start without any."""
        self.best: dict[str, tuple[float, str]] = {}

    def __call__(self, label: str, target: str, ask: Callable[[], object]) -> None:
        """Ask once and keep the time if it is the best; no question pays for another's garbage."""
        gc.collect()
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
        "22,321 actions on one object, first",
        "150 ms",
        lambda: batch.action_classes(BIG_ROLE, OBJECT),
    )
    measured(
        "22,321 actions on one object, again",
        "150 ms",
        lambda: batch.action_classes(BIG_ROLE, OBJECT),
    )
    fresh = Batch(CompiledWorld(model))
    measured(
        "22,321 actions, nothing compiled, masks known",
        "150 ms",
        lambda: fresh.action_classes(BIG_ROLE, OBJECT),
    )
    worlds = (("not compiled", CompiledWorld(model)), ("checked", CompiledWorld.checked(model)))
    for state, world in worlds:
        everywhere = Batch(world)
        for action, place, target in (
            ("ec2:DescribeVpcs", "first", "3 s"),
            ("ec2:DeleteVpc", "second", "1 s"),
            ("s3:GetObject", "third", "1 s" if state == "checked" else ""),
        ):
            label = f"who-can {action} '*', {place}, {state}"
            measured(label, target, partial(everywhere.who, action, "*"))
    everywhere = Batch(CompiledWorld(model))
    measured(
        "who-can s3:GetObject '*', first, not compiled",
        "3 s",
        lambda: everywhere.who("s3:GetObject", "*"),
    )
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


def with_escalations(model: World) -> None:
    """Give every account an administrator, and every tenth user and role power over IAM or all
    services: so that there is something to find."""
    for account in model.accounts.values():
        entities: tuple[User | Role, ...] = (*account.users.values(), *account.roles.values())
        for number, entity in enumerate(entities):
            if number % 10 == 0:
                name = "AdministratorAccess" if number == 0 else POWERFUL[number // 10 % 2]
                more = ManagedPolicyReference(f"arn:aws:iam::aws:policy/{name}")
                entity.policies = (*entity.policies, more)


def measure_whole(model: World, measured: Measured) -> None:
    """What looks at everything: once, since it takes long."""
    measured("findings, zone organization", "", lambda: find_external(Batch(CompiledWorld(model))))
    measured(
        "findings, zone account", "", lambda: find_external(Batch(CompiledWorld(model)), "account")
    )
    measured("paths, as generated", "60 s", lambda: find_escalations(Batch(CompiledWorld(model))))
    with_escalations(model)
    found = []
    measured(
        "paths, every tenth principal powerful",
        "60 s",
        lambda: found.append(find_escalations(Batch(CompiledWorld(model)))),
    )
    graph = found[0].graph
    chains = shortest_chains(found[0], administrators(found[0]))
    print(f"paths: {graph.number_of_edges():,} edges, {len(chains):,} principals have a chain")


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
    measure_whole(model, measured)
    for label, (seconds, target) in measured.best.items():
        print(
            f"{label:<47} {seconds * 1000:10,.1f} ms   {f'< {target}' if target else ''}".rstrip()
        )


if __name__ == "__main__":
    main()
