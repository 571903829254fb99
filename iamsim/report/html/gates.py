"""The picture of a decision as rows of a page: its steps, and in the last a row for each way in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from iamsim.core.answer import Answer
from iamsim.core.decision import Outcome
from iamsim.core.explanation import Decider, LayerExplanation, StatementExplanation
from iamsim.core.ways import is_absent
from iamsim.report.html.explained_policies import statement_names
from iamsim.report.html.page import anchor
from iamsim.report.html.parts import Badge
from iamsim.words.gates import Place, place_of
from iamsim.words.state import State
from iamsim.words.steps import DECIDES, Card, Row, picture_of

_KINDS = {State.OPEN: "yes", State.CLOSED: "no", State.DEPENDS: "open"}
_CLEAR = Badge("yes", "passes")
_PASSED = {"yes": _CLEAR, "no": Badge("no", "stops here"), "open": Badge("open", "depends")}
_NOT_REACHED = Badge("none", "not reached")
_WAYS = {State.CLOSED: "blocked"}


class Gate(NamedTuple):
    """One layer on the way: its name, its state, why in some lines, and where on the page its
    policies stand."""

    title: str
    badge: Badge
    lines: tuple[str, ...]
    href: str | None


class GateRow(NamedTuple):
    """A step or a way in: its gates, what comes of it, and a note."""

    title: str
    gates: tuple[Gate, ...]
    badge: Badge
    note: str = ""


def gate_rows(answer: Answer, prefix: str) -> tuple[GateRow, ...]:
    """Make the rows; `prefix` starts the ids of this answer."""
    places = _places(answer, prefix)
    rows: list[GateRow] = []
    for step in picture_of(answer).steps:
        badge = _sum(step.rows) if step.reached else _NOT_REACHED
        if step.rows or not step.cards:
            title = f"{step.title} ({step.remark})" if step.remark else step.title
            rows.append(GateRow(title, _gates(step.rows, places), badge, step.note))
        ways = [_way(card, places) for card in step.cards]
        if ways and step.note:
            ways[-1] = ways[-1]._replace(note=f"{ways[-1].note}; {step.note}".strip("; "))
        rows += ways
    return tuple(rows)


def _way(card: Card, places: dict[Place, str]) -> GateRow:
    badge = Badge(_KINDS[card.state], _WAYS.get(card.state, card.state.value))
    title = f"Way in by {card.title}"
    gates = _gates(card.rows, places)
    return GateRow(title, gates, badge if card.reached else _NOT_REACHED, card.around)


def _gates(rows: Iterable[Row], places: dict[Place, str]) -> tuple[Gate, ...]:
    gates = []
    for row in rows:
        kind = _KINDS.get(row.gate.state, "none") if row.reached else "none"
        word = f"{row.word}, {DECIDES}" if row.decides else row.word
        lines = tuple(line.text for line in row.lines)
        badge = Badge(kind, word if row.reached else f"{word}, not reached")
        gates.append(Gate(row.gate.name, badge, lines, places.get(row.gate.place)))
    return tuple(gates)


def _places(answer: Answer, prefix: str) -> dict[Place, str]:
    """Where on the page the statement of a gate stands, else its policies; the first of several
    levels."""
    names = statement_names(answer, prefix)
    places: dict[Place, str] = {}
    for number, layer in enumerate(answer.explanation.layers, 1):
        if layer.policies or not is_absent(layer):
            statement = _statement(layer, answer.explanation.decided_by)
            own = anchor(prefix, "layer", number)
            name = own if statement is None else names.get(id(statement), own)
            places.setdefault(place_of(layer.layer, layer.level), f"#{name}")
    return places


def _statement(layer: LayerExplanation, deciders: Iterable[Decider]) -> StatementExplanation | None:
    """The statement by which a layer stands as it does, or the one that lacked least."""
    effect = {Outcome.ALLOW: "Allow", Outcome.EXPLICIT_DENY: "Deny"}.get(layer.outcome)
    for policy in layer.policies:
        for statement in policy.statements:
            if statement.matched and statement.effect == effect:
                return statement
    nears = [
        decider.near.statement
        for decider in deciders
        if decider.near is not None and (decider.layer, decider.level) == (layer.layer, layer.level)
    ]
    return next(iter(nears), None)


def _sum(rows: Iterable[Row]) -> Badge:
    """What comes of gates that must all be passed."""
    states = {row.gate.state for row in rows}
    worst = State.CLOSED if State.CLOSED in states else State.DEPENDS
    return _PASSED[_KINDS[worst]] if worst in states else _CLEAR
