"""What two statements that say almost the same say differently: the part that only one has.

Statements of one effect that differ in a single element hold for the same requests but where the
entries decide that only one of them has. So a pair of them counts with these entries alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.compile.principal import PrincipalTest
from iamsim.compile.statement import ActionTest, CompiledStatement, ResourceTest

if TYPE_CHECKING:
    from iamsim.universe.contents import Content

    Cut = Callable[[CompiledStatement, CompiledStatement], "tuple[CompiledStatement, ...] | None"]


def parts_apart(
    before: Mapping[Content, CompiledStatement], after: Mapping[Content, CompiledStatement]
) -> tuple[CompiledStatement, ...]:
    """The statements that only one side has; of two that differ in one element alone, what that
    element has on one side only."""
    old = {content: value for content, value in before.items() if content not in after}
    new = {content: value for content, value in after.items() if content not in before}
    statements: list[CompiledStatement] = []
    for element, cut in CUTS.items():
        rest: dict[Content, Content] = {}
        for content in new:
            rest.setdefault(content._replace(**{element: None}), content)
        for content in list(old):
            other = rest.pop(content._replace(**{element: None}), None)
            some = None if other is None else cut(old[content], new[other])
            if other is not None and some is not None:
                statements += some
                del old[content], new[other]
    return (*statements, *old.values(), *new.values())


def _actions(
    mine: CompiledStatement, theirs: CompiledStatement
) -> tuple[CompiledStatement, ...] | None:
    """Cut the Action elements down to entries that one of them lacks."""
    if mine.actions.negated is not theirs.actions.negated:
        return None
    first, second = (
        {pattern.pattern.lower(): pattern for pattern in statement.actions.patterns}
        for statement in (mine, theirs)
    )
    only = tuple((first | second)[name] for name in sorted(first.keys() ^ second.keys()))
    if not only:
        return ()
    return (replace(theirs, actions=ActionTest(only, False, theirs.actions.element)),)


def _resources(
    mine: CompiledStatement, theirs: CompiledStatement
) -> tuple[CompiledStatement, ...] | None:
    """Cut the Resource elements down to entries that one of them lacks."""
    old, new = mine.resources, theirs.resources
    if old is None or new is None or old.negated is not new.negated:
        return None
    first, second = (
        {pattern.template: pattern for pattern in some.patterns} for some in (old, new)
    )
    differing = first.keys() ^ second.keys()
    only = tuple(value for key, value in (first | second).items() if key in differing)
    if not only:
        return ()
    everything = any(pattern.everything for pattern in only)
    return (replace(theirs, resources=ResourceTest(only, False, new.element, everything)),)


def _principals(
    mine: CompiledStatement, theirs: CompiledStatement
) -> tuple[CompiledStatement, ...] | None:
    """Cut the Principal elements down to entries that one of them lacks."""
    old, new = mine.principals, theirs.principals
    if not isinstance(old, PrincipalTest) or not isinstance(new, PrincipalTest):
        return None
    names = old.names ^ new.names
    only = tuple(pattern for pattern in (*old.patterns, *new.patterns) if pattern.name in names)
    if not only:
        return ()
    return (replace(theirs, principals=PrincipalTest(only, names)),)


CUTS: Mapping[str, Cut] = {
    "actions": _actions,
    "resources": _resources,
    "principals": _principals,
}
