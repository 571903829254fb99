"""What checks of documents prove and refute, against every request of a small universe.

A proof must hold for all of them, and a witness must be one that the new policy allows and the
existing one does not.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import PolicyType
from iamsim.proofs.documents import check_equivalent, check_no_new_access
from iamsim.proofs.unchanged import meaning
from tests.property.documents import (
    allows,
    compiled,
    document_pairs,
    requests,
    resource_pairs,
    statements,
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
    existing, new = (compiled(entry, PolicyType.RESOURCE) for entry in pair)
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


def otherwise(statement: dict[str, Any]) -> dict[str, Any]:
    """The same statement with IfExists where there was none and none where there was, and with the
    other name of an ARN operator."""
    written = {}
    for operator, keys in statement.get("Condition", {}).items():
        name = operator.removesuffix("IfExists")
        if name == operator and name != "Null":
            name += "IfExists"
        for entry, other in (("Like", "Equals"), ("Equals", "Like")):
            if name.startswith("Arn") and entry in name:
                name = name.replace(entry, other)
                break
        written[name] = keys
    return {**statement, "Condition": written}


@given(statements(), st.data())
def test_statements_of_one_meaning_match_alike(
    statement: dict[str, Any], data: st.DataObject
) -> None:
    """What is written otherwise and means the same matches the same requests; what may match
    others has another meaning."""
    other = data.draw(st.sampled_from([otherwise(statement), data.draw(statements())]))
    first, second = compiled([statement]), compiled([other])
    if meaning(first.statements[0]) == meaning(second.statements[0]):
        for request in requests([first, second]):
            assert first.statements[0].matches(request) is second.statements[0].matches(request)


def test_what_adds_nothing_is_of_one_meaning() -> None:
    """IfExists adds nothing to a negated operator, nor to ForAllValues; to others it does."""
    names = ["StringNotLike", "ForAllValues:StringLike", "StringLike", "ForAnyValue:StringNotLike"]
    said = {}
    for name, suffix in product(names, ("", "IfExists")):
        tests = {name + suffix: {"aws:TagKeys": ["t*"]}}
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": tests}
        said[name, suffix] = meaning(compiled([statement]).statements[0])
    same = [name for name in names if said[name, ""] == said[name, "IfExists"]]
    assert same == names[:2]
