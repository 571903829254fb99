"""What checks of documents prove and refute, against z3.

The solver tries texts of every length, so a proof that holds in a small universe only is seen
here. z3 is a dependency of the tests alone.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given

from iamsim.core.request import Request
from iamsim.proofs.documents import check_no_new_access
from tests.property.documents import ASKED, CALLERS, allows, caller_of, compiled, document_pairs

z3 = pytest.importorskip("z3", reason="z3 is not installed (`pip install z3-solver`)")

from tests.property.costly import costly  # noqa: E402
from tests.property.solver import Encoding, InexpressibleError, self_test  # noqa: E402


def test_the_solver_reads_wildcards() -> None:
    """A release of z3 matched wildcards wrongly; such a one would prove nothing here."""
    assert self_test()


@costly
@given(pair=document_pairs())
def test_the_solver_agrees(pair: tuple[list[Any], list[Any]]) -> None:
    """What is proved has no request in z3 either; a witness is one for z3, too."""
    existing, new = pair
    policies = compiled(existing), compiled(new)
    found = check_no_new_access(*policies)
    try:
        if found.result == "FAIL":
            assert witness_holds(existing, new, found.witness)
        elif found.result == "PASS":
            for action in ASKED:
                opened = searched(existing, new, action)
                assert opened is None or not opens(policies, action, *opened), opened
                assert opened is None, f"z3 and the engine differ about {opened}"
    except InexpressibleError:
        assume(False)


def searched(existing: list[Any], new: list[Any], action: str) -> tuple[str, dict[str, Any]] | None:
    """A request that the new policy allows and the existing one does not, if z3 has one."""
    encoding = Encoding(action)
    solver = z3.Solver()
    solver.set("timeout", 10_000)
    solver.add(*encoding.world, encoding.allows(new), z3.Not(encoding.allows(existing)))
    answer = solver.check()
    if answer == z3.unknown:
        raise InexpressibleError
    return None if answer == z3.unsat else encoding.request(solver.model())


def opens(policies: tuple[Any, Any], action: str, resource: str, context: dict[str, Any]) -> bool:
    """Whether the engine, too, allows a request under the new policy only."""
    request = Request(
        caller_of(CALLERS[0]),
        action,
        resource,
        {key.lower(): value for key, value in context.items()},
    )
    existing, new = policies
    return allows(new, request) and not allows(existing, request)


def witness_holds(existing: list[Any], new: list[Any], witness: Any) -> bool:
    """Whether z3, too, finds that the new policy alone allows the witness."""
    encoding = Encoding("s3:GetObject")
    encoding.action = witness["action"]
    solver = z3.Solver()
    solver.add(*encoding.fixed(witness["resource"], witness.get("context", {})))
    solver.add(encoding.allows(new), z3.Not(encoding.allows(existing)))
    return bool(solver.check() == z3.sat)
