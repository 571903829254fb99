"""Whether one statement is about everything that another is about, as far as that can be proved
(shared, no codes of its own).

What can't be proved is no: entries with policy variables cover only themselves.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.checks.arn_formats import can_overlap, pattern_atoms
from iamsim.checks.rules.redundant_patterns import covers_action, covers_resource
from iamsim.checks.rules.redundant_statements import meaning

if TYPE_CHECKING:
    from iamsim.checks.view import StatementView
    from iamsim.syntax.ast import Entries

_wild = re.compile(r"[*?]|\$\{")
EVERYONE = frozenset({("*", "*"), ("AWS", "*")})


class Scopes:
    """What the statements of a policy are about, to hold many of them against each other: parts
    that are written alike in several of them are compared once."""

    def __init__(self, statements: Iterable[StatementView]) -> None:
        """Read what the statements say."""
        self._all = tuple(statements)
        self._anywhere: list[StatementView] = []
        self._by_start: dict[str, list[StatementView]] = {}
        self._parts: dict[int, tuple[str, str, str, frozenset[str]]] = {}
        self._known: dict[tuple[str, str, str], bool] = {}
        self._meanings: dict[int, str] = {}
        for statement in self._all:
            actions, resources = _shown(statement.actions), _shown(statement.resources)
            principals = repr([statement.raw.get(name) for name in ("Principal", "NotPrincipal")])
            conditions = frozenset(_conditions(statement))
            self._parts[statement.index] = actions, resources, principals, conditions
            listed = statement.resources
            if listed is None or listed.negated:
                self._anywhere.append(statement)
                continue
            for start in {_literal_start(value.text) for value in listed.values}:
                self._by_start.setdefault(start, []).append(statement)

    def near(self, statement: StatementView) -> Iterable[StatementView]:
        """The statements that may cover another, by how their resources start, in order."""
        listed = statement.resources
        if listed is None or listed.negated or not listed.values:
            return self._all
        text = listed.values[0].text
        statements = {statement.index: statement for statement in self._anywhere}
        for end in range(len(text) + 1):
            statements.update(
                (statement.index, statement) for statement in self._by_start.get(text[:end], ())
            )
        return [statements[index] for index in sorted(statements)]

    def meaning(self, statement: StatementView) -> str:
        """A text that statements have in common which say the same."""
        known = self._meanings.get(statement.index)
        if known is None:
            known = self._meanings[statement.index] = meaning(statement)
        return known

    def same_requests(self, wide: StatementView, narrow: StatementView) -> bool:
        """Whether principals and conditions of one statement let pass all that another's do."""
        mine, theirs = self._parts[wide.index], self._parts[narrow.index]
        return mine[3] <= theirs[3] and self._test(
            "principals", mine[2], theirs[2], lambda: _covers_principals(wide, narrow)
        )

    def covers(self, wide: StatementView, narrow: StatementView) -> bool:
        """Whether every request that one statement matches is matched by another."""
        if not self.same_requests(wide, narrow):
            return False
        mine, theirs = self._parts[wide.index], self._parts[narrow.index]
        return self._test(
            "resources",
            mine[1],
            theirs[1],
            lambda: _covers_list(wide.resources, narrow.resources, covers_resource),
        ) and self._test(
            "actions",
            mine[0],
            theirs[0],
            lambda: _covers_list(wide.actions, narrow.actions, covers_action),
        )

    def _test(self, what: str, wide: str, narrow: str, test: Callable[[], bool]) -> bool:
        """Compare two parts, once."""
        key = (what, wide, narrow)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = test()
        return known


def _literal_start(pattern: str) -> str:
    """What every text that a pattern covers begins with."""
    return _wild.split(pattern, maxsplit=1)[0]


def _shown(entries: Entries | None) -> str:
    """The text of a list of entries."""
    if entries is None:
        return ""
    return repr((entries.name, [value.text for value in entries.values]))


def covers_pair(wide: StatementView, action: str, resource: str | None) -> bool:
    """Whether the lists of a statement cover one entry of Action together with one of Resource."""
    if not _covers_entry(wide.actions, action, covers_action):
        return False
    if resource is None:
        return wide.resources is None
    return _covers_entry(wide.resources, resource, covers_resource)


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
