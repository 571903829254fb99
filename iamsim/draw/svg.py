"""A sheet to draw on, and the parts that all pictures share: boxes, badges, signs, paths."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.core.caret import without_orders
from iamsim.draw.lettering import escaped, text_width, wrapped
from iamsim.draw.style import SIZES, State, Theme, stylesheet

BADGE_HEIGHT = 20
_OTHER_FONTS = 1.25  # how much wider than the measured one the fonts of a viewer may be
# Fonts of viewers differ from the one that is measured: lines are broken a little early.
_ROOM, _BOLD_ROOM = 0.87, 0.8
_SIGN = 14  # a badge's sign stands in a square of this size

# Signs are drawn, so that no font has to have them. Each stands in a square of ten pixels.
_SIGNS = {
    State.OPEN: "M0.5 5.5 L3.8 8.8 L9.5 1.5",
    State.CLOSED: "M1 1 L9 9 M9 1 L1 9",
    State.BYPASSED: "M0 8.5 C1 0 9 0 9.5 7 M6.6 5.2 L9.6 7.6 L11 4",
    State.NOT_APPLICABLE: "M1 5 L9 5",
    State.DEPENDS: "M1.6 3.2 C1.6 -0.6 8.4 -0.6 8.4 3 C8.4 5.2 5 4.8 5 6.8 M5 9.4 L5 9.6",
}


class Sheet:
    """SVG that is being written: everything that is drawn lands here in order."""

    def __init__(self) -> None:
        """Start empty."""
        self._parts: list[str] = []

    def put(self, part: str) -> None:
        """Add markup that is known to be well-formed."""
        self._parts.append(part)

    def text(self, x: float, y: float, text: str, classes: str = "", anchor: str = "") -> None:
        """Write one line; `y` is its base line."""
        attributes = f' class="{classes}"' if classes else ""
        attributes += f' text-anchor="{anchor}"' if anchor else ""
        self.put(f'<text x="{x:g}" y="{y:g}"{attributes}>{escaped(text)}</text>')

    def lines(self, x: float, y: float, lines: Sequence[str], classes: str = "") -> float:
        """Write lines below each other, and give the base line that would follow."""
        for line in lines:
            self.text(x, y, line, classes)
            y += SIZES.leading
        return y

    def box(self, x: float, y: float, width: float, height: float, classes: str = "box") -> None:
        """Draw a box with round corners."""
        self.put(
            f'<rect class="{classes}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
            f'rx="{SIZES.corner:g}"/>'
        )

    def path(self, data: str, *, live: bool = True) -> None:
        """Draw a stretch of the way of a request; a dead one is where it never came."""
        self.put(f'<path class="path{"" if live else " dead"}" d="{data}"/>')

    def badge(self, x: float, y: float, state: State, word: str | None = None) -> float:
        """Draw a badge, a sign with a word, and give its width."""
        word = word or state.value
        width = badge_width(word)
        self.put(
            f'<rect class="badge" x="{x:g}" y="{y:g}" width="{width:g}" '
            f'height="{BADGE_HEIGHT}" rx="{BADGE_HEIGHT / 2:g}"/>'
        )
        self.sign(x + 9, y + 5, state)
        self.text(x + 9 + _SIGN, y + 14, word, "badge-text bold")
        return width

    def sign(self, x: float, y: float, state: State, classes: str = "sign") -> None:
        """Draw the sign of a state."""
        self.put(
            f'<path class="{classes}" transform="translate({x:g} {y:g})" d="{_SIGNS[state]}"/>'
        )

    def open_group(self, classes: str, title: str, href: str | None = None) -> None:
        """Start a group with a title, which viewers show when one points at it."""
        if href is not None:
            self.put(f'<a href="{escaped(href)}">')
        self.put(f'<g class="{classes}"><title>{escaped(title)}</title>')

    def close_group(self, href: str | None = None) -> None:
        """End a group."""
        self.put("</g>" if href is None else "</g></a>")

    def headline(
        self, x: float, y: float, width: float, state: State, texts: Sequence[str]
    ) -> float:
        """Write a verdict as a badge, its sentence beside it or below; gives the place below."""
        word, sentence = texts
        self.put(f'<g class="verdict {state.css}">')
        taken = self.badge(x, y, state, word)
        self.put("</g>")
        left, beside = x + taken + 10, width - taken - 10
        if text_width(sentence, SIZES.lead, bold=True) > beside * _BOLD_ROOM * 2:
            left, beside = x, width
            y += BADGE_HEIGHT + 6
        base = y + 15
        for line in wrapped(sentence, beside * _BOLD_ROOM, SIZES.lead, most=5, bold=True):
            self.text(left, base, line, "lead bold")
            base += SIZES.leading + 2
        return max(base - 4, y + BADGE_HEIGHT + 8)

    def legend(self, x: float, y: float, width: float, marks: Sequence[tuple[State, str]]) -> float:
        """Say what the marks of a picture mean, in as many lines as it takes; gives the place
        below."""
        left = x
        for state, meaning in marks:
            taken = badge_width(state.value) + 8 + text_width(meaning, SIZES.small) / _ROOM + 18
            if left > x and left + taken > x + width:
                left, y = x, y + BADGE_HEIGHT + 6
            self.put(f'<g class="level {state.css}">')
            badge = self.badge(left, y, state)
            self.put("</g>")
            self.text(left + badge + 8, y + 14, meaning, "small quiet")
            left += taken
        return y + BADGE_HEIGHT + 6

    def document(
        self, width: float, height: float, title: str, theme: Theme, about: str = ""
    ) -> str:
        """Give the whole picture, described for who can't see it by a title and by what it is
        `about`. Its size is that of its content, and scales with its frame."""
        described = f"<desc>{escaped(about)}</desc>\n" if about else ""
        body = "\n".join(self._parts)
        return without_orders(
            f'<svg xmlns="http://www.w3.org/2000/svg" class="iamsim" role="img" '
            f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">\n'
            f"<title>{escaped(title)}</title>\n{described}"
            f"<style>\n{stylesheet(theme)}\n</style>\n"
            f'<rect class="ground" width="{width:g}" height="{height:g}" rx="10"/>\n'
            f"{body}\n</svg>\n"
        )


def badge_width(word: str) -> float:
    """How wide a badge with a word is."""
    return round(text_width(word, SIZES.text, bold=True) * _OTHER_FONTS + _SIGN + 20, 1)
