"""The organization as SVG and as DOT. As SVG it is a list with branches, which stays readable
with hundreds of accounts; the layout is made here, for a width, and needs no Graphviz."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.draw.decision import WIDE
from iamsim.draw.dot import dot_text, edge_style, label, new_graph, panel_style, state_style
from iamsim.draw.lettering import shortened, text_width, wrapped
from iamsim.draw.style import SIZES, Palette, State, Theme, palette_of
from iamsim.draw.svg import BADGE_HEIGHT, Sheet, badge_width
from iamsim.words.labels import VERDICTS, on_one_line
from iamsim.words.state import VERDICT_STATES

if TYPE_CHECKING:
    from graphviz import Digraph

    from iamsim.draw.organization import Attached, Branch, Tree

_MARGIN = 20
_STEP = 26  # how far a level is indented
_NODE = 250
_GAP = 12
_BOX = 40
_KIND = 34  # the word for a kind of policy
_BESIDE = 300  # the least room for policies beside their node
_ROOM = 0.87  # fonts of viewers differ from the one that is measured
_LEGEND = {
    State.OPEN: "lets the request pass",
    State.CLOSED: "does not let it pass",
    State.DEPENDS: "is not known",
}


def organization_svg(tree: Tree, theme: Theme = Theme.AUTO, width: float = WIDE) -> str:
    """Draw the tree as an indented list: each node with its policies beside it, or below."""
    return _Drawing(tree, width).document(theme)


class _Drawing:
    """One picture while it is drawn, downwards."""

    def __init__(self, tree: Tree, width: float) -> None:
        self.tree = tree
        self.width = width
        self.sheet = Sheet()

    def document(self, theme: Theme) -> str:
        """Draw everything."""
        tree, sheet = self.tree, self.sheet
        full = self.width - 2 * _MARGIN
        y: float = _MARGIN
        if tree.verdict is not None:
            state = VERDICT_STATES[tree.verdict]
            y = sheet.headline(_MARGIN, y, full, state, (VERDICTS[tree.verdict], tree.sentence))
        for text, classes in ((tree.about, "small quiet"), (tree.title, "bold")):
            lines = wrapped(text, full * _ROOM, SIZES.text, most=3)
            y = sheet.lines(_MARGIN, y + 14, lines, classes) - 10 if text else y
        marks = [
            (state, text) for state, text in _LEGEND.items() if state in set(_states(tree.root))
        ]
        y = sheet.legend(_MARGIN, y + 6, full, marks) if marks else y + 6
        height = self._branch(tree.root, _MARGIN, y + 6)
        words = tree.title if tree.verdict is None else f"{VERDICTS[tree.verdict]}: {tree.title}"
        return sheet.document(
            self.width, round(height + _MARGIN - _GAP, 1), words, theme, tree.sentence
        )

    def _branch(self, branch: Branch, x: float, y: float) -> float:
        """Draw a node with what hangs below it, and give the place below."""
        sheet, state = self.sheet, branch.state
        node = min(_NODE, self.width - _MARGIN - x)
        beside = self.width - _MARGIN - x - node - _GAP
        left = x + node + _GAP if beside >= _BESIDE else x + _STEP + 4
        room = self.width - _MARGIN - left
        words = [
            branch.kind,
            branch.name,
            branch.id,
            *(attached.kind for attached in branch.attached),
        ]
        title = " ".join(filter(None, words))
        sheet.open_group(f"branch {state.css if state else ''}".strip(), title)
        sheet.box(x, y, node, _BOX, "box" if state is not None else "panel")
        kind = " ".join(filter(None, (branch.kind, branch.id)))
        most = int((node - 2 * SIZES.padding) / 7)
        sheet.text(x + SIZES.padding, y + 16, shortened(kind, most), "small")
        sheet.text(x + SIZES.padding, y + 32, shortened(branch.name, most - 2), "bold")
        sheet.close_group()
        row = y if beside >= _BESIDE else y + _BOX + 4
        for text in wrapped(", ".join(branch.alike), room * _ROOM, SIZES.small, most=4):
            sheet.text(left, row + 14, text, "small quiet")
            row += SIZES.leading
        for attached in branch.attached:
            row = self._attached(attached, left, row, room)
        below = max(y + _BOX, row) + _GAP
        trunk = x + _STEP / 2
        for child in branch.branches:
            middle = below + _BOX / 2
            sheet.put(
                f'<path class="rule" fill="none" d="M{trunk:g} {y + _BOX:g} V{middle:g} '
                f'H{x + _STEP:g}"/>'
            )
            below = self._branch(child, x + _STEP, below)
        return below

    def _attached(self, attached: Attached, x: float, y: float, room: float) -> float:
        """Write the policies of one kind, behind a badge where the request passes the level; gives
        the place below."""
        sheet, state = self.sheet, attached.state
        sheet.text(x, y + 14, attached.kind, "small bold")
        left = x + _KIND
        if state is not None:
            sheet.put(f'<g class="level {state.css}">')
            sheet.badge(left, y, state)
            sheet.put("</g>")
            left += badge_width(state.value) + 8
        names = ", ".join(attached.policies) or "none attached"
        classes = "" if state is State.CLOSED else "quiet"
        base = y + 14
        if text_width(names, SIZES.text) > (x + room - left) * _ROOM:
            base += BADGE_HEIGHT if state is not None else 0
            left = x + _KIND
        lines = wrapped(names, (x + room - left) * _ROOM, SIZES.text, most=3)
        base = sheet.lines(left, base, lines, classes)
        why = wrapped(on_one_line(attached.lines), (room - _KIND) * _ROOM, SIZES.small, most=4)
        base = sheet.lines(x + _KIND, base + 2, why, "small")
        return base - SIZES.leading + 10


def _states(branch: Branch) -> Iterator[State]:
    """The marks of a branch and all below it."""
    for attached in branch.attached:
        if attached.state is not None:
            yield attached.state
    for child in branch.branches:
        yield from _states(child)


def organization_dot(tree: Tree, theme: Theme = Theme.LIGHT) -> str:
    """Write the tree as a graph, from left to right."""
    palette = palette_of(theme)
    title = f"{tree.title}: {tree.about}" if tree.about else tree.title
    if tree.verdict is not None:
        title = f"{VERDICTS[tree.verdict]}: {tree.sentence} ({title})"
    graph = new_graph(shortened(title, 160), palette)
    graph.attr(nodesep="0.12")
    _dot_branch(graph, palette, tree.root, "node")
    return dot_text(graph)


def _dot_branch(graph: Digraph, palette: Palette, branch: Branch, name: str) -> None:
    lines = wrapped(", ".join(branch.alike), 260, SIZES.small, most=4)
    for attached in branch.attached:
        word = f" ({attached.state.value})" if attached.state is not None else ""
        names = ", ".join(attached.policies) or "none attached"
        lines += wrapped(f"{attached.kind}{word}: {names}", 260, SIZES.small, most=3)
        lines += wrapped(on_one_line(attached.lines), 260, SIZES.small, most=3)
    kind = " ".join(filter(None, (branch.kind, branch.id)))
    state = branch.state
    look = panel_style(palette) if state is None else state_style(state, palette)
    graph.node(name, label=label(branch.name, lines, small=kind), **look)
    for number, child in enumerate(branch.branches):
        _dot_branch(graph, palette, child, f"{name}_{number}")
        edge = edge_style(palette, live=True) | {"arrowhead": "none"}
        graph.edge(name, f"{name}_{number}", **edge)
