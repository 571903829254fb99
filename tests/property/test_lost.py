"""One law over everything that is lost: what is taken away, cut off or corrupted never turns a
denial into a clean *allowed*, nor a finding into none.

Sources of an import are damaged as transfers, full disks and missing permissions damage them; what
the world then answers is compared with what it answers undamaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, note
from hypothesis import strategies as st

from tests.property.damage import (
    SAMPLES,
    damage_of,
    damaged_world,
    findings_of,
    has_lost_findings,
    opened_by,
    questions_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_ONCE = 150  # questions that each damage is held against
GATED = ("tests/data/imports/gaad", "tests/data/imports/identity-center")


class Drawn:
    """Choices that hypothesis makes, and shrinks."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw from the data of a test."""
        self.data = data

    def integer(self, least: int, most: int) -> int:
        """A whole number."""
        return self.data.draw(st.integers(least, most))

    def pick(self, values: Sequence[Any]) -> Any:
        """One of several values."""
        return values[self.data.draw(st.integers(0, len(values) - 1))]


@given(st.data())
def test_a_damaged_source_never_opens_what_was_denied(data: st.DataObject) -> None:
    """What was denied stays denied, or depends on what is not known; or the import refuses."""
    choose = Drawn(data)
    sample = choose.pick(sorted(name for name in SAMPLES if questions_of(name)))
    damage = damage_of(choose, sample)
    world = damaged_world(sample, damage)
    if world is None:
        return
    questions = questions_of(sample)
    start = choose.integer(0, len(questions) - 1)
    opened = opened_by(world, questions[start : start + AT_ONCE])
    note(f"{sample}/{damage.name} {damage.how}")
    assert opened is None


@given(st.data())
def test_a_damaged_source_never_opens_a_gate(data: st.DataObject) -> None:
    """A gate over findings that fails still fails: for what is left of them, or what is not known.

    A file that is gone, and that nothing names, leaves no trace: it is none of these damages.
    """
    choose = Drawn(data)
    sample = choose.pick(GATED)
    assert findings_of(sample)
    damage = damage_of(choose, sample)
    world = damaged_world(sample, damage)
    note(f"{sample}/{damage.name} {damage.how}")
    assert world is None or not has_lost_findings(world)
