"""What a principal can do, as a policy, means what the world decides."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamsim import catalog
from iamsim.core.decision import Verdict
from iamsim.query.batch import Batch, catalog_actions
from iamsim.query.what_can import find_effective, write_policy
from iamsim.query.what_can.shrink import shrunk_actions
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases

Data = dict[str, Any]
SERVICES = ("s3", "sqs", "kms", "iam", "sts")


def listed(element: Any) -> list[str]:
    """The entries of an element that may be one text."""
    return [element] if isinstance(element, str) else element


@settings(max_examples=20)  # each is the whole catalog
@given(cases())
def test_an_effective_policy_allows_only_what_the_world_makes_possible(
    generated: tuple[Data, Data],
) -> None:
    """No action stands in an Allow that is denied everywhere, and every possible one does, unless
    its condition can't be written."""
    data, request = generated
    question, world = question_of(data, request)
    batch = Batch(world)
    effective = find_effective(batch, question.principal)
    written = write_policy(effective, batch)
    possible = effective.mask(Verdict.ALLOWED) | effective.mask(Verdict.CONDITIONAL)
    allowed = [
        action
        for statement in written.document["Statement"]  # type: ignore[union-attr]
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    ]
    expected = set(batch.universe.actions(possible))
    assert set(allowed) <= expected
    overlaps = {mismatch.action for mismatch in written.mismatches}
    assert expected - set(allowed) <= set(written.unwritable) | overlaps


@settings(max_examples=20)  # as above
@given(cases())
def test_every_decision_about_a_principal_is_the_engines(generated: tuple[Data, Data]) -> None:
    """At every place an action of each class gets what the engine says of it alone."""
    data, request = generated
    question, world = question_of(data, request)
    batch = Batch(world)
    effective = find_effective(batch, question.principal)
    for one in effective.decided:
        action = batch.universe.names[one.actions.bit_length() - 1]
        given_there = dict(one.place.values)
        alone = batch.decide(question.principal, action, one.place.sample, given_there)
        assert alone.verdict is one.answer.verdict


@given(st.sets(st.integers(0, 10_000)), st.sampled_from(SERVICES), st.booleans())
def test_shrunk_patterns_cover_exactly_the_same_actions(
    numbers: set[int], service: str, inverted: bool
) -> None:
    """The patterns expand to the actions that they were made of, and are no longer than these."""
    universe = catalog_actions()
    whole = universe.service_mask(service)
    some = list(universe.numbers(whole))
    mask = 0
    for number in numbers:
        mask |= 1 << some[number % len(some)]
    if inverted:
        mask ^= whole
    patterns = shrunk_actions(universe, mask)
    covered = {action for pattern in patterns for action in catalog.expand(pattern)}
    assert covered == set(universe.actions(mask))
    assert len(patterns) <= max(mask.bit_count(), 1)
