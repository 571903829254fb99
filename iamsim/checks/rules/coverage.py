"""Whether one statement is about everything that another is about, as far as that can be proved
(shared, no codes of its own).

What can't be proved is no: entries with policy variables cover only themselves.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.checks.arn_formats import can_overlap, pattern_atoms
from iamsim.checks.rules.redundant_patterns import covers_action, covers_resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamsim.checks.view import StatementView
    from iamsim.syntax.ast import Entries

__all__ = ["covers", "covers_pair", "same_requests"]

EVERYONE = frozenset({("*", "*"), ("AWS", "*")})


def covers(wide: StatementView, narrow: StatementView) -> bool:
    """Whether every request that one statement matches is matched by another."""
    return (
        same_requests(wide, narrow)
        and _covers_list(wide.actions, narrow.actions, covers_action)
        and _covers_list(wide.resources, narrow.resources, covers_resource)
    )


def covers_pair(wide: StatementView, action: str, resource: str | None) -> bool:
    """Whether the lists of a statement cover one entry of Action together with one of Resource."""
    if not _covers_entry(wide.actions, action, covers_action):
        return False
    if resource is None:
        return wide.resources is None
    return _covers_entry(wide.resources, resource, covers_resource)


def same_requests(wide: StatementView, narrow: StatementView) -> bool:
    """Whether principals and conditions of one statement let pass all that another's do."""
    return _covers_principals(wide, narrow) and _conditions(wide) <= _conditions(narrow)


def _covers_principals(wide: StatementView, narrow: StatementView) -> bool:
    """Compare principals entry by entry; those of NotPrincipal must be the same."""
    given, asked = wide.principals, narrow.principals
    if given is None or asked is None:
        return given is asked
    if given.negated or asked.negated:
        return False
    entries = {(kind, value.text) for kind, value in given.entries}
    if entries & EVERYONE:
        return True
    return bool(asked.entries) and all(
        (kind, value.text) in entries for kind, value in asked.entries
    )


def _conditions(statement: StatementView) -> set[str]:
    """The conditions as texts, one for each operator and key, malformed ones included."""
    raw = statement.raw.get("Condition")
    if not raw:
        return set()
    if not isinstance(raw, Mapping):
        return {repr(raw)}
    return set(_written(raw))


def _written(raw: Mapping[object, object]) -> Iterator[str]:
    """Write each condition so that equal ones have equal texts."""
    for operator, keys in raw.items():
        if not isinstance(keys, Mapping):
            yield repr((operator, keys))
            continue
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            yield repr((operator, str(key).lower(), sorted(map(repr, listed))))


def _covers_list(
    wide: Entries | None, narrow: Entries | None, test: Callable[[str, str], bool]
) -> bool:
    """Whether one list is about everything that another is about."""
    if wide is None or narrow is None:
        return wide is narrow
    if narrow.negated:
        # All but some: only all, or all but fewer, is wider.
        if not wide.negated:
            return any(value.text == "*" for value in wide.values)
        return all(
            any(test(inner.text, outer.text) for inner in narrow.values) for outer in wide.values
        )
    return bool(narrow.values) and all(
        _covers_entry(wide, value.text, test) for value in narrow.values
    )


def _covers_entry(wide: Entries | None, text: str, test: Callable[[str, str], bool]) -> bool:
    """Whether a list covers one entry of another."""
    if wide is None or not wide.values:
        return False
    if not wide.negated:
        return any(test(value.text, text) for value in wide.values)
    ignoring_case = wide.name.endswith("Action")
    return not any(_may_meet(value.text, text, ignoring_case) for value in wide.values)


def _may_meet(one: str, other: str, ignoring_case: bool) -> bool:
    """Whether some text may fit both patterns; a variable may be anything."""
    if ignoring_case:
        one, other = one.lower(), other.lower()
    return can_overlap(pattern_atoms(one), pattern_atoms(other))
