"""Questions as people post them: the message asks, the answer names the cause, the cure cures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamsim.engine.authorize import decide
from iamsim.engine.world import CompiledWorld
from iamsim.query.denial import complete_message, examine
from iamsim.report.summary import summary
from iamsim.suites.scenario import Scenario, scenario_from_data
from iamsim.syntax.denial import DenialMessage, find_denials
from iamsim.world.documents import parse_document, read_document
from iamsim.world.load import load_world_data

ROOT = Path(__file__).parent.parent.parent
QUESTIONS = sorted((ROOT / "corpus" / "questions").glob("*.yaml"))
KEYS = {"title", "see", "report", "tried", "request", "world", "cause", "mended"}
CAUSE_KEYS = {"layer", "policy", "statement", "element", "key", "absent"}
MINIMUM = 20

Data = dict[str, Any]


def read(path: Path) -> Data:
    """Read a question; a key that nobody knows is a mistake."""
    data = read_document(path).data
    assert isinstance(data, dict)
    assert set(data) <= KEYS
    assert set(data["cause"]) <= CAUSE_KEYS
    return data


def merged(data: object, change: object) -> object:
    """Lay a change over data: maps are merged, anything else is replaced."""
    if isinstance(data, dict) and isinstance(change, dict):
        keys = {**data, **change}
        return {
            key: merged(data[key], change[key]) if key in data and key in change else keys[key]
            for key in keys
        }
    return change


def ask(data: Data, message: DenialMessage) -> Scenario:
    """Make a scenario of one request of a question and its message."""
    world = parse_document(json.dumps(data["world"]), "the question")
    message = complete_message(message, load_world_data(world))
    said = {"principal": message.principal, "action": message.action, "resource": message.resource}
    request = {key: value for key, value in said.items() if value is not None}
    request |= data.get("request", {})
    request["context"] = {**message.context, **request.get("context", {})}
    text = json.dumps({"title": data["title"], "world": data["world"], "requests": [request]})
    return scenario_from_data(parse_document(text, "the question"))


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_the_world_explains_the_denial_and_names_its_cause(path: Path) -> None:
    """The question in the posted message gets the reason that AWS gave, and the answer names
    layer, policy, statement and the part of it that is the cause."""
    data = read(path)
    (message,) = find_denials(data["report"]).messages
    scenario = ask(data, message)
    (question,) = scenario.requests[0].questions
    report = examine(message, question, CompiledWorld(scenario.world))
    # Where the cause is a key that the request lacks, the post does not say that it lacks it.
    assert report.explained or report.open_keys, summary(report.answer)
    cause = data["cause"]
    answer = report.answer
    assert answer.decision.layer is not None
    assert answer.decision.layer.value == cause["layer"]
    decider = answer.explanation.decided_by[0]
    if "statement" not in cause:
        assert decider.statement is None
        assert decider.near is None
        return
    explicit = decider.statement is not None
    statement = decider.statement or decider.near.statement
    assert statement.sid == cause["statement"]
    assert cause["statement"] in summary(answer)
    policy = decider.policy if explicit else decider.near.policy
    assert policy == cause.get("policy", policy)
    parts = statement.elements if explicit else [(part, False) for part in decider.near.failed]
    assert cause["element"] in {part.value for part, _ in parts}
    if "key" in cause:
        (clause,) = [entry for entry in statement.clauses if entry.key == cause["key"]]
        assert clause.matched is explicit
        assert (clause.value is None) is (cause.get("absent") == "true")


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_the_mended_question_is_allowed(path: Path) -> None:
    """With the cure applied the same request is allowed; without, it is denied."""
    data = read(path)
    (message,) = find_denials(data["report"]).messages
    mended = merged(data, data["mended"])
    assert isinstance(mended, dict)
    for asked, allowed in ((data, False), (mended, True)):
        scenario = ask(asked, message)
        (question,) = scenario.requests[0].questions
        decision = decide(question, CompiledWorld(scenario.world))
        assert decision.allowed is allowed


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_says_what_was_tried_and_where_aws_explains_it(path: Path) -> None:
    """A question tells what people tried in vain, and names the page that has the rule."""
    data = read(path)
    assert data["tried"].strip()
    assert all(page.startswith("https://docs.aws.amazon.com/") for page in data["see"])


def test_there_are_enough_questions() -> None:
    """The corpus holds as many questions as were promised."""
    assert len(QUESTIONS) >= MINIMUM
