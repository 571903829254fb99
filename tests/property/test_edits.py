"""Edits that are named do what is said of them, and are as small as is said."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from hypothesis import given

from iamsim.core.decision import Verdict
from iamsim.query.edits.search import suggest_edits
from iamsim.query.edits.trial import Trial
from iamsim.symbolic.partial import decide
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases, standalone_cases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.edits.model import Edit

Data = dict[str, Any]
DENIALS = frozenset({Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY})


def verdict_after(question: Question, world: CompiledWorld, edits: Iterable[Edit]) -> Verdict:
    """Decide a question on a copy that knows nothing of the search."""
    asked = Trial(question, world).apply(edits)
    assert asked is not None
    return decide(*asked).verdict


def hold(world: Data | None, request: Data) -> None:
    """Every set changes the verdict, no part of it does, and the question itself stays as it is.

    A set that is to open may leave the decision to keys that AWS sends and the question does not
    say.
    """
    question, compiled = question_of(world, request)
    before = decide(question, compiled).verdict
    report = suggest_edits(question, compiled)
    assert decide(question, compiled).verdict is before
    assert report.goal == ("denied" if before is Verdict.ALLOWED else "allowed")
    for found in report.sets:
        after = verdict_after(question, compiled, found.edits)
        assert (after in DENIALS) is (report.goal == "denied")
        assert found.answer.decision.verdict is after
        for size in range(1, len(found.edits)):
            for part in combinations(found.edits, size):
                denied = verdict_after(question, compiled, part) in DENIALS
                assert denied is (before in DENIALS)
    orders = [(entry.guardrail, entry.reach.size) for entry in report.sets]
    assert orders == sorted(orders)


@given(cases(overlays=True))
def test_edits_of_worlds_change_the_verdict_and_no_part_of_them_does(case: Any) -> None:
    """In a world, with layers that the request brings along or without."""
    hold(*case)


@given(standalone_cases())
def test_edits_of_questions_change_the_verdict_and_no_part_of_them_does(request_: Any) -> None:
    """Without a world, where the question brings all policies."""
    hold(None, request_)
