"""The words of the DOT language that all graphs share: nodes, labels, edges, clusters.

https://graphviz.org/doc/info/lang.html and https://graphviz.org/doc/info/shapes.html#html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.draw.lettering import escaped
from iamsim.draw.style import SIZES, WEIGHTS, Palette, State

if TYPE_CHECKING:
    from graphviz import Digraph

DOT_FONT = "Helvetica,Arial,sans-serif"
_SMALL = f"{SIZES.small:g}"


def new_graph(
    title: str, palette: Palette, lines: Sequence[str] = (), *, direction: str = "LR"
) -> Digraph:
    """Start a graph with the style of all pictures, and lines below its title."""
    from graphviz import Digraph

    return Digraph(
        "iamsim",
        graph_attr={
            "bgcolor": palette.ground,
            "fontcolor": palette.text,
            "fontname": DOT_FONT,
            "fontsize": f"{SIZES.title:g}",
            "label": label(title, lines),
            "labelloc": "t",
            "labeljust": "l",
            "nodesep": "0.25",
            "pad": "0.25",
            "rankdir": direction,
            "ranksep": "0.35",
        },
        node_attr={
            "fontname": DOT_FONT,
            "fontsize": f"{SIZES.text:g}",
            "shape": "box",
            "style": "rounded,filled",
            "margin": "0.12,0.08",
        },
        edge_attr={
            "fontname": DOT_FONT,
            "fontsize": _SMALL,
            "arrowsize": "0.7",
        },
    )


def label(title: str | Sequence[str], lines: Sequence[str] = (), *, small: str = "") -> str:
    """A label: a title in bold, lines below, and one small line on top."""
    titles = [title] if isinstance(title, str) else title
    parts = []
    if small.strip():
        parts.append(f'<font point-size="{_SMALL}">{escaped(small)}</font>')
    parts += [f"<b>{escaped(line)}</b>" for line in titles if line.strip()]
    parts += [
        f'<font point-size="{_SMALL}">{escaped(line)}</font>' for line in lines if line.strip()
    ]
    return f"<{'<br/>'.join(parts) or ' '}>"


def state_style(state: State, palette: Palette) -> dict[str, str]:
    """How a node in a state looks."""
    colors, stroke = palette.states[state], WEIGHTS[state]
    style = "rounded,filled" if stroke.dot_style == "bold" else f"rounded,filled,{stroke.dot_style}"
    return {
        "color": colors.stroke,
        "fillcolor": colors.fill,
        "fontcolor": colors.text,
        "penwidth": f"{stroke.width:g}",
        "style": style,
    }


def panel_style(palette: Palette) -> dict[str, str]:
    """How a node without a state looks: who asks, and what is asked for."""
    return {"color": palette.dead, "fillcolor": palette.panel, "fontcolor": palette.text}


def edge_style(palette: Palette, *, live: bool) -> dict[str, str]:
    """How a stretch of the way looks; a dead one is where the request never came."""
    if live:
        return {"color": palette.line, "fontcolor": palette.quiet, "penwidth": "1.8"}
    return {
        "color": palette.dead,
        "fontcolor": palette.quiet,
        "penwidth": "1.4",
        "style": "dotted",
        "arrowhead": "none",
    }


def dot_text(graph: Digraph) -> str:
    """The DOT text of a graph."""
    return str(graph.source)
