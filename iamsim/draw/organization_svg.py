"""The organization as SVG and as DOT. As SVG it is a list with branches, which stays readable
with hundreds of accounts; the layout is made here and needs no Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.draw.dot import dot_text, edge_style, label, new_graph, panel_style, state_style
from iamsim.draw.lettering import shortened, wrapped
from iamsim.draw.style import SIZES, State, Theme, palette_of
from iamsim.draw.svg import BADGE_HEIGHT, Sheet, badge_width
from iamsim.words.labels import on_one_line

if TYPE_CHECKING:
    from graphviz import Digraph

    from iamsim.draw.organization import Attached, Branch, Tree
    from iamsim.draw.style import Palette

__all__ = ["organization_dot", "organization_svg"]

_MARGIN = 24
_STEP = 34  # how far a level is indented
_NODE = 250
_GAP = 14
_BOX = 40
_POLICIES = 560  # what stands beside a node
_NAMES = 66  # characters of the names of policies on one line


def organization_svg(tree: Tree, theme: Theme = Theme.AUTO) -> str:
    """Draw the tree as an indented list: a node and its policies on each row."""
    sheet = Sheet()
    width = 2 * _MARGIN + (_depth(tree.root) - 1) * _STEP + _NODE + _GAP + _POLICIES
    sheet.text(_MARGIN, _MARGIN + 12, shortened(tree.title, 90), "title")
    y: float = _MARGIN + 34
    for line in wrapped(tree.about, width - 2 * _MARGIN, SIZES.text, most=2):
        sheet.text(_MARGIN, y, line, "quiet")
        y += SIZES.leading
    height = _branch(sheet, tree.root, _MARGIN, y + 6)
    return sheet.document(width, round(height + _MARGIN - _GAP, 1), tree.title, theme)


def _depth(branch: Branch) -> int:
    return 1 + max(map(_depth, branch.branches), default=0)


def _branch(sheet: Sheet, branch: Branch, x: float, y: float) -> float:
    """Draw a node with what hangs below it, and give the place below."""
    state = branch.state
    height = max(_BOX, sum(map(_height, branch.attached)))
    words = [branch.kind, branch.name, branch.id, *(one.kind for one in branch.attached)]
    sheet.open_group(f"branch {state.css if state else ''}".strip(), " ".join(filter(None, words)))
    if branch.kind == "more":
        sheet.text(x + SIZES.padding, y + 24, branch.name, "quiet")
    else:
        sheet.box(x, y, _NODE, _BOX, "box" if state is not None else "panel")
        kind = " ".join(filter(None, (branch.kind, branch.id)))
        sheet.text(x + SIZES.padding, y + 16, shortened(kind, 40), "small")
        sheet.text(x + SIZES.padding, y + 32, shortened(branch.name, 32), "bold")
    sheet.close_group()
    row = y
    for attached in branch.attached:
        _attached(sheet, attached, x + _NODE + _GAP, row)
        row += _height(attached)
    below = y + height + _GAP
    trunk = x + _STEP / 2
    for child in branch.branches:
        middle = below + _BOX / 2
        sheet.put(
            f'<path class="rule" fill="none" d="M{trunk:g} {y + _BOX:g} V{middle:g} '
            f'H{x + _STEP:g}"/>'
        )
        below = _branch(sheet, child, x + _STEP, below)
    return below


def _height(attached: Attached) -> float:
    return BADGE_HEIGHT + 2 + len(_why(attached)) * SIZES.leading


def _why(attached: Attached) -> list[str]:
    """Why a level does not let the request pass, on one or two lines."""
    return wrapped(on_one_line(attached.lines), _POLICIES - 60, SIZES.small, most=2)


def _attached(sheet: Sheet, attached: Attached, x: float, y: float) -> None:
    """Write the policies of one kind, behind a badge where the request passes the level."""
    names = shortened(", ".join(attached.policies) or "none attached", _NAMES)
    sheet.text(x, y + 14, attached.kind, "small bold")
    left = x + 36
    state = attached.state
    if state is not None:
        sheet.put(f'<g class="level {state.css}">')
        sheet.badge(left, y, state)
        sheet.put("</g>")
        left += badge_width(state.value) + 8
    sheet.text(left, y + 14, names, "" if state is State.CLOSED else "quiet")
    sheet.lines(x + 36, y + BADGE_HEIGHT + 11, _why(attached), "small")


def organization_dot(tree: Tree, theme: Theme = Theme.LIGHT) -> str:
    """Write the tree as a graph, from left to right."""
    palette = palette_of(theme)
    title = f"{tree.title}: {tree.about}" if tree.about else tree.title
    graph = new_graph(shortened(title, 160), palette)
    graph.attr(nodesep="0.12")
    _dot_branch(graph, palette, tree.root, "node")
    return dot_text(graph)


def _dot_branch(graph: Digraph, palette: Palette, branch: Branch, name: str) -> None:
    lines = []
    for attached in branch.attached:
        word = f" ({attached.state.value})" if attached.state is not None else ""
        names = ", ".join(attached.policies) or "none attached"
        lines += wrapped(f"{attached.kind}{word}: {names}", 260, SIZES.small, most=3)
        lines += wrapped(on_one_line(attached.lines), 260, SIZES.small, most=3)
    kind = "" if branch.kind == "more" else " ".join(filter(None, (branch.kind, branch.id)))
    state = branch.state
    look = panel_style(palette) if state is None else state_style(state, palette)
    graph.node(name, label=label(branch.name, lines, small=kind), **look)
    for number, child in enumerate(branch.branches):
        _dot_branch(graph, palette, child, f"{name}_{number}")
        edge = edge_style(palette, live=True) | {"arrowhead": "none"}
        graph.edge(name, f"{name}_{number}", **edge)
