"""What a principal can do, as a policy, means what the world decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from iamsim import catalog
from iamsim.compile.policy import compile_policy
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType, Verdict
from iamsim.engine.authorize import prepare
from iamsim.proofs.witnesses import question_of as question_of_witness
from iamsim.proofs.written import allows_nothing_more, leaves_nothing_out
from iamsim.query.batch import Batch, catalog_actions
from iamsim.query.batch.answers import decide_one
from iamsim.query.what_can import find_effective, write_policy
from iamsim.query.what_can.shrink import shrunk_actions
from iamsim.syntax.read import parse_policy
from tests.property.costly import very_costly
from tests.property.test_against_oracle import question_of
from tests.property.worlds import SIGNED, cases

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld

Data = dict[str, Any]
CONTEXTS: tuple[Data, ...] = (
    {},
    {"aws:SourceIp": "203.0.113.9", "aws:SecureTransport": "true"},
    {"aws:SourceIp": "198.51.100.7", "aws:SecureTransport": "false"},
)
ASKED = 40  # requests of each principal
DENIED = {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}
WIDER: Data = {"Effect": "Allow", "Action": ["s3:*", "kms:*", "sqs:*"], "Resource": "*"}
NARROWER: Data = {"Effect": "Deny", "Action": ["s3:Get*", "kms:Decrypt"], "Resource": "*"}
SERVICES = ("s3", "sqs", "kms", "iam", "sts")


def listed(element: Any) -> list[str]:
    """The entries of an element that may be one text."""
    return [element] if isinstance(element, str) else element


@very_costly  # each is the whole catalog
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


@very_costly  # as above
@given(cases())
def test_every_decision_about_a_principal_is_the_engines(generated: tuple[Data, Data]) -> None:
    """At every place an action of each class gets what the engine says of it alone."""
    data, request = generated
    question, world = question_of(data, request)
    batch = Batch(world)
    effective = find_effective(batch, question.principal)
    for entry in effective.decided:
        action = batch.universe.names[entry.actions.bit_length() - 1]
        given_there = dict(entry.place.values)
        alone = batch.decide(question.principal, action, entry.place.sample, given_there)
        assert alone.verdict is entry.answer.verdict


def allows(policy: CompiledPolicy, question: Question, world: CompiledWorld) -> bool:
    """Whether a policy says so: a statement allows a request, and none denies it."""
    request = prepare(question, world).request
    matching = [statement for statement in policy.statements if statement.matches(request)]
    return bool(matching) and not any(statement.denies for statement in matching)


@very_costly  # each is the whole catalog, twice
@given(cases(), st.sampled_from([None, WIDER, NARROWER]), st.randoms(use_true_random=False))
def test_what_is_proved_of_a_written_policy_has_no_counterexample(
    generated: tuple[Data, Data], more: Data | None, source: Any
) -> None:
    """What the world allows is in the policy where that is proved, and what is in the policy is
    allowed where that is, for every request that is tried; a witness is one for the engine. That
    holds for the policy as it was written, and for one that says too much, or too little."""
    data, request = generated
    question, world = question_of(data, request)
    batch, asking = Batch(world), Batch(world, partial=True)
    principal = question.principal
    arn = find_arn(principal)
    if arn is None or not arn.account:
        return  # who belongs to no account can do nothing by a policy of its own
    account = arn.account
    written = write_policy(find_effective(batch, principal), batch).document
    statements = [*written["Statement"], *([more] if more else [])]  # type: ignore[misc]
    policy = compile_policy(parse_policy({**written, "Statement": statements}), PolicyType.IDENTITY)
    complete = leaves_nothing_out(policy, principal, world)
    tight = allows_nothing_more(policy, principal, world)
    for proof, verdicts, said in ((complete, {Verdict.ALLOWED}, False), (tight, DENIED, True)):
        if proof.witness is not None:
            witness = question_of_witness(proof.witness)
            assert decide_one(witness, world).verdict in verdicts
            assert allows(policy, witness, world) is said
    for _ in range(ASKED):
        action, pattern, _ = source.choice(SIGNED)
        resource = pattern.replace("ACC", account)
        listed_there = world.model.find_resource(resource)
        if listed_there is not None and listed_there.account != account:
            continue
        asked = asking.question(principal, action, resource, source.choice(CONTEXTS))
        verdict = decide_one(asked, world).verdict
        if allows(policy, asked, world):
            assert not (verdict in DENIED and tight.result == "PASS"), asked
        else:
            assert not (verdict is Verdict.ALLOWED and complete.result == "PASS"), asked


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
