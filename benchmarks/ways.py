"""The ways that people call iamsim, measured: one question at a time, from plain arguments."""

from __future__ import annotations

import json
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from workloads import ACCOUNT, BIG_WORLD, Context, Workload

import iamsim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from iamsim import Decision

    Question = tuple[str, str, Context]

_clock = time.perf_counter


def use_clock(clock: Callable[[], float]) -> None:
    """Measure by another clock: that of the processor, where other programs are busy."""
    global _clock  # noqa: PLW0603 - one run has one clock
    _clock = clock


def rate(ask: Callable[[Any], object], questions: Iterable[Any], seconds: float) -> float:
    """Ask all questions in passes; give the median of questions a second, warm."""
    asked = list(questions)
    for question in asked:
        ask(question)
    rates: list[float] = []
    end = _clock() + seconds
    while not rates or _clock() < end:
        rates.append(first_rate(ask, asked))
    return median(rates)


def first_rate(ask: Callable[[Any], object], questions: list[Any]) -> float:
    """Ask all questions once; give the questions a second."""
    begin = _clock()
    for question in questions:
        ask(question)
    return len(questions) / (_clock() - begin)


def policies_of(workload: Workload) -> dict[str, Any]:
    """Name a workload's policies as iamsim's functions do, leaving out layers that do not exist."""
    given = {
        "identity_policies": workload.identity_policies,
        "boundary": workload.boundary,
        "session_policies": [workload.session_policy] if workload.session_policy else None,
        "scps": workload.scps,
        "rcps": workload.rcps,
        "resource_policy": workload.resource_policy,
        "resource_account": workload.resource_account,
    }
    return {name: value for name, value in given.items() if value is not None}


def measure_ways(workload: Workload, verdicts: list[str], seconds: float) -> list[list[Any]]:
    """Measure `iamsim.decide` and compiled policies from plain arguments; give rows."""
    plain = policies_of(workload)
    parsed = {name: _parsed(value) for name, value in plain.items()}
    stack = iamsim.compile_policies(principal=workload.principal, **plain)

    def one_shot(policies: dict[str, Any]) -> Callable[[Question], Decision]:
        def ask(question: Question) -> Decision:
            action, resource, context = question
            return iamsim.decide(
                principal=workload.principal,
                action=action,
                resource=resource,
                context=context,
                **policies,
            )

        return ask

    def of_stack(question: Question) -> Decision:
        action, resource, context = question
        return stack.decide(stack.request(action=action, resource=resource, context=context))

    def never_seen(numbered: tuple[int, Question]) -> Decision:
        number, question = numbered
        return one_shot(others[number])(question)

    asked = workload.requests[:200]
    text = json.dumps(plain)
    others = [
        json.loads(text.replace('"Effect"', f'"Sid": "n{number}", "Effect"'))
        for number in range(len(asked))
    ]
    ways = {
        "iamsim.decide, plain dicts": one_shot(plain),
        "  the same, parsed policies": one_shot(parsed),
        "compile_policies, plain arguments": of_stack,
    }
    rows = []
    for (name, ask), target in zip(ways.items(), (2_000, 50_000, 100_000), strict=True):
        if [ask(question).verdict.value for question in workload.requests] != verdicts:
            message = f"{name}: other verdicts than those of prepared requests"
            raise AssertionError(message)
        figure = rate(ask, workload.requests, seconds)
        rows.append([f"{name}, {workload.name}", figure, "/s", f">= {target:,}"])
    once = first_rate(never_seen, list(enumerate(asked)))
    rows.insert(1, ["  the same, dicts that were never given before", once, "/s", ""])
    return rows


def _parsed(value: Any) -> Any:  # noqa: ANN401 - policies in lists of lists, or a text
    """Policies in place of documents."""
    if isinstance(value, list):
        return [_parsed(member) for member in value]
    return iamsim.parse_policy(value) if isinstance(value, dict) else value


def measure_many(path: Path, seconds: float) -> list[list[Any]]:
    """Measure a world whose principals all ask: roles, then sessions with names of their own."""
    rows = []
    roles = [f"arn:aws:iam::{ACCOUNT}:role/worker-{number}" for number in range(BIG_WORLD[0])]
    sessions = [
        f"arn:aws:sts::{ACCOUNT}:assumed-role/worker-{number % BIG_WORLD[0]}/s{number}"
        for number in range(3 * BIG_WORLD[0])
    ]
    for name, principals in (("roles", roles), ("sessions", sessions)):
        world = iamsim.load(str(path)).compile()
        questions = [
            {
                "principal": principal,
                "action": ("s3:GetObject", "s3:ListBucket", "s3:DeleteObject")[number % 3],
                "resource": f"arn:aws:s3:::data-{number * 2 % 200}/open/{number}.csv",
                "context": {
                    "aws:SourceIp": f"203.0.113.{number % 256}",
                    "aws:SecureTransport": "true",
                },
            }
            for number, principal in enumerate(principals)
        ]
        ask = _asker(world)
        what = f"world.decide, {len(principals):,} {name}"
        rows.append([f"{what}, first pass", first_rate(ask, questions), "/s", ">= 50,000"])
        rows.append(["  the same, warm", rate(ask, questions, seconds), "/s", ">= 100,000"])
    return rows


def _asker(world: iamsim.World) -> Callable[[dict[str, Any]], object]:
    """Ask a world from plain arguments."""
    return lambda question: world.decide(**question)
