"""The service reference as checks ask it: every question once.

The answers are kept for the life of a `Reference`, so that many policies share them; make a new one
after `iamsim.catalog.use`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.arn_formats import read_format
from iamsim.core.wildcard import compile_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.catalog import ActionFacts, ConditionKeyFacts, ServiceFacts
    from iamsim.checks.arn_formats import ArnFormat
    from iamsim.core.wildcard import TextTest

__all__ = ["Reference"]

# The reference writes recovery points of AWS Backup with a variable in place of the service.
RECOVERY_POINT = "arn:${Partition}:backup:${Region}:${Account}:recovery-point:${RecoveryPointId}"
# Services that ended before the oldest reference that the catalog was made from.
ENDED = frozenset({"deepracer", "iot1click", "zocalo"})


class Reference:
    """Facts about actions, services and condition keys, remembered."""

    def __init__(self) -> None:
        """Start without answers."""
        self.snapshot = catalog.version().snapshot
        self.services = frozenset(catalog.services())
        self.retired_services = ENDED.union(catalog.retired_services())
        self._expanded: dict[str, tuple[str, ...]] = {}
        self._keys: dict[str, ConditionKeyFacts | None] = {}
        self._carried: dict[str, frozenset[str]] = {}
        self._listed: dict[str, bool] = {}
        self._tests: dict[str, TextTest] = {}
        self._formats: dict[str, list[ArnFormat]] | None = None
        self._formats_of: dict[str, list[ArnFormat]] = {}
        self._prefixes: frozenset[str] | None = None

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Give the full names of the actions that a pattern covers, in AWS's case."""
        lowered = pattern.lower()
        found = self._expanded.get(lowered)
        if found is None:
            found = self._expanded[lowered] = catalog.expand(lowered)
        return found

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

    def key(self, name: str) -> ConditionKeyFacts | None:
        """Find a condition key, with any tag key in it."""
        lowered = name.lower()
        if lowered not in self._keys:
            self._keys[lowered] = catalog.find_condition_key(name)
        return self._keys[lowered]

    def carries(self, action: str, key: ConditionKeyFacts) -> bool:
        """Whether the tables of an action list a key that is not global.

        Keys of tags are compared without the tag: the tables write its place in several ways.
        """
        carried = self._carried.get(action)
        if carried is None:
            carried = frozenset(map(_without_tag, catalog.carried_keys(action)))
            self._carried[action] = carried
        return _without_tag(key.name) in carried

    def is_carried(self, key: ConditionKeyFacts) -> bool:
        """Whether the tables of some action of its service list a key; else they are incomplete."""
        prefix = key.name.partition(":")[0]
        name = _without_tag(key.name)
        if prefix == "aws":
            return True
        if name not in self._listed:
            self._listed[name] = any(self.carries(one, key) for one in self.expand(f"{prefix}:*"))
        return self._listed[name]

    def arn_formats(self, service: str) -> list[ArnFormat]:
        """Give the formats of all ARNs with this service in them."""
        if self._formats is None:
            self._formats = {}
            texts = {
                text
                for service in _all_services()
                for resource_type in service.resource_types
                for text in resource_type.arn_formats
            }
            for form in filter(None, map(read_format, sorted({*texts, RECOVERY_POINT}))):
                self._formats.setdefault(form.service, []).append(form)
        return self._formats.get(service, [])

    def formats_of(self, action: str) -> list[ArnFormat]:
        """Give the formats of the resources that an action takes."""
        found = self._formats_of.get(action)
        if found is None:
            facts = catalog.find_action(action)
            uses = facts.resource_types if facts is not None else ()
            types = [catalog.find_resource_type(facts.service, use.name) for use in uses if facts]
            texts = [text for one in types if one is not None for text in one.arn_formats]
            found = [form for form in map(read_format, texts) if form is not None]
            self._formats_of[action] = found
        return found

    @property
    def key_prefixes(self) -> frozenset[str]:
        """The prefixes of all condition keys of all services, in lower case."""
        if self._prefixes is None:
            self._prefixes = frozenset(
                key.name.partition(":")[0].lower()
                for service in _all_services()
                for key in service.condition_keys
            )
        return self._prefixes


def _without_tag(name: str) -> str:
    """Cut a key behind its first slash, in lower case."""
    return name.lower().partition("/")[0]


def _all_services() -> list[ServiceFacts]:
    """Give the facts of every service."""
    found = (catalog.find_service(prefix) for prefix in catalog.services())
    return [facts for facts in found if facts is not None]
