"""Policies that AWS writes and people copy have the findings of external access that AWS gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.external import find_external
from iamsim.query.batch import Batch
from iamsim.world.documents import read_document
from iamsim.world.load import load_world_data

FOLDER = Path(__file__).parent.parent.parent / "corpus" / "findings"
HOME = "111122223333"


def cases():
    """The cases of all files, each with the name of its file."""
    for path in sorted(FOLDER.glob("*.yaml")):
        file = read_document(str(path)).data
        assert all(page.startswith("https://docs.aws.amazon.com/") for page in file["see"])
        for case in file["cases"]:
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


@pytest.mark.parametrize("case", list(cases()))
def test_a_policy_has_the_findings_of_access_analyzer(case: dict) -> None:
    """Exactly the principals from outside that are expected, public or not."""
    root = {"id": "r-hb01", "accounts": [HOME]}
    resources = {case["resource"]: {"policy": case["policy"]}}
    world = {
        "organization": {"id": "o-harbor00001", "root": root},
        "accounts": {HOME: {"resources": resources}},
    }
    found = find_external(
        Batch(CompiledWorld.checked(load_world_data(world))), case.get("zone")
    ).findings
    assert [
        {"principal": dict(entry.principal), "public": str(entry.is_public).lower()}
        for entry in found
    ] == case["expected"]
    assert all(entry.resource == case["resource"] for entry in found)
