"""A decision as SVG, from top to bottom: the sentence, explicit denies, guardrails, the ways in.

The order is that of AWS's flow chart:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html.
A line leads from step to step; behind the gate that decides it is dotted, and the gates are grey.
Everything is laid out for a width, so that one drawing serves a page and another a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.draw.lettering import shortened, text_width, wrapped
from iamsim.draw.style import SIZES, State, Theme
from iamsim.draw.svg import BADGE_HEIGHT, Sheet, badge_width
from iamsim.draw.verdict import VERDICT_STATES
from iamsim.words.labels import VERDICTS, on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.words.gates import DecisionGates, Gate, Lane, Place

    Href = Callable[[Place], str | None]

__all__ = ["NARROW", "WIDE", "decision_svg"]

WIDE, NARROW = 860, 360  # the widths of a page and of a phone
_MARGIN = 20
_SPINE = 11  # the line from step to step, from the margin
_INDENT = 34  # the steps beside it
_GAP = 10
_STEP = 20  # between steps
_SIDE_BY_SIDE = 640  # the least width at which ways in stand beside each other
_COLUMNS = 3
_LABEL = 66
# Fonts of viewers differ from the one that is measured: lines are broken a little early.
_ROOM, _BOLD_ROOM = 0.87, 0.8
_GREY = "unreached"


class _Row(NamedTuple):
    """A gate with its lines, broken to a width; `reached` says whether a request comes so far."""

    gate: Gate
    lines: tuple[tuple[str, str], ...]  # each with its classes
    height: float
    reached: bool


def decision_svg(
    gates: DecisionGates,
    theme: Theme = Theme.AUTO,
    href: Href | None = None,
    width: float = WIDE,
) -> str:
    """Draw a decision. `href` gives the address that a gate leads to, where it leads anywhere."""
    return _Drawing(gates, href or (lambda _: None), width).document(theme)


class _Drawing:
    """One picture while it is drawn, downwards."""

    def __init__(self, gates: DecisionGates, href: Href, width: float) -> None:
        self.gates = gates
        self.href = href
        self.width = width
        self.inner = width - 2 * _MARGIN - _INDENT
        self.sheet = Sheet()
        self.y: float = _MARGIN
        self.alive = True
        self.knots: list[tuple[float, bool]] = []  # where the line stops by, and whether alive

    def document(self, theme: Theme) -> str:
        """Draw everything."""
        gates = self.gates
        self._header()
        denying = gates.denying
        self._denies(denying)
        if gates.guardrails:
            self._guardrails()
        if gates.lanes:
            self._ways()
        elif gates.remark and not denying:
            self._note(gates.remark)
        self._end()
        self._spine()
        title = f"{VERDICTS[gates.verdict]}: {gates.action} by {gates.principal}"
        return self.sheet.document(
            round(self.width, 1), round(self.y, 1), title, theme, gates.sentence
        )

    def _header(self) -> None:
        """Write the verdict, why, and the question."""
        sheet, gates = self.sheet, self.gates
        state = VERDICT_STATES[gates.verdict]
        sheet.put(f'<g class="verdict {state.css}">')
        taken = sheet.badge(_MARGIN, self.y, state, VERDICTS[gates.verdict])
        sheet.put("</g>")
        full = self.width - 2 * _MARGIN
        beside = full - taken - _GAP
        left = _MARGIN + taken + _GAP
        if text_width(gates.sentence, SIZES.lead, bold=True) > beside * _BOLD_ROOM * 2:
            self.y += BADGE_HEIGHT + 6
            left, beside = _MARGIN, full
        lines = wrapped(gates.sentence, beside * _BOLD_ROOM, SIZES.lead, most=5, bold=True)
        y = self.y + 15
        for line in lines:
            sheet.text(left, y, line, "lead bold")
            y += SIZES.leading + 2
        self.y = max(y - 4, self.y + BADGE_HEIGHT + 8)
        for label, text in (
            ("caller", gates.principal),
            ("action", gates.action),
            ("resource", gates.resource),
        ):
            self.y += SIZES.leading
            sheet.text(_MARGIN, self.y, label, "small quiet")
            parts = wrapped(text, (full - _LABEL) * _ROOM, SIZES.text, most=3)
            self.y = sheet.lines(_MARGIN + _LABEL, self.y, parts) - SIZES.leading + 2
        self.y += SIZES.leading
        sheet.lines(_MARGIN, self.y, self._broken(gates.relation, full, 2), "small quiet")
        self.y += SIZES.leading

    def _step(self, title: str, remark: str = "") -> None:
        """Begin a step: its title, and a knot of the line."""
        self.y += _STEP
        self.knots.append((self.y - 4, self.alive))
        x: float = _MARGIN + _INDENT
        self.sheet.text(x, self.y, title, "bold" if self.alive else "bold quiet")
        if remark:
            x += text_width(title, SIZES.text, bold=True) / _BOLD_ROOM + _GAP
            if x + text_width(remark, SIZES.small) / _ROOM > self.width - _MARGIN:
                x, self.y = _MARGIN + _INDENT, self.y + SIZES.leading
            self.sheet.text(x, self.y, remark, "small quiet")
        self.y += 8

    def _denies(self, denying: Sequence[Gate]) -> None:
        """The first step: a Deny ends it."""
        if denying:
            self._step("Explicit denies", "one is enough")
            for gate in denying:
                self._put(self._row(gate, self.inner, reached=True), _MARGIN + _INDENT, self.inner)
            self.alive = False
            return
        doubt = any(gate.state is State.DEPENDS for gate in self.gates.every)
        self._step("Explicit denies", "none is known" if doubt else "none applies")

    def _guardrails(self) -> None:
        """What each request has to pass; the first that does not allow it ends it."""
        self._step("Guardrails", "each must allow")
        for gate in self.gates.guardrails:
            if gate.denies:
                continue
            row = self._row(gate, self.inner, reached=self.alive)
            self._put(row, _MARGIN + _INDENT, self.inner)
            self.alive = self.alive and gate.state is not State.CLOSED

    def _ways(self) -> None:
        """The ways in that can exist, beside each other where there is room."""
        lanes = [lane for lane in self.gates.lanes if not self.gates.is_folded(lane)]
        lanes = sorted(filter(_asked, lanes), key=_first_open)
        if not lanes:
            return
        folded = [lane for lane in self.gates.lanes if self.gates.is_folded(lane)]
        self._step("Ways in" if lanes[1:] else "The way in", "one is enough" if lanes[1:] else "")
        columns = min(len(lanes), _COLUMNS) if self.width >= _SIDE_BY_SIDE else 1
        wide = (self.inner - (columns - 1) * _GAP) / columns
        for start in range(0, len(lanes), columns):
            some = lanes[start : start + columns]
            top = self.y
            bottoms = [
                self._lane(lane, _MARGIN + _INDENT + number * (wide + _GAP), top, wide)
                for number, lane in enumerate(some)
            ]
            self.y = max(bottoms) + _GAP
        if folded:
            names = "; ".join(lane.title for lane in folded)
            lines = self._broken(f"nothing there to let it in: {names}", self.inner, 4)
            self.y = self.sheet.lines(_MARGIN + _INDENT, self.y + 8, lines, "small quiet") - 6

    def _lane(self, lane: Lane, x: float, top: float, wide: float) -> float:
        """One way in as a card, and where it ends."""
        asked = _asked(lane)
        around = [gate.name for gate in lane.gates if gate.state is State.BYPASSED]
        title = self._broken(lane.title, wide - 2 * SIZES.padding, 3)
        rows = []
        alive = self.alive
        inner = wide - 2 * SIZES.padding
        for gate in asked:
            rows.append(self._row(gate, inner, reached=alive))
            alive = alive and gate.state is not State.CLOSED
        rest = self._broken(f"not asked: {', '.join(around)}", inner, 3) if around else []
        height = SIZES.padding * 2 + len(title) * SIZES.leading + 4
        height += sum(row.height + _GAP for row in rows) + len(rest) * SIZES.leading
        state = lane.state.css if self.alive else _GREY
        self.sheet.open_group(f"lane {state}", f"way in: {lane.title} ({lane.state.value})")
        self.sheet.box(x, top, wide, height, "panel")
        self.sheet.put("</g>")
        y = self.sheet.lines(x + SIZES.padding, top + SIZES.padding + 11, title, "small quiet")
        y -= SIZES.leading - 6
        for row in rows:
            self._draw(row, x + SIZES.padding, y, inner)
            y += row.height + _GAP
        self.sheet.lines(x + SIZES.padding, y + 8, rest, "small quiet")
        return top + height

    def _note(self, text: str) -> None:
        """What stands in place of ways in."""
        self._step("Ways in")
        lines = self._broken(text, self.inner, 4)
        self.y = self.sheet.lines(_MARGIN + _INDENT, self.y + 8, lines, "small") - 8

    def _end(self) -> None:
        """What comes of it."""
        self.y += _STEP + 2
        allowed = self.gates.verdict is Verdict.ALLOWED
        self.knots.append((self.y - 4, allowed))
        state = VERDICT_STATES[self.gates.verdict]
        word = VERDICTS[self.gates.verdict]
        self.sheet.put(f'<g class="end {state.css}">')
        self.sheet.badge(_MARGIN + _INDENT, self.y - 15, state, word)
        self.sheet.put("</g>")
        self.y += _MARGIN

    def _spine(self) -> None:
        """Draw the line from step to step: solid as far as a request comes."""
        x = _MARGIN + _SPINE
        for (top, _), (bottom, alive) in zip(self.knots, self.knots[1:], strict=False):
            self.sheet.path(f"M{x:g} {top:g} V{bottom:g}", live=alive)
        for number, (y, alive) in enumerate(self.knots):
            last = number == len(self.knots) - 1
            if last and alive:
                self.sheet.put(f'<path class="head" d="M{x:g} {y + 5:g} l-6 -10 l12 0 z"/>')
            elif not last:
                self.sheet.put(f'<circle class="knot" cx="{x:g}" cy="{y:g}" r="4"/>')

    def _broken(self, text: str, width: float, most: int) -> list[str]:
        return wrapped(text, width * _ROOM, SIZES.small, most=most)

    def _row(self, gate: Gate, width: float, *, reached: bool) -> _Row:
        """Break what a gate says to a width."""
        inner = width - 2 * SIZES.padding
        lines: list[tuple[str, str]] = []
        for text in gate.lines:
            lines += [(line, "small") for line in self._broken(text, inner, 4)]
        quiet = [level.name for level in gate.levels if level.state is State.OPEN]
        for level in gate.levels:
            if level.state is not State.OPEN:
                name = f"{level.name}: {level.state.value}"
                lines += [(line, "small bold") for line in self._broken(name, inner, 2)]
                for text in level.lines:
                    lines += [(line, "small") for line in self._broken(text, inner, 4)]
        if quiet:
            text = f"allowed by {', '.join(quiet)}"
            lines += [(line, "small") for line in self._broken(text, inner, 3)]
        head = (
            badge_width(_word(gate)) + 8 + text_width(gate.name, SIZES.text, bold=True) / _BOLD_ROOM
        )
        marked = badge_width(_DECIDES) + 8 if gate.decides and reached else 0
        two = head + marked > inner
        height = 2 * SIZES.padding + BADGE_HEIGHT + len(lines) * SIZES.leading + (4 if lines else 0)
        return _Row(gate, tuple(lines), height + (SIZES.leading + 2 if two else 0), reached)

    def _put(self, row: _Row, x: float, width: float) -> None:
        """Draw a gate below what there is."""
        self._draw(row, x, self.y, width)
        self.y += row.height + _GAP

    def _draw(self, row: _Row, x: float, y: float, width: float) -> None:
        """Draw a gate: its badge, what it is, whether it decides, and why it stands so."""
        gate, sheet, href = row.gate, self.sheet, self.href(row.gate.place)
        described = [f"{gate.name}: {gate.state.value}", *gate.lines]
        described += [
            f"{one.name}: {one.state.value}; {on_one_line(one.lines)}" for one in gate.levels
        ]
        state = gate.state.css if row.reached else _GREY
        decides = " decides" if gate.decides and row.reached else ""
        sheet.open_group(f"gate {state}{decides}", "\n".join(described), href)
        sheet.box(x, y, width, row.height)
        left, top = x + SIZES.padding, y + SIZES.padding
        taken = sheet.badge(left, top, gate.state, _word(gate))
        base = top + BADGE_HEIGHT + 15
        if _head_width(gate, marked=bool(decides)) > width - 2 * SIZES.padding:
            most = int((width - 2 * SIZES.padding) / 8)
            sheet.text(left, base, shortened(gate.name, most), "bold")
            base += SIZES.leading + 2
        else:
            sheet.text(left + taken + 8, top + 14, gate.name, "bold")
        if decides:
            right = x + width - SIZES.padding
            sheet.text(right, top + 14, _DECIDES, "small bold", "end")
        for text, classes in row.lines:
            sheet.text(left, base, text, classes)
            base += SIZES.leading
        sheet.close_group(href)


_DECIDES = "decides"


def _head_width(gate: Gate, *, marked: bool) -> float:
    """How wide a gate's badge and name are beside each other, and the mark of what decides."""
    name = text_width(gate.name, SIZES.text, bold=True) / _BOLD_ROOM
    mark = text_width(_DECIDES, SIZES.small, bold=True) / _BOLD_ROOM + 8 if marked else 0
    return badge_width(_word(gate)) + 8 + name + mark


def _asked(lane: Lane) -> list[Gate]:
    """The gates of a way that count on it; a deny stands in the first step."""
    around = (State.BYPASSED, State.NOT_APPLICABLE)
    return [gate for gate in lane.gates if gate.state not in around and not gate.denies]


def _first_open(lane: Lane) -> tuple[bool, bool]:
    """Ways in that are open, then those that come as far as a gate that decides."""
    shut = next((gate for gate in _asked(lane) if gate.state is State.CLOSED), None)
    return lane.state is not State.OPEN, shut is None or not shut.decides


def _word(gate: Gate) -> str:
    return "deny" if gate.denies else gate.state.value
