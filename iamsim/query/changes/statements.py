"""What statements say, wherever they stand, and which of two sets of policies only one has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.facts import Levels

__all__ = ["Difference", "compare_levels", "compare_sets", "statement_content", "statements_of"]


class Difference(NamedTuple):
    """Statements that one side has and the other has not; `presence` where a layer is there on one
    side only, which bears on requests that no statement of it matches."""

    statements: tuple[CompiledStatement, ...] = ()
    presence: bool = False

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.statements) or self.presence

    def joined(self, other: Difference) -> Difference:
        """Both differences."""
        return Difference((*self.statements, *other.statements), self.presence or other.presence)


def statement_content(statement: CompiledStatement) -> object:
    """The meaning of a statement as a value: equal ones match the same and have one effect."""
    principals, resources = statement.principals, statement.resources
    return (
        statement.denies,
        statement.actions.negated,
        tuple([pattern.pattern.lower() for pattern in statement.actions.patterns]),
        None
        if principals is None
        else (
            type(principals).__name__,
            tuple([(one.kind, one.text) for one in principals.patterns]),
        ),
        None
        if resources is None
        else (resources.negated, tuple([pattern.template for pattern in resources.patterns])),
        tuple(
            [
                (condition.written_operator, condition.written_key, condition.values.templates)
                for condition in statement.conditions
            ]
        ),
    )


def statements_of(policies: PolicySet | None) -> Iterator[CompiledStatement]:
    """All statements of a set of policies."""
    for policy in policies.policies if policies is not None else ():
        yield from policy.statements


def compare_sets(before: PolicySet | None, after: PolicySet | None) -> Difference:
    """Compare what two sets of policies say."""
    if before is after:
        return Difference()
    only = _only_one_has(statements_of(before), statements_of(after))
    return Difference(only, (before is None) is not (after is None))


def compare_levels(before: Levels | None, after: Levels | None) -> Difference:
    """Compare service or resource control policies level by level; where the levels are others,
    all of them count."""
    first, second = before or (), after or ()
    if len(first) != len(second):
        every = (*first, *second)
        return Difference(tuple(one for _, some in every for one in statements_of(some)), True)
    found = Difference((), (before is None) is not (after is None))
    for (_, mine), (_, theirs) in zip(first, second, strict=True):
        found = found.joined(compare_sets(mine, theirs))
    return found


def _only_one_has(
    before: Iterable[CompiledStatement], after: Iterable[CompiledStatement]
) -> tuple[CompiledStatement, ...]:
    """The statements whose content the other side lacks."""
    first = {statement_content(one): one for one in before}
    second = {statement_content(one): one for one in after}
    return (
        *(one for content, one in first.items() if content not in second),
        *(one for content, one in second.items() if content not in first),
    )
