"""A decision as rows of gates: nothing denies, every guardrail allows, and one way in is open.

The rows follow the formula of the engine, in the order in which AWS evaluates:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer, Outcome
from iamsim.core.ways import is_absent, undecided_layers, way_depends, ways_of_caller
from iamsim.engine.formula import GUARDRAILS, Slot
from iamsim.report.html.page import anchor
from iamsim.report.html.parts import Badge
from iamsim.words.sentences import OUTCOMES, REASONS, WAYS, layer_name, level_text
from iamsim.words.wording import statement_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.core.answer import Answer
    from iamsim.core.explanation import LayerExplanation, WayExplanation

__all__ = ["Gate", "GateRow", "gate_rows"]

# What credentials reach is shown with the session, not as a guardrail of its own.
_GUARDRAILS = frozenset(slot.layer for slot in GUARDRAILS if slot is not Slot.CREDENTIALS)
_KINDS = {
    Outcome.ALLOW: "yes",
    Outcome.EXPLICIT_DENY: "no",
    Outcome.IMPLICIT_DENY: "no",
    Outcome.UNKNOWN: "open",
    Outcome.NOT_APPLICABLE: "none",
}


class Gate(NamedTuple):
    """One layer on the way: its name, its state, which statement is behind that, and where on the
    page that stands."""

    title: str
    badge: Badge
    detail: str
    href: str | None


class GateRow(NamedTuple):
    """Gates that are all to be passed, and what comes of the row."""

    title: str
    gates: tuple[Gate, ...]
    badge: Badge


def gate_rows(answer: Answer, prefix: str, statements: dict[int, str]) -> tuple[GateRow, ...]:
    """Make the rows. `prefix` starts the ids of this answer, `statements` has those of the
    statements."""
    maker = _Maker(answer, prefix, statements)
    rows = [maker.denials()]
    guardrails = maker.guardrails()
    if guardrails.gates:
        rows.append(guardrails)
    ways = ways_of_caller(answer)
    rows += [maker.way(way, number, len(ways)) for number, way in enumerate(ways, 1)]
    return tuple(rows)


class _Maker:
    """Makes the gates of one answer."""

    def __init__(self, answer: Answer, prefix: str, statements: dict[int, str]) -> None:
        self._answer = answer
        self._layers = [
            (f"#{anchor(prefix, 'layer', number)}", layer)
            for number, layer in enumerate(answer.explanation.layers, 1)
        ]
        self._statements = statements
        self._deciding = {id(one.statement) for one in answer.explanation.decided_by}

    def denials(self) -> GateRow:
        """The row of explicit denials."""
        gates = [
            self._gate(layer, href, Badge(_KINDS[layer.outcome], OUTCOMES[layer.outcome]))
            for href, layer in self._layers
            if layer.outcome is Outcome.EXPLICIT_DENY or _may_deny(layer)
        ]
        clear = Gate("all policies", Badge("yes", "no Deny matches"), "", None)
        shown = tuple(gates) or (clear,)
        return GateRow("Nothing denies it explicitly", shown, _sum(shown))

    def guardrails(self) -> GateRow:
        """The row of what every request must pass."""
        guardrails = [
            (href, layer)
            for href, layer in self._layers
            if layer.layer in _GUARDRAILS and not is_absent(layer)
        ]
        gates: list[Gate] = []
        for _, group in groupby(guardrails, key=lambda pair: pair[1].layer):
            gates += self._levels(list(group))
        return GateRow("Every guardrail lets it pass", tuple(gates), _sum(gates))

    def _levels(self, levels: list[tuple[str, LayerExplanation]]) -> list[Gate]:
        """A gate for each level of a layer; those that allow share one."""
        allowing = [pair for pair in levels if pair[1].outcome is Outcome.ALLOW]
        alone = levels if len(allowing) == 1 else [one for one in levels if one not in allowing]
        gates = [
            self._gate(layer, href, Badge(_KINDS[layer.outcome], OUTCOMES[layer.outcome]))
            for href, layer in alone
        ]
        if len(allowing) > 1:
            href, first = allowing[0]
            which = "all" if len(allowing) == len(levels) else "the other"
            title = f"{self._name(first.layer)} at {which} {len(allowing)} levels"
            names = ", ".join(layer.level or "" for _, layer in allowing)
            gates.append(Gate(title, Badge("yes", OUTCOMES[Outcome.ALLOW]), names, href))
        return gates

    def way(self, way: WayExplanation, number: int, ways: int) -> GateRow:
        """The row of one way in."""
        state = Badge("yes", "open") if way.open else Badge("no", "blocked")
        if way_depends(way, self._answer):
            state = Badge("open", "depends")
        title = "The way in" if ways == 1 else f"Way in {number} of {ways}"
        unknown = undecided_layers(self._answer)
        gates = []
        for position, layer in enumerate(way.requires):
            href, entry = self._entry(layer, of_grants=way.name.startswith("kms-grant"))
            blocked = layer in way.blocked_by
            badge = Badge("no", "closed") if blocked else Badge("yes", "open")
            if layer in unknown:
                badge = Badge("open", "depends")
            elif entry is None or (is_absent(entry) and not blocked):
                badge = Badge("none", "not there")
            name = None
            if position == 0:
                resource = layer_name(Layer.RESOURCE_BASED_POLICY, self._answer.request.action)
                name = WAYS.get(way.name, way.name).format(policy=resource)
            gates.append(self._gate(entry, href, badge, name or self._name(layer)))
        return GateRow(title, tuple(gates), state)

    def _entry(
        self, layer: Layer, *, of_grants: bool
    ) -> tuple[str | None, LayerExplanation | None]:
        """The explanation of a layer, and where it stands; the grants on a key stand last."""
        entries = [(href, entry) for href, entry in self._layers if entry.layer is layer]
        if not entries:
            return None, None
        href, entry = entries[-1 if of_grants else 0]
        return href if entry.policies or not is_absent(entry) else None, entry

    def _name(self, layer: Layer) -> str:
        return layer_name(layer, self._answer.request.action)

    def _gate(
        self,
        entry: LayerExplanation | None,
        href: str | None,
        badge: Badge,
        name: str | None = None,
    ) -> Gate:
        """A gate with the statement behind it, or the reason."""
        if entry is None:
            return Gate(name or "", badge, "", None)
        title = name or (
            layer_name(entry.layer, self._answer.request.action, entry.level)
            + level_text(entry.level)
        )
        effect = {Outcome.ALLOW: "Allow", Outcome.EXPLICIT_DENY: "Deny"}.get(entry.outcome)
        matching = [
            (policy, statement)
            for policy in entry.policies
            for statement in policy.statements
            if statement.matched and statement.effect == effect
        ]
        # Where it is told, the statement that decides; else the first that matches.
        matching.sort(key=lambda pair: id(pair[1]) not in self._deciding)
        if not matching:
            detail = "" if badge.kind == "none" and href is None else REASONS[entry.reason]
            return Gate(title, badge, detail, href)
        policy, statement = matching[0]
        detail = f"{statement_text(statement.index, statement.sid)} of {policy.name}"
        return Gate(title, badge, detail, f"#{self._statements[id(statement)]}")


def _may_deny(layer: LayerExplanation) -> bool:
    """Whether it is not known if a layer denies explicitly."""
    return layer.residual is not None and layer.residual.denies is not None


def _sum(gates: Iterable[Gate]) -> Badge:
    """What comes of gates that must all be passed."""
    kinds = {gate.badge.kind for gate in gates}
    if "no" in kinds:
        return Badge("no", "stops here")
    return Badge("open", "depends") if "open" in kinds else Badge("yes", "passes")
