"""How long proofs take: AWS managed policies against each other and their mutants, and claims about
a generated organization.

    python benchmarks/proofs.py [--pairs 300] [--organization DIR]

DIR is what `benchmarks/organization.py --out DIR` wrote. The same seed gives the same pairs.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from iamsim.catalog import managed
from iamsim.compile.policy import compile_policy
from iamsim.engine.world import CompiledWorld
from iamsim.importers.load import load_worlds
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.documents import check_no_new_access
from iamsim.proofs.prove import Prover
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.proofs.result import CheckResult

Json = dict[str, Any]
OUTSIDE = {"outside": "account"}
PEOPLE = ["user", "role"]
CLAIMS: tuple[dict[str, Any], ...] = tuple(
    {"name": name, "never": {"principal": who, "action": action, **more}}
    for name, who, action, more in (
        ("buckets are read from outside", OUTSIDE, "s3:GetObject", {}),
        ("anything is done without a signature", "anonymous", "*", {}),
        ("users delete trails", "user", "cloudtrail:DeleteTrail", {}),
        ("roles leave the organization", "role", "organizations:LeaveOrganization", {}),
        ("people make access keys", PEOPLE, "iam:CreateAccessKey", {}),
        ("keys are used from outside", OUTSIDE, "kms:Decrypt", {}),
        ("roles are assumed from outside", OUTSIDE, "sts:AssumeRole", {}),
        ("secrets are read from outside", OUTSIDE, "secretsmanager:GetSecretValue", {}),
        (
            "topics get messages in plain text from outside",
            OUTSIDE,
            "sns:Publish",
            {"condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ),
        ("people close accounts", PEOPLE, "account:CloseAccount", {}),
    )
)


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--organization")
    options = parser.parse_args()
    if options.organization:
        organization(options.organization)
        return
    policies = [(policy.name, json.loads(policy.document_text)) for policy in managed.policies()]
    compiled = {name: compiled_of(document) for name, document in policies}
    seed = random.Random(2026)
    names = sorted(compiled)
    pairs = [
        (compiled[seed.choice(names)], compiled[seed.choice(names)]) for _ in range(options.pairs)
    ]
    measure("random pairs, asked first", pairs)
    measure("the same again", pairs)
    measure("each in itself", [(entry, entry) for entry in compiled.values()])
    mutants = []
    for _ in range(options.pairs):
        name, document = seed.choice(policies)
        changed = mutant(document, seed)
        mutants += [(compiled[name], compiled_of(changed)), (compiled_of(changed), compiled[name])]
    measure("mutants", mutants)


def compiled_of(document: Json) -> CompiledPolicy:
    """Compile a document."""
    return compile_policy(parse_policy(document))


def mutant(document: Json, seed: random.Random) -> Json:
    """A policy with one change: a statement, an entry or a condition gone, a wider resource."""
    changed = copy.deepcopy(document)
    statements = changed["Statement"]
    if isinstance(statements, dict):
        statements = changed["Statement"] = [statements]
    statement = seed.choice(statements)
    kind = seed.randrange(4)
    if kind == 0 and len(statements) > 1:
        statements.remove(statement)
    elif kind == 1 and isinstance(statement.get("Action"), list) and len(statement["Action"]) > 1:
        statement["Action"].pop(seed.randrange(len(statement["Action"])))
    elif kind == 2 and "Condition" in statement:
        del statement["Condition"]
    elif "Resource" in statement:
        statement["Resource"] = "*"
    return changed


def measure(name: str, pairs: list[tuple[CompiledPolicy, CompiledPolicy]]) -> None:
    """Time one check a pair."""
    check_no_new_access(*pairs[0])  # what is read once a process
    results: Counter[str] = Counter()
    times = []
    for existing, new in pairs:
        start = time.process_time()
        result = check_no_new_access(existing, new)
        times.append((time.process_time() - start) * 1000)
        results[result.result] += 1
        if result.why_unknown:
            print(f"  {result.why_unknown}")
    times.sort()
    median, high = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(
        f"{name}: {len(times)} checks, median {median:.2f} ms, 99 % {high:.1f} ms,"
        f" most {times[-1]:.1f} ms; {dict(results)}"
    )


def organization(folder: str) -> None:
    """Time claims about a large world."""
    start = time.process_time()
    world = CompiledWorld(load_worlds(folder))
    print(f"loaded in {time.process_time() - start:.1f} s")
    prover = Prover(world)
    total = 0.0
    for data in CLAIMS:
        start = time.process_time()
        result: CheckResult = prover.prove(parse_claim(data))
        taken = time.process_time() - start
        total += taken
        shown = result.why_unknown or dict(result.witness or {})
        print(f"{taken:6.2f} s {result.result:7} {result.name} {str(shown)[:110]}")
    print(f"{total:6.2f} s for {len(CLAIMS)} claims")


if __name__ == "__main__":
    main()
