"""The service reference as checks ask it: every question once.

The answers are kept for the life of a `Reference`, so that many policies share them; make a new one
after `iamsim.catalog.use`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.core.wildcard import compile_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.catalog import ActionFacts, ConditionKeyFacts, ServiceFacts
    from iamsim.core.wildcard import TextTest

__all__ = ["Reference"]


class Reference:
    """Facts about actions, services and condition keys, remembered."""

    def __init__(self) -> None:
        """Start without answers."""
        self.snapshot = catalog.version().snapshot
        self.services = frozenset(catalog.services())
        self.retired_services = frozenset(catalog.retired_services())
        self._expanded: dict[str, tuple[str, ...]] = {}
        self._sets: dict[str, frozenset[str]] = {}
        self._keys: dict[str, ConditionKeyFacts | None] = {}
        self._carried: dict[str, frozenset[str]] = {}
        self._tests: dict[str, TextTest] = {}
        self._everything: frozenset[str] | None = None

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Give the full names of the actions that a pattern covers, in AWS's case."""
        lowered = pattern.lower()
        found = self._expanded.get(lowered)
        if found is None:
            found = self._expanded[lowered] = catalog.expand(lowered)
        return found

    def expansion(self, pattern: str) -> frozenset[str]:
        """Give what `expand` gives, as a set."""
        lowered = pattern.lower()
        found = self._sets.get(lowered)
        if found is None:
            found = self._sets[lowered] = frozenset(self.expand(lowered))
        return found

    def all_actions(self) -> frozenset[str]:
        """Give every action that there is."""
        if self._everything is None:
            self._everything = frozenset(self.expand("*"))
        return self._everything

    def covers(self, pattern: str, action: str) -> bool:
        """Whether an action pattern covers an action, given in lower case."""
        lowered = pattern.lower()
        test = self._tests.get(lowered)
        if test is None:
            test = self._tests[lowered] = compile_tokens(tokenize(lowered))
        return test(action)

    def action(self, name: str) -> ActionFacts | None:
        """Find an action by its full name."""
        return catalog.find_action(name)

    def service(self, prefix: str) -> ServiceFacts | None:
        """Find a service."""
        return catalog.find_service(prefix)

    def key(self, name: str) -> ConditionKeyFacts | None:
        """Find a condition key, with any tag key in it."""
        lowered = name.lower()
        if lowered not in self._keys:
            self._keys[lowered] = catalog.find_condition_key(name)
        return self._keys[lowered]

    def carries(self, action: str, key: ConditionKeyFacts) -> bool:
        """Whether the tables of an action list a key that is not global."""
        carried = self._carried.get(action)
        if carried is None:
            carried = frozenset(name.lower() for name in catalog.carried_keys(action))
            self._carried[action] = carried
        return key.name.lower() in carried
