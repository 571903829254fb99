"""Line drawings for a terminal: the gates of a decision, and the organization as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.layer_names import GRANTS, layer_name
from iamsim.draw.lettering import plain, shortened
from iamsim.draw.style import State
from iamsim.words.labels import on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.draw.organization import Branch, Tree
    from iamsim.words.gates import DecisionGates, Gate

    Paint = Callable[[str, State], str]

__all__ = ["gate_lines", "tree_lines"]

_SHORT = {
    State.OPEN: "open",
    State.CLOSED: "closed",
    State.BYPASSED: "bypassed",
    State.NOT_APPLICABLE: "n/a",
    State.DEPENDS: "depends",
}
_DENIES = "denies"
_CELL = max(map(len, _SHORT.values())) + 2  # with its brackets
_MARGIN = 2
_HEAD_LINES = 2


class Strokes(NamedTuple):
    """The characters that lines are made of; all have the width of one column."""

    line: str
    dead: str
    fork: str
    branch: str
    last: str
    down: str
    tip: str
    stop: str
    around: tuple[str, str]


LINES = Strokes("─", "╌", "┬", "├", "└", "│", "▶", "✕", ("(", ")"))
ASCII = Strokes("-", ".", "+", "+", "+", "|", ">", "x", ("(", ")"))


def _unpainted(text: str, _state: State) -> str:
    return text


def gate_lines(
    gates: DecisionGates, width: int, *, ascii_only: bool = False, paint: Paint = _unpainted
) -> list[str]:
    """Draw the gates on a grid of characters: guardrails, then a row for each way in.

    Gives no lines where the terminal is not wide enough, or where there is no way in. `paint`
    colors a word by its state and must not change its width.
    """
    strokes = ASCII if ascii_only else LINES
    if not gates.lanes:
        return []
    names = [gate.name for gate in gates.guardrails]
    names += [
        layer_name(place.layer, gates.action, GRANTS if place.grants else None)
        for place in gates.columns
    ]
    columns = [max(_CELL, *(len(part) for part in _head(name))) for name in names]
    guards = len(gates.guardrails)
    fork = _MARGIN + sum(size + 2 for size in columns[:guards]) + 2
    total = fork + 3 + sum(size + 2 for size in columns[guards:]) + len("✕ blocked")
    if total > width:
        return []
    lines = _heads(names, columns, guards)
    rows = len(gates.lanes)
    for number, lane in enumerate(gates.lanes):
        alive = True
        if number == 0:
            text = " " * _MARGIN
            for gate, size in zip(gates.guardrails, columns, strict=False):
                text += _stroke(strokes, 2, alive=alive) + _cell(gate, size, strokes, paint, alive)
                alive = alive and gate.state is not State.CLOSED
            text += _stroke(strokes, 2, alive=alive)
        else:
            text = " " * fork
            alive = gates.passes_guardrails
        corner = strokes.line
        if rows > 1:
            corner = strokes.fork if number == 0 else strokes.branch
            corner = strokes.last if number == rows - 1 else corner
        text += corner
        for gate, size in zip(lane.gates, columns[guards:], strict=True):
            text += _stroke(strokes, 2, alive=alive) + _cell(gate, size, strokes, paint, alive)
            alive = alive and gate.state is not State.CLOSED
        text += _stroke(strokes, 2, alive=alive)
        word = "blocked" if lane.state is State.CLOSED else lane.state.value
        sign = strokes.tip if alive else strokes.stop
        lines.append(f"{text}{sign} {paint(word, lane.state)}")
    return lines


def _head(name: str) -> list[str]:
    """The name of a layer on two lines: its last word stands on the second."""
    first, _, last = name.rpartition(" ")
    return [first, last] if first else [last]


def _heads(names: Sequence[str], columns: Sequence[int], guards: int) -> list[str]:
    lines = []
    for row in range(_HEAD_LINES):
        text = " " * _MARGIN
        for number, (name, size) in enumerate(zip(names, columns, strict=True)):
            if number == guards:
                text += " " * 3
            parts = _head(name)
            text += "  " + f"{parts[row] if row < len(parts) else '':<{size}}"
        lines.append(text.rstrip())
    return lines


def _stroke(strokes: Strokes, count: int, *, alive: bool) -> str:
    return (strokes.line if alive else strokes.dead) * count


def _cell(gate: Gate, size: int, strokes: Strokes, paint: Paint, alive: bool) -> str:
    """A gate in its column, with the line going on behind it."""
    word = _DENIES if gate.denies else _SHORT[gate.state]
    around = gate.state in {State.BYPASSED, State.NOT_APPLICABLE}
    before, behind = strokes.around if around else ("[", "]")
    alive = alive and gate.state is not State.CLOSED
    rest = _stroke(strokes, size - len(word) - 2, alive=alive)
    return f"{before}{paint(word, gate.state)}{behind}{rest}"


def tree_lines(
    tree: Tree, width: int, *, ascii_only: bool = False, paint: Paint = _unpainted
) -> list[str]:
    """Draw the organization as a tree, with its policies and how each level stands."""
    strokes = ASCII if ascii_only else LINES
    lines = [plain(tree.title)]
    if tree.about:
        lines.append(shortened(tree.about, width))
    _branch_lines(lines, tree.root, "", "", width, strokes, paint)
    return lines


def _branch_lines(
    lines: list[str],
    branch: Branch,
    first: str,
    rest: str,
    width: int,
    strokes: Strokes,
    paint: Paint,
) -> None:
    name = f"{branch.kind} {branch.name}" if branch.kind != "accounts" else branch.name
    if branch.id:
        name += f" ({branch.id})"
    lines.append(first + shortened(name, max(width - len(first), 20)))
    below = f"{strokes.down} " if branch.branches else "  "
    if branch.alike:
        names = ", ".join(branch.alike)
        lines.append(shortened(f"{rest}{below} {names}", width))
    for one in branch.attached:
        head = f"{rest}{below} {one.kind} "
        names = ", ".join(one.policies) or "none attached"
        if one.state is None:
            lines.append(head + shortened(names, max(width - len(head), 20)))
            continue
        word = _SHORT[one.state]
        why = f": {on_one_line(one.lines)}" if one.lines else ""
        text = shortened(f" {names}{why}", max(width - len(head) - len(word), 20))
        lines.append(f"{head}{paint(word, one.state)}{text}")
    for number, child in enumerate(branch.branches):
        is_last = number == len(branch.branches) - 1
        corner = f"{strokes.last if is_last else strokes.branch}{strokes.line} "
        bar = "   " if is_last else f"{strokes.down}  "
        _branch_lines(lines, child, rest + corner, rest + bar, width, strokes, paint)
