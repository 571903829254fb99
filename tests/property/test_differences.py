"""Two differences that together explain a denial."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import Layer, Verdict
from iamsim.engine.authorize import explain
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.query.denial import examine
from iamsim.syntax.denial import DenialForm, DenialMessage
from tests.unit.denial_world import ACCOUNT, KIM, QUEUE, allow, deny, policy, world_of

# A condition of a Deny, and a value with which it does not hold.
CONDITIONS = [
    ("Bool", "aws:MultiFactorAuthPresent", "false", "true"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.9"),
    ("StringEquals", "aws:RequestTag/team", "blue", "red"),
    ("StringNotEquals", "aws:SourceVpc", "vpc-a", "vpc-a"),
    ("NumericGreaterThan", "aws:MultiFactorAuthAge", "3600", "60"),
    ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:t", "arn:aws:sns:eu-west-1:1:u"),
    ("DateGreaterThan", "aws:TokenIssueTime", "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
]


@given(st.lists(st.sampled_from(CONDITIONS), min_size=2, max_size=2, unique=True))
def test_a_pair_explains_what_neither_of_it_does(conditions):
    """Of a Deny with two conditions, one change never explains the denial, and two do: asked again
    with both the engine denies, with one it allows."""
    blocked = {operator: {key: value} for operator, key, value, _ in conditions}
    work = policy(allow("sqs:*"), deny("sqs:*", blocked))
    data = {
        "accounts": {ACCOUNT: {"users": {"kim": {"policies": [work]}}, "resources": {QUEUE: {}}}}
    }
    world = CompiledWorld(world_of(data))
    asked = Question(
        KIM, "sqs:SendMessage", QUEUE, context={key: safe for _, key, _, safe in conditions}
    )
    layer = Layer.IDENTITY_BASED_POLICY
    message = DenialMessage(
        DenialForm.FULL, KIM, asked.action, asked.resource, layer, explicit=True
    )
    found = examine(message, asked, world)
    pairs = [difference for difference in found.differences if difference.also is not None]
    assert pairs
    for pair in pairs:
        assert explain(pair.question, world).decision.verdict is Verdict.EXPLICIT_DENY
        assert {pair.key, pair.also.key} == {key for _, key, _, _ in conditions}
        for key in (pair.key, pair.also.key):
            value = pair.question.context.get(key)
            others = {name: member for name, member in asked.context.items() if name != key}
            alone = others if value is None else {**others, key: value}
            assert explain(replace(asked, context=alone), world).decision.verdict is Verdict.ALLOWED
