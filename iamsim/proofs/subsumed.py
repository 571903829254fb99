"""Statements that are another one, or part of it, as it is written: they need no search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.symbolic.actions import ActionUniverse

Texts = frozenset[tuple[object, ...]]


class Written(NamedTuple):
    """What a statement says, to be compared with others: its actions as bits, principals and
    resources with whether they are negated (`None` for all), its conditions."""

    denies: bool
    actions: int
    principals: tuple[bool, frozenset[str]] | None
    resources: tuple[bool, Texts] | None
    conditions: Texts

    @classmethod
    def of(cls, statement: CompiledStatement, universe: ActionUniverse) -> Written:
        """Read a statement."""
        principals, resources = statement.principals, statement.resources
        return cls(
            statement.denies,
            universe.mask(statement.actions),
            None if principals is None else (principals.negated, principals.names),
            None
            if resources is None or resources.everything
            else (
                resources.negated,
                frozenset(pattern.template.parts for pattern in resources.patterns),
            ),
            frozenset(
                (condition.operator, condition.key, tuple(t.parts for t in templates))
                for condition in statement.conditions
                for templates in (condition.values.templates,)
            ),
        )

    def covers(self, other: Written) -> bool:
        """Whether all that another statement is about, this one is about too."""
        return (
            not other.actions & ~self.actions
            and self.principals == other.principals
            and self._covers_resources(other)
            and self.conditions <= other.conditions
        )

    def _covers_resources(self, other: Written) -> bool:
        """Whether the resources of another statement are among those of this one."""
        if self.resources is None:
            return True
        if other.resources is None or self.resources[0] is not other.resources[0]:
            return False
        negated, texts = self.resources
        return texts <= other.resources[1] if negated else other.resources[1] <= texts


def all_denied(before: Iterable[Written], after: Iterable[Written]) -> bool:
    """Whether each denial among some statements is part of one among others."""
    later = [written for written in after if written.denies]
    return all(
        any(other.covers(written) for other in later) for written in before if written.denies
    )


def unlisted_action(
    statement: CompiledStatement, existing: Iterable[CompiledStatement], universe: ActionUniverse
) -> str | None:
    """An action that an Allow names and the reference does not list, unless some Allow among those
    that exist is about it wherever the first one is."""
    for pattern in () if statement.actions.negated else statement.actions.patterns:
        if universe.mask_of_patterns([pattern.pattern]):
            continue
        text = pattern.pattern.lower()
        written = Written.of(statement, universe)._replace(actions=0)
        if not any(
            other.actions.covers(text)
            and not (other.actions.negated and "*" in text)
            and Written.of(other, universe).covers(written)
            for other in existing
            if not other.denies
        ):
            return pattern.pattern
    return None
