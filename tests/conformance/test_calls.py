"""Every line of the corpus of calls is a test: what a call asks is what AWS's page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.calls.events import read_event
from iamsim.calls.lines import read_call, read_line

if TYPE_CHECKING:
    from iamsim.calls.model import Reading

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "corpus" / "calls"
ACCEPTANCE = ROOT.parent / "shared" / "acceptance-next"
FILES = ("calls", "operations", "events")
MINIMUM = 200


def cases(folder: Path, names: list[str]) -> list[Any]:
    """Give the cases of a folder's files, each under the words that it is about."""
    found = []
    for name in names:
        path = folder / name
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            case = json.loads(line)
            about = case.get("line") or case.get("name") or case.get("operation") or "argv"
            found.append(pytest.param(case, id=f"{path.stem}-{number}-{about[:40]}"))
    return found


def own_cases() -> list[Any]:
    """The cases of the repository."""
    return cases(CORPUS, sorted(path.name for path in CORPUS.glob("*.jsonl")))


def acceptance_cases() -> list[Any]:
    """The cases that may lie beside the checkout."""
    return cases(ACCEPTANCE, [f"{name}.jsonl" for name in FILES])


def read(case: dict[str, Any]) -> Reading:
    """Read what a case is about."""
    place = {"region": case.get("region"), "account": case.get("account")}
    if "event" in case:
        return read_event(case["event"])
    if "argv" in case:
        service, operation, _, parameters = case["argv"]
        return read_call(service, operation, json.loads(parameters), **place)
    if "operation" in case:
        return read_call(case["service"], case["operation"], case["parameters"], **place)
    return read_line(case["line"], **place)


def fits(wanted: list[str | None], request: dict[str, Any], *, or_null: bool = False) -> bool:
    """Whether a request is the wanted one; ``*`` is any text, null any resource."""
    action, resource = wanted
    if str(action).lower() != request["action"].lower():
        return False
    if resource is None or (or_null and request["resource"] == "*"):
        return True
    pattern = ".*".join(map(re.escape, resource.split("*")))
    return re.fullmatch(pattern, request["resource"]) is not None


def check(case: dict[str, Any]) -> None:
    """Hold a reading against what its case says."""
    reading = read(case)
    if case.get("skip"):
        assert reading.skipped
        assert not reading.requests
        return
    if case.get("or_skip") and reading.skipped:
        return
    assert reading.skipped is None
    requests, or_null = reading.requests, bool(case.get("or_null"))
    for wanted in case["requests"]:
        assert any(fits(wanted, request, or_null=or_null) for request in requests), (
            wanted,
            requests,
        )
    if case.get("exact"):
        allowed = [*case["requests"], *case.get("may", [])]
        extra = [
            (request["action"], request["resource"])
            for request in requests
            if not any(fits(wanted, request, or_null=or_null) for wanted in allowed)
        ]
        assert not extra
    first = next(
        (request for request in requests if fits(case["requests"][0], request, or_null=or_null)),
        None,
    )
    if first is None:
        return
    context = {key.lower(): value for key, value in first["context"].items()}
    for key, value in case.get("context", {}).items():
        assert context.get(key.lower()) in (value, [value]), (key, context)
    for key in case.get("unknown", []):
        assert key in first["unknown"]
    for key in case.get("absent", []):
        assert key.lower() not in context
    if "principal" in case:
        assert first["principal"] == case["principal"]
    if "via" in case:
        assert first["via"] == case["via"]


@pytest.mark.parametrize("case", own_cases())
def test_a_call_of_the_corpus_asks_what_its_page_says(case: dict[str, Any]) -> None:
    """A case says what is asked, and the page that says so."""
    assert case["why"].startswith("https://")
    check(case)


@pytest.mark.parametrize("case", acceptance_cases())
def test_an_acceptance_case_holds(case: dict[str, Any]) -> None:
    """The acceptance cases that may lie beside the checkout hold."""
    check(case)
