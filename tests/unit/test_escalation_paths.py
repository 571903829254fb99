"""Every known escalation path: who can take it, and who only seems to (see `corpus/escalation`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamsim import catalog
from iamsim.checks.escalation_paths import known_ways
from iamsim.core.decision import Layer
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.escalation.find import find_escalations
from iamsim.query.escalation.routes import administrators, shortest_chains
from iamsim.world.load import load_world

WORLDS = Path("corpus/escalation/worlds")
WAYS = {way.id: way for way in known_ways()}


def search(way, *, blocked=False):
    """Search the world of a way for this way alone."""
    batch = Batch(CompiledWorld.checked(load_world(WORLDS / f"{way.id}.yaml")))
    return find_escalations(batch, ways=(way,), blocked=blocked)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_true_case_one_behind_a_boundary_one_behind_a_condition_and_a_lookalike(way):
    """Only `taker` becomes an administrator; what blocks two of the others is known."""
    found = search(way, blocked=True)
    reached = shortest_chains(found, administrators(found))
    chains = {entry.source.rpartition("/")[2]: entry for entry in reached}
    assert [hop.edge.way for hop in chains["taker"].hops] == [way]
    assert {"bounded", "conditional", "lookalike"}.isdisjoint(chains)
    blocked = {
        name: {
            answer.decision.layer for answer in found.blocked if answer.source.endswith(f"/{name}")
        }
        for name in ("bounded", "conditional", "taker")
    }
    assert Layer.PERMISSIONS_BOUNDARY in blocked["bounded"]
    assert Layer.IDENTITY_BASED_POLICY in blocked["conditional"]


# The ways that change policies inside an account: what else is there keeps denying.
CHANGING = {
    name: way
    for name, way in WAYS.items()
    if way.reaches == "administrator" and way.administers is None
}


@pytest.mark.parametrize("way", CHANGING.values(), ids=CHANGING)
def test_a_policy_that_denies_is_taken_away_where_that_is_allowed(way):
    """`freed` detaches it from whoever got everything; `denied` is stopped by it."""
    found = search(way, blocked=True)
    reached = shortest_chains(found, administrators(found))
    chains = {entry.source.rpartition("/")[2]: entry for entry in reached}
    (hop,) = chains["freed"].hops
    (cleared,) = hop.edge.cleared
    assert cleared.policy == "Open"
    assert cleared.taken.step.action in {"iam:DetachUserPolicy", "iam:DetachRolePolicy"}
    assert cleared.taken.resource.endswith(("/freed", "/prize-freed"))
    assert not chains["taker"].hops[0].edge.cleared
    assert "denied" not in chains
    (blocked,) = [entry for entry in found.blocked if entry.source.endswith("/denied")]
    assert blocked.step is None
    assert {statement.policy for statement in blocked.decision.statements} == {"Guard"}


def test_every_path_has_a_world_and_every_world_a_path():
    """The two folders list the same."""
    assert {path.stem for path in WORLDS.glob("*.yaml")} == set(WAYS)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_actions_of_a_path_are_in_the_catalog(way):
    """Written as AWS writes them, and with a page of AWS's that says what they do."""
    for step in way.steps:
        assert catalog.find_action(step.action).full_name == step.action
    assert way.see.startswith("https://docs.aws.amazon.com/")
