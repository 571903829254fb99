"""A decision as SVG, from top to bottom: the sentence, explicit denies, guardrails, the ways in.

The order is that of AWS's flow chart:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html.
A line leads from step to step; behind the gate that decides it is dotted, and the gates are grey.
Everything is laid out for a width, so that one drawing serves a page and another a phone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from iamsim.draw.lettering import shortened, text_width, unquoted, wrapped
from iamsim.draw.style import SIZES, Theme
from iamsim.draw.svg import BADGE_HEIGHT, Sheet, badge_width

if TYPE_CHECKING:
    from iamsim.words.gates import Place
    from iamsim.words.steps import Card, DecisionPicture, Row, Step

    Href = Callable[[Place], str | None]

WIDE, NARROW = 860, 360  # the widths of a page and of a phone
_MARGIN = 20
_SPINE = 11  # the line from step to step, from the margin
_INDENT = 34  # the steps beside it
_GAP = 10
_STEP = 20  # between steps
_SIDE_BY_SIDE = 640  # the least width at which ways in stand beside each other
_COLUMNS = 3
_LABEL = 66
_LINES = 9  # of what decides: a key with both values has room on a phone
# Fonts of viewers differ from the one that is measured: lines are broken a little early.
_ROOM, _BOLD_ROOM = 0.87, 0.8
_GREY = "unreached"


class _Box(NamedTuple):
    """A gate with its lines, broken to a width."""

    row: Row
    lines: tuple[tuple[str, str], ...]  # each with its classes
    height: float


def decision_svg(
    picture: DecisionPicture,
    theme: Theme = Theme.AUTO,
    href: Href | None = None,
    width: float = WIDE,
) -> str:
    """Draw a decision. `href` gives the address that a gate leads to, where it leads anywhere."""
    return _Drawing(picture, href or (lambda _: None), width).document(theme)


class _Drawing:
    """One picture while it is drawn, downwards."""

    def __init__(self, picture: DecisionPicture, href: Href, width: float) -> None:
        self.picture = picture
        self.href = href
        self.width = width
        self.inner = width - 2 * _MARGIN - _INDENT
        self.sheet = Sheet()
        self.y: float = _MARGIN
        self.knots: list[tuple[float, bool]] = []  # where the line stops by, and whether alive

    def document(self, theme: Theme) -> str:
        """Draw everything."""
        picture = self.picture
        self._header()
        for step in picture.steps:
            self._step(step)
        self._end()
        self._spine()
        return self.sheet.document(
            round(self.width, 1), round(self.y, 1), picture.title, theme, picture.sentence
        )

    def _header(self) -> None:
        """Write the verdict, why, and the question."""
        sheet, picture = self.sheet, self.picture
        full = self.width - 2 * _MARGIN
        texts = picture.word, picture.sentence
        self.y = sheet.headline(_MARGIN, self.y, full, picture.state, texts)
        for label, text in picture.facts:
            self.y += SIZES.leading
            sheet.text(_MARGIN, self.y, label, "small quiet")
            parts = wrapped(text, (full - _LABEL) * _ROOM, SIZES.text, most=3)
            self.y = sheet.lines(_MARGIN + _LABEL, self.y, parts) - SIZES.leading + 2
        self.y += SIZES.leading
        sheet.lines(_MARGIN, self.y, self._broken(picture.relation, full, 2), "small quiet")
        self.y += SIZES.leading

    def _step(self, step: Step) -> None:
        """Draw a step: a knot of the line, its title, its gates or ways in."""
        self.y += _STEP
        self.knots.append((self.y - 4, step.reached))
        left: float = _MARGIN + _INDENT
        self.sheet.text(left, self.y, step.title, "bold" if step.reached else "bold quiet")
        if step.remark:
            x = left + text_width(step.title, SIZES.text, bold=True) / _BOLD_ROOM + _GAP
            if x + text_width(step.remark, SIZES.small) / _ROOM > self.width - _MARGIN:
                x, self.y = left, self.y + SIZES.leading
            self.sheet.text(x, self.y, step.remark, "small quiet")
        self.y += 8
        for row in step.rows:
            box = self._box(row, self.inner)
            self._draw(box, left, self.y, self.inner)
            self.y += box.height + _GAP
        self._cards(step)
        if step.note:
            lines = self._broken(step.note, self.inner, 4)
            self.y = self.sheet.lines(left, self.y + 8, lines, "small quiet") - 6

    def _cards(self, step: Step) -> None:
        """Draw the ways in, beside each other where there is room."""
        columns = min(len(step.cards), _COLUMNS) if self.width >= _SIDE_BY_SIDE else 1
        wide = (self.inner - (columns - 1) * _GAP) / max(columns, 1)
        for start in range(0, len(step.cards), columns or 1):
            top = self.y
            bottoms = [
                self._card(card, _MARGIN + _INDENT + number * (wide + _GAP), top, wide)
                for number, card in enumerate(step.cards[start : start + columns])
            ]
            self.y = max(bottoms) + _GAP

    def _card(self, card: Card, x: float, top: float, wide: float) -> float:
        """Draw one way in as a card, and give where it ends."""
        inner = wide - 2 * SIZES.padding
        title = self._broken(card.title, inner, 3)
        boxes = [self._box(row, inner) for row in card.rows]
        rest = self._broken(card.around, inner, 3)
        height = SIZES.padding * 2 + len(title) * SIZES.leading + 4
        height += sum(box.height + _GAP for box in boxes) + len(rest) * SIZES.leading
        state = card.state.css if card.reached else _GREY
        self.sheet.open_group(f"lane {state}", f"way in: {card.title} ({card.state.value})")
        self.sheet.box(x, top, wide, height, "panel")
        self.sheet.put("</g>")
        y = self.sheet.lines(x + SIZES.padding, top + SIZES.padding + 11, title, "small quiet")
        y -= SIZES.leading - 6
        for box in boxes:
            self._draw(box, x + SIZES.padding, y, inner)
            y += box.height + _GAP
        self.sheet.lines(x + SIZES.padding, y + 8, rest, "small quiet")
        return top + height

    def _end(self) -> None:
        """What comes of it."""
        self.y += _STEP + 2
        self.knots.append((self.y - 4, self.picture.allowed))
        self.sheet.put(f'<g class="end {self.picture.state.css}">')
        self.sheet.badge(_MARGIN + _INDENT, self.y - 15, self.picture.state, self.picture.word)
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

    def _box(self, row: Row, width: float) -> _Box:
        """Break what a gate says to a width."""
        inner = width - 2 * SIZES.padding
        lines = [
            (text, "small bold" if line.heavy else "small")
            for line in row.lines
            for text in self._broken(unquoted(line.text), inner, _LINES if row.decides else 4)
        ]
        height = 2 * SIZES.padding + BADGE_HEIGHT + len(lines) * SIZES.leading + (4 if lines else 0)
        return _Box(
            row,
            tuple(lines),
            height + (SIZES.leading + 2 if _is_tall(row, inner, self.picture.mark) else 0),
        )

    def _draw(self, box: _Box, x: float, y: float, width: float) -> None:
        """Draw a gate: its badge, what it is, whether it decides, and why it stands so."""
        row, sheet = box.row, self.sheet
        gate, href = row.gate, self.href(row.gate.place)
        state = gate.state.css if row.reached else _GREY
        decides = " decides" if row.decides else ""
        sheet.open_group(f"gate {state}{decides}", row.described, href)
        sheet.box(x, y, width, box.height)
        left, top = x + SIZES.padding, y + SIZES.padding
        inner = width - 2 * SIZES.padding
        taken = sheet.badge(left, top, gate.state, row.word)
        base = top + BADGE_HEIGHT + 15
        if _is_tall(row, inner, self.picture.mark):
            sheet.text(left, base, shortened(gate.name, int(inner / 8)), "bold")
            base += SIZES.leading + 2
        else:
            sheet.text(left + taken + 8, top + 14, gate.name, "bold")
        if decides:
            right = x + width - SIZES.padding
            sheet.text(right, top + 14, self.picture.mark, "small bold", "end")
        for text, classes in box.lines:
            sheet.text(left, base, text, classes)
            base += SIZES.leading
        sheet.close_group(href)


def _is_tall(row: Row, width: float, decides: str) -> bool:
    """Whether the name of a gate needs a line of its own, below its badge and the mark."""
    name = text_width(row.gate.name, SIZES.text, bold=True) / _BOLD_ROOM
    mark = text_width(decides, SIZES.small, bold=True) / _BOLD_ROOM + 8 if row.decides else 0
    return badge_width(row.word) + 8 + name + mark > width
