"""Who says nothing more among those that can: whoever can no more than one who is there anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.universe.asked import SOMEBODY
from iamsim.universe.candidates import Candidate, CandidateKind

if TYPE_CHECKING:
    from iamsim.query.batch.answers import BatchAnswer

UNNAMED = frozenset(
    {
        CandidateKind.ANY_ACCOUNT,
        CandidateKind.BY_USER_ID,
        CandidateKind.ORGANIZATION,
        CandidateKind.UNLISTED,
    }
)
Answered = tuple[Candidate, "BatchAnswer"]
OWN_POLICIES = " and the unknown identity-based policy allows it"


def without_repeats(found: list[Answered]) -> list[Answered]:
    """Leave out who is asked for by a condition alone, and can no more than one who is there
    anyway: than anyone at all, or than the account that a policy names."""
    anyone = next(
        (answer for entry, answer in found if entry.kind is CandidateKind.ANONYMOUS), None
    )
    accounts = {
        entry.account: answer
        for entry, answer in found
        if entry.kind is CandidateKind.EXTERNAL_ACCOUNT and f":role/{SOMEBODY}" in entry.stands
    }
    return [
        (entry, answer)
        for entry, answer in found
        if not (
            (entry.kind in UNNAMED and _repeats(answer, anyone))
            or (entry.by_condition and _repeats(answer, accounts.get(entry.account)))
        )
    ]


def _repeats(answer: BatchAnswer, other: BatchAnswer | None) -> bool:
    """Whether an answer has the conditions of another, but for the caller's own policies."""
    if other is None or other.verdict is Verdict.ALLOWED:
        return other is not None
    if other.residual is None or answer.residual is None:
        return False
    sentence = other.residual.sentence
    return answer.residual.sentence in {sentence, f"{sentence}{OWN_POLICIES}"}
