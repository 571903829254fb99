"""Measure questions about a whole world: the one that `benchmarks/organization.py` makes.

    python benchmarks/organization.py --out DIR
    python benchmarks/whole_world.py DIR [--rounds 3] [--processes 2]

Reads the world once, and asks in fresh copies of it. The first question about an object compiles
what it needs; those about everybody's policies are asked in a world where nothing is compiled yet
and in one that was checked, as the commands do. Times are of the processor, the best of the rounds.

With `--processes` only the questions that take longest are asked, each in one process and then in
so many, in a world that was checked: by the clock, with the start of the processes, and by the
processor. The latter is what the clock would say if nothing else ran: the time of this process and
an even share of that of the others.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from iamsim import catalog
from iamsim.engine.world import CompiledWorld
from iamsim.importers.load import load_worlds
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.unused_permissions import find_unused_permissions
from iamsim.query.batch import Batch
from iamsim.query.batch.processes import Processes
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.routes import administrators, shortest_chains
from iamsim.query.matrix import Column, find_matrix
from iamsim.query.what_can import find_effective, write_policy
from iamsim.query.who_can import find_blocked, find_who_can
from iamsim.report.paint import Paint
from iamsim.report.who_can import who_can_document
from iamsim.report.writers.text import to_text
from iamsim.symbolic.remembered import forget
from iamsim.world.model import ManagedPolicyReference, Role, ServiceAccess

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
NOW, LONG_AGO, LATELY = "2026-11-25", "2026-01-15T00:00:00Z", "2026-11-20T00:00:00Z"
CALLED = (  # services of which it is known when they were called
    *("athena", "cloudformation", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "eks", "events"),
    *("glue", "iam", "kinesis", "kms", "lambda", "logs", "rds", "route53", "s3", "secretsmanager"),
    *("sns", "sqs", "ssm", "states", "sts", "elasticloadbalancing"),
)
TRACKED = ("iam", "kms", "lambda", "s3", "sqs", "sts")  # and of some of their actions, too


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
            ManagedPolicyReference(f"arn:aws:iam::aws:policy/{entry}") for entry in MANAGED
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
    rows = [candidate for candidate in batch.candidates if candidate.account == HOME]
    columns = [
        Column("s3:GetObject", f"arn:aws:s3:::app-{number}-{HOME}/x") for number in range(40)
    ]
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


def with_last_accessed(model: World) -> None:
    """Say of everybody when 25 services were last called: half of them lately, with actions."""
    numbers = random.Random(1)
    actions = {service: catalog.action_names(service)[:40] for service in TRACKED}
    for account in model.accounts.values():
        entities: tuple[User | Role, ...] = (*account.users.values(), *account.roles.values())
        for entity in entities:
            found = {}
            for service in CALLED:
                at = numbers.choice((LATELY, LATELY, LONG_AGO, None))
                some = actions.get(service, ()) if at == LATELY else ()
                times = {name: numbers.choice((LATELY, None)) for name in some}
                found[service] = ServiceAccess(at, times)
            entity.last_accessed = found


def measure_whole(model: World, measured: Measured) -> None:
    """What looks at everything: once, since it takes long."""
    measured("findings, zone organization", "", lambda: find_external(Batch(CompiledWorld(model))))
    measured(
        "findings, zone account", "", lambda: find_external(Batch(CompiledWorld(model)), "account")
    )
    with_last_accessed(model)
    checked = Batch(CompiledWorld.checked(model))
    measured(
        "findings --unused, 25 services each, checked",
        "",
        lambda: find_unused_permissions(checked, NOW, 90),
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


class Spent(NamedTuple):
    """Seconds by the clock, and of the processor on the longest way through all processes."""

    clock: float
    processor: float


def spent(number: int, ask: Callable[[Processes], object]) -> Spent:
    """What one question costs in so many processes."""
    gc.collect()
    start, before = time.perf_counter(), os.times()
    with Processes(number) as processes:
        ask(processes)
    after = os.times()
    here = after.user + after.system - before.user - before.system
    others = after.children_user + after.children_system
    others -= before.children_user + before.children_system
    return Spent(time.perf_counter() - start, here + others / number)


def who_can_as_text(batch: Batch, processes: Processes, columns: list[Column]) -> str:
    """Who can, with the conditions in words: they are found where the answer is."""
    found = find_who_can(batch, [column.action for column in columns], "*", processes=processes)
    return to_text(who_can_document(found, batch.world.model), Paint(), 100)


def compare_processes(model: World, number: int) -> None:
    """Ask the questions that take longest in one process, and in several."""
    print(f"{'':<47} {'by the clock':>25} {'by the processor':>32}")
    several = [
        Column(action, "*") for action in ("s3:GetObject", "ec2:DescribeVpcs", "iam:PassRole")
    ]
    questions: list[tuple[str, Callable[[Batch, Processes], object]]] = [
        (
            "who-can s3:GetObject '*', as text",
            lambda batch, some: who_can_as_text(batch, some, several[:1]),
        ),
        (
            "who-can, 3 actions on '*', as text",
            lambda batch, some: who_can_as_text(batch, some, several),
        ),
        (
            "access matrix, everybody by 3 actions",
            lambda batch, some: find_matrix(batch, batch.candidates, several, processes=some),
        ),
        (
            "what-can, role with ten managed policies",
            lambda batch, some: find_effective(batch, BIG_ROLE, processes=some),
        ),
        (
            "findings, zone account",
            lambda batch, some: find_external(batch, "account", processes=some),
        ),
        ("paths, as generated", lambda batch, some: find_escalations(batch, processes=some)),
    ]
    for label, ask in questions:
        compare(label, model, number, ask)
    with_escalations(model)
    compare("paths, every tenth principal powerful", model, number, questions[-1][1])


def compare(
    label: str, model: World, number: int, ask: Callable[[Batch, Processes], object]
) -> None:
    """Ask one question both ways, each after nothing but the check of the policies."""
    asked = []
    for entry in (1, number):
        forget()
        batch = Batch(CompiledWorld.checked(model))
        _ = batch.candidates, batch.universe
        gc.freeze()  # as the commands do
        asked.append(spent(entry, partial(ask, batch)))
        gc.unfreeze()
    alone, together = asked
    columns = [
        f"{first * 1000:10,.0f} -> {second * 1000:8,.0f} ms {first / second:5.2f}"
        for first, second in zip(alone, together, strict=True)
    ]
    print(f"{label:<42} {'   '.join(columns)}", flush=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("world", help="the folder that `benchmarks/organization.py` wrote")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, help="compare one process with so many")
    options = parser.parse_args()
    start = time.perf_counter()
    model = load_worlds(options.world)
    with_ten_policies(model)
    gc.freeze()  # as the commands do: what was loaded stays
    principals = sum(1 for _ in Batch(CompiledWorld(model)).candidates)
    print(f"{principals:,} principals, loaded in {time.perf_counter() - start:.1f} s")
    if options.processes:
        compare_processes(model, options.processes)
        return
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
