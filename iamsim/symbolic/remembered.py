"""Solutions of terms, remembered: requests under one set of policies leave the same terms open.

Two terms are the same when they are built alike of the same tests and those read the same known
values. A solution holds on to its tests, so that their identities stay theirs.
"""

from __future__ import annotations

from iamsim.compile.residual import AllTrue, Atom, Negated, Term
from iamsim.compile.resource import ResourcePattern
from iamsim.core.remember import remember
from iamsim.symbolic.lists import ANYTHING, Shapes
from iamsim.symbolic.solve import Solution, solve

MOST_SOLUTIONS = 512

_solutions: dict[object, Solution] = {}


def remembered_solution(term: Term, shapes: Shapes = ANYTHING) -> Solution:
    """Solve a term, or find the solution of one that is the same; see `solve`."""
    if isinstance(term, bool):
        return solve(term)
    key = shapes, signature(term)
    solution = _solutions.get(key)
    if solution is None:
        solution = remember(_solutions, key, solve(term, shapes), MOST_SOLUTIONS)
    return solution


def signature(term: Term) -> object:
    """What makes two terms the same."""
    if isinstance(term, bool):
        return term
    if isinstance(term, Atom):
        leaf, request = term.leaf, term.request
        keys = leaf.keys
        if isinstance(leaf, ResourcePattern):
            known = tuple([_known(term, key) for key in keys])
            return id(leaf), request.resource, known
        if len(keys) == 1:
            return id(leaf)
        return id(leaf), tuple([_known(term, key) for key in keys])
    if isinstance(term, Negated):
        return "not", signature(term.part)
    parts = [signature(part) for part in term.parts]
    return isinstance(term, AllTrue), tuple(parts)


def _known(atom: Atom, key: str) -> object:
    """The value of a key, absent included, or that it is not known."""
    request = atom.request
    return ("unknown",) if request.is_unknown(key) else (request.context.get(key), None)


def forget() -> None:
    """Drop all remembered solutions."""
    _solutions.clear()
