"""Every file of the corpus is a test: its requests come out as the file expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import load_scenario

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "corpus" / "conformance"
UNKNOWN = ROOT / "corpus" / "unknown-keys"
FOUND = ROOT / "corpus" / "found"
ACCEPTANCE = ROOT.parent / "shared" / "acceptance"
EVIDENCE = {"documentation", "deduced", "unsure"}
MINIMUM_REQUESTS = 300


def files(folder: Path) -> list[pytest.param]:
    """Give the scenario files below a folder, each under its own name."""
    found = sorted(folder.rglob("*.yaml")) if folder.is_dir() else []
    return [pytest.param(path, id=str(path.relative_to(folder))) for path in found]


@pytest.mark.parametrize("path", [*files(CORPUS), *files(UNKNOWN), *files(FOUND)])
def test_a_corpus_file_comes_out_as_expected(path: Path) -> None:
    """Every request of a corpus file gets the decision, and the deciding layer, it expects."""
    results = run_scenario(load_scenario(path))
    unmet = {r.request.name: r.failures for r in results if not r.met}
    assert not unmet
    assert all(r.request.expect or r.request.expect_error for r in results)
    for result in results:  # the fast reading decided; the explained one says the same
        explained = tuple((a.decision.verdict, a.decision.layer) for a in result.answers)
        assert explained == tuple((d.verdict, d.layer) for d in result.decisions)


@pytest.mark.parametrize("path", files(CORPUS))
def test_a_conformance_file_says_where_its_rule_comes_from(path: Path) -> None:
    """A conformance file names AWS's page, the kind of evidence, and the rules it is about."""
    scenario = load_scenario(path)
    assert scenario.see
    assert all(page.startswith("https://") for page in scenario.see)
    assert scenario.evidence in EVIDENCE
    assert scenario.rules


def test_the_corpus_is_large_enough() -> None:
    """The conformance corpus holds at least the number of requests that was promised."""
    count = sum(len(load_scenario(p).requests) for p in CORPUS.rglob("*.yaml"))
    assert count >= MINIMUM_REQUESTS


@pytest.mark.parametrize("path", files(ACCEPTANCE))
def test_an_acceptance_scenario_passes(path: Path) -> None:
    """The acceptance scenarios that may lie beside the checkout come out as AWS decides."""
    unmet = {r.request.name: r.failures for r in run_scenario(load_scenario(path)) if not r.met}
    assert not unmet
