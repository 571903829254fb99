"""The service reference as checks ask it: every question once.

The answers are kept for the life of a `Reference`, so that many policies share them; make a new one
after `iamsim.catalog.use`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.arn_formats import ArnFormat, read_format
from iamsim.core.wildcard import compile_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.catalog import ActionFacts, ConditionKeyFacts, ServiceFacts
    from iamsim.core.wildcard import TextTest

# The reference writes recovery points of AWS Backup with a variable in place of the service.
RECOVERY_POINT = "arn:${Partition}:backup:${Region}:${Account}:recovery-point:${RecoveryPointId}"
# Services that ended before the oldest reference that the catalog was made from.
ENDED = frozenset({"deepracer", "iot1click", "zocalo"})
# Services that AWS's validation does not know any more, by its answers of March 2026.
ENDED_SERVICES = frozenset({"elastic-inference"})
# Keys that only some actions send, which their tables list.
LISTED_SCOPES = ("service", "action")
# Sessions and tokens carry these keys into later calls, which no table of an action tells.
SESSION_PREFIXES = ("sts:", "identitystore:", "cognito-identity:", "saml:")
# AWS documents keys for actions of this service that its table in the reference lacks.
INCOMPLETE = ("aws-marketplace:",)


class Reference:
    """Facts about actions, services and condition keys, remembered."""

    def __init__(self) -> None:
        """Start without answers."""
        self.snapshot = catalog.version().snapshot
        self.services = frozenset(catalog.services())
        self.retired_services = ENDED.union(catalog.retired_services())
        self._expanded: dict[str, tuple[str, ...]] = {}
        self._suggested: dict[str, tuple[str, ...]] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._keys: dict[str, ConditionKeyFacts | None] = {}
        self._carried: dict[str, frozenset[str]] = {}
        self._listed: dict[str, bool] = {}
        self._tests: dict[str, TextTest] = {}
        self._retired: dict[str, bool] = {}
        self._own_formats: dict[str, list[ArnFormat]] = {}
        self._formats: dict[str, list[ArnFormat]] | None = None
        self._formats_of: dict[str, list[ArnFormat]] = {}
        self._prefixes: frozenset[str] | None = None

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Give the full names of the actions that a pattern covers, in AWS's case."""
        lowered = pattern.lower()
        found = self._expanded.get(lowered)
        if found is None:
            plain = ":" in lowered and "*" not in lowered and "?" not in lowered
            found = self._named(lowered) if plain else catalog.expand(lowered)
            self._expanded[lowered] = found
        return found

    def _named(self, action: str) -> tuple[str, ...]:
        """Give the full name of one action, if there is one; its service is read once."""
        prefix = action.partition(":")[0]
        if prefix not in self.services:
            return ()
        names = self._names.get(prefix)
        if names is None:
            names = {name.lower(): name for name in self.expand(f"{prefix}:*")}
            self._names[prefix] = names
        return (names[action],) if action in names else ()

    def covers(self, pattern: str, action: str) -> bool:
        """Whether an action pattern covers an action, given in lower case."""
        lowered = pattern.lower()
        test = self._tests.get(lowered)
        if test is None:
            test = self._tests[lowered] = compile_tokens(tokenize(lowered))
        return test(action)

    def covers_retired(self, pattern: str) -> bool:
        """Whether an action pattern covers an action that a service had once."""
        lowered = pattern.lower()
        known = self._retired.get(lowered)
        if known is None:
            known = any(self.covers(lowered, action) for action in catalog.retired_actions())
            self._retired[lowered] = known
        return known

    def action(self, name: str) -> ActionFacts | None:
        """Find an action by its full name."""
        return catalog.find_action(name)

    def suggest(self, action: str) -> tuple[str, ...]:
        """Give the actions that may have been meant by a name that is none."""
        lowered = action.lower()
        if lowered not in self._suggested:
            self._suggested[lowered] = catalog.suggest_action(action)
        return self._suggested[lowered]

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
            self._listed[name] = any(self.carries(text, key) for text in self.expand(f"{prefix}:*"))
        return self._listed[name]

    def never_sends(self, action: str, key: ConditionKeyFacts) -> bool:
        """Whether requests for an action never carry a key; false where the tables do not tell."""
        if key.scope not in LISTED_SCOPES or self.action(action) is None:
            return False
        if key.name.lower().startswith((*SESSION_PREFIXES, *INCOMPLETE)):
            return False
        return self.is_carried(key) and not self.carries(action, key)

    def needs_set_operator(self, key: ConditionKeyFacts) -> bool:
        """Whether a key holds several values, so that only a set operator says what is meant."""
        return key.multivalued and key.scope != "identity-provider"

    def own_formats(self, service: str) -> list[ArnFormat]:
        """Give the formats that a service itself lists of its ARNs: most, and quicker."""
        found = self._own_formats.get(service)
        if found is None:
            facts = catalog.find_service(service)
            types = facts.resource_types if facts is not None else ()
            texts = [text for kind in types for text in kind.arn_formats]
            read = (form for form in map(read_format, texts) if form is not None)
            found = self._own_formats[service] = [form for form in read if form.service == service]
        return found

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

    def has_arns(self, service: str) -> bool:
        """Whether ARNs can have this service in them: one with actions, or in some format."""
        if service in ENDED_SERVICES:
            return False
        known = service in self.services or service in self.retired_services
        return known or bool(self.arn_formats(service))

    def formats_of(self, action: str) -> list[ArnFormat]:
        """Give the formats of the resources that an action takes."""
        formats = self._formats_of.get(action)
        if formats is None:
            facts = catalog.find_action(action)
            uses = facts.resource_types if facts is not None else ()
            types = [catalog.find_resource_type(facts.service, use.name) for use in uses if facts]
            texts = [text for kind in types if kind is not None for text in kind.arn_formats]
            # On Outposts objects are listed by their buckets, and reached through access points.
            bucket, point = _ON_OUTPOSTS
            texts += [text.replace(bucket, point) for text in texts if bucket in text]
            formats = [form for form in map(read_format, texts) if form is not None]
            self._formats_of[action] = formats
        return formats

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


_ON_OUTPOSTS = "/bucket/${BucketName}/object/", "/accesspoint/${AccessPointName}/object/"


def _without_tag(name: str) -> str:
    """Cut a key behind its first slash, in lower case."""
    return name.lower().partition("/")[0]


def _all_services() -> list[ServiceFacts]:
    services = (catalog.find_service(prefix) for prefix in catalog.services())
    return [facts for facts in services if facts is not None]
