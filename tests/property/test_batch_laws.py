"""Answers of a batch are those of the plain engine, request by request."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamsim.core.errors import RequestError
from iamsim.engine import authorize
from iamsim.engine.question import Question, Via
from iamsim.engine.singular_actions import SINGULAR_ACTIONS
from iamsim.query.batch import Batch, CandidateKind, catalog_actions
from iamsim.query.batch.alike_actions import alike_actions
from iamsim.query.batch.answers import opened
from iamsim.query.batch.classes import arrangement_signature, is_without_resource
from iamsim.questions.check import acts_on
from iamsim.symbolic.partial import answer
from tests.property import vocabulary
from tests.property.batches import ACTIONS as SIGNED_ACTIONS
from tests.property.batches import KINDS, SEED, compare
from tests.property.rarities import rare_cases
from tests.property.tape import Tape
from tests.property.test_against_oracle import question_of
from tests.property.worlds import case, cases

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch import BatchAnswer

SAMPLE = 500  # requests of each kind in a pull request
Data = dict[str, Any]
BESIDE_ANYONE = {
    CandidateKind.ANY_ACCOUNT,
    CandidateKind.ORGANIZATION,
    CandidateKind.UNLISTED,
}
ACTIONS = [
    *SIGNED_ACTIONS,
    "sts:AssumeRoleWithSAML",
    "s3:GetBucketPolicy",
    "iam:PutRolePolicy",
    "unheard:OfAction",
]


def same(found: BatchAnswer, question: Question, world: CompiledWorld) -> None:
    """Hold an answer of a batch against the plain engine's."""
    open_ = bool(question.unknown) or authorize.prepare(question, world).is_open
    if not open_:
        expected = authorize.decide(question, world)
        assert found.decision == expected
        return
    alone = answer(question, world)
    assert found.verdict is alone.decision.verdict
    assert found.decision.layer is alone.decision.layer
    assert (found.residual is None) == (alone.residual is None)
    if found.residual is not None and alone.residual is not None:
        assert found.residual.sentence == alone.residual.sentence


@given(cases() | rare_cases(), st.booleans())
def test_who_can_is_the_engine_asked_for_everybody(
    generated: tuple[Data, Data], partial: bool
) -> None:
    """Each caller that a batch answers for gets what the engine says of it alone, and those that it
    leaves out are denied."""
    data, request = generated
    question, world = question_of(data, request)
    batch = Batch(world, partial=partial)
    context = question.context
    asked = request["action"], request.get("resource", "*")
    everybody = batch.who(*asked, context=context, denied=True)
    possible = {holder.principal: holder.answer for holder in batch.who(*asked, context=context)}
    for holder in everybody:
        same(holder.answer, batch.question_as(holder.candidate, *asked, context), world)
        listed = holder.principal in possible
        # Who is left out can no more than anyone, or than the account that is there.
        known = {"anonymous", f"arn:aws:iam::{holder.candidate.account}:root"}
        unnamed = holder.candidate.kind in BESIDE_ANYONE or holder.candidate.by_condition
        repeats = unnamed and not known.isdisjoint(possible)
        assert listed == holder.answer.possible or (repeats and not listed)
        if listed:
            assert possible[holder.principal].verdict is holder.answer.verdict


@given(cases() | rare_cases(), st.booleans())
def test_all_actions_at_once_are_the_engine_asked_for_each(
    generated: tuple[Data, Data], partial: bool
) -> None:
    """Every action gets what the engine says of it alone."""
    data, request = generated
    question, world = question_of(data, request)
    batch = Batch(world, partial=partial)
    context = question.context
    answers = batch.decide_actions(question.principal, question.resource, ACTIONS, context)
    assert list(answers) == ACTIONS
    for action, found in answers.items():
        same(found, batch.question(question.principal, action, question.resource, context), world)


@given(cases() | rare_cases(), st.booleans())
def test_actions_that_are_told_apart_by_nothing_are_answered_alike(
    generated: tuple[Data, Data], partial: bool
) -> None:
    """The first of some alike actions and the last of them: the same callers get the same."""
    data, request = generated
    question, world = question_of(data, request)
    batch = Batch(world, partial=partial)
    service = question.action.partition(":")[0]
    some = [name for name in batch.universe.written if name.lower().startswith(service)]
    resource, context = question.resource, question.context
    for part in alike_actions([name for name in some if acts_on(name, resource)], world)[:3]:
        first, last = (
            {
                holder.principal: (holder.answer.verdict, holder.answer.decision.layer)
                for holder in batch.who(name, resource, context=context)
            }
            for name in (part[0], part[-1])
        )
        assert first == last, part


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_requests_comes_out_as_the_oracle_says(kind: str) -> None:
    """Batches over generated worlds against the plain engine and the oracle, which shares no code
    with it: 500 requests of each kind, and 10,000 in the nightly profile."""
    count = max(SAMPLE, settings().max_examples)
    assert compare(kind, count, SEED) >= count // 20


def test_only_singular_actions_meet_something_of_their_own() -> None:
    """In one situation all other actions of a service and of like rules meet the same but for the
    statements."""
    universe = catalog_actions()
    source = random.Random(7)  # noqa: S311 (a fixed sample, no secret)
    for _ in range(3):
        tapes = [Tape(source.randbytes(size)) for size in (120, 160, 220, 110, 140)]
        question, world = question_of(*case(*tapes))
        for kin in universe.kins_of(universe.everything):
            met = []
            for number in universe.numbers(kin):
                action = universe.names[number]
                if action in SINGULAR_ACTIONS:
                    continue
                asked = opened(Question(question.principal, action, question.resource))
                try:
                    prepared = authorize.prepare(asked, world)
                except RequestError:
                    continue
                signature = arrangement_signature(prepared.situation.arrange(action))
                met.append((signature, prepared.request.context))
            assert all(member == met[0] for member in met)


def test_without_a_resource_many_services_meet_the_same() -> None:
    """The actions that are taken together then meet the same but for the statements, whoever calls:
    relation, places, notes and context."""
    universe = catalog_actions()
    source = random.Random(8)  # noqa: S311 (a fixed sample, no secret)
    seen = set()
    for _ in range(8):
        tapes = [Tape(source.randbytes(size)) for size in (120, 160, 220, 110, 140)]
        question, world = question_of(*case(*tapes))
        for via, thing in (
            (Via(), "*"),
            (Via(), "\0"),
            (Via(services=("cloudformation.amazonaws.com",)), "*"),
        ):
            asked = replace(opened(Question(question.principal, "", thing)), via=via)
            assert is_without_resource(asked, world)
            parts = list(universe.kins_without_resource(universe.everything, world.rcp_services))
            assert sum(part.bit_count() for part in parts) == len(universe.names)
            joined = max(parts, key=int.bit_count)
            assert len(list(universe.services_of(joined))) > len(universe.services) / 2
            for part in parts:
                met = None
                services = list(universe.services_of(part))
                for service in services:
                    here = list(universe.numbers(part & universe.service_mask(service)))
                    for number in here if len(services) == 1 else [source.choice(here)]:
                        action = universe.names[number]
                        try:
                            prepared = authorize.prepare(replace(asked, action=action), world)
                        except RequestError:
                            continue
                        arranged = prepared.situation.arrange(action)
                        now = arrangement_signature(arranged), prepared.request.context
                        met = met or now
                        assert met == now, action
                        seen.add(arranged.relation.reason)
    assert len(seen) > 3


def test_the_vocabulary_of_the_laws_has_singular_actions() -> None:
    """The laws above ask for singular actions and for plain ones."""
    asked = {action.lower() for action in ACTIONS}
    assert asked & SINGULAR_ACTIONS
    assert asked - SINGULAR_ACTIONS
    assert vocabulary.A
