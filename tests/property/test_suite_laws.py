"""Laws of suites: what is written passes, what is recorded stays, and a cause is one."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.suites.cases import Case, Shelf
from iamsim.suites.comparison import compare
from iamsim.suites.first import first_suite
from iamsim.suites.record import Recorder
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import scenario_from_data
from iamsim.world.documents import parse_document
from tests.property.worlds import cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.suites.comparison import Comparison
    from iamsim.suites.scenario import Scenario

Data = dict[str, Any]
BLOCKED = "s3-block-public-access"


def scenario(world: Data, **rest: Any) -> Scenario:
    """Read a scenario with its world inside."""
    data = {"title": "generated", "world": world, **rest}
    return scenario_from_data(parse_document(json.dumps(data), name="generated.json"))


def documents(data: object) -> Iterator[Data]:
    """All policies in a world, wherever they stand."""
    if isinstance(data, dict):
        if "Statement" in data:
            yield data
            return
        data = list(data.values())
    for part in data if isinstance(data, list) else ():
        yield from documents(part)


def compared(before: Data, after: Data, request: Data) -> Comparison:
    """Record the decision of a request in one world, and compare it in another."""

    def of(world: Data) -> list[Case]:
        read = scenario(world, requests=[{"name": "generated", **request}])
        return [Case("generated", "generated.json", read, read.requests[0])]

    return compare(Recorder(Shelf()).add(of(before)), of(after), Shelf())


@given(cases())
def test_the_first_suite_of_a_world_passes(case):
    """Whatever the policies are, what is written of them holds."""
    world, request = case
    compiled = CompiledWorld(scenario(world, requests=[request]).world)
    try:
        text = first_suite(compiled, ["world.json"])
    except RequestError:
        return  # nobody is allowed anything
    written = parse_document(text, name="first.yaml").data
    assert isinstance(written, dict)
    results = run_scenario(scenario(world, requests=written["requests"]))
    assert [(result.request.title, result.failures) for result in results if not result.met] == []


@given(cases())
def test_the_same_world_differs_in_nothing(case):
    """A record compared with what it was made of."""
    world, request = case
    assert compared(world, copy.deepcopy(world), request).changes == ()


@given(cases(), st.integers(min_value=0, max_value=40))
def test_a_changed_policy_is_found_to_be_the_cause(case, number):
    """Where one document alone is another, and the decision too, that document is named. Whether a
    bucket's policy is public is a fact that this comparison does not undo."""
    world, request = case
    changed = copy.deepcopy(world)
    found = list(documents(changed))
    if not found:
        return
    document = found[number % len(found)]
    statements = document["Statement"]
    if isinstance(statements, list) and len(statements) > 1:
        del statements[0]
    else:
        only = statements[0] if isinstance(statements, list) else statements
        only.pop("NotAction", None)
        only["Action"] = "sts:GetSessionToken"
    for change in compared(world, changed, request).changes:
        if BLOCKED in {change.before.layer, change.after.layer}:
            continue
        assert not change.asked
        assert change.differing
        assert change.causes
        for cause in change.causes:
            assert {id(entry) for entry in cause} <= {id(entry) for entry in change.differing}
