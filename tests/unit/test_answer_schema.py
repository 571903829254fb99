"""The JSON Schema of answers accepts every answer, and nothing that is none."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from iamsim.cli.main import main
from iamsim.report.data import answer_to_dict, answers_to_dict
from iamsim.report.schema import answer_schema
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import load_scenario

ROOT = Path(__file__).parents[2]
FOLDERS = ("conformance", "unknown-keys", "examples", "found")
FILES = sorted(path for name in FOLDERS for path in (ROOT / "corpus" / name).rglob("*.yaml"))
SCENARIOS = [path for path in FILES if "\nrequests:" in path.read_text("utf-8")]
SCHEMA = json.loads((ROOT / "docs" / "reference" / "answer.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_page_is_what_the_code_says():
    """The shipped schema is a right schema of the draft, and the one that the code makes."""
    Draft202012Validator.check_schema(SCHEMA)
    assert answer_schema() == SCHEMA


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_answer_of_the_corpus_fits(path):
    """Answers of each kind in all corpus files have exactly the members of the schema, alone and
    joined."""
    kinds = {}
    for result in run_scenario(load_scenario(path)):
        for answer in result.answers:
            decision, residual = answer.decision, answer.residual is not None
            kinds[decision.verdict, decision.reason, residual, bool(answer.unknowns)] = answer
    answers = list(kinds.values())
    for data in (answer_to_dict(answers[0]), answers_to_dict(answers)):
        plain = json.loads(json.dumps(data))
        assert [error.message for error in VALIDATOR.iter_errors(plain)] == []


@pytest.mark.parametrize("layer", ["service control policy", "VPC endpoint policy"])
def test_what_is_said_about_messages_and_scenarios_fits(capsys, layer):
    """The other forms of `iamsim explain --format json` are in the schema as well."""
    message = (
        "User: arn:aws:iam::111122223333:user/otto is not authorized to perform: s3:GetObject on"
        f' resource: "arn:aws:s3:::harbor-reports/a" with an explicit deny in a {layer}'
    )
    world = ["--world", str(ROOT / "corpus" / "examples" / "harbor")]
    scenario = str(ROOT / "corpus" / "examples" / "why-was-this-denied.yaml")
    for words in (["--denied", message, "--edits", *world], [scenario]):
        assert main(["explain", *words, "--format", "json"]) in {0, 1}
        data = json.loads(capsys.readouterr().out)
        assert [error.message for error in VALIDATOR.iter_errors(data)] == []


def changed(data, *path, value):
    """A copy of an answer with one value exchanged."""
    data = copy.deepcopy(data)
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data


def test_what_is_no_answer_is_refused():
    """Unknown members, unknown words, wrong types and missing members don't pass."""
    results = run_scenario(load_scenario(ROOT / "corpus" / "examples" / "why-was-this-denied.yaml"))
    answer = json.loads(json.dumps(answer_to_dict(results[0].answers[0])))
    assert VALIDATOR.is_valid(answer)
    for broken in (
        changed(answer, "decision", value="maybe"),
        changed(answer, "more", value=1),
        changed(answer, "layers", 0, "outcome", value="perhaps"),
        changed(answer, "decided_by", 0, "line", value=0),
        changed(answer, "request", "context", value={"aws:TagKeys": [1]}),
        {name: value for name, value in answer.items() if name != "relation"},
        {"decision": "allowed", "answers": []},
    ):
        assert not VALIDATOR.is_valid(broken)
