"""The oracle against the conformance corpus: what AWS's pages say, read twice."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle import decide
from tests.oracle.layers import Case
from tests.oracle.presence import sent_keys
from tests.oracle.test_acceptance import questions, read

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "corpus" / "conformance"
FILES = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*.yaml"))
SAMPLES = {
    "user id": "AIDASOMEBODY",
    "text": "something",
    "Region": "eu-west-1",
    "truth": "true",
    "moment": "2026-06-01T12:00:00Z",
    "address": "203.0.113.9",
    "number": "600",
}


def printed(grant: dict[str, Any]) -> dict[str, Any]:
    """A grant of a scenario as ListGrants prints it."""
    names = {
        "grantee": "GranteePrincipal",
        "retiring_principal": "RetiringPrincipal",
        "issuing_account": "IssuingAccount",
        "operations": "Operations",
        "constraints": "Constraints",
    }
    return {names.get(name, name): value for name, value in grant.items()}


def world_of(scenario: dict[str, Any]) -> Any:
    """The world of a scenario, in the oracle's shape."""
    world = scenario.get("world")
    for account in (world or {}).get("accounts", {}).values():
        for resource in (account.get("resources") or {}).values():
            if resource and "grants" in resource:
                resource["grants"] = [printed(grant) for grant in resource["grants"]]
    return world


def completed(question: dict[str, Any], world: Any) -> dict[str, Any]:
    """A question with the keys that AWS sends and that nobody said."""
    case = Case(question, world)
    given = {key.lower() for key in question.get("context") or {}}
    sent = {
        key: SAMPLES[looks]
        for key, looks in sent_keys(case).items()
        if looks in SAMPLES and key.lower() not in case.context and key.lower() not in given
    }
    return {**question, "context": {**sent, **(question.get("context") or {})}}


def differences(path: Path) -> list[str]:
    """The requests of a file that the oracle decides otherwise; those that hang on what is not
    known are left out."""
    scenario = read(path)
    world = world_of(scenario)
    found = []
    asked: dict[int, list[tuple[Any, dict[str, Any]]]] = {}
    for written, question in questions(scenario):
        asked.setdefault(id(written), []).append((written, question))
    for pairs in asked.values():
        written = pairs[0][0]
        expected = written.get("expect")
        if expected in (None, "conditional") or written.get("unknown") or written.get("partial"):
            continue
        answers = [decide(completed(question, world), world) for _, question in pairs]
        denied = [entry for entry in answers if entry["decision"] != "allowed"]
        answer = denied[0] if denied else answers[0]
        fitting = {answer["decision"]} | ({"denied"} if denied else set())
        because = written.get("because", answer["layer"])
        if expected not in fitting or because != answer["layer"]:
            found.append(f"{written['name']}: {answer['decision']} by {answer['layer']}")
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_corpus_comes_out_as_the_oracle_says(name: str) -> None:
    """Who read AWS's page for the oracle found what the case expects."""
    found = differences(CORPUS / name)
    assert not found
