"""Graphs of who reaches what: `who-can`, paths and trust, with a cluster for each account.

Graphviz lays them out. The headline says what came of the question, and a legend what the arrows
mean. With more nodes or arrows than an eye follows, a picture is a list (`iamsim.draw.listing`). Of
DOT, a limit keeps what stands first, and one node says how much there is of the rest.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.draw.dot import dot_text, edge_style, label, new_graph, panel_style, state_style
from iamsim.draw.lettering import escaped, shortened, wrapped
from iamsim.draw.listing import MEANINGS, listing_svg
from iamsim.draw.nodes import Edge, Headline, Node
from iamsim.draw.picture import Picture
from iamsim.draw.style import SIZES, Palette, State, Theme, palette_of

if TYPE_CHECKING:
    from graphviz import Digraph


GRAPH_LIMIT = 60  # nodes of DOT; with more, names on a slide are too small to read
FOLLOWED = (24, 40)  # nodes and arrows that an eye follows; with more, a picture is a list
_WIDTH = 235
FEW = 3  # nodes that are drawn although they are alike; names of those that are not
_LABELS = 5  # lines of an arrow
_LINES = {State.OPEN: "arrow", State.DEPENDS: "dashed", State.CLOSED: "dotted"}
# What a node is, by its outline, so that kinds are told apart without reading.
_SHAPES = {
    "AWS service": "component",
    "another account": "folder",
    "anyone": "ellipse",
    "group": "box3d",
    "identity provider": "tab",
    "resource": "cylinder",
    "root user": "rect",
    "user": "rect",
}


_UNTITLED = Headline()


def draw_graph(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    clusters: Mapping[str, str] | None = None,
    *,
    headline: Headline = _UNTITLED,
    limit: int = GRAPH_LIMIT,
) -> Picture:
    """Draw a graph. `clusters` are the titles of the frames by key, in their order.

    Of more than `limit` nodes the first ones are shown, so give what matters first; edges to the
    others are left out, and a node says how many are not shown. The same input gives the same
    DOT text.
    """
    several, edges = grouped(list({node.key: node for node in nodes}.values()), edges)
    chosen = several or [Node("nobody", "nobody, and nothing", "empty")]
    shown, left = chosen[:limit], len(chosen) - limit
    frames = clusters or {}
    arrows = _merged(edges, {node.key for node in chosen})

    def dot(theme: Theme) -> str:
        return _dot(shown, edges, frames, max(left, 0), headline, theme)

    most_nodes, most_arrows = FOLLOWED
    if len(chosen) <= most_nodes and len(arrows) <= most_arrows:
        return Picture(dot)
    remark = f"{len(chosen)} nodes and {len(arrows)} arrows are listed: a graph is drawn of "
    told = headline._replace(remark=f"{remark}{most_nodes} and {most_arrows} at most")
    return Picture(dot, lambda theme: listing_svg(chosen, arrows, frames, told, theme))


def grouped(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[list[Node], list[Edge]]:
    """Nodes that can't differ as one: of one kind, account and state, with the same arrows from and
    to the same others. Their names stand in it, the first few."""
    arrows: dict[str, set[tuple[object, ...]]] = {node.key: set() for node in nodes}
    for edge in edges:
        if edge.source in arrows and edge.target in arrows:
            arrows[edge.source].add((">", edge.target, edge.label, edge.state))
            arrows[edge.target].add(("<", edge.source, edge.label, edge.state))
    alike: dict[object, list[Node]] = {}
    for node in nodes:
        own = (node.kind, node.cluster, node.state, node.lines)
        # who has no arrow is there for its own sake
        key = (own, frozenset(arrows[node.key])) if arrows[node.key] else node.key
        alike.setdefault(key, []).append(node)
    found, gone = [], set()
    for group in alike.values():
        if len(group) <= FEW:
            found += group
            continue
        names = [node.title for node in group[:FEW]]
        more = f"and {len(group) - FEW} more alike"
        first = group[0]
        title = f"{len(group)} {first.kind or 'node'}s"
        found.append(first._replace(title=title, lines=(*first.lines, *names, more)))
        gone |= {node.key for node in group[1:]}
    kept = [edge for edge in edges if edge.source not in gone and edge.target not in gone]
    return found, kept


def _dot(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    clusters: Mapping[str, str],
    left: int,
    headline: Headline,
    theme: Theme,
) -> str:
    palette = palette_of(theme)
    drawn = {edge.state for edge in edges}
    legend = [f"{_LINES[state]}: {text}" for state, text in MEANINGS.items() if state in drawn]
    verdict = ": ".join(filter(None, (headline.word, headline.sentence)))
    graph = new_graph(headline.title, palette, (verdict, "; ".join(legend)))
    graph.attr(ranksep="0.8")
    names = {node.key: f"n{number}" for number, node in enumerate(nodes)}
    for number, (key, text) in enumerate(clusters.items()):
        members = [node for node in nodes if node.cluster == key]
        if not members:
            continue
        with graph.subgraph(name=f"cluster_{number}") as frame:
            frame.attr(
                label=label(shortened(text, 60)),
                fontsize=f"{SIZES.text:g}",
                fontcolor=palette.quiet,
                color=palette.dead,
                style="rounded",
            )
            for node in members:
                _node(frame, palette, names[node.key], node)
    for node in nodes:
        if node.cluster not in clusters:
            _node(graph, palette, names[node.key], node)
    for edge in _merged(edges, names):
        _edge(graph, palette, edge, names)
    if left:
        text = label(f"{left} more", ["not shown"])
        graph.node("more", label=text, shape="plain", style="", fontcolor=palette.quiet)
    return dot_text(graph)


def _node(graph: Digraph, palette: Palette, name: str, node: Node) -> None:
    titles = wrapped(node.title, _WIDTH, SIZES.text, most=3, bold=True)
    lines = [part for line in node.lines for part in wrapped(line, _WIDTH, SIZES.small, most=2)]
    look = panel_style(palette) if node.state is None else state_style(node.state, palette)
    shape = _SHAPES.get(node.kind, "box")
    if shape != "box":  # other outlines have no round corners
        look["style"] = look.get("style", "filled").removeprefix("rounded,")
    small = node.kind
    if node.state is not None:
        small = ", ".join(filter(None, (node.kind, node.state.value)))
    graph.node(name, label=label(titles, lines, small=small), shape=shape, **look)


def _merged(edges: Sequence[Edge], names: Container[str]) -> list[Edge]:
    """Edges between nodes that are shown; of several between two nodes the first, with all
    labels."""
    merged: dict[tuple[str, str, State], list[str]] = {}
    for edge in edges:
        if edge.source in names and edge.target in names:
            merged.setdefault((edge.source, edge.target, edge.state), []).append(edge.label)
    return [
        Edge(source, target, "\n".join(dict.fromkeys(filter(None, labels))), state)
        for (source, target, state), labels in merged.items()
    ]


def _edge(graph: Digraph, palette: Palette, edge: Edge, names: Mapping[str, str]) -> None:
    look = edge_style(palette, live=edge.state is not State.CLOSED)
    labels = edge.label.splitlines()
    if len(labels) > _LABELS:
        labels = [*labels[: _LABELS - 1], f"and {len(labels) - _LABELS + 1} more"]
    lines = [part for line in labels for part in wrapped(line, _WIDTH, SIZES.small, most=2)]
    if edge.state is not State.OPEN:
        look["color"] = palette.states[edge.state].stroke
        lines.append(edge.state.value)
    if edge.state is State.DEPENDS:
        look["style"] = "dashed"
    if lines:
        text = "<br/>".join(map(escaped, lines))
        look["label"] = f"<{text}>"
    graph.edge(names[edge.source], names[edge.target], **look)
