"""Whether two worlds allow the same requests: a claim that nothing opens, each way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import InputError
from iamsim.proofs.claims import EVERYBODY, Claim, statement_about
from iamsim.proofs.meant import acts_nowhere
from iamsim.proofs.prove import prove
from iamsim.proofs.result import Verdict
from iamsim.proofs.witnesses import question_of

if TYPE_CHECKING:
    from iamsim.compile.statement import ActionTest
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld


class SameAccess(NamedTuple):
    """Whether that is proved; else a request that only one of the worlds allows, or why neither is
    known."""

    proved: bool
    question: Question | None = None
    why: str | None = None


def same_access(
    before: CompiledWorld, after: CompiledWorld, actions: Iterable[ActionTest] = ()
) -> SameAccess:
    """Prove that two worlds allow the same requests for some actions (by default all), or find one
    that only one of them allows. Resources of strangers count; principals to come do not."""
    claim = Claim(
        "the same requests",
        EVERYBODY,
        statement_about(_patterns(actions), "*", None, "the comparison", any_names=True),
        no_new_access=True,
        any_resources=True,
        services=True,
    )
    if acts_nowhere(claim.about):
        return SameAccess(True)
    why = None
    for old, new in ((before, after), (after, before)):
        try:
            result = prove(claim, new, old)
        except InputError as error:
            why = why or error.message
            continue
        if result.witness is not None:
            return SameAccess(False, question_of(result.witness))
        if result.verdict is not Verdict.PASS:
            why = why or result.why_unknown
    return SameAccess(why is None, None, why)


def _patterns(actions: Iterable[ActionTest]) -> list[str]:
    """The entries of Action elements; everything where some element says what it is not about."""
    patterns: dict[str, None] = {}
    for element in actions:
        if element.negated:
            return ["*"]
        patterns.update((pattern.pattern, None) for pattern in element.patterns)
    return list(patterns) or ["*"]
