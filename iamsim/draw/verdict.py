"""The head and the foot of a picture of a decision: verdict and question, signs and remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.draw.labels import VERDICTS
from iamsim.draw.lettering import text_width, wrapped
from iamsim.draw.style import SIZES, State
from iamsim.draw.svg import badge_width

if TYPE_CHECKING:
    from iamsim.draw.gates import DecisionGates
    from iamsim.draw.svg import Sheet

__all__ = ["VERDICT_STATES", "legend", "verdict_header"]

VERDICT_STATES = {
    Verdict.ALLOWED: State.OPEN,
    Verdict.EXPLICIT_DENY: State.CLOSED,
    Verdict.IMPLICIT_DENY: State.CLOSED,
    Verdict.CONDITIONAL: State.DEPENDS,
}
_LABEL = 66


def verdict_header(sheet: Sheet, gates: DecisionGates, width: float, margin: float) -> float:
    """Write verdict and question, and give the place below."""
    y = margin + 14
    word = VERDICTS[gates.verdict]
    state = VERDICT_STATES[gates.verdict]
    sheet.put(f'<g class="verdict {state.css}">')
    taken = sheet.badge(margin, y - 14, state, word)
    sheet.put("</g>")
    relation = gates.relation
    sheet.text(margin + taken + 12, y + 1, gates.action, "title")
    after = margin + taken + 26 + text_width(gates.action, SIZES.title, bold=True)
    if after + text_width(relation, SIZES.text) < width - margin:
        sheet.text(after, y, relation, "quiet")
    y += 28
    for label, text in (("caller", gates.principal), ("resource", gates.resource)):
        sheet.text(margin, y, label, "quiet")
        lines = wrapped(text, width - 2 * margin - _LABEL, SIZES.text, most=2)
        y = sheet.lines(margin + _LABEL, y, lines) + 3
    return y + 22


def legend(sheet: Sheet, gates: DecisionGates, y: float, width: float, margin: float) -> float:
    """Explain the signs that the picture uses, say what is not there, and give its height."""
    used = {gate.state for lane in gates.lanes for gate in lane.gates}
    used |= {gate.state for gate in gates.guardrails}
    if not used and not gates.absent:
        return y
    x = margin
    for state, meaning in (
        (State.OPEN, "it allows"),
        (State.CLOSED, "it does not allow, or denies"),
        (State.BYPASSED, "this way leads around it"),
        (State.NOT_APPLICABLE, "it is not about this request"),
        (State.DEPENDS, "on what is not known"),
    ):
        if state not in used:
            continue
        needed = badge_width(state.value) + 8 + text_width(meaning, SIZES.small)
        if x + needed > width - margin:
            x, y = margin, y + 28
        sheet.put(f'<g class="{state.css}">')
        x += sheet.badge(x, y - 14, state) + 8
        sheet.put("</g>")
        sheet.text(x, y, meaning, "small quiet")
        x += text_width(meaning, SIZES.small) + 22
    if not gates.absent:
        return y + margin
    lines = wrapped(
        f"not there: {', '.join(gates.absent)}", width - 2 * margin, SIZES.small, most=3
    )
    return sheet.lines(margin, y + 26, lines, "small quiet") + margin - SIZES.leading
