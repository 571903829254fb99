"""The service reference: every service, action, resource type and condition key of a snapshot.

Nothing is read before the first question, and then only the services that it names. Lookups take
names in any case and answer None for what the snapshot doesn't know: that is no error, since
AWS adds actions every day.

Follows https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from functools import cache, lru_cache

from iamsim.catalog.encoding import action_names, decode_service
from iamsim.catalog.facts import CatalogVersion
from iamsim.catalog.files import data_lines, data_path
from iamsim.catalog.known_names import KNOWN_NAMES
from iamsim.catalog.pack import Pack, read_pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    from iamsim.catalog.facts import (
        ActionFacts,
        ConditionKeyFacts,
        ResourceTypeFacts,
        ServiceFacts,
    )

# Blobs beside the services'; a blank can't start a prefix.
# What operations ask, where a user's own files of AWS's service reference said so.
OPERATIONS = " operations"
RETIRED = " retired"
KEY_PREFIXES = " key-prefixes"
REMEMBERED = 4096  # condition keys that are kept at hand


class Catalog:
    """A service reference read from one pack: the shipped one, or what a refresh wrote."""

    __slots__ = (
        "_actions",
        "_keys",
        "_names",
        "_operations",
        "_pack",
        "_path",
        "_retired",
        "_services",
    )

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        """Point at a pack, the shipped one by default; it is read at the first question."""
        self.use(path)

    def use(self, path: str | PathLike[str] | None = None) -> None:
        """Answer from another pack from now on; None means the shipped one.

        The questions that follow raise OSError when the file can't be read, ValueError when it
        is no pack.
        """
        self._path = data_path("service_reference.pack") if path is None else path
        self._pack: Pack | None = None
        self._services: dict[str, ServiceFacts] = {}
        self._actions: dict[str, dict[str, ActionFacts]] = {}
        self._keys: dict[str, ConditionKeyFacts | None] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._retired: dict[str, tuple[str, ...]] | None = None
        self._operations: dict[str, tuple[str, ...]] | None = None

    @property
    def pack(self) -> Pack:
        """The pack behind the catalog, read now if it wasn't yet."""
        if self._pack is None:
            self._pack = read_pack(self._path)
        return self._pack

    def version(self) -> CatalogVersion:
        """Say which snapshot this is, from which packages, and what it holds."""
        return _version_of(self.pack.header)

    def services(self) -> tuple[str, ...]:
        """Give the prefixes of all services, sorted."""
        return tuple(name for name in self.pack.names() if not name.startswith(" "))

    def service_name(self, prefix: str) -> str | None:
        """Give the name by which people know a service, without reading its facts."""
        lowered = prefix.lower()
        if not self._is_service(lowered):
            return None
        return KNOWN_NAMES.get(lowered) or self.pack.note(lowered)

    def find_service(self, prefix: str) -> ServiceFacts | None:
        """Find a service by the prefix of its actions."""
        lowered = prefix.lower()
        service_facts = self._services.get(lowered)
        if service_facts is None and self._is_service(lowered):
            service_facts = decode_service(self.pack.text(lowered))
            self._services[lowered] = service_facts
        return service_facts

    def actions(self, service: str) -> tuple[ActionFacts, ...]:
        """Give a service's actions, sorted by name; none for a service that isn't known."""
        service_facts = self.find_service(service)
        return service_facts.actions if service_facts is not None else ()

    def action_names(self, service: str) -> tuple[str, ...]:
        """Give the names of a service's actions without its prefix; quicker than `actions`."""
        lowered = service.lower()
        names = self._names.get(lowered)
        if names is None:
            known = self._is_service(lowered)
            names = tuple(action_names(self.pack.text(lowered))) if known else ()
            self._names[lowered] = names
        return names

    def find_action(self, action: str) -> ActionFacts | None:
        """Find an action by its full name: ``s3:GetObject``."""
        prefix, _, name = action.lower().partition(":")
        by_name = self._actions.get(prefix)
        if by_name is None:
            by_name = {facts.name.lower(): facts for facts in self.actions(prefix)}
            self._actions[prefix] = by_name
        return by_name.get(name)

    def find_resource_type(self, service: str, name: str) -> ResourceTypeFacts | None:
        """Find a resource type of a service: ``find_resource_type("s3", "bucket")``."""
        service_facts = self.find_service(service)
        lowered = name.lower()
        for resource_type in service_facts.resource_types if service_facts is not None else ():
            if resource_type.name.lower() == lowered:
                return resource_type
        return None

    def find_condition_key(self, key: str) -> ConditionKeyFacts | None:
        """Find a condition key: global, of a service, or a claim of an identity provider.

        A key with a variable part (``aws:RequestTag/team``) is found under its template, and the
        answer's name is the template.
        """
        if key not in self._keys:
            if len(self._keys) >= REMEMBERED:
                self._keys.clear()
            self._keys[key] = self._find_condition_key(key)
        return self._keys[key]

    def _find_condition_key(self, key: str) -> ConditionKeyFacts | None:
        """Find it where it stands."""
        # Most processes that look up an action look up no condition key.
        from iamsim.catalog.keys import find_claim, find_global_key, find_in

        condition_key_facts = find_global_key(key)
        if condition_key_facts is not None:
            return condition_key_facts
        for service in self._services_declaring(key):
            facts = self.find_service(service)
            condition_key_facts = find_in(facts.condition_keys, key) if facts is not None else None
            if condition_key_facts is not None:
                return condition_key_facts
        return find_claim(key)

    def global_condition_keys(self) -> tuple[ConditionKeyFacts, ...]:
        """Give the keys that AWS documents for all services, and the session keys of some."""
        from iamsim.catalog.keys import global_keys

        return global_keys()

    def carried_keys(self, action: str) -> frozenset[str]:
        """Give the names of the keys that an action's own tables list, resource types included.

        Global keys, which every request may carry, are left out. Empty for an unknown action.
        """
        facts = self.find_action(action)
        if facts is None:
            return frozenset()
        keys = set(facts.condition_keys)
        used = set()
        for use in facts.resource_types:
            keys.update(use.condition_keys)
            used.add(use.name)
        service = self.find_service(facts.service)
        for resource_type in service.resource_types if service is not None else ():
            if resource_type.name in used:
                keys.update(resource_type.condition_keys)
        return frozenset(keys)

    def carries(self, action: str, key: str) -> bool | None:
        """Tell whether a request for an action may carry a condition key; None where unsaid.

        None: the action or the key isn't known, or the key is a claim of an identity provider,
        which sessions may keep after the call that made them.
        """
        facts = self.find_condition_key(key)
        if facts is None or self.find_action(action) is None:
            return None
        if facts.scope in ("global", "session", "legacy"):
            return True
        lowered = facts.name.lower()
        if any(carried.lower() == lowered for carried in self.carried_keys(action)):
            return True
        return None if facts.scope == "identity-provider" else False

    def authorized_actions(self, service: str, operation: str) -> tuple[str, ...]:
        """Give the actions that AWS's own files say an operation asks; none where no file did.

        `service` and `operation` are as boto3 has them, the operation in any spelling.
        """
        if self._operations is None:
            self._operations = {}
            lines = self.pack.text(OPERATIONS).split("\n") if OPERATIONS in self.pack else ()
            for line in lines:
                name, *actions = line.split(" ")
                self._operations[name] = tuple(actions)
        flat = operation.replace("_", "").replace("-", "").lower()
        return self._operations.get(f"{service}.{flat}", ())

    def operation_lines(self) -> tuple[str, ...]:
        """Give what refreshed files said of operations, as the pack holds it."""
        text = self.pack.text(OPERATIONS) if OPERATIONS in self.pack else ""
        return tuple(text.split("\n")) if text else ()

    def is_retired(self, action: str) -> bool:
        """Tell whether older references had an action, and this one has it no more."""
        prefix, _, name = action.lower().partition(":")
        return name in self._retired_names().get(prefix, ())

    def retired_actions(self) -> tuple[str, ...]:
        """Give the full names of all retired actions, in lower case and sorted."""
        retired = self._retired_names()
        return tuple([f"{prefix}:{name}" for prefix in retired for name in retired[prefix]])

    def retired_services(self) -> tuple[str, ...]:
        """Give the prefixes of the services that are gone with all their actions."""
        return tuple(prefix for prefix in self._retired_names() if not self._is_service(prefix))

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Give the full names of all actions that an action pattern matches, sorted.

        ``*`` and ``?`` are wildcards, the case doesn't matter; a bare ``*`` means everything.
        """
        from iamsim.catalog.search import expand

        return expand(self, pattern)

    def suggest_action(self, text: str, limit: int = 3) -> tuple[str, ...]:
        """Give the actions that someone who wrote `text` may have meant, likeliest first."""
        from iamsim.catalog.search import suggest_action

        return suggest_action(self, text, limit)

    def suggest_condition_key(self, text: str, limit: int = 3) -> tuple[str, ...]:
        """Give the condition keys that someone who wrote `text` may have meant."""
        from iamsim.catalog.search import suggest_condition_key

        return suggest_condition_key(self, text, limit)

    def _is_service(self, lowered: str) -> bool:
        return not lowered.startswith(" ") and lowered in self.pack

    def _services_declaring(self, key: str) -> tuple[str, ...]:
        """Name the services whose tables may have a key, its own namespace first."""
        prefix = key.lower().partition(":")[0]
        own = (prefix,) if self._is_service(prefix) else ()
        host = prefix.partition("/")[0]
        for line in self.pack.text(KEY_PREFIXES).split("\n"):
            foreign, _, services = line.partition("\t")
            if foreign in (prefix, host):
                return own + tuple(services.split(" "))
        # The host names of identity providers may have variable parts, which no table finds.
        return own or (("sts",) if "." in prefix else ())

    def _retired_names(self) -> dict[str, tuple[str, ...]]:
        if self._retired is None:
            self._retired = {}
            for line in self.pack.text(RETIRED).split("\n"):
                prefix, *names = line.split(" ")
                self._retired[prefix] = tuple(names)
        return self._retired


@cache
def resource_control_services() -> tuple[str, frozenset[str]]:
    """Give the day of AWS's list, and the prefixes of the services that RCPs reach.

    Follows https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    first, *prefixes = data_lines("resource_control_services.txt")
    return first.removeprefix("date "), frozenset(prefixes)


def version_header(version: CatalogVersion) -> str:
    """Write a version as the first line of a pack's index, which `Catalog.version` reads."""
    packages = ",".join(f"{name}={number}" for name, number in version.packages)
    counts = ",".join(f"{name}={count}" for name, count in version.counts)
    refreshed = " ".join(version.refreshed)
    return f"service-reference\t{version.snapshot}\t{packages}\t{refreshed}\t{counts}"


@lru_cache(maxsize=4)
def _version_of(header: str) -> CatalogVersion:
    """Read the header of a pack."""
    _, snapshot, packages, refreshed, counts = header.split("\t")
    return CatalogVersion(
        snapshot,
        tuple(_pair(package) for package in packages.split(",")),
        tuple(refreshed.split()),
        tuple((name, int(count)) for name, count in map(_pair, counts.split(","))),
    )


def _pair(text: str) -> tuple[str, str]:
    """Cut ``name=value``."""
    name, _, value = text.partition("=")
    return name, value
