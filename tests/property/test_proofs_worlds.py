"""A claim that is proved has no counterexample: whoever asks for whatever in generated worlds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import Prover
from iamsim.query.batch import Batch
from iamsim.world.load import load_world_data
from tests.property.test_changes_laws import EDITS
from tests.property.worlds import SIGNED

Data = dict[str, Any]
ASKED = 250
CLAIMS = 6


def allowed_requests(batch: Batch, source: Any) -> list[tuple[str, str, str]]:
    """Requests that are allowed whatever their context is, of a random sample."""
    accounts = sorted(batch.world.model.accounts)
    everybody = [one.principal for one in batch.candidates]
    found = []
    for _ in range(ASKED):
        action, pattern, _ = source.choice(SIGNED)
        resource = pattern.replace("ACC", source.choice(accounts))
        principal = source.choice(everybody)
        try:
            answer = batch.decide(principal, action, resource)
        except RequestError:
            continue
        if answer.verdict is Verdict.ALLOWED and answer.decision.statements:
            found.append((principal, action, resource))
    return found


def claim_about(principal: str, action: str, resource: str, source: Any) -> Data:
    """A claim that a request breaks, and others with it: of more callers, actions, resources."""
    service, _, name = action.partition(":")
    beside = f"{resource.rpartition(':')[0]}:*" if ":" in resource else "*"
    return {
        "name": f"{principal} {action} {resource}",
        "never": {
            "principal": source.choice([principal, "*"]),
            "action": source.choice([action, f"{service}:{name[:3]}*", f"{service}:*", "*"]),
            "resource": source.choice([resource, beside, "*"]),
        },
    }


@given(EDITS, st.randoms(use_true_random=False))
def test_a_claim_that_passes_has_no_counterexample(worlds: tuple[Data, Data], source: Any) -> None:
    """What the engine allows in the sweep breaks every claim that is about it."""
    world = CompiledWorld(load_world_data(worlds[0]))
    found = allowed_requests(Batch(world, partial=True), source)
    prover = Prover(world)
    for request in source.sample(found, min(len(found), CLAIMS)):
        claim = claim_about(*request, source)
        result = prover.prove(parse_claim(claim))
        assert result.result != "PASS", (request, claim, result.to_dict())
