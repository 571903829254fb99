"""The one place for colors, strokes, fonts and words of all pictures.

The hues are of the palette by Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with
any kind of color vision tell apart; they are darkened or lightened until text on them has a
contrast of 4.5 to 1 or more. No color says anything alone: every state has a word, a sign and a
stroke of its own, so that a print in grey says the same.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from iamsim.words.state import State

__all__ = [
    "DARK",
    "FONT",
    "LIGHT",
    "SIZES",
    "WEIGHTS",
    "Colors",
    "Palette",
    "Sizes",
    "State",
    "Stroke",
    "Theme",
    "palette_of",
    "retheming",
    "stylesheet",
]


class Theme(Enum):
    """Which colors a picture has. `AUTO` is light, and where a viewer says that it is dark, dark:
    SVG can ask (https://www.w3.org/TR/mediaqueries-5/#prefers-color-scheme), PNG and DOT can't."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Colors(NamedTuple):
    """The colors of one state: its outline, its ground, text on that ground, and its badge."""

    stroke: str
    fill: str
    text: str
    badge: str
    badge_text: str


class Palette(NamedTuple):
    """All colors of one theme."""

    ground: str
    panel: str
    text: str
    quiet: str
    line: str
    dead: str
    states: dict[State, Colors]


class Stroke(NamedTuple):
    """How the outline of a state is drawn: told apart without any color."""

    width: float
    dashes: str
    dot_style: str


class Sizes(NamedTuple):
    """Sizes in pixels."""

    text: float = 13
    small: float = 12
    title: float = 18
    lead: float = 15
    leading: float = 16
    padding: float = 9
    corner: float = 7


FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', 'Noto Sans', sans-serif"
SIZES = Sizes()

LIGHT = Palette(
    ground="#ffffff",
    panel="#f5f6f8",
    text="#1b1f24",
    quiet="#57606a",
    line="#24292f",
    dead="#8c959f",
    states={
        State.OPEN: Colors("#009e73", "#e8f6f1", "#00523c", "#00704f", "#fffffe"),
        State.CLOSED: Colors("#c24e00", "#fdeee3", "#7a3000", "#b04600", "#fffefe"),
        State.BYPASSED: Colors("#6e7781", "#fefffe", "#515a64", "#eaeef2", "#434c56"),
        State.NOT_APPLICABLE: Colors("#8d969f", "#fefeff", "#565f69", "#ebeff3", "#444d57"),
        State.DEPENDS: Colors("#b07d00", "#fff6dc", "#5f4300", "#f0c648", "#3b2a00"),
    },
)
DARK = Palette(
    ground="#0f1419",
    panel="#1a2129",
    text="#e6edf3",
    quiet="#9aa5b1",
    line="#d5dde5",
    dead="#6b7683",
    states={
        State.OPEN: Colors("#2fc79b", "#10302a", "#a6ecd5", "#2fc79a", "#06231a"),
        State.CLOSED: Colors("#ff9452", "#3b2114", "#ffd0b0", "#ff9451", "#2a1002"),
        State.BYPASSED: Colors("#8b96a2", "#0f1418", "#a9b4c0", "#2b343e", "#c4ced8"),
        State.NOT_APPLICABLE: Colors("#73808d", "#0f1417", "#a2adb9", "#2a333d", "#bfc9d3"),
        State.DEPENDS: Colors("#f0c044", "#352a0c", "#f8e3a6", "#f0c043", "#2b2000"),
    },
)
WEIGHTS: dict[State, Stroke] = {
    State.OPEN: Stroke(1.4, "", "solid"),
    State.CLOSED: Stroke(2, "", "bold"),
    State.BYPASSED: Stroke(1.2, "6 4", "dashed"),
    State.NOT_APPLICABLE: Stroke(1.2, "1.5 3", "dotted"),
    State.DEPENDS: Stroke(2.2, "9 3", "dashed"),
}


def palette_of(theme: Theme) -> Palette:
    """The colors to write into a picture that can't ask its viewer."""
    return DARK if theme is Theme.DARK else LIGHT


def stylesheet(theme: Theme) -> str:
    """The style sheet of the SVG pictures that are laid out here."""
    rules = [
        f".iamsim text {{ font-family: {FONT}; font-size: {SIZES.text:g}px; }}",
        f".iamsim .small {{ font-size: {SIZES.small:g}px; }}",
        f".iamsim .title {{ font-size: {SIZES.title:g}px; font-weight: 700; }}",
        f".iamsim .lead {{ font-size: {SIZES.lead:g}px; }}",
        ".iamsim .unreached .box { stroke-width: 1; stroke-dasharray: 2 3; }",
        ".iamsim .bold { font-weight: 700; }",
        ".iamsim .sign { fill: none; stroke-width: 2; stroke-linecap: round; }",
        ".iamsim .path { fill: none; stroke-width: 2.6; }",
        ".iamsim .dead { stroke-dasharray: 1 6; stroke-linecap: round; stroke-width: 2.2; }",
        ".iamsim a:focus .box, .iamsim a:hover .box { stroke-width: 4; }",
        *(
            f".iamsim .{state.css} .box {{ stroke-width: {stroke.width:g};"
            f" stroke-dasharray: {stroke.dashes or 'none'}; }}"
            for state, stroke in WEIGHTS.items()
        ),
        ".iamsim .decides .box { stroke-width: 4; }",  # overrules those of the states
        *_color_rules(palette_of(theme)),
    ]
    text = "\n".join(rules)
    if theme is Theme.AUTO:
        dark = "\n".join(_color_rules(DARK))
        text += f"\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
    return text


def _color_rules(palette: Palette) -> list[str]:
    rules = [
        f".iamsim .ground {{ fill: {palette.ground}; }}",
        f".iamsim .panel {{ fill: {palette.panel}; stroke: {palette.dead}; }}",
        f".iamsim text {{ fill: {palette.text}; }}",
        f".iamsim .quiet {{ fill: {palette.quiet}; }}",
        f".iamsim .rule {{ stroke: {palette.dead}; stroke-width: 1; }}",
        f".iamsim .path {{ stroke: {palette.line}; }}",
        f".iamsim .head {{ fill: {palette.line}; }}",
        f".iamsim .dead {{ stroke: {palette.dead}; }}",
        f".iamsim .knot {{ fill: {palette.ground}; stroke: {palette.dead}; stroke-width: 2; }}",
        f".iamsim .unreached .box {{ stroke: {palette.dead}; fill: {palette.ground}; }}",
        f".iamsim .unreached text {{ fill: {palette.quiet}; }}",
        f".iamsim .unreached .badge {{ fill: {palette.panel}; }}",
        f".iamsim .unreached .sign {{ stroke: {palette.quiet}; }}",
    ]
    for state, colors in palette.states.items():
        rules += [
            f".iamsim .{state.css} .box {{ stroke: {colors.stroke}; fill: {colors.fill}; }}",
            f".iamsim .{state.css} text {{ fill: {colors.text}; }}",
            f".iamsim .{state.css} .badge {{ fill: {colors.badge}; }}",
            f".iamsim .{state.css} .badge-text {{ fill: {colors.badge_text}; }}",
            f".iamsim .{state.css} .sign {{ stroke: {colors.badge_text}; }}",
            f".iamsim .{state.css} .mark {{ stroke: {colors.text}; }}",
        ]
    return rules


def retheming() -> str:
    """A style sheet that turns the light colors which Graphviz wrote into dark ones."""
    pairs = dict(zip(_flat(LIGHT), _flat(DARK), strict=True))
    rules = [
        f'[{attribute}="{light}"] {{ {attribute}: {dark}; }}'
        for light, dark in pairs.items()
        for attribute in ("fill", "stroke")
    ]
    return "@media (prefers-color-scheme: dark) {\n" + "\n".join(rules) + "\n}"


def _flat(palette: Palette) -> list[str]:
    """Every color of a palette, in one order. Within one palette no color stands for two things."""
    named = [palette.ground, palette.panel, palette.text, palette.quiet, palette.line, palette.dead]
    return named + [color for state in State for color in palette.states[state]]
