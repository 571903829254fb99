"""What statements say, wherever they stand, and which of two sets of policies only one has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.query.changes.apart import parts_apart
from iamsim.universe.contents import content_of

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.facts import Levels


class Difference(NamedTuple):
    """What one side says and the other does not, cut down to the entries that differ; `presence`
    where a layer is there on one side only, which bears on requests that no statement matches."""

    statements: tuple[CompiledStatement, ...] = ()
    presence: bool = False

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.statements) or self.presence

    def joined(self, other: Difference) -> Difference:
        """Both differences."""
        return Difference((*self.statements, *other.statements), self.presence or other.presence)


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
        return Difference(
            tuple(statement for _, some in every for statement in statements_of(some)), True
        )
    difference = Difference((), (before is None) is not (after is None))
    for (_, mine), (_, theirs) in zip(first, second, strict=True):
        difference = difference.joined(compare_sets(mine, theirs))
    return difference


def _only_one_has(
    before: Iterable[CompiledStatement], after: Iterable[CompiledStatement]
) -> tuple[CompiledStatement, ...]:
    """What the other side lacks."""
    first = {content_of(statement): statement for statement in before}
    second = {content_of(statement): statement for statement in after}
    return parts_apart(first, second)
