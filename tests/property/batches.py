"""Questions over a whole world against the oracle, request by request.

    python -m tests.property.batches [COUNT] [SEED]

Every kind of batch answer (all actions of a principal, who can, the matrix, what a principal can)
is compared with the plain engine and with the oracle, which shares no code with it, for COUNT
requests each, over worlds of both generators. `just deep` runs it with a seed of the day.
"""

from __future__ import annotations

import random
import sys
import time
from typing import TYPE_CHECKING, Any

from iamsim.engine import authorize
from iamsim.engine.singular_actions import kin_of
from iamsim.query.batch import Batch
from iamsim.query.matrix import Column, find_matrix
from iamsim.query.what_can import find_effective
from iamsim.symbolic.partial import decide
from iamsim.universe.candidates import CandidateKind
from tests.oracle import decide as oracle_decides
from tests.oracle.calls import knows
from tests.property import rarities
from tests.property.tape import Tape
from tests.property.test_against_oracle import question_of
from tests.property.worlds import PLAIN, SIGNED, case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch import BatchAnswer

    Compared = Iterator[tuple[BatchAnswer, dict[str, Any], dict[str, Any], Question, CompiledWorld]]

Data = dict[str, Any]
COUNT, SEED = 10_000, 20261125
SIZES = (120, 160, 220, 110, 140)
ACTIONS = sorted({action for action, _, _ in (*PLAIN, *SIGNED)})
WITHOUT_ACCOUNT = {
    CandidateKind.ANONYMOUS,
    CandidateKind.SERVICE,
    CandidateKind.IDENTITY_PROVIDER,
}
MOST_DECIDED = 40  # classes of one principal that are compared: a world gives hundreds


def some_case(source: random.Random) -> tuple[Data, Data]:
    """Make a case of one of the generators, without what only single questions have."""
    while True:
        if source.random() < 0.5:
            world, request = case(*(Tape(source.randbytes(size)) for size in SIZES))
        else:
            tapes = [Tape(source.randbytes(size)) for size in rarities.SIZES]
            world, request = rarities.rare(*tapes)
        known = {"principal", "action", "resource", "context", "session", "via"}
        # A batch asks with what is known of the request, and keys are not taken away from it.
        if not set(request) - known and [] not in request.get("context", {}).values():
            return world, request


def is_request(action: str, resource: str) -> bool:
    """Say whether AWS authorizes the action on such a resource at all, and whether there is such a
    resource: an ARN of IAM has no Region."""
    if ":iam:" in resource and ":iam::" not in resource:
        return False
    if kin_of(action.lower()) is not None and not knows(action):
        return False  # the oracle has a sample of AWS's rules about single actions
    if ":accesspoint/" in resource and not action.startswith("s3:"):
        return False  # access points of S3 take the actions of S3 alone
    if ":accesspoint/" in resource and action == "s3:ListAllMyBuckets":
        return False
    if action.lower() == "sts:assumeroot" and ":role/" in resource:
        return False  # it is about the root user of an account
    if action.startswith("organizations:") and resource.startswith("arn:"):
        return ":organizations:" in resource  # which its policy is about, and nothing in others
    if action.lower() == "xray:updatetracesegmentdestination" and resource != "*":
        return False  # the setting of an account: the reference knows no resource for it
    of_key = ":key/" in resource or ":alias/" in resource
    if action.startswith("kms:") and not of_key and resource != "*":
        return False
    return (not of_key or action.startswith("kms:")) and (
        ":role/" not in resource or action.startswith(("sts:", "iam:"))
    )


def all_actions(source: random.Random) -> Compared:
    """Many actions of one principal on one resource."""
    world, request = some_case(source)
    request.pop("via", None)
    question, compiled = question_of(world, request)
    answers = Batch(compiled, partial=False).decide_actions(
        question.principal, question.resource, ACTIONS, question.context, question.session
    )
    for action, answer in answers.items():
        if is_request(action, question.resource):
            asked = {**request, "action": action}
            yield answer, asked, world, question_of(world, asked)[0], compiled


def callers(source: random.Random) -> Compared:
    """Everybody of a world for one action on one resource, on whatever way."""
    world, request = some_case(source)
    request.pop("session", None)
    question, compiled = question_of(world, request)
    batch = Batch(compiled, partial=False)
    asked_for = question.action, question.resource
    holders = batch.who(*asked_for, None, question.context, via=question.via, denied=True)
    allowed = {
        holder.principal
        for holder in batch.who(*asked_for, None, question.context, via=question.via)
    }
    for holder in holders:
        kind = holder.candidate.kind
        known = holder.candidate.entity is not None or kind is CandidateKind.ROOT_USER
        if known:
            assert (holder.principal in allowed) == holder.answer.possible
        # Of other principals with an account a batch knows that it does not know their policies.
        if known or kind in WITHOUT_ACCOUNT:
            asked = {**request, "principal": holder.principal}
            yield holder.answer, asked, world, question_of(world, asked)[0], compiled


def cells(source: random.Random) -> Compared:
    """The matrix of everybody by three actions."""
    world, request = some_case(source)
    request.pop("session", None)
    request.pop("via", None)
    question, compiled = question_of(world, request)
    batch = Batch(compiled, partial=False)
    asked_for = [action for action in ACTIONS if is_request(action, question.resource)]
    chosen = [question.action, *source.sample(asked_for, min(2, len(asked_for)))]
    columns = [Column(action, question.resource) for action in chosen]
    matrix = find_matrix(batch, batch.candidates, columns, question.context)
    for row in matrix.rows:
        for column, answer in zip(matrix.columns, row.answers, strict=True):
            asked = {**request, "principal": row.candidate.principal, "action": column.action}
            yield answer, asked, world, question_of(world, asked)[0], compiled


def what_can(source: random.Random) -> Compared:
    """One action of each class at each place that policies tell apart, for one principal."""
    world, request = some_case(source)
    request.pop("via", None)
    question, compiled = question_of(world, request)
    batch = Batch(compiled, partial=False)
    effective = find_effective(batch, question.principal, question.context, question.session)
    decided = [*effective.decided]
    for entry in source.sample(decided, min(MOST_DECIDED, len(decided))):
        action = batch.universe.names[entry.actions.bit_length() - 1]
        if not is_request(action, entry.place.sample) or ":alias/" in entry.place.sample:
            continue
        if any(entry.place.sample.count(mark) > 1 for mark in (":function:", ":table/")):
            continue  # two patterns meet there, and no alias, version or table's name has a colon
        context = {**dict(entry.place.values), **request.get("context", {})}
        asked = {**request, "action": action, "resource": entry.place.sample, "context": context}
        yield entry.answer, asked, world, question_of(world, asked)[0], compiled


KINDS: dict[str, Callable[[random.Random], Compared]] = {
    "all actions": all_actions,
    "who can": callers,
    "matrix": cells,
    "what can": what_can,
}


def compare(kind: str, count: int, seed: int) -> int:
    """Compare so many requests of one kind; gives the number that were allowed.

    Raises `AssertionError` with the case for the first that differs.
    """
    source = random.Random(seed)  # noqa: S311 - a sample, no secret
    compared = allowed = 0
    while compared < count:
        for answer, request, world, question, compiled in KINDS[kind](source):
            expected = oracle_decides(request, world)
            alone = decide(question, compiled)
            assert answer.verdict is alone.verdict, (world, request)
            if authorize.prepare(question, compiled).is_open:
                continue  # AWS sends a key that nobody said, which for the oracle is absent
            assert answer.verdict.value == expected["decision"], (world, request)
            assert answer.decision.layer is alone.layer, (world, request)
            compared += 1
            allowed += expected["decision"] == "allowed"
    return allowed


def main() -> int:
    """Compare all kinds; 1 if one of them differs."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    status = 0
    for kind in KINDS:
        begin = time.perf_counter()
        try:
            allowed = compare(kind, count, seed)
        except AssertionError as error:
            print(f"{kind}, seed {seed}: differs\n{error}")
            status = 1
            continue
        seconds = time.perf_counter() - begin
        print(
            f"{kind}, seed {seed}: {count:,} requests alike, {allowed:,} allowed, {seconds:.0f} s"
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
