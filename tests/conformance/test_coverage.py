"""Coverage says of every question of the corpus what the whole explanation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamsim.core.explanation import Element
from iamsim.engine.authorize import explain, prepare
from iamsim.suites.coverage import Coverage
from iamsim.suites.run import compiled_world
from iamsim.suites.scenario import load_scenario

CORPUS = Path(__file__).parent.parent.parent / "corpus" / "conformance"
FILES = sorted(CORPUS.rglob("*.yaml"))


def statements_of(answer):
    """The statements of the explanation that are about the action, once each."""
    seen = {}
    for layer in answer.explanation.layers:
        for policy in layer.policies:
            for statement in policy.statements:
                if not {Element.ACTION, Element.NOT_ACTION} & set(statement.failed_elements):
                    place = (statement.source.name, statement.span.start, statement.path)
                    seen.setdefault(place, []).append(statement)
    return seen


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORPUS)))
def test_coverage_and_explanation_agree(path: Path) -> None:
    """A statement has matched, and a clause was held or blocked, just where the explanation of the
    request says so."""
    scenario = load_scenario(path)
    world = compiled_world(scenario)
    for request in scenario.requests:
        for question in request.questions if request.expect_error is None else ():
            coverage = Coverage()
            prepared = prepare(question, world)
            if prepared.request.is_open:
                continue  # an explanation shows what is open as absent, coverage leaves it out
            coverage.record(prepared, prepared.decide())
            explained = statements_of(explain(question, world))
            for policy in coverage.policies():
                for counts in policy.statements:
                    place = (counts.source.name, counts.span.start, counts.path)
                    some = explained.get(place, [])
                    assert (counts.matched > 0) == any(entry.matched for entry in some)
                    for clause in counts.clauses:
                        if clause.held and clause.element.value in {"Resource", "Condition"}:
                            assert any(
                                part.matched and part.path == clause.path
                                for entry in some
                                if entry.matched
                                for part in entry.clauses
                            )
                        if clause.blocked and clause.is_condition:
                            assert any(
                                not part.matched and part.path == clause.path
                                for entry in some
                                if not entry.matched
                                for part in entry.clauses
                            )
