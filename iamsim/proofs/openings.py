"""What a request that a change opens must meet: a statement that the change made or took away.

Where only statements differ between two worlds, a request that was denied and is allowed meets an
Allow that is new, or met a Deny that is gone. This is a small part of the whole formula, and mostly
enough to see that there is no such request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim.proofs.formula import Formula, all_of, any_of, negate
from iamsim.proofs.unchanged import meaning

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.proofs.statements import Reader

    Statements = Sequence[CompiledStatement]
    Pair = tuple[CompiledStatement | None, CompiledStatement | None]


def opening(
    before: Arrangement,
    after: Arrangement,
    earlier: Callable[[Station], Reader],
    later: Callable[[Station], Reader],
) -> Formula | None:
    """What holds for every request that `after` allows and `before` does not; `None` where more
    than statements differs. `earlier` and `later` read the statements of a place, for the same
    caller and keys."""
    if before.relation != after.relation or len(before.stations) != len(after.stations):
        return None
    found: list[Formula] = []
    for old, new in zip(before.stations, after.stations, strict=True):
        if not _alike(old, new):
            return None
        if old.policies is None or new.policies is None or old.policies is new.policies:
            continue
        read_old, read_new = earlier(old), later(new)
        for gone, made in _changed(old.policies, new.policies):
            found.append(_opens(gone, made, read_old, read_new))
    return any_of(found)


def _alike(old: Station, new: Station) -> bool:
    """Whether two places differ in their statements at most."""
    return (
        old.slot is new.slot
        and (old.policies is None) is (new.policies is None)
        and (old.allows, old.applies, old.level, old.resource, old.only_denies, old.fixed)
        == (new.allows, new.applies, new.level, new.resource, new.only_denies, new.fixed)
        and (old.caller, old.owner) == (new.caller, new.owner)
    )


def _opens(
    gone: CompiledStatement | None, made: CompiledStatement | None, earlier: Reader, later: Reader
) -> Formula:
    """When a statement that became another opens something."""
    if gone is not None and made is not None and _differ_in_matches(gone, made):
        was, is_now = earlier.statement(gone), later.statement(made)
        if gone.denies:
            return all_of([was, negate(is_now, earlier.actions)])
        return all_of([is_now, negate(was, earlier.actions)])
    opened: list[Formula] = []
    if gone is not None and gone.denies:
        opened.append(earlier.statement(gone))
    if made is not None and not made.denies:
        opened.append(later.statement(made))
    return any_of(opened)


def _differ_in_matches(gone: CompiledStatement, made: CompiledStatement) -> bool:
    """Whether two statements do the same where they match."""
    return gone.denies is made.denies and gone.principals == made.principals


def _changed(before: PolicySet, after: PolicySet) -> Iterator[Pair]:
    """The statements that differ, with what became of them where that is clear."""
    old = [statement for policy in before.policies for statement in policy.statements]
    new = [statement for policy in after.policies for statement in policy.statements]
    if len(old) == len(new):
        for gone, made in zip(old, new, strict=True):
            if gone is not made and gone != made and meaning(gone) != meaning(made):
                yield gone, made
        return
    was, is_now = set(map(meaning, old)), set(map(meaning, new))
    for statement in old:
        if meaning(statement) not in is_now:
            yield statement, None
    for statement in new:
        if meaning(statement) not in was:
            yield None, statement
