"""Whether a term over unknown keys is always, never or sometimes true; exactly.

The term is read over the cells of its regions. Where a region may lack cells (two unknown texts
compared in a way that is not followed), its tests are also read as if they were independent of each
other: what holds for every combination of answers holds for those that can be.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING

from iamsim.compile.residual import AllTrue, AnyTrue, Atom, Negated, Term
from iamsim.core.data_class import dataclass, field
from iamsim.symbolic.diagram import Cube, build_diagram, cubes_of, find_values
from iamsim.symbolic.encoding import Encoding
from iamsim.symbolic.formula import Budget, Formulas, OutOfBudgetError
from iamsim.symbolic.lists import ANYTHING, Shapes
from iamsim.symbolic.regions import Point, Region, cut_regions

if TYPE_CHECKING:
    from iamsim.symbolic.blocks import Block

VERDICT_STEPS = 15_000
CUBE_STEPS = 40_000
SEARCH_STEPS = 15_000


class Modality(Enum):
    """Whether a term holds for all values of the unknown keys, for none, or for some."""

    ALWAYS = "always"
    NEVER = "never"
    SOMETIMES = "sometimes"


@dataclass(slots=True, eq=False)
class Solution:
    """What was found out about a term.

    `allowing` and `denying` are values of the unknown keys with which it holds and does not, where
    they were found. `simplified` is false when the search was cut off before it was decided.
    `written` are its Condition blocks once somebody asked for them, see `PartialResidual.blocks`.
    """

    term: Term
    modality: Modality
    encoding: Encoding
    allowing: Point | None = None
    denying: Point | None = None
    simplified: bool = True
    written: dict[bool, tuple[list[Block], bool]] = field(default_factory=dict)
    _cubes: tuple[list[Cube], Encoding] | None = None

    def cubes(self) -> tuple[list[Cube], Encoding]:
        """The combinations with which the term holds; raises `OutOfBudgetError`."""
        if self._cubes is None:
            inexact = not all(region.exact for region in self.encoding.regions)
            encoding = Encoding(self.encoding.regions, relaxed=True) if inexact else self.encoding
            budget = Budget(CUBE_STEPS)
            formulas = Formulas(encoding.full, budget)
            diagram = build_diagram(formulas, encoding.formula(formulas, self.term))
            self._cubes = cubes_of(diagram, encoding.full, budget), encoding
        return self._cubes


def open_tests(term: Term) -> list[Atom]:
    """The open tests of a term, each once."""
    atoms: dict[int, Atom] = {}
    waiting: list[Term] = [term]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Atom):
            atoms[id(part)] = part
        elif isinstance(part, Negated):
            waiting.append(part.part)
        elif isinstance(part, AllTrue | AnyTrue):
            waiting.extend(reversed(part.parts))
    return list(atoms.values())


def solve(term: Term, shapes: Shapes = ANYTHING) -> Solution:
    """Decide a term; `shapes` says what its keys may hold, see `cut_regions`."""
    regions = cut_regions(open_tests(term), shapes)
    encoding = Encoding(regions, relaxed=False)
    if isinstance(term, bool):
        modality = Modality.ALWAYS if term else Modality.NEVER
        return Solution(term, modality, encoding)
    budget = Budget(VERDICT_STEPS)
    formulas = Formulas(encoding.full, budget)
    allowing = denying = None
    exhausted = True
    try:
        formula = encoding.formula(formulas, term)
        diagram = build_diagram(formulas, formula)
        if isinstance(diagram, bool):
            return _constant(term, encoding, holds=diagram)
        allowing = _point(encoding, find_values(formulas, formula, wanted=True))
        denying = _point(encoding, find_values(formulas, formula, wanted=False))
    except OutOfBudgetError:
        exhausted = False
        allowing = _search(encoding, term, wanted=True)
        denying = _search(encoding, term, wanted=False)
    exact = all(region.exact for region in regions)
    return Solution(
        term, Modality.SOMETIMES, encoding, allowing, denying, simplified=exhausted and exact
    )


def _constant(term: Term, encoding: Encoding, *, holds: bool) -> Solution:
    """A term that has one value in all cells: certain if there are no other cells."""
    modality = Modality.ALWAYS if holds else Modality.NEVER
    point = sent_values(encoding.regions)
    solution = Solution(term, modality, encoding)
    if all(region.exact for region in encoding.regions):
        return solution
    relaxed = Encoding(encoding.regions, relaxed=True)
    formulas = Formulas(relaxed.full, Budget(VERDICT_STEPS))
    try:
        diagram = build_diagram(formulas, relaxed.formula(formulas, term))
    except OutOfBudgetError:
        diagram = not holds
    if diagram is holds:
        return solution
    return Solution(
        term,
        Modality.SOMETIMES,
        encoding,
        point if holds else None,
        None if holds else point,
        simplified=False,
    )


def _search(encoding: Encoding, term: Term, *, wanted: bool) -> Point | None:
    """Look for one point with a budget of its own."""
    formulas = Formulas(encoding.full, Budget(SEARCH_STEPS))
    try:
        return _point(
            encoding, find_values(formulas, encoding.formula(formulas, term), wanted=wanted)
        )
    except OutOfBudgetError:
        return None


def _point(encoding: Encoding, values: dict[int, int] | None) -> Point | None:
    """One context for chosen cells; of the points of a cell the one that AWS would send."""
    if values is None:
        return None
    point: Point = {}
    for variable, value in values.items():
        region = encoding.regions[variable]
        point.update(region.usual_point(region.cells[value.bit_length() - 1]))
    return {**sent_values(encoding.regions), **point}


def sent_values(regions: Iterable[Region]) -> Point:
    """Some value of each key that is always there: an account or a session has some id, whether it
    matters or not."""
    point: Point = {}
    for region in regions:
        some = region.usual_point(region.cells[0])
        for key, need in region.needs.items():
            if need.form is not None:
                point[key] = need.form.usual[0]
            elif need.is_there and key in some:
                point[key] = some[key]
    return point
