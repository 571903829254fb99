"""What was covered of policies: counts for each clause, statement and document.

A clause is *held* when it holds in a statement that matches, and *blocked* when it alone keeps a
statement from matching.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from iamsim.core.explanation import Element
from iamsim.core.span import Path, Source, Span

_NEGATED = frozenset({Element.NOT_ACTION, Element.NOT_RESOURCE, Element.NOT_PRINCIPAL})


@dataclass(slots=True)
class ClauseCoverage:
    """One entry of an element, or one condition test, with how often it was held and blocked."""

    element: Element
    text: str
    source: Source = field(repr=False)
    path: Path
    held: int = 0
    blocked: int = 0

    @property
    def span(self) -> Span:
        """Where the clause stands."""
        return self.source.span(self.path)

    @property
    def is_condition(self) -> bool:
        """Conditions must have gone both ways; of patterns it is enough that they held."""
        return self.element is Element.CONDITION

    @property
    def units(self) -> int:
        """How much there is to cover."""
        return 2 if self.is_condition else 1

    @property
    def covered(self) -> int:
        """How much of it is covered."""
        if self.is_condition:
            return (self.held > 0) + (self.blocked > 0)
        return int(self.held > 0 or (self.element in _NEGATED and self.blocked > 0))


@dataclass(slots=True)
class StatementCoverage:
    """One statement: how often it matched, decided, and was kept from matching by one clause."""

    index: int
    sid: str | None
    effect: str
    source: Source = field(repr=False)
    path: Path
    clauses: tuple[ClauseCoverage, ...]
    matched: int = 0
    decided: int = 0
    blocked: int = 0
    dead: bool = False

    @property
    def span(self) -> Span:
        """Where the statement stands."""
        return self.source.span(self.path)

    @property
    def units(self) -> int:
        """How much there is to cover: that it matches, and its clauses; of a dead one nothing."""
        return 0 if self.dead else 1 + sum(clause.units for clause in self.clauses)

    @property
    def covered(self) -> int:
        """How much of it is covered."""
        if self.dead:
            return 0
        return (self.matched > 0) + sum(clause.covered for clause in self.clauses)


@dataclass(slots=True)
class PolicyCoverage:
    """One policy document with its statements."""

    name: str
    source: Source = field(repr=False)
    statements: tuple[StatementCoverage, ...]

    @property
    def file(self) -> str:
        """The file that the document stands in."""
        return self.source.name

    @property
    def place(self) -> tuple[str, int, str]:
        """Where the document stands, and its name: the order of reports."""
        return self.file, self.source.span(()).start, self.name

    @property
    def units(self) -> int:
        """How much there is to cover."""
        return sum(statement.units for statement in self.statements)

    @property
    def covered(self) -> int:
        """How much of it is covered."""
        return sum(statement.covered for statement in self.statements)


def add_up(policies: Iterable[PolicyCoverage]) -> tuple[PolicyCoverage, ...]:
    """Give each document once, in the order of reports: what several readers of it counted, in one
    process or in several, is added up.

    A document is the same one where its name, its file and everything that it holds stand at the
    same place. A statement that one reader knows to be dead, because only that one had the world,
    is dead.
    """
    policy_coverages: dict[object, PolicyCoverage] = {}
    for policy in policies:
        key = _contents(policy)
        policy_coverages[key] = (
            _sum(policy_coverages[key], policy) if key in policy_coverages else policy
        )
    return tuple(sorted(policy_coverages.values(), key=lambda entry: entry.place))


def _contents(policy: PolicyCoverage) -> object:
    """What tells a document from others."""
    statements = tuple(
        (statement.path, tuple(clause.path for clause in statement.clauses))
        for statement in policy.statements
    )
    return policy.place, statements


def _sum(one: PolicyCoverage, other: PolicyCoverage) -> PolicyCoverage:
    """The counts of two readers of a document."""
    pairs = zip(one.statements, other.statements, strict=True)
    return replace(one, statements=tuple(_sum_statement(*pair) for pair in pairs))


def _sum_statement(one: StatementCoverage, other: StatementCoverage) -> StatementCoverage:
    return replace(
        one,
        matched=one.matched + other.matched,
        decided=one.decided + other.decided,
        blocked=one.blocked + other.blocked,
        dead=one.dead or other.dead,
        clauses=tuple(
            replace(clause, held=clause.held + more.held, blocked=clause.blocked + more.blocked)
            for clause, more in zip(one.clauses, other.clauses, strict=True)
        ),
    )
