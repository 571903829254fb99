"""What checks of documents prove and refute, against every request of a small universe.

A proof must hold for all of them, and a witness must be one that the new policy allows and the
existing one does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given

from iamsim.core.decision import PolicyType
from iamsim.proofs.documents import check_equivalent, check_no_new_access
from tests.property.documents import (
    allows,
    compiled,
    document_pairs,
    requests,
    resource_pairs,
)

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy


def opened(existing: CompiledPolicy, new: CompiledPolicy, *, everybody: bool) -> list[Any]:
    """The requests that the new policy allows and the existing one does not."""
    return [
        request
        for request in requests([existing, new], everybody=everybody)
        if allows(new, request) and not allows(existing, request)
    ]


@given(pair=document_pairs())
def test_no_new_access_holds_for_every_request(pair: tuple[list[Any], list[Any]]) -> None:
    """A proof has no counterexample, and what has one is not proved."""
    existing, new = map(compiled, pair)
    found = check_no_new_access(existing, new)
    if found.result == "PASS":
        assert not opened(existing, new, everybody=False)
    assert (found.witness is not None) is (found.result == "FAIL")


@given(pair=resource_pairs())
def test_no_new_access_holds_for_every_caller(pair: tuple[list[Any], list[Any]]) -> None:
    """The same with principals: named ones, others of their accounts, strangers, services."""
    existing, new = (compiled(one, PolicyType.RESOURCE) for one in pair)
    found = check_no_new_access(existing, new)
    if found.result == "PASS":
        assert not opened(existing, new, everybody=True)
    assert (found.witness is not None) is (found.result == "FAIL")


@given(pair=document_pairs())
def test_a_policy_allows_what_it_allows(pair: tuple[list[Any], list[Any]]) -> None:
    """Every policy is included in itself, and in itself without its denials."""
    policy = compiled(pair[0])
    assert check_no_new_access(policy, policy).result == "PASS"
    wider = [statement for statement in pair[0] if statement["Effect"] == "Allow"]
    if wider:
        assert check_no_new_access(compiled(wider), policy).result == "PASS"
    assert check_equivalent(policy, policy).result == "PASS"
