"""Claims about worlds: those of the corpus, and those that lie beside the repository.

What PASS promises is asked of the engine for the requests of a small universe, and the witness of
FAIL is asked of it too.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from iamsim.core.errors import InputError
from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.engine import authorize
from iamsim.engine.question import NOTHING_ATTACHED, AttachedPolicies, Question, Via
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import prove
from iamsim.symbolic import partial
from iamsim.syntax.read import parse_policy
from iamsim.world.documents import read_document
from iamsim.world.load import load_world_data

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "corpus" / "claims"
BESIDE = ROOT.parent / "shared" / "acceptance-next" / "claims"


def cases() -> list[Any]:
    """Every claim with its world: (world, world before, case)."""
    found = []
    for path in sorted(CORPUS.glob("*.yaml")):
        data = read_document(str(path)).data
        for case in data["cases"]:
            world = case.get("world", data.get("world"))
            before = case.get("before", data.get("before"))
            name = f"{path.stem}: {case['claim']['name']}"
            found.append(pytest.param(world, before, case, id=name))
    for path in sorted(BESIDE.glob("*.yaml")):
        data = read_document(str(path)).data
        found.append(pytest.param(data["world"], data.get("before"), data, id=path.stem))
    return found


@pytest.mark.parametrize(("world", "before", "case"), cases())
def test_a_claim_is_proved_or_refuted(world: Any, before: Any, case: Any) -> None:
    """The answer is the expected one; a witness is allowed, and no request of the universe is."""
    compiled = CompiledWorld(load_world_data(world))
    earlier = None if before is None else CompiledWorld(load_world_data(before))
    claim = parse_claim(case["claim"])
    found = prove(claim, compiled, earlier)
    assert found.result == case["expect"], found.to_dict()
    assert (found.witness is not None) is (found.result == "FAIL")
    assert (found.why_unknown is not None) is (found.result == "UNKNOWN")
    if found.witness is not None:
        assert NO_ACCOUNT not in str(found.witness)
        question = question_of(found.witness)
        assert partial.answer(question, compiled).allowed
        if earlier is not None and claim.no_new_access:
            assert not authorize.decide(question, earlier).allowed
        request = authorize.prepare(question, compiled).request
        assert claim.about.matches(request)
        assert not any(block.matches(request) for block in claim.unless)
    if "universe" in case and found.result == "PASS":
        assert not list(allowed_in(case["universe"], claim, compiled))
    if "near" in case:
        assert partial.answer(question_of(case["near"]), compiled).allowed


def question_of(request: Any) -> Question:
    """A request as witnesses and cases write it."""
    attached = NOTHING_ATTACHED
    if "identity_policies" in request or "resource_policy" in request:
        given = request.get("identity_policies")
        session = request.get("session_policies")
        shared = request.get("resource_policy")
        attached = AttachedPolicies(
            None if given is None else tuple(map(parse_policy, given)),
            None if shared is None else parse_policy(shared),
            session_policies=None if session is None else tuple(map(parse_policy, session)),
        )
    context = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in request.get("context", {}).items()
    }
    return Question(
        request["principal"],
        request["action"],
        request["resource"],
        context,
        frozenset(request.get("unset", ())),
        via=Via(request.get("via", {}).get("vpc_endpoint")),
        resource_account=request.get("resource_account"),
        attached=attached,
    )


def allowed_in(universe: Any, claim: Any, compiled: CompiledWorld) -> Any:
    """The requests of a universe that the claim is about and that are allowed; who the claim is
    about is for the universe to say."""
    people = universe.get("principals", [])
    keys = universe.get("context", {})
    contexts = [
        {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        for values in product(*keys.values())
    ]
    for who, action, resource, context in product(
        people, universe["actions"], universe["resources"], contexts
    ):
        request = {"principal": who, "action": action, "resource": resource, "context": context}
        question = question_of(request)
        try:
            prepared = authorize.prepare(question, compiled)
        except InputError:
            continue
        about = claim.about.matches(prepared.request)
        spared = any(block.matches(prepared.request) for block in claim.unless)
        if about and not spared and prepared.decide().allowed:
            yield request


def test_the_corpus_has_both_kinds_of_answers() -> None:
    """What is proved and what is refuted are both well covered."""
    answers = [case.values[2]["expect"] for case in cases()]
    assert set(answers) == {"PASS", "FAIL", "UNKNOWN"}
