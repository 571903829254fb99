"""What must hold of a request, as a tree of tests: on its action, its resource, its context keys.

Negation is pushed to the leaves, so the tree knows only *and* and *or*.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from iamsim.proofs.conditions import KeyTest

if TYPE_CHECKING:
    from iamsim.proofs.globs import Glob


class ActionIn(NamedTuple):
    """The action is one of a set, given as bits."""

    mask: int


class ResourceIn(NamedTuple):
    """The resource fits one of some globs, or with `inside` false none of them."""

    globs: tuple[Glob, ...]
    inside: bool


class Junction:
    """All parts must hold, or with `disjunction` some; there are at least two."""

    __slots__ = ("disjunction", "parts")

    def __init__(self, parts: tuple[Leaf | Junction, ...], *, disjunction: bool) -> None:
        """Join parts."""
        self.parts = parts
        self.disjunction = disjunction


Leaf = ActionIn | ResourceIn | KeyTest
Formula = bool | Leaf | Junction


def all_of(formulas: Iterable[Formula]) -> Formula:
    """Fold with *and*."""
    return _join(formulas, disjunction=False)


def any_of(formulas: Iterable[Formula]) -> Formula:
    """Fold with *or*."""
    return _join(formulas, disjunction=True)


def _join(formulas: Iterable[Formula], *, disjunction: bool) -> Formula:
    """Fold; stops at the first formula that settles it."""
    parts: list[Leaf | Junction] = []
    for formula in formulas:
        if isinstance(formula, bool):
            if formula is disjunction:
                return disjunction
        elif isinstance(formula, Junction) and formula.disjunction is disjunction:
            parts.extend(formula.parts)
        else:
            parts.append(formula)
    if not parts:
        return not disjunction
    return parts[0] if len(parts) == 1 else Junction(tuple(parts), disjunction=disjunction)


def negate(formula: Formula, everything: int) -> Formula:
    """The opposite; `everything` are the bits of all actions."""
    if isinstance(formula, bool):
        return not formula
    if isinstance(formula, ActionIn):
        left = everything & ~formula.mask
        return ActionIn(left) if left else False
    if isinstance(formula, ResourceIn):
        return formula._replace(inside=not formula.inside)
    if isinstance(formula, KeyTest):
        return formula._replace(holds=not formula.holds)
    return _join(
        (negate(part, everything) for part in formula.parts),
        disjunction=not formula.disjunction,
    )
