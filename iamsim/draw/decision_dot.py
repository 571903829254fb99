"""A decision as DOT, for who wants to lay it out or to work on with other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.draw.dot import dot_text, edge_style, label, new_graph, panel_style, state_style
from iamsim.draw.lettering import wrapped
from iamsim.draw.style import SIZES, State, Theme, palette_of
from iamsim.draw.verdict import VERDICT_STATES
from iamsim.words.labels import VERDICTS, short_arn

if TYPE_CHECKING:
    from graphviz import Digraph

    from iamsim.draw.style import Palette
    from iamsim.words.gates import DecisionGates, Gate

__all__ = ["decision_dot", "gate_label"]

_WIDTH = 170  # pixels of a line in a gate


def decision_dot(gates: DecisionGates, theme: Theme = Theme.LIGHT) -> str:
    """Write a decision as a graph: guardrails in a row, then a row for each way in."""
    palette = palette_of(theme)
    title = f"{VERDICTS[gates.verdict]}: {gates.action} ({gates.relation})"
    graph = new_graph(title, palette)
    graph.attr(ranksep="0.28")
    _end(graph, palette, "caller", gates.principal)
    _end(graph, palette, "resource", gates.resource)
    last, alive = "caller", True
    for number, gate in enumerate(gates.guardrails):
        name = f"guardrail{number}"
        _gate(graph, palette, name, gate)
        graph.edge(last, name, **edge_style(palette, live=alive))
        last, alive = name, alive and gate.state is not State.CLOSED
    if not gates.lanes:
        state = VERDICT_STATES[gates.verdict]
        text = label(state.value, [gates.remark or ""])
        graph.node("remark", label=text, **state_style(state, palette))
        graph.edge(last, "remark", **edge_style(palette, live=alive))
        graph.edge("remark", "resource", **edge_style(palette, live=alive and state is State.OPEN))
    for number in range(len(gates.columns)):
        shared = gates.shared(number)
        if shared is not None:
            _gate(graph, palette, f"column{number}", shared)
    for row in range(len(gates.lanes)):
        _lane(graph, palette, gates, row, last, alive=alive)
    return dot_text(graph)


def _lane(
    graph: Digraph, palette: Palette, gates: DecisionGates, row: int, last: str, *, alive: bool
) -> None:
    """Write one way in: its name, its gates, and the edges along it."""
    lane = gates.lanes[row]
    way = f"way{row}"
    lines = wrapped(lane.title, _WIDTH, SIZES.small, most=3)
    text = label("", lines, small=f"way {row + 1}")
    graph.node(way, label=text, shape="plain", style="", fontcolor=palette.quiet)
    graph.edge(last, way, **(edge_style(palette, live=alive) | {"arrowhead": "none"}))
    last = way
    for number, gate in enumerate(lane.gates):
        name = f"column{number}" if gates.shared(number) is not None else f"{way}gate{number}"
        if gates.shared(number) is None:
            _gate(graph, palette, name, gate)
        graph.edge(last, name, **edge_style(palette, live=alive))
        last, alive = name, alive and gate.state is not State.CLOSED
    graph.edge(last, "resource", **edge_style(palette, live=alive))


def _end(graph: Digraph, palette: Palette, name: str, text: str) -> None:
    first, second = short_arn(text)
    lines = wrapped(first, _WIDTH, SIZES.text, most=3, bold=True)
    graph.node(
        name,
        label=label(lines, [second], small=name),
        **panel_style(palette),
    )


def _gate(graph: Digraph, palette: Palette, name: str, gate: Gate) -> None:
    graph.node(name, label=gate_label(gate), **state_style(gate.state, palette))


def gate_label(gate: Gate) -> str:
    """The label of a gate: what it is, how it stands, and why."""
    word = f"{gate.state.value}: deny" if gate.denies else gate.state.value
    lines = [gate.name]
    for text in gate.lines:
        lines += wrapped(text, _WIDTH, SIZES.small, most=3)
    for level in gate.levels:
        lines += wrapped(f"{level.name}: {level.state.value}", _WIDTH, SIZES.small, most=2)
        if level.state is not State.OPEN:
            for text in level.lines:
                lines += wrapped(text, _WIDTH, SIZES.small, most=3)
    return label(word, lines, small="decides" if gate.decides else "")
