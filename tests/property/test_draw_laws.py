"""Laws of pictures: what is drawn is what was decided."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import Outcome, Verdict
from iamsim.core.ways import ways_of_caller
from iamsim.draw.decision import decision_svg
from iamsim.draw.decision_dot import decision_dot
from iamsim.draw.lettering import text_width, wrapped
from iamsim.draw.style import State, Theme
from iamsim.draw.terminal import ASCII, decision_lines
from iamsim.engine import authorize
from iamsim.words.gates import gates_of
from iamsim.words.steps import picture_of
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases, standalone_cases

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.words.gates import DecisionGates

Data = dict[str, Any]
# How a gate begins on a line: its sign and word, or the word in parentheses.
_HEAD = re.compile(
    r"^[ |:+-]+(?:[+x?-] (?:open|closed|deny|depends|n/a)|\((?:open|closed|depends|n/a)\)) "
)


def agrees(answer: Answer) -> DecisionGates:
    """Hold a picture against the explanation that it shows."""
    gates = gates_of(answer)
    ways = ways_of_caller(answer)
    assert [lane.way for lane in gates.lanes] == [way.name for way in ways]
    denying = {
        entry.layer for entry in answer.explanation.layers if entry.outcome is Outcome.EXPLICIT_DENY
    }
    for lane, way in zip(gates.lanes, ways, strict=True):
        assert [gate.place for gate in lane.gates] == list(gates.columns)
        closed = {gate.place.layer for gate in lane.gates if gate.state is State.CLOSED}
        assert set(way.blocked_by) <= closed <= set(way.blocked_by) | denying
        required_or_denying = set(way.requires) | denying
        asked = {gate.place.layer for gate in lane.gates if gate.state is State.OPEN}
        assert asked <= required_or_denying
        assert (lane.state is State.OPEN) == (way.open and not closed)
    if gates.lanes:
        passes = any(lane.state is State.OPEN for lane in gates.lanes) and not any(
            gate.state is State.CLOSED for gate in gates.guardrails
        )
        assert passes == (answer.decision.verdict is Verdict.ALLOWED)
        every = (*gates.guardrails, *(gate for lane in gates.lanes for gate in lane.gates))
        deciding = {gate.place.layer for gate in every if gate.decides}
        decided = {decider.layer for decider in answer.explanation.decided_by}
        shown = {gate.place.layer for gate in every}
        assert deciding == decided & shown
    return gates


@given(cases(overlays=True))
def test_the_gates_of_a_world_stand_as_its_answer_says(case: tuple[Data, Data]) -> None:
    """Every way in is a row, what blocks it is closed there, and a request comes through exactly
    where it is allowed."""
    question, world = question_of(*case)
    agrees(authorize.explain(question, world))


@given(standalone_cases())
def test_every_gate_is_drawn(request: Data) -> None:
    """SVG, DOT and lines hold the same gates: each that a way asks, in its state, or grey behind
    what decides. Of a denial one gate decides; an arrow is where it is allowed, nowhere else."""
    question, world = question_of(None, request)
    answer = authorize.explain(question, world)
    gates = agrees(answer)
    picture = picture_of(answer)
    tree = ET.fromstring(decision_svg(picture))  # noqa: S314 - we wrote it
    drawn = [
        group.get("class", "").removeprefix("gate ")
        for group in tree.iter("{http://www.w3.org/2000/svg}g")
        if group.get("class", "").startswith("gate ")
    ]
    assert drawn == [
        (row.gate.state.css if row.reached else "unreached") + " decides" * row.decides
        for row in picture.rows
    ]
    around = (State.BYPASSED, State.NOT_APPLICABLE)
    asked = [gate for gate in gates.guardrails if not gate.denies]
    asked += [
        gate
        for lane in gates.lanes
        if not gates.is_folded(lane)
        for gate in lane.gates
        if gate.state not in around and not gate.denies
    ]
    assert len(picture.rows) == len(asked) + len(gates.denying)
    if gates.denying:  # behind an explicit deny all is grey
        assert sum(not row.reached for row in picture.rows) == len(asked)
    deciding = [row for row in picture.rows if row.decides]
    if gates.lanes and any(gate.decides for gate in gates.every):
        assert len(deciding) == 1 or (picture.allowed and deciding)
    assert (
        tree.find(".//{http://www.w3.org/2000/svg}path[@class='head']") is not None
    ) == picture.allowed
    dot = decision_dot(picture, Theme.DARK)
    assert dot.count("\tstep") + dot.count("\t\tstep") >= len(picture.rows) + len(picture.steps)
    for width in (40, 400):
        lines = decision_lines(picture, width, ascii_only=True)
        assert all(line.isascii() for line in lines)
        assert max(map(len, lines)) <= width
    assert sum(_HEAD.search(line) is not None for line in lines) == len(picture.rows)
    assert lines[0].startswith(f"  {ASCII.signs[picture.state]} {picture.word}: ")
    assert lines[-1] == f"  {ASCII.signs[picture.state]} {picture.word}"
    assert (lines[-2] == "  v") == picture.allowed


@given(st.text(max_size=200), st.integers(30, 400), st.integers(1, 5))
def test_wrapped_text_fits_and_loses_nothing_but_its_end(text: str, width: int, most: int) -> None:
    """Lines are no wider than asked for, no more than asked for, and hold the text in order."""
    lines = wrapped(text, width, 12, most=most)
    assert len(lines) <= most
    assert all(text_width(line, 12) <= width or len(line) == 1 for line in lines)
    kept = "".join("".join(lines).removesuffix("…").split())
    whole = "".join("".join(c if c.isprintable() else " " for c in text).split())
    assert whole.startswith(kept)
