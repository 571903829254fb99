"""Measure partial answers: the middle workload with six unknown keys, and a hostile policy.

    python benchmarks/partial.py [--seconds 3]

Rates are medians over passes through prebuilt questions, in one process on one core. *Warm* means
that requests under the same policies were answered before; *cold* forgets what was worked out
before every answer.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from workloads import middle

import iamsim
from iamsim.engine import authorize
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.symbolic import remembered
from iamsim.symbolic.conditional import PartialDecision, decide_partially
from iamsim.symbolic.partial import answer

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = (
    "aws:SourceIp",
    "aws:RequestedRegion",
    "aws:PrincipalTag/team",
    "aws:PrincipalOrgID",
    "aws:SecureTransport",
    "aws:SourceVpce",
)
KEYS = [f"example:Key{number}" for number in range(12)]


def parsed(document: Any) -> Any:  # noqa: ANN401 - policies as workloads hold them
    """Parse a document, or lists of documents."""
    if document is None:
        return None
    if isinstance(document, list):
        return tuple(parsed(entry) for entry in document)
    return iamsim.parse_policy(document)


def middle_requests() -> list[authorize.Prepared]:
    """Prepare the requests of the middle workload with six keys unknown."""
    workload = middle()
    attached = AttachedPolicies(
        identity_policies=parsed(workload.identity_policies),
        boundary=parsed(workload.boundary),
        session_policies=(parsed(workload.session_policy),),
        resource_policy=parsed(workload.resource_policy),
        scps=parsed(workload.scps),
        rcps=parsed(workload.rcps),
    )
    base = Question(
        workload.principal,
        "s3:GetObject",
        resource_account=workload.resource_account,
        attached=attached,
        unknown=frozenset(UNKNOWN),
    )
    first: dict[object, authorize.Prepared] = {}
    found = []
    names = {name.lower() for name in UNKNOWN}
    for action, resource, context in workload.requests:
        known: Any = {key: value for key, value in context.items() if key.lower() not in names}
        question = replace(base, action=action, resource=resource, context=known)
        prepared = authorize.prepare(question)
        # One situation for all, as a compiled set of policies has it.
        shared = first.setdefault(prepared.situation.kind, prepared).situation
        found.append(replace(prepared, situation=shared))
    return found


def hostile() -> Question:
    """Forty conditional statements over twelve keys, half of them denying."""
    dice = random.Random(40)
    operators = ["StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists"]
    statements: list[dict[str, Any]] = []
    for number in range(40):
        condition: dict[str, dict[str, Any]] = {}
        for key in dice.sample(KEYS, 3):
            values = [f"{dice.choice('abcd')}{dice.choice(('', '*', 'x'))}" for _ in range(2)]
            condition.setdefault(dice.choice(operators), {})[key] = values
        effect = "Deny" if number % 2 else "Allow"
        statements.append(
            {"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": condition}
        )
    policy = iamsim.parse_policy({"Version": "2012-10-17", "Statement": statements})
    return Question(
        "arn:aws:iam::111122223333:user/nora",
        "s3:GetObject",
        "arn:aws:s3:::ledger/a",
        attached=AttachedPolicies(identity_policies=(policy,)),
        unknown=frozenset(KEYS),
    )


def rate(work: Callable[[authorize.Prepared], object], seconds: float) -> float:
    """Answer all requests again and again; give the median of answers a second."""
    requests = middle_requests()
    for request in requests:
        work(request)
    rates: list[float] = []
    end = time.perf_counter() + seconds
    while not rates or time.perf_counter() < end:
        begin = time.perf_counter()
        for request in requests:
            work(request)
        rates.append(len(requests) / (time.perf_counter() - begin))
    return median(rates)


def with_condition(request: authorize.Prepared) -> PartialDecision:
    """Decide and write the residual down."""
    found = decide_partially(request)
    if found.residual is not None:
        found.residual.to_condition()
    return found


def cold(request: authorize.Prepared) -> PartialDecision:
    """Decide with nothing remembered."""
    remembered.forget()
    return decide_partially(request)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    print("middle workload, six unknown keys, answers a second")
    print(f"  verdict and residual, warm      {rate(decide_partially, seconds):>10,.0f}")
    print(f"  with its Condition blocks, warm {rate(with_condition, seconds):>10,.0f}")
    print(f"  verdict and residual, cold      {rate(cold, seconds):>10,.0f}")
    times, written = [], []
    for _ in range(7):
        question = hostile()
        begin = time.perf_counter()
        got = answer(question)
        times.append(time.perf_counter() - begin)
        assert got.residual is not None  # noqa: S101 - the case is made to be conditional
        begin = time.perf_counter()
        simplified = got.residual.simplified
        written.append(time.perf_counter() - begin)
    print("hostile: 40 conditional statements over 12 keys, milliseconds")
    print(f"  verdict and residual            {1000 * median(times):>10.1f}")
    word = "yes" if simplified else "no"
    print(f"  simplified: {word:<3}                 {1000 * median(written):>10.1f}")


if __name__ == "__main__":
    main()
