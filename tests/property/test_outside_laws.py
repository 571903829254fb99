"""Accounts that a world does not have are callers of who-can all the same."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, assume, given, settings

from iamsim.query.batch import Batch, CandidateKind
from iamsim.symbolic.partial import answer
from tests.property.rarities import rare_cases
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases

if TYPE_CHECKING:
    from iamsim.query.batch import Candidate

Data = dict[str, Any]
UNNAMED = {
    CandidateKind.ANONYMOUS,
    CandidateKind.ANY_ACCOUNT,
    CandidateKind.ORGANIZATION,
    CandidateKind.UNLISTED,
}


def stands_for(candidate: Candidate, principal: str, account: str) -> bool:
    """Whether a caller from outside may be this principal."""
    if candidate.principal == principal or candidate.kind in UNNAMED:
        return True
    if candidate.kind is CandidateKind.EXTERNAL:
        return candidate.account is None or "*" in candidate.principal
    return candidate.kind is CandidateKind.EXTERNAL_ACCOUNT and candidate.account == account


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # few have such callers
@given(cases() | rare_cases())
def test_who_can_in_a_whole_world_is_stood_for_when_its_account_is_missing(
    generated: tuple[Data, Data],
) -> None:
    """With the caller's account taken out of the world, somebody who stands for a caller that is
    allowed there is still listed, whatever the policies of the resource tell callers apart by."""
    data, request = generated
    for account in data["accounts"].values():
        for entity in (*account["users"].values(), *account["roles"].values()):
            entity.pop("id", None)  # nobody knows whose a unique id is, once the account is gone
        account.pop("canonical_user_id", None)  # as above
    question, world = question_of(data, request)
    asked = request["action"], request.get("resource", "*")
    owner = world.model.account_of_resource(asked[1])
    whole = Batch(world).who(*asked, context=question.context)
    able = [
        holder.candidate
        for holder in whole
        if holder.candidate.account not in (None, owner)
        and holder.candidate.account in data["accounts"]
        and holder.candidate.kind is not CandidateKind.SERVICE_LINKED_ROLE
    ]
    assume(owner is not None and able)
    for missing in sorted({str(candidate.account) for candidate in able}):
        behind = {
            facts.get("bucket")
            for account in data["accounts"].values()
            for arn, facts in account.get("resources", {}).items()
            if asked[1].startswith(f"{arn}/") and ":accesspoint/" in arn
        }
        if behind & set(data["accounts"][missing].get("resources", {})):
            continue  # with the account goes the bucket behind the access point
        rest = deepcopy(data)
        del rest["accounts"][missing]
        _, smaller = question_of(rest, request)
        found = Batch(smaller).who(*asked, context=question.context)
        for candidate in able:
            if candidate.account == missing:
                assert any(
                    stands_for(holder.candidate, candidate.principal, missing) for holder in found
                ), (candidate.principal, asked)


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # as above
@given(cases() | rare_cases())
def test_an_account_can_what_one_of_its_principals_can(generated: tuple[Data, Data]) -> None:
    """Whoever stands for somebody from outside is allowed exactly when the engine allows one of
    them, and the answer is that of the first of these."""
    data, request = generated
    question, world = question_of(data, request)
    batch = Batch(world)
    asked = request["action"], request.get("resource", "*")
    candidates = [entry for entry in batch.named(*asked) if len(entry.asked) > 1]
    assume(candidates)
    by_principal = {
        holder.principal: holder.answer
        for holder in batch.who(*asked, candidates, question.context)
    }
    for candidate in candidates:
        answers = [
            answer(
                batch.question_as(candidate.narrowed(entry), *asked, question.context), world
            ).decision.verdict
            for entry in candidate.asked
        ]
        possible = [entry for entry in answers if entry.value in {"allowed", "conditional"}]
        found = by_principal.get(candidate.principal)
        assert (found is not None) == bool(possible)
        if found is not None:
            assert found.verdict is possible[0]
