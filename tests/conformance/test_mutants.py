"""A mutant that is said not to matter to a request does not matter to it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from iamsim.core.errors import PolicyError
from iamsim.engine.authorize import decide, prepare
from iamsim.engine.world import CompiledWorld
from iamsim.suites.mutation import mutants_of
from iamsim.suites.run import compiled_world
from iamsim.suites.scenario import load_scenario

CORPUS = Path(__file__).parent.parent.parent / "corpus" / "conformance"
WITH_WORLD = [
    pytest.param(path, id=str(path.relative_to(CORPUS)))
    for path in sorted(CORPUS.rglob("*.yaml"))
    if "\nworld:" in path.read_text(encoding="utf-8")
]
MOST = 60  # mutants of one world


@pytest.mark.parametrize("path", WITH_WORLD)
def test_what_a_change_cannot_touch_is_decided_alike(path: Path) -> None:
    """Where `differs` is false, both worlds decide alike, down to the layer."""
    scenario = load_scenario(path)
    world = compiled_world(scenario)
    assert world is not None
    questions = [q for r in scenario.requests if not r.expect_error for q in r.questions]
    for mutant in islice(mutants_of(world.model), MOST):
        changed = CompiledWorld(mutant.apply(world.model))
        try:
            changed.check()
        except PolicyError as error:
            pytest.fail(f"{mutant.kind} gave no valid policy: {error}")
        for question in questions:
            if mutant.differs(prepare(question, world)):
                continue
            before, after = decide(question, world), decide(question, changed)
            assert (before.verdict, before.layer) == (after.verdict, after.layer), mutant
