"""The caller's side: what of a principal's own policies, guardrails and context keys differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from iamsim.query.changes.statements import (
    Difference,
    compare_sets,
    statements_of,
)

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.facts import CallerFacts


def compare_callers(
    before: CallerFacts,
    after: CallerFacts,
    others: Callable[[], Iterable[CompiledStatement]],
    *,
    levels: Difference,
    same: bool,
) -> Difference:
    """Compare all that a principal brings to its requests.

    `others` gives the statements on the side of resources that are about it: where a layer comes or
    goes or its context changes, what they say counts, too. `levels` is what differs in the service
    control policies; with `same` the policies of its own are known to be alike.
    """
    difference = levels
    if not same:
        difference = (
            compare_sets(before.identity, after.identity)
            ._replace(presence=False)
            .joined(difference)
        )
        difference = difference.joined(compare_sets(before.boundary, after.boundary))
        difference = difference.joined(compare_sets(before.session, after.session))
    if (
        before.caller.service_linked is not after.caller.service_linked
        or before.caller.unique_id != after.caller.unique_id
        or before.standing != after.standing
    ):
        difference = difference._replace(presence=True)
    keys = _differing_keys(before, after)
    if not difference.presence and not keys:
        return difference
    everything = (*own_statements(before), *own_statements(after), *others())
    some = everything if difference.presence else reading(everything, keys)
    return difference.joined(Difference(tuple(some)))


def own_statements(facts: CallerFacts) -> Iterator[CompiledStatement]:
    """The statements on the caller's side."""
    levels = [policies for _, policies in facts.scp_levels or ()]
    for policies in (facts.identity, facts.boundary, facts.session, *levels):
        yield from statements_of(policies)


def _differing_keys(before: CallerFacts, after: CallerFacts) -> frozenset[str]:
    """The context keys that the caller gives another value, or only on one side."""
    first, second = before.context.values, after.context.values
    return frozenset(key for key in (*first, *second) if first.get(key) != second.get(key))


def reading(
    statements: Iterable[CompiledStatement], keys: frozenset[str]
) -> Iterator[CompiledStatement]:
    """The statements that read some of the keys."""
    return (statement for statement in statements if not keys.isdisjoint(statement.keys))
