"""How many questions an exam can have."""

from __future__ import annotations

import pytest

from iamsim.core.errors import RequestError
from iamsim.lessons.exam import draw_exam


def test_an_exam_has_as_many_questions_as_are_asked_for() -> None:
    """One is enough for a try; more than the corpus has is an error with a hint, not a bug."""
    assert len(draw_exam(1, 1)) == 1
    with pytest.raises(RequestError) as raised:
        draw_exam(1, 100_000)
    assert raised.value.code == "exam-too-long"
    assert "--size" in (raised.value.hint or "")
