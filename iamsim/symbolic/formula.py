"""Boolean formulas over variables with few values: a literal says which values a variable may have.

A negation is a literal with the other values, so formulas know only *and* and *or*. Nodes are made
once each; equal formulas are the same object.
"""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.core.data_class import dataclass, field


class OutOfBudgetError(Exception):
    """The work took more steps than it was given."""


@dataclass(slots=True)
class Budget:
    """The steps that some work may still take."""

    steps: int

    def spend(self, steps: int = 1) -> None:
        """Take some steps; raises `OutOfBudgetError` when there are none left."""
        self.steps -= steps
        if self.steps < 0:
            raise OutOfBudgetError


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """All (or with `disjunction` some) of the literals and parts must hold.

    `literals` maps a variable to the bits of its values; `variables` are the bits of all variables
    below.
    """

    disjunction: bool
    literals: tuple[tuple[int, int], ...]
    parts: tuple[Node, ...]
    variables: int


Formula = bool | Node


@dataclass(slots=True)
class Formulas:
    """Makes formulas over variables; `full` has for each variable the bits of all its values."""

    full: list[int]
    budget: Budget
    _nodes: dict[tuple[object, ...], Node] = field(default_factory=dict)
    _restricted: dict[tuple[Node, int, int], Formula] = field(default_factory=dict)

    def literal(self, variable: int, values: int) -> Formula:
        """The variable has one of these values."""
        if not values:
            return False
        if values == self.full[variable]:
            return True
        return self._node(disjunction=False, literals={variable: values}, parts=())

    def join(self, formulas: Iterable[Formula], *, disjunction: bool) -> Formula:
        """All of them, or some of them."""
        literals: dict[int, int] = {}
        parts: dict[Node, None] = {}
        waiting = list(formulas)
        while waiting:
            formula = waiting.pop()
            if isinstance(formula, bool):
                if formula is disjunction:
                    return disjunction
                continue
            single = len(formula.literals) == 1 and not formula.parts
            if formula.disjunction is not disjunction and not single:
                parts[formula] = None
                continue
            for variable, values in formula.literals:
                known = literals.get(variable)
                if known is None:
                    literals[variable] = values
                    continue
                joined = known | values if disjunction else known & values
                if joined == (self.full[variable] if disjunction else 0):
                    return disjunction
                literals[variable] = joined
            waiting.extend(formula.parts)
        if not literals and not parts:
            return not disjunction
        if not literals and len(parts) == 1:
            return next(iter(parts))
        return self._node(disjunction=disjunction, literals=literals, parts=tuple(parts))

    def _node(
        self, *, disjunction: bool, literals: dict[int, int], parts: tuple[Node, ...]
    ) -> Node:
        """Find or make a node."""
        if len(literals) == 1 and not parts:
            disjunction = False
        pairs = tuple(sorted(literals.items()))
        ordered = tuple(sorted(parts, key=id))
        key = (disjunction, pairs, ordered)
        node = self._nodes.get(key)
        if node is None:
            variables = 0
            for variable, _ in pairs:
                variables |= 1 << variable
            for part in ordered:
                variables |= part.variables
            node = self._nodes[key] = Node(disjunction, pairs, ordered, variables)
        return node

    def restrict(self, formula: Formula, variable: int, value: int) -> Formula:
        """The formula when a variable has one value (given as a bit)."""
        if isinstance(formula, bool) or not formula.variables >> variable & 1:
            return formula
        key = (formula, variable, value)
        known = self._restricted.get(key)
        if known is not None:
            return known
        self.budget.spend(1 + len(formula.literals) + len(formula.parts))
        disjunction = formula.disjunction
        kept: list[Formula] = []
        decided: Formula | None = None
        for name, values in formula.literals:
            if name != variable:
                kept.append(self.literal(name, values))
            elif bool(values & value) is disjunction:
                decided = disjunction
        if decided is None:
            for part in formula.parts:
                found = self.restrict(part, variable, value)
                if found is disjunction:
                    decided = disjunction
                    break
                kept.append(found)
        result = self.join(kept, disjunction=disjunction) if decided is None else decided
        self._restricted[key] = result
        return result
