"""The oracle against lessons and exercises: a second opinion on everything that they teach."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle import decide
from tests.oracle.test_acceptance import questions, read

FOLDER = Path(__file__).parents[2] / "corpus" / "lessons"
EXERCISES = Path(__file__).parents[2] / "corpus" / "exercises"
WORST_FIRST = ["explicitDeny", "implicitDeny", "allowed"]
# AWS's own policies are not in the oracle's hands: one lesson starts from one.
WITHOUT_TEXT = {"the proofreader opens the ledger"}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_lesson(file: Path) -> None:
    """Decision and deciding layer of each request are those that its lesson teaches."""
    scenario = read(file)
    answers: dict[str, list[dict[str, Any]]] = {}
    expected = {}
    for written, question in questions(scenario):
        if written["name"] in WITHOUT_TEXT:
            continue
        expected[written["name"]] = written
        answers.setdefault(written["name"], []).append(decide(question, scenario.get("world")))
    for name, several in answers.items():
        worst = min(several, key=lambda answer: WORST_FIRST.index(answer["decision"]))
        fitting = [worst["decision"]] + ["denied"] * (worst["decision"] != "allowed")
        assert expected[name]["expect"] in fitting, name
        assert expected[name].get("because", worst["layer"]) == worst["layer"], name


def rows(written: dict[str, Any], defaults: dict[str, Any]) -> list[tuple[Any, Any]]:
    """The actions and resources of a table, or the one pair of a request."""
    given = {**defaults, **written}
    actions = written.get("actions", [given.get("action")])
    resources = written.get("resources", [given.get("resource")])
    return [(action, resource) for action in actions for resource in resources]


@pytest.mark.parametrize("file", sorted(EXERCISES.glob("*.yaml")), ids=lambda file: file.stem)
def test_an_exercise(file: Path) -> None:
    """With the model solution in its place, each case comes out as the exercise expects."""
    scenario = read(file)
    scenario["requests"] = [
        {**written, "action": action, "resource": resource, "name": f"{written['name']} {number}"}
        if "actions" in written or "resources" in written
        else written
        for written in scenario["requests"]
        for number, (action, resource) in enumerate(rows(written, scenario.get("defaults", {})))
    ]
    if "arn:aws:iam::aws:policy/ReadOnlyAccess" in file.read_text("utf-8"):
        return  # as above: AWS's own policies are not in the oracle's hands
    solution = read(EXERCISES / "solutions" / file.name)["solution"]
    world = {**scenario["world"], "policies": {**scenario["world"]["policies"], **solution}}
    answers: dict[str, list[str]] = {}
    for written, question in questions(scenario):
        session = question.get("session", {})
        if "policies" in session:
            named = [solution.get(name, name) for name in session["policies"]]
            question["session"] = {**session, "policies": named}
        answers.setdefault(written["name"], []).append(decide(question, world)["decision"])
    for written in scenario["requests"]:
        worst = min(answers[written["name"]], key=WORST_FIRST.index)
        fitting = [worst] + ["denied"] * (worst != "allowed")
        assert written["expect"] in fitting, written["name"]
