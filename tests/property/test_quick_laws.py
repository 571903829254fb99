"""Laws of quick decisions: plain arguments are decided as whole questions are, alone or many."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given

from iamsim.api.world import World
from iamsim.core.decision import Layer
from iamsim.core.errors import InputError
from iamsim.engine import authorize
from iamsim.engine.question import DIRECT_CALL
from iamsim.engine.quick import QuickDecisions
from iamsim.query.changed_layers import Addition, Change
from iamsim.query.what_if import ChangedWorld
from iamsim.symbolic import partial
from iamsim.syntax.read import parse_policy
from tests.property.costly import costly
from tests.property.crowds import crowd
from tests.property.tape import Tape, built
from tests.property.test_against_oracle import question_of
from tests.property.vocabulary import KEYS
from tests.property.worlds import PLAIN, SIGNED, A, B, cases, standalone_cases

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld

Data = dict[str, Any]
NOW, LATER = "2026-12-01T09:00:00Z", "2031-01-01T00:00:00Z"
ENDS = ("", "/more", "/alice/x", "*", "-1")


def tape_of(*case: Data) -> Tape:
    """Choices that follow from a case: hypothesis leaves many of several draws empty."""
    return Tape(random.Random(json.dumps(case)).randbytes(2_000))  # noqa: S311 - no secret


def variants(question: Question, world: CompiledWorld, tape: Tape) -> list[Question]:
    """Questions near one another: other callers, sessions, actions, resources and values."""
    principals = [question.principal] * 4
    if ":assumed-role/" in question.principal:
        head = question.principal.rpartition("/")[0]
        principals += [f"{head}/s2", f"{head}/s3"] * 3
    actions = [(question.action, question.resource)] * 60
    actions += [(a, r.replace("ACC", tape.pick([A, B]))) for a, r, _ in (*SIGNED, *PLAIN)]
    others = ["anonymous", "s3.amazonaws.com", f"arn:aws:iam::{A}:root", "nobody"]
    for account in world.model.accounts.values():
        for role in account.roles.values():
            others += [role.arn, f"arn:aws:sts::{role.account}:assumed-role/{role.name}/s1"]
        others += [user.arn for user in account.users.values()]
    read = [key for key in KEYS if is_read(key, question, world)]
    found = [question]
    for _ in range(16):
        action, resource = tape.pick(actions)
        known = tape.pick(found)
        context = dict(known.context)
        for _ in tape.times(2):
            key = tape.pick(read) if read and tape.chance(80) else tape.pick(list(KEYS))
            context = {name: of for name, of in context.items() if name.lower() != key.lower()}
            if tape.chance(75):
                value = tape.pick(
                    [entry for entry in (*KEYS[key][1], *KEYS[key][2]) if entry] or ["x"]
                )
                context[key] = tuple(value) if isinstance(value, list) else str(value)
        found.append(
            replace(
                known,
                principal=tape.pick(principals if tape.chance(70) else others),
                action=action,
                resource=resource + (tape.pick(ENDS) if resource != "*" else ""),
                context=context,
                now=tape.pick([NOW, NOW, LATER]),
                resource_account=tape.pick([None, None, None, None, A]),
            )
        )
    return found


def is_read(key: str, question: Question, world: CompiledWorld) -> bool:
    """Whether some policy in play reads a key."""
    try:
        situation = authorize.prepare(question, world).situation
    except InputError:
        return False
    return key.lower() in situation.arrange(question.action.lower()).reads


def verdict(decide: Any) -> object:
    """What comes out, errors included."""
    try:
        return decide()
    except InputError as error:
        return error.code, error.message


def plainly(question: Question) -> Any:
    """The parts of a question that quick decisions take."""
    return (
        question.principal,
        question.action,
        question.resource,
        question.context,
        question.now,
        question.resource_account,
    )


def hold(question: Question, world: CompiledWorld, tape: Tape) -> None:
    """Hold the quick ways against the long one, twice: nothing is known, then all is."""
    plain = replace(
        question, unset=frozenset(), unknown=frozenset(), partial=False, via=DIRECT_CALL
    )
    hold_all(plain, world, variants(plain, world, tape))


def hold_all(
    plain: Question,
    world: CompiledWorld,
    asked: list[Question],
    quick: QuickDecisions | None = None,
) -> None:
    """The same of given questions; `plain` says in which session and under which policies."""
    quick = quick or world.quick(plain.attached, plain.session)
    expected = [verdict(lambda one=entry: partial.decide(one, world)) for entry in asked]
    for alike in (False, True, False, True):
        for entry, wanted in zip(asked, expected, strict=True):
            found = verdict(
                lambda one=entry, alike=alike: partial.decide_quickly(
                    quick, plainly(one), alike=alike
                )
            )
            assert found == wanted, plainly(entry)


@given(cases())
def test_in_a_world(case: tuple[Data, Data]) -> None:
    """Every near question of a generated world, in the session of the case."""
    question, world = question_of(*case)
    hold(question, world, tape_of(*case))


@given(standalone_cases())
def test_with_policies_of_their_own(request_: Data) -> None:
    """The same under policies that a question brings."""
    question, world = question_of(None, request_)
    hold(question, world, tape_of(request_))


@given(cases())
def test_in_a_changed_world(case: tuple[Data, Data]) -> None:
    """The same where a policy is tried that the world does not have."""
    question, world = question_of(*case)
    tape = tape_of(*case)
    document = {"Version": "2012-10-17", "Statement": []}
    document["Statement"] = [
        {
            "Effect": tape.pick(["Allow", "Deny"]),
            "Action": tape.pick(["*", "s3:*", question.action]),
            "Resource": tape.pick(["*", question.resource]),
            "Condition": {"StringLike": {"aws:PrincipalArn": tape.pick(["*", "*app*"])}},
        }
    ]
    policy = parse_policy(json.dumps(document))
    change = Change((Addition(Layer.IDENTITY_BASED_POLICY, policy),))
    hold(question, ChangedWorld(world.model, change), tape)


@given(built(crowd, 600))
def test_in_a_crowd(made: tuple[Question, CompiledWorld, list[Question]]) -> None:
    """The same for callers who differ in a single thing each, asked the same in turn."""
    hold_all(*made)


@costly
@given(built(crowd, 600))
def test_in_a_crowd_with_small_tables(made: tuple[Question, CompiledWorld, list[Question]]) -> None:
    """The same where what was worked out is forgotten again and again."""
    plain, world, asked = made
    hold_all(plain, world, asked, QuickDecisions(world, plain.attached, plain.session, 8))


@given(cases())
def test_many_come_in_order_and_are_counted(case: tuple[Data, Data]) -> None:
    """Many requests give the decisions of each in turn, and the counts of these."""
    question, compiled = question_of(*case)
    world = World(compiled.model)
    plain = replace(question, unset=frozenset(), unknown=frozenset(), via=DIRECT_CALL)
    records = [
        {
            "principal": variant.principal,
            "action": variant.action,
            "resource": variant.resource,
            "context": {
                key: value if isinstance(value, str) else list(value)
                for key, value in variant.context.items()
            },
        }
        for variant in variants(plain, compiled, tape_of(*case))
    ]
    good = [
        record
        for record in records
        if not isinstance(verdict(lambda one=record: world.decide(**one)), tuple)
    ]
    expected = [world.decide(**entry) for entry in good]
    assert list(world.decide_many(good)) == expected
    counted = world.count_many(good)
    assert sum(counted.values()) == len(good)
    assert all(expected.count(decision) == count for decision, count in counted.items())
