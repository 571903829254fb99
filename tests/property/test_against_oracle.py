"""The package against the slow oracle, on generated worlds; and the fast against the full reading.

Run more with ``HYPOTHESIS_PROFILE=nightly pytest tests/property/test_against_oracle.py`` (10,000
cases of each kind). What they find is shrunk by hypothesis and then kept as a file in
``corpus/found/``: ``python -m tests.property.found`` writes it there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given

from iamsim.engine import authorize
from iamsim.engine.world import CompiledWorld
from iamsim.suites.scenario import scenario_from_data
from iamsim.world.documents import parse_document
from tests.oracle import decide as oracle_decides
from tests.property.rarities import rare_cases
from tests.property.sent import sent_cases
from tests.property.worlds import cases, standalone_cases

if TYPE_CHECKING:
    from iamsim.engine.question import Question

Data = dict[str, Any]


def question_of(world: Data | None, request: Data) -> tuple[Question, CompiledWorld]:
    """Read a generated case as if it stood in a scenario file."""
    scenario = {"title": "generated", "requests": [{"name": "generated", **request}]}
    if world is not None:
        scenario["world"] = world
    read = scenario_from_data(parse_document(json.dumps(scenario), name="generated.json"))
    return read.requests[0].questions[0], CompiledWorld(read.world)


def agree(world: Data | None, request: Data) -> None:
    """Hold oracle, explanation and fast decision together for one case."""
    expected = oracle_decides(request, world)
    question, compiled = question_of(world, request)
    answer = authorize.explain(question, compiled)
    layer = answer.decision.layer
    assert answer.decision.verdict.value == expected["decision"]
    assert (layer.value if layer is not None else None) == expected["layer"]
    fast = authorize.decide(question, compiled)
    assert fast.verdict is answer.decision.verdict
    assert fast.layer is layer
    assert set(fast.statements) <= set(answer.decision.statements)
    deciders = answer.explanation.decided_by
    if deciders:
        assert deciders[0].layer is layer


@given(cases())
def test_worlds_come_out_as_the_oracle_says(case: tuple[Data, Data]) -> None:
    """On a generated world, package and oracle give the same decision and the same layer."""
    agree(*case)


@given(rare_cases())
def test_rare_things_come_out_as_the_oracle_says(case: tuple[Data, Data]) -> None:
    """With access points, gateway endpoints, root sessions, tokens, grants and the like, package
    and oracle give the same decision and the same layer."""
    agree(*case)


@given(cases(overlays=True))
def test_policies_laid_over_a_world_come_out_as_the_oracle_says(case: tuple[Data, Data]) -> None:
    """Policies of a request that replace those of the world are read alike by both."""
    agree(*case)


@given(standalone_cases())
def test_requests_with_their_own_policies_come_out_as_the_oracle_says(request: Data) -> None:
    """Without a world, package and oracle give the same decision and the same layer."""
    agree(None, request)


@given(sent_cases())
def test_requests_with_all_that_aws_sends_come_out_as_the_oracle_says(
    case: tuple[Data | None, Data],
) -> None:
    """With the keys that AWS sends with every such request, package and oracle give the same."""
    agree(*case)
