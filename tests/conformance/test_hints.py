"""Hints on real questions: the one that helps is given, and none that would mislead."""

from __future__ import annotations

import pytest

from iamsim.core.hint import HintKind
from iamsim.engine.world import CompiledWorld
from iamsim.query.hints import find_hints
from iamsim.symbolic.partial import answer
from iamsim.syntax.denial import find_denials
from tests.conformance.test_questions import QUESTIONS, ask, read

HELPFUL = {"list-bucket-on-the-objects": [HintKind.STATEMENT_RESOURCES_OF_OTHER_TYPE]}


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_gets_the_hint_that_helps_and_no_other(path):
    """Read each new hint before it is listed: a wrong one leads people astray."""
    data = read(path)
    (message,) = find_denials(data["report"]).messages
    scenario = ask(data, message)
    (question,) = scenario.requests[0].questions
    hints = find_hints(answer(question, CompiledWorld(scenario.world)))
    assert [hint.kind for hint in hints] == HELPFUL.get(path.stem, [])
