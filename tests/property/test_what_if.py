"""Laws of changed worlds: what is put back is there, what is left out does not exist."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from iamsim.core.decision import Layer
from iamsim.engine import authorize
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.question import NOTHING_ATTACHED
from iamsim.query.changed_layers import NO_CHANGE, POLICY_TYPES, Addition, Change
from iamsim.query.comparison import compare_answers
from iamsim.query.policies_in_play import policies_in_play, taken_statements
from iamsim.query.what_if import ChangedWorld
from iamsim.syntax.read import parse_policy
from iamsim.world.model import PolicyDocument
from tests.property.tape import Tape
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases, standalone_cases

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.policies_in_play import PolicyInPlay
    from iamsim.syntax.ast import Policy

Data = dict[str, Any]
TAPES = st.binary(min_size=20, max_size=20).map(Tape)
ATTACHED = {
    Layer.SERVICE_CONTROL_POLICY: "scps",
    Layer.RESOURCE_CONTROL_POLICY: "rcps",
    Layer.RESOURCE_BASED_POLICY: "resource_policy",
    Layer.IDENTITY_BASED_POLICY: "identity_policies",
    Layer.PERMISSIONS_BOUNDARY: "boundary",
    Layer.SESSION_POLICY: "session_policies",
    Layer.VPC_ENDPOINT_POLICY: "vpce_policies",
    Layer.S3_BLOCK_PUBLIC_ACCESS: "public_access_block",
}


def what_decides(answer: Answer) -> tuple[object, ...]:
    """The verdict, the outcome of every layer, and all that decided, whatever its order."""
    explanation = answer.explanation
    decided = {
        (
            member.layer,
            member.policy,
            member.statement.index if member.statement is not None else None,
        )
        for member in explanation.decided_by
    }
    layers = [(entry.layer, entry.level, entry.outcome) for entry in explanation.layers]
    return answer.decision.verdict, layers, decided


def taken(question: Question, world: CompiledWorld, tape: Tape) -> PolicyInPlay:
    """Choose a policy in play that no other one shares its name with, at the last of its levels."""
    known = policies_in_play(question, world)
    last = {entry.layer: entry.level for entry in known}
    alone = [
        entry
        for entry in known
        if entry.level == last[entry.layer]
        and sum(
            taken_statements((entry.policy.name,), of.policy.name, of.policy.arn, ()) is None
            for of in known
        )
        == 1
    ]
    assume(alone)
    return tape.pick(alone)


def written(one: PolicyInPlay, question: Question, world: CompiledWorld) -> Policy:
    """The document of a policy in play: from the question, or from the world."""
    attached = question.attached
    levels = [*(attached.scps or ()), *(attached.rcps or ())]
    single = [policy for policy in (attached.resource_policy, attached.boundary) if policy]
    given_with = [
        *(attached.identity_policies or ()),
        *(attached.session_policies or ()),
        *(attached.vpce_policies or ()),
        *(question.session.policies or ()),
        *single,
        *(policy for level in levels for policy in level),
    ]
    for policy in given_with:
        if policy.name == one.policy.name and policy.source is one.policy.source:
            return policy
    for policy, policy_type in policies_in_use(world.model):
        same = isinstance(policy, PolicyDocument) and policy.source is one.policy.source
        if same and policy.name == one.policy.name:
            return parse_policy(
                policy.document, name=policy.name, source=policy.source, policy_type=policy_type
            )
    assume(False)  # a grant, or a policy of AWS: no document of ours
    raise AssertionError


def hold_when_put_back(question: Question, world: CompiledWorld, tape: Tape) -> None:
    """Take one policy away, put it back, and compare."""
    one = taken(question, world, tape)
    document = written(one, question, world)
    changed = ChangedWorld(
        world.model,
        Change(additions=(Addition(one.layer, document),), without=(one.policy.name,)),
    )
    in_two = ChangedWorld(
        world.model,
        Change(without=(one.policy.name,)),
        Change(additions=(Addition(one.layer, document),)),
    )
    plain = authorize.explain(question, world)
    for other in (changed, in_two):
        again = authorize.explain(question, other)
        assert what_decides(again) == what_decides(plain)
        assert authorize.decide(question, other).verdict is plain.decision.verdict


@given(cases(), TAPES)
def test_a_policy_of_a_world_taken_away_and_put_back_is_there(
    case: tuple[Data, Data], tape: Tape
) -> None:
    """Without a policy, and with it again in its layer: the same decision, in one step or two."""
    hold_when_put_back(*question_of(*case), tape)


@given(standalone_cases(), TAPES)
def test_a_policy_of_a_question_taken_away_and_put_back_is_there(request: Data, tape: Tape) -> None:
    """The same holds for policies that the question brings."""
    hold_when_put_back(*question_of(None, request), tape)


@given(cases(overlays=True))
def test_a_change_without_effect_makes_no_difference(case: tuple[Data, Data]) -> None:
    """No change, or a policy about an action that nobody asks for: there is nothing to show."""
    question, world = question_of(*case)
    plain = authorize.explain(question, world)
    nothing = authorize.explain(question, ChangedWorld(world.model, NO_CHANGE))
    assert compare_answers(plain, nothing) == ()
    caller = world.caller_facts(question).caller
    assume(caller.kind.has_identity and not caller.kind.is_root)
    elsewhere = parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "none:*", "Resource": "*"},
        }
    )
    change = Change(additions=(Addition(Layer.IDENTITY_BASED_POLICY, elsewhere),))
    other = authorize.explain(question, ChangedWorld(world.model, change))
    assert compare_answers(plain, other) == ()


@given(standalone_cases(), st.sampled_from(list(Layer)))
def test_a_layer_left_out_does_not_exist(request: Data, layer: Layer) -> None:
    """A question whose policies of a layer are left out is one that never brought them."""
    question, world = question_of(None, request)
    without = ChangedWorld(world.model, Change(without_layers=frozenset({layer})))
    attached = replace(question.attached, **{ATTACHED[layer]: None})
    session = question.session
    if layer is Layer.SESSION_POLICY:
        session = replace(session, policies=None)
    never = replace(question, attached=attached, session=session)
    left_out = authorize.explain(question, without)
    assert what_decides(left_out) == what_decides(authorize.explain(never, world))
    assert authorize.decide(question, without) == authorize.decide(never, world)


@given(cases(), st.sampled_from(sorted(POLICY_TYPES, key=lambda layer: layer.value)))
def test_a_world_that_was_asked_before_answers_alike(case: tuple[Data, Data], layer: Layer) -> None:
    """What a changed world remembers of one question does not change the next."""
    question, world = question_of(*case)
    changed = ChangedWorld(world.model, Change(without_layers=frozenset({layer})))
    first = authorize.decide(question, changed)
    other = replace(question, attached=NOTHING_ATTACHED, action="s3:GetObjectTagging")
    authorize.decide(other, changed)
    assert authorize.decide(question, changed) == first
