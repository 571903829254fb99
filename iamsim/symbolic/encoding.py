"""Open tests as literals of variables, and terms as formulas over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.compile.residual import AnyTrue, Atom, Negated, Term
from iamsim.core.data_class import dataclass, field

if TYPE_CHECKING:
    from iamsim.symbolic.formula import Formula, Formulas
    from iamsim.symbolic.regions import Region


@dataclass(slots=True)
class Encoding:
    """Open tests as literals of variables: one variable a region, or, where `relaxed`, one of two
    values a test of each region that may lack cells."""

    regions: list[Region]
    relaxed: bool
    full: list[int] = field(default_factory=list)
    literals: dict[int, tuple[int, int]] = field(default_factory=dict)
    sources: list[Region | Atom] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the variables."""
        for region in self.regions:
            if region.exact or not self.relaxed:
                for atom in region.atoms:
                    self.literals[id(atom)] = len(self.full), region.truths[id(atom)]
                self.full.append(region.full)
                self.sources.append(region)
                continue
            for atom in region.atoms:
                self.literals[id(atom)] = len(self.full), 2
                self.full.append(3)
                self.sources.append(atom)

    def region_of(self, atom: Atom) -> Region:
        """The region of a test."""
        return next(
            region
            for region in self.regions
            if any(other_atom is atom for other_atom in region.atoms)
        )

    def formula(self, formulas: Formulas, term: Term, *, wanted: bool = True) -> Formula:
        """Read a term (or, if not `wanted`, its negation) as a formula."""
        if isinstance(term, bool):
            return term is wanted
        if isinstance(term, Negated):
            return self.formula(formulas, term.part, wanted=not wanted)
        if isinstance(term, Atom):
            variable, values = self.literals[id(term)]
            return formulas.literal(variable, values if wanted else self.full[variable] & ~values)
        disjunction = isinstance(term, AnyTrue) is wanted
        parts = [self.formula(formulas, part, wanted=wanted) for part in term.parts]
        return formulas.join(parts, disjunction=disjunction)
