"""A decision as DOT, for who wants to lay it out or to work on with other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.draw.dot import dot_text, edge_style, label, new_graph, state_style
from iamsim.draw.lettering import escaped, unquoted, wrapped
from iamsim.draw.style import SIZES, State, Theme, palette_of

if TYPE_CHECKING:
    from graphviz import Digraph

    from iamsim.words.steps import Card, DecisionPicture, Row, Step

_WIDTH = 240  # pixels of a line in a gate
_WHOLE = 480  # of the sentence


def decision_dot(picture: DecisionPicture, theme: Theme = Theme.LIGHT) -> str:
    """Write a decision as a graph, from top to bottom: each step, its gates, the ways in beside
    each other."""
    return _Graph(picture, theme).text()


class _Graph:
    """One graph while it is written. `last` are the nodes that the next step follows, each with
    whether the request comes on from there."""

    def __init__(self, picture: DecisionPicture, theme: Theme) -> None:
        self.picture = picture
        self.palette = palette_of(theme)
        self.graph = new_graph(picture.title, self.palette, direction="TB")
        self.last: list[tuple[str, bool]] = []

    def text(self) -> str:
        """Write everything."""
        picture = self.picture
        look = state_style(picture.state, self.palette)
        lines = wrapped(picture.sentence, _WHOLE, SIZES.small, most=5)
        for name, value in (*picture.facts, ("", picture.relation)):
            lines += wrapped(f"{name} {value}".strip(), _WHOLE, SIZES.small, most=3)
        self.graph.node("question", label=label(picture.word, lines), **look)
        self.last = [("question", True)]
        for number, step in enumerate(picture.steps):
            self._step(step, f"step{number}")
        self.graph.node("end", label=label(picture.word), **look)
        for name, alive in self.last:
            self._edge(name, "end", live=alive and picture.allowed)
        return dot_text(self.graph)

    def _step(self, step: Step, name: str) -> None:
        note = wrapped(step.note, _WHOLE, SIZES.small, most=4)
        look = {"fontcolor": self.palette.text if step.reached else self.palette.quiet}
        text = label(step.title, [step.remark, *note])
        self.graph.node(name, label=text, shape="plain", style="", **look)
        for before, alive in self.last:
            self._edge(before, name, live=alive and step.reached)
        self.last = self._gates(self.graph, name, name, step.rows, alive=step.reached)
        if step.cards:
            self.last = [
                end
                for number, card in enumerate(step.cards)
                for end in self._card(card, name, f"{name}way{number}")
            ]

    def _card(self, card: Card, step: str, name: str) -> list[tuple[str, bool]]:
        """Write one way in as a frame; gives its last gate."""
        palette = self.palette
        with self.graph.subgraph(name=f"cluster_{name}") as frame:
            lines = wrapped(card.title, _WIDTH, SIZES.small, most=3)
            lines += wrapped(card.around, _WIDTH, SIZES.small, most=3)
            frame.attr(
                label=f"<{'<br/>'.join(map(escaped, lines))}>",
                fontsize=f"{SIZES.small:g}",
                fontcolor=palette.quiet,
                color=palette.dead,
                style="rounded",
            )
            return self._gates(frame, step, name, card.rows, alive=card.reached)

    def _gates(
        self, graph: Digraph, last: str, name: str, rows: tuple[Row, ...], *, alive: bool
    ) -> list[tuple[str, bool]]:
        """Write gates below each other; gives the last one."""
        for number, row in enumerate(rows):
            gate = f"{name}gate{number}"
            look = state_style(
                row.gate.state if row.reached else State.NOT_APPLICABLE, self.palette
            )
            graph.node(gate, label=_gate_label(row, self.picture.mark), **look)
            self._edge(last, gate, live=row.reached)
            last, alive = gate, row.reached and row.gate.state is not State.CLOSED
        return [(last, alive)]

    def _edge(self, source: str, target: str, *, live: bool) -> None:
        self.graph.edge(source, target, **edge_style(self.palette, live=live))


def _gate_label(row: Row, decides: str) -> str:
    """The label of a gate: how it stands, what it is, and why."""
    lines = [row.gate.name]
    for line in row.lines:
        lines += wrapped(unquoted(line.text), _WIDTH, SIZES.small, most=3)
    word = row.word if row.reached else f"({row.word})"
    return label(word, lines, small=decides if row.decides else "")
