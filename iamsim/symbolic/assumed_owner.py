"""Buckets whose owner nothing names: taken to be the caller's account, which an answer says first,
with what it would be otherwise.

The ARN of a bucket names no account:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.answer import Answer
from iamsim.core.arn import find_arn
from iamsim.core.data_class import replace
from iamsim.core.decision import Decision, Verdict
from iamsim.core.reason import Note

if TYPE_CHECKING:
    from iamsim.core.explanation import Explanation
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld

    Decide = Callable[[Question, "CompiledWorld | None"], Decision]

RESOURCE_ACCOUNT = "resource-account"  # how a question says that it is not known
STRANGERS = ("999900001111", "999900002222")
ELSEWHERE = {
    Verdict.ALLOWED: Note.BUCKET_OWNER_ALLOWED_ELSEWHERE,
    Verdict.EXPLICIT_DENY: Note.BUCKET_OWNER_DENIED_ELSEWHERE,
    Verdict.IMPLICIT_DENY: Note.BUCKET_OWNER_DENIED_ELSEWHERE,
    Verdict.CONDITIONAL: Note.BUCKET_OWNER_CONDITIONAL_ELSEWHERE,
}


def takes_the_callers_account(question: Question, world: CompiledWorld | None) -> bool:
    """Whether nothing says whose the bucket of a question is."""
    if question.resource_account is not None or "*" in question.resource:
        return False
    if any(key.lower() == RESOURCE_ACCOUNT for key in question.unknown):
        return False
    arn = find_arn(question.resource)
    caller = find_arn(question.principal)
    if arn is None or arn.service != "s3" or arn.region or arn.account:
        return False
    listed = world is not None and world.model.account_of_bucket(question.resource) is not None
    return caller is not None and bool(caller.account) and not listed


def with_assumed_owner(
    found: Answer, question: Question, world: CompiledWorld | None, decide: Decide
) -> Answer:
    """The same answer, which says what was assumed, and what it would be in another account."""

    def explanation() -> Explanation:
        plain = found.explanation
        caller = find_arn(question.principal)
        own = caller.account if caller is not None else ""
        stranger = next(stranger for stranger in STRANGERS if stranger != own)
        other = decide(replace(question, resource_account=stranger), world).verdict
        same = found.decision.verdict is other or not (found.allowed or other is Verdict.ALLOWED)
        note = Note.BUCKET_OWNER_ASSUMED if same else ELSEWHERE[other]
        return replace(plain, notes=(note, *plain.notes))

    return Answer(
        found.request,
        found.decision,
        found.residual,
        explanation,
        check=found.check,
        unknowns=found.unknowns,
    )
