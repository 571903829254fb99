"""Decision diagrams: a formula worked out value by value, with equal parts shared.

A diagram that is a truth value says that the formula is always or never true, and every path to
True is a combination of values under which it is true.
"""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.core.data_class import dataclass, field
from iamsim.symbolic.formula import Budget, Formula, Formulas, Node, OutOfBudgetError

MOST_CUBES = 400
MOST_TIDIED = 60

Cube = tuple[int, ...]  # for each variable the bits of the values that it may have


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """What follows for the values of one variable, as (bits of values, what then)."""

    variable: int
    branches: tuple[tuple[int, Diagram], ...]


Diagram = bool | Fork


@dataclass(slots=True)
class _Builder:
    """Builds the diagrams of formulas over the same variables."""

    formulas: Formulas
    order: Sequence[int]
    built: dict[Node, Diagram] = field(default_factory=dict)
    forks: dict[tuple[object, ...], Fork] = field(default_factory=dict)

    def build(self, formula: Formula) -> Diagram:
        """Work a formula out."""
        if isinstance(formula, bool):
            return formula
        known = self.built.get(formula)
        if known is not None:
            return known
        variable = next(name for name in self.order if formula.variables >> name & 1)
        branches: dict[Diagram, int] = {}
        for value in _bits(self.formulas.full[variable]):
            child = self.build(self.formulas.restrict(formula, variable, value))
            branches[child] = branches.get(child, 0) | value
        if len(branches) == 1:
            diagram = next(iter(branches))
        else:
            pairs = tuple((values, child) for child, values in branches.items())
            diagram = self.forks.setdefault((variable, pairs), Fork(variable, pairs))
        self.built[formula] = diagram
        return diagram


def build_diagram(formulas: Formulas, formula: Formula) -> Diagram:
    """Work a formula out; raises `OutOfBudgetError`. Variables used most come first."""
    return _Builder(formulas, variable_order(formulas, formula)).build(formula)


def variable_order(formulas: Formulas, formula: Formula) -> list[int]:
    """The variables, those with the most literals first."""
    counts = [0] * len(formulas.full)
    seen: set[Node] = set()
    waiting = [formula]
    while waiting:
        node = waiting.pop()
        if isinstance(node, bool) or node in seen:
            continue
        seen.add(node)
        for variable, _ in node.literals:
            counts[variable] += 1
        waiting.extend(node.parts)
    return sorted(range(len(counts)), key=lambda variable: -counts[variable])


def find_values(formulas: Formulas, formula: Formula, *, wanted: bool) -> dict[int, int] | None:
    """Find values of variables (as bits) that decide a formula as wanted, or `None` if there are
    none. Variables that are left out do not matter. Raises `OutOfBudgetError`."""
    order = variable_order(formulas, formula)
    dead: set[Node] = set()

    def search(node: Formula) -> dict[int, int] | None:
        if isinstance(node, bool):
            return {} if node is wanted else None
        if node in dead:
            return None
        variable = next(name for name in order if node.variables >> name & 1)
        for value in _bits(formulas.full[variable]):
            values = search(formulas.restrict(node, variable, value))
            if values is not None:
                return {variable: value, **values}
        dead.add(node)
        return None

    return search(formula)


def _bits(values: int) -> list[int]:
    """The single bits of an integer."""
    bits = []
    while values:
        low = values & -values
        bits.append(low)
        values ^= low
    return bits


def cubes_of(diagram: Diagram, full: Sequence[int], budget: Budget) -> list[Cube]:
    """Cover the true combinations with few large cubes; raises `OutOfBudgetError`.

    Every cube is as wide as it can be, and none lies in the others together (up to a size).
    """
    if diagram is False:
        return []
    wide: dict[Cube, None] = {}
    for path in _paths(diagram, tuple(full), budget):
        if not any(_contains(cube, path) for cube in wide):
            wide[_widened(diagram, path, full, budget)] = None
    cubes = [
        cube for cube in wide if not any(other != cube and _contains(other, cube) for other in wide)
    ]
    return _needed(cubes, budget)


def _paths(diagram: Diagram, cube: Cube, budget: Budget) -> list[Cube]:
    paths: list[Cube] = []
    waiting = [(diagram, cube)]
    while waiting:
        node, so_far = waiting.pop()
        budget.spend()
        if node is True:
            paths.append(so_far)
            if len(paths) > MOST_CUBES:
                raise OutOfBudgetError
        elif isinstance(node, Fork):
            for values, child in node.branches:
                waiting.append((child, _with(so_far, node.variable, values)))
    return paths


def _with(cube: Cube, variable: int, values: int) -> Cube:
    return (*cube[:variable], values, *cube[variable + 1 :])


def _contains(outer: Cube, inner: Cube) -> bool:
    """Whether one cube lies in another."""
    return all(not b & ~a for a, b in zip(outer, inner, strict=True))


def _holds(diagram: Diagram, cube: Cube, budget: Budget) -> bool:
    """Whether the diagram is true in a whole cube."""
    seen: set[Fork] = set()
    waiting = [diagram]
    while waiting:
        node = waiting.pop()
        budget.spend()
        if node is False:
            return False
        if isinstance(node, Fork) and node not in seen:
            seen.add(node)
            allowed = cube[node.variable]
            waiting.extend(child for values, child in node.branches if values & allowed)
    return True


def _widened(diagram: Diagram, cube: Cube, full: Sequence[int], budget: Budget) -> Cube:
    """Widen a cube: drop whole variables first, then add single values."""
    for variable, values in enumerate(full):
        if cube[variable] != values and _holds(diagram, _with(cube, variable, values), budget):
            cube = _with(cube, variable, values)
    for variable, values in enumerate(full):
        for value in _bits(values & ~cube[variable]):
            wider = _with(cube, variable, cube[variable] | value)
            if _holds(diagram, wider, budget):
                cube = wider
    return cube


def _needed(cubes: list[Cube], budget: Budget) -> list[Cube]:
    """Leave out cubes that the others cover together."""
    if len(cubes) > MOST_TIDIED:
        return cubes
    kept = list(cubes)
    for cube in reversed(cubes):
        others = [other for other in kept if other is not cube]
        if others and _covered(cube, others, budget):
            kept = others
    return kept


def _covered(cube: Cube, others: Sequence[Cube], budget: Budget) -> bool:
    """Whether some cubes together contain a cube: cut away the first, look at what is left."""
    budget.spend()
    if not others:
        return False
    first, *rest = others
    if any(not a & b for a, b in zip(cube, first, strict=True)):
        return _covered(cube, rest, budget)
    left = cube
    for variable, values in enumerate(first):
        outside = left[variable] & ~values
        if outside and not _covered(_with(left, variable, outside), rest, budget):
            return False
        left = _with(left, variable, left[variable] & values)
    return True
