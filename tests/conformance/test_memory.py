"""What a world remembers from one question never shows in the answer to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.report.data import answer_to_dict
from iamsim.suites.scenario import load_scenario
from iamsim.symbolic.partial import answer
from iamsim.world.load import load_world_data

CORPUS = Path(__file__).parent.parent.parent / "corpus" / "conformance"
WITH_WORLD = [
    pytest.param(path, id=str(path.relative_to(CORPUS)))
    for path in sorted(CORPUS.rglob("*.yaml"))
    if "\nworld:" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", WITH_WORLD)
def test_an_answer_does_not_depend_on_what_was_asked_before(path: Path) -> None:
    """Asked in a row, in either order, or each of a fresh world: the answers are the same."""
    scenario = load_scenario(path)
    assert scenario.world is not None
    questions = [q for request in scenario.requests for q in request.questions]
    fresh = [answer_to_dict(answer(q, CompiledWorld(scenario.world))) for q in questions]
    shared = CompiledWorld(scenario.world)
    there = [answer_to_dict(answer(q, shared)) for q in questions]
    back = [answer_to_dict(answer(q, shared)) for q in reversed(questions)]
    assert there == fresh
    assert back[::-1] == fresh


RESOURCES = [
    "arn:aws:s3:eu-west-1:111122223333:accesspoint/unlisted/object/a",
    "arn:aws:s3:eu-west-1:111122223333:unlisted",
    "arn:aws:s3:::*",
    "arn:aws:s3:::listed",
    "arn:aws:s3:::listed/a",
    "arn:aws:s3:::other",
    "arn:aws:s3:::other/a",
]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/data": "open"}},
        },
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Null": {"s3:DataAccessPointArn": "false"}},
        },
    ],
}
WORLD = {
    "accounts": {
        "111122223333": {
            "users": {"maya": {"policies": [POLICY]}},
            "resources": {"arn:aws:s3:::listed": {"tags": {"data": "open"}, "abac": True}},
        }
    }
}


@pytest.mark.parametrize("first", RESOURCES)
@pytest.mark.parametrize("second", RESOURCES)
def test_resources_that_look_alike_share_nothing_but_what_they_have_in_common(first, second):
    """Bucket, object, access point and all buckets: each has the tags and keys of its own."""
    world = load_world_data(WORLD)
    questions = [
        Question("arn:aws:iam::111122223333:user/maya", "s3:GetBucketLocation", resource)
        for resource in (first, second)
    ]
    shared = CompiledWorld(world)
    answers = [answer_to_dict(answer(question, shared)) for question in questions]
    fresh = [answer_to_dict(answer(question, CompiledWorld(world))) for question in questions]
    assert answers == fresh
