"""A graph that no eye could follow, as a list: by account, everybody with the arrows that leave.

It is laid out here, for a width, and needs no Graphviz.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.draw.lettering import wrapped
from iamsim.draw.style import SIZES, State, Theme
from iamsim.draw.svg import BADGE_HEIGHT, Sheet

if TYPE_CHECKING:
    from iamsim.draw.nodes import Edge, Headline, Node

WIDTH = 860
_MARGIN = 20
_INDENT = 18
_ROOM = 0.87  # fonts of viewers differ from the one that is measured
_MOST = 400  # entries; the rest is counted
MEANINGS = {
    State.OPEN: "allowed",
    State.DEPENDS: "under a condition",
    State.CLOSED: "kept out",
}


class Entry(NamedTuple):
    """Somebody, with all that is reached from there."""

    node: Node
    edges: tuple[Edge, ...]


def listing_svg(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    clusters: Mapping[str, str],
    headline: Headline,
    theme: Theme = Theme.AUTO,
) -> str:
    """Write a graph as a list under its headline, with a legend. What only is reached stands on
    the arrows alone."""
    sheet = Sheet()
    full = WIDTH - 2 * _MARGIN
    y = sheet.headline(_MARGIN, _MARGIN, full, headline.state, (headline.word, headline.sentence))
    for text, classes in ((headline.title, "bold"), (headline.remark, "small quiet")):
        y = sheet.lines(_MARGIN, y + 14, wrapped(text, full * _ROOM, SIZES.text), classes) - 12
    marks = [(state, text) for state, text in MEANINGS.items() if _has(edges, state)]
    y = sheet.legend(_MARGIN, y + 6, full, marks) + 10
    titles = {node.key: node.title for node in nodes}
    reached = {edge.target for edge in edges}
    entries = [
        Entry(node, tuple(edge for edge in edges if edge.source == node.key)) for node in nodes
    ]
    entries = [entry for entry in entries if entry.edges or entry.node.key not in reached]
    for key, title in (*clusters.items(), (None, "elsewhere")):
        some = [entry for entry in entries[:_MOST] if _cluster(entry, clusters) == key]
        if some:
            sheet.text(_MARGIN, y + 14, title, "bold")
            y += 24
            for entry in some:
                y = _entry(sheet, entry, titles, y)
    if len(entries) > _MOST:
        sheet.text(_MARGIN, y + 14, f"{len(entries) - _MOST} more, not shown", "quiet")
        y += 24
    return sheet.document(WIDTH, round(y + _MARGIN, 1), headline.title, theme, headline.sentence)


def _entry(sheet: Sheet, entry: Entry, titles: Mapping[str, str], y: float) -> float:
    """Write somebody and the arrows; gives the place below."""
    node = entry.node
    left, room = _MARGIN + _INDENT, WIDTH - 2 * _MARGIN - _INDENT
    group = node.title.endswith(f" {node.kind}s")  # which says what they are
    about = f"{node.title} ({', '.join(node.lines if group else (node.kind, *node.lines))})"
    y = sheet.lines(left, y + 14, wrapped(about, room * _ROOM, SIZES.text)) - 8
    for edge in entry.edges:
        sheet.put(f'<g class="level {edge.state.css}">')
        taken = sheet.badge(left + _INDENT, y, edge.state) + _INDENT + 8
        sheet.put("</g>")
        words = ", ".join(filter(None, (titles.get(edge.target), *edge.label.splitlines())))
        lines = wrapped(words, (room - taken) * _ROOM, SIZES.small, most=4)
        y = max(sheet.lines(left + taken, y + 14, lines, "small") - 10, y + BADGE_HEIGHT + 4)
    return y + 6


def _cluster(entry: Entry, clusters: Mapping[str, str]) -> str | None:
    return entry.node.cluster if entry.node.cluster in clusters else None


def _has(edges: Iterable[Edge], state: State) -> bool:
    return any(edge.state is state for edge in edges)
