"""A decision as SVG: guardrails, then the ways in as rows, with a gate in each column.

The layout is a grid, so it is made here and needs no Graphviz. What a request passes is drawn as a
line from the caller to the resource; behind the first gate that is closed the line is dotted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.layer_names import GRANTS, layer_name
from iamsim.draw.labels import VERDICTS, on_one_line, short_arn
from iamsim.draw.lettering import shortened, wrapped
from iamsim.draw.style import SIZES, State, Theme
from iamsim.draw.svg import BADGE_HEIGHT, Sheet, badge_width
from iamsim.draw.verdict import VERDICT_STATES, legend, verdict_header

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.draw.gates import DecisionGates, Gate, Lane, Level, Place

    Href = Callable[[Place], str | None]

__all__ = ["decision_svg"]

_MARGIN = 24
_GATE = 184  # the width of a gate
_GAP = 22  # between columns
_END = 132  # the boxes of caller and resource
_TURN = 36  # where the line forks into the ways
_LANE_TITLE = 20
_HUMP = 15  # how far the line rises to lead around a gate
_LANE_GAP = 20
_INNER = _GATE - 2 * SIZES.padding
_DECIDES = "decides"


class _Column(NamedTuple):
    """A column of gates: its left edge and its head."""

    x: float
    name: str


def decision_svg(gates: DecisionGates, theme: Theme = Theme.AUTO, href: Href | None = None) -> str:
    """Draw a decision. `href` gives the address that a gate leads to, where it leads anywhere."""
    return _Drawing(gates, href or (lambda _: None)).document(theme)


class _Drawing:
    """One picture while it is drawn."""

    def __init__(self, gates: DecisionGates, href: Href) -> None:
        """Place the columns."""
        self.gates = gates
        self.href = href
        self.sheet = Sheet()
        x: float = _MARGIN + _END + _GAP
        self.guards = []
        for gate in gates.guardrails:
            self.guards.append(_Column(x, gate.name))
            x += _GATE + _GAP
        self.turn = x - _GAP + _TURN / 2
        x += _TURN - _GAP
        self.columns = []
        for place in gates.columns:
            name = layer_name(place.layer, gates.action, GRANTS if place.grants else None)
            self.columns.append(_Column(x, name))
            x += _GATE + _GAP
        if not gates.lanes:
            x += _GATE + _GAP
        self.result = x
        words = [lane.state for lane in gates.lanes] or [VERDICT_STATES[gates.verdict]]
        self.end = x + max(badge_width(_lane_word(word)) for word in words) + _GAP + 6
        self.width = self.end + _END + _MARGIN

    def document(self, theme: Theme) -> str:
        """Draw everything from top to bottom."""
        gates, sheet = self.gates, self.sheet
        self.width = max(self.width, _MARGIN * 2 + 620)
        top = verdict_header(sheet, gates, self.width, _MARGIN)
        top = self._heads(top)
        heights = [_lane_height(lane, gates) for lane in gates.lanes]
        tops, y = [], top
        for height in heights:
            tops.append(y + _LANE_TITLE + _HUMP)
            y += _LANE_TITLE + _HUMP + height + _LANE_GAP
        bottom = y - _LANE_GAP if heights else top + _LANE_TITLE + _HUMP + 64
        start = top + _LANE_TITLE + _HUMP
        every = (gates.shared(number) for number in range(len(gates.columns)))
        tall = [*gates.guardrails, *(gate for gate in every if gate is not None)]
        bottom = max([bottom, *(start + _gate_height(gate) for gate in tall)])
        self._ends(start, bottom)
        alive = self._guardrails(start, bottom)
        if gates.lanes:
            self._fork(tops, start, alive=alive)
            for number, (lane, lane_top) in enumerate(zip(gates.lanes, tops, strict=True), 1):
                title = f"way {number}: {lane.title}" if gates.lanes[1:] else lane.title
                self._lane(lane, title, lane_top, alive=alive)
            for number, column in enumerate(self.columns):
                shared = gates.shared(number)
                if shared is not None:
                    self._gate(shared, column.x, start, bottom - start)
        else:
            self._remark(start, alive=alive)
        height = legend(sheet, gates, bottom + 30, self.width, _MARGIN)
        title = f"{VERDICTS[gates.verdict]}: {gates.action} by {gates.principal}"
        return sheet.document(round(self.width, 1), round(height, 1), title, theme)

    def _heads(self, y: float) -> float:
        """Write what the columns are, and give the top of the first row."""
        sheet = self.sheet
        spans = [("every request must pass", self.guards)]
        if self.gates.lanes:
            several = len(self.gates.lanes) > 1
            spans.append(("one way in must be open" if several else "the way in", self.columns))
        for text, columns in spans:
            if columns:
                left, right = columns[0].x, columns[-1].x + _GATE
                sheet.text(left, y, shortened(text, 60), "small quiet")
                sheet.put(f'<path class="rule" fill="none" d="M{left:g} {y + 7:g} H{right:g}"/>')
        for column in (*self.guards, *self.columns):
            sheet.text(column.x, y + 26, column.name, "bold")
        return y + 36 if self.guards or self.columns else y - 40

    def _ends(self, top: float, bottom: float) -> None:
        """Draw who asks on the left, and what is asked for on the right."""
        gates = self.gates
        for x, word, text in (
            (_MARGIN, "caller", gates.principal),
            (self.end, "resource", gates.resource),
        ):
            name, where = short_arn(text)
            self.sheet.open_group("end", text)
            self.sheet.box(x, top, _END, max(bottom - top, 70), "panel")
            left = x + SIZES.padding
            inner = _END - 2 * SIZES.padding
            self.sheet.text(left, top + 19, word, "small quiet")
            y = self.sheet.lines(
                left, top + 37, wrapped(name, inner, SIZES.text, most=3, bold=True), "bold"
            )
            self.sheet.lines(left, y, wrapped(where, inner, SIZES.small, most=2), "small quiet")
            self.sheet.close_group()

    def _guardrails(self, top: float, bottom: float) -> bool:
        """Draw the guardrails, and say whether a request comes past them."""
        y = top + _middle()
        x: float = _MARGIN + _END
        alive = True
        for gate, column in zip(self.gates.guardrails, self.guards, strict=True):
            self.sheet.path(f"M{x:g} {y:g} H{column.x:g}", live=alive)
            self._gate(gate, column.x, top, bottom - top)
            alive = alive and gate.state is not State.CLOSED
            x = column.x + _GATE
        self.sheet.path(f"M{x:g} {y:g} H{self.turn:g}", live=alive)
        return alive

    def _fork(self, tops: Sequence[float], top: float, *, alive: bool) -> None:
        """Draw the line from the guardrails to the rows."""
        first, last = top + _middle(), tops[-1] + _middle()
        if last > first:
            self.sheet.path(f"M{self.turn:g} {first:g} V{last:g}", live=alive)

    def _lane(self, lane: Lane, title: str, top: float, *, alive: bool) -> None:
        """Draw one way in: its title, its gates, and where the line ends."""
        sheet = self.sheet
        sheet.open_group(f"lane {lane.state.css}", f"way in: {lane.title} ({lane.state.value})")
        sheet.put("</g>")
        left = self.columns[0].x if self.columns else self.turn
        sheet.text(left, top - _HUMP - 5, title, "small quiet")
        y, x = top + _middle(), self.turn
        for number, (gate, column) in enumerate(zip(lane.gates, self.columns, strict=True)):
            sheet.path(f"M{x:g} {y:g} H{column.x:g}", live=alive)
            x = column.x + _GATE
            around = gate.state in {State.BYPASSED, State.NOT_APPLICABLE}
            if self.gates.shared(number) is None:
                self._gate(gate, column.x, top, _gate_height(gate))
                if around:
                    self._around(column.x, top, y, alive=alive)
            alive = alive and gate.state is not State.CLOSED
        sheet.path(f"M{x:g} {y:g} H{self.result:g}", live=alive)
        sheet.put(f'<g class="{lane.state.css}">')
        width = sheet.badge(self.result, y - BADGE_HEIGHT / 2, lane.state, _lane_word(lane.state))
        sheet.put("</g>")
        sheet.path(f"M{self.result + width:g} {y:g} H{self.end - 8:g}", live=alive)
        if alive:
            sheet.arrow_head(self.end - 1, y)

    def _around(self, x: float, top: float, y: float, *, alive: bool) -> None:
        """Draw the line over a gate that is not asked."""
        over = top - _HUMP + 4
        right = x + _GATE
        self.sheet.path(
            f"M{x:g} {y:g} C{x - 12:g} {y:g} {x - 12:g} {over:g} {x + 10:g} {over:g} "
            f"H{right - 10:g} C{right + 12:g} {over:g} {right + 12:g} {y:g} {right:g} {y:g}",
            live=alive,
        )

    def _gate(self, gate: Gate, x: float, y: float, height: float) -> None:
        """Draw a gate: its badge, whether it decides, its levels, and why it stands so."""
        sheet, href = self.sheet, self.href(gate.place)
        described = [f"{gate.name}: {gate.state.value}", *gate.lines]
        described += [
            f"{one.name}: {one.state.value}; {on_one_line(one.lines)}" for one in gate.levels
        ]
        sheet.open_group(f"gate {gate.state.css}", "\n".join(described), href)
        sheet.box(x, y, _GATE, height)
        left = x + SIZES.padding
        sheet.badge(left, y + SIZES.padding, gate.state, _gate_word(gate))
        if gate.decides:
            right = x + _GATE - SIZES.padding
            sheet.text(right, y + SIZES.padding + 14, _DECIDES, "small bold", "end")
        base = y + SIZES.padding + BADGE_HEIGHT + 16
        for line in _lines(gate.lines):
            sheet.text(left, base, line, "small")
            base += SIZES.leading
        for level in gate.levels:
            sheet.put(f'<g class="level {level.state.css}">')
            sheet.sign(left + 1, base - 9, level.state, "sign mark")
            sheet.text(left + 18, base, shortened(level.name, 24), "small bold")
            sheet.put("</g>")
            base += SIZES.leading
            for line in _level_lines(level):
                sheet.text(left + 18, base, line, "small")
                base += SIZES.leading
        sheet.close_group(href)

    def _remark(self, top: float, *, alive: bool) -> None:
        """Draw what stands in place of ways in."""
        state = VERDICT_STATES[self.gates.verdict]
        sheet, x, y = self.sheet, self.turn, top + _middle()
        left = self.result - _GATE - _GAP
        sheet.path(f"M{x:g} {y:g} H{left:g}", live=alive)
        sheet.open_group(f"gate {state.css}", self.gates.remark or "")
        sheet.box(left, top, _GATE, 64)
        sheet.badge(left + SIZES.padding, top + SIZES.padding, state, _lane_word(state))
        lines = wrapped(self.gates.remark or "", _INNER, SIZES.small, most=2)
        sheet.lines(left + SIZES.padding, top + 44, lines, "small")
        sheet.close_group()
        alive = alive and state is State.OPEN
        sheet.path(f"M{left + _GATE:g} {y:g} H{self.end - 8:g}", live=alive)
        if alive:
            sheet.arrow_head(self.end - 1, y)


def _middle() -> float:
    """How far below the top of a gate the line meets it: at the badge."""
    return SIZES.padding + BADGE_HEIGHT / 2


def _lane_word(state: State) -> str:
    return "blocked" if state is State.CLOSED else state.value


def _gate_word(gate: Gate) -> str:
    return "closed: deny" if gate.denies else gate.state.value


def _lines(texts: Sequence[str]) -> list[str]:
    """The lines of a gate, broken to its width."""
    most = 4 if len(texts) == 1 else 3
    return [line for text in texts for line in wrapped(text, _INNER, SIZES.small, most=most)]


def _level_lines(level: Level) -> list[str]:
    """Why a level stands as it does; levels that are open need no reason."""
    if level.state is State.OPEN:
        return []
    width = _INNER - 18
    return [line for text in level.lines for line in wrapped(text, width, SIZES.small, most=3)]


def _gate_height(gate: Gate) -> float:
    count = len(_lines(gate.lines)) + sum(1 + len(_level_lines(one)) for one in gate.levels)
    return 2 * SIZES.padding + BADGE_HEIGHT + (count * SIZES.leading + 4 if count else 0)


def _lane_height(lane: Lane, gates: DecisionGates) -> float:
    """How high a row is: its gates but those that stand in all rows at once."""
    own = [gate for number, gate in enumerate(lane.gates) if gates.shared(number) is None]
    return max((_gate_height(gate) for gate in own), default=64)
