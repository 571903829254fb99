"""Boolean terms over tests that unknown context keys leave open.

A term is True, False, or a tree of `Atom`, `AllTrue`, `AnyTrue` and `Negated`. Every reading that
combines tests (statements, layers, ways in) works on terms with the three functions below; on
plain truth values they are the plain operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from iamsim.core.data_class import dataclass
from iamsim.core.request import ContextValue, Request


class Leaf(Protocol):
    """A test that reads the context: a condition test, or a resource with policy variables."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The context keys that the test reads, in lower case."""
        ...

    def holds(self, resource: str, context: Mapping[str, ContextValue]) -> bool:
        """Decide the test for one resource and one full context."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One open test, with the request that it is about."""

    leaf: Leaf
    request: Request

    def holds(self, context: Mapping[str, ContextValue]) -> bool:
        """Decide it with the unknown keys filled in (`context` is the full context)."""
        return self.leaf.holds(self.request.resource, context)


@dataclass(frozen=True, slots=True, eq=False)
class AllTrue:
    """All parts must hold; there are at least two."""

    parts: tuple[Term, ...]

    def holds(self, context: Mapping[str, ContextValue]) -> bool:
        """Decide it with a full context."""
        return all(term_holds(part, context) for part in self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class AnyTrue:
    """Some part must hold; there are at least two."""

    parts: tuple[Term, ...]

    def holds(self, context: Mapping[str, ContextValue]) -> bool:
        """Decide it with a full context."""
        return any(term_holds(part, context) for part in self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Negated:
    """The part must not hold."""

    part: Term

    def holds(self, context: Mapping[str, ContextValue]) -> bool:
        """Decide it with a full context."""
        return not term_holds(self.part, context)


Term = bool | Atom | AllTrue | AnyTrue | Negated


def term_holds(term: Term, context: Mapping[str, ContextValue]) -> bool:
    """Decide a term with a full context."""
    return term if isinstance(term, bool) else term.holds(context)


def all_of(terms: Iterable[Term]) -> Term:
    """Fold with *and*; stops at the first False."""
    parts: list[Term] = []
    for term in terms:
        if term is False:
            return False
        if isinstance(term, AllTrue):
            parts.extend(term.parts)
        elif term is not True:
            parts.append(term)
    if not parts:
        return True
    return parts[0] if len(parts) == 1 else AllTrue(tuple(parts))


def any_of(terms: Iterable[Term]) -> Term:
    """Fold with *or*; stops at the first True."""
    parts: list[Term] = []
    for term in terms:
        if term is True:
            return True
        if isinstance(term, AnyTrue):
            parts.extend(term.parts)
        elif term is not False:
            parts.append(term)
    if not parts:
        return False
    return parts[0] if len(parts) == 1 else AnyTrue(tuple(parts))


def negate(term: Term) -> Term:
    """Fold with *not*."""
    if isinstance(term, bool):
        return not term
    return term.part if isinstance(term, Negated) else Negated(term)
