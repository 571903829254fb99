"""Searching the catalog: what a pattern covers, and what a misspelled name may have meant."""

from __future__ import annotations

from collections.abc import Iterator

from iamsim.catalog.operations import actions_of_operation
from iamsim.core.suggest import AMONG_MANY, closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from iamsim.catalog.facts import ConditionKeyFacts, ServiceFacts

    class Names(Protocol):
        """What searching needs of a catalog."""

        def services(self) -> tuple[str, ...]:
            """Give the prefixes of all services."""
            ...

        def action_names(self, service: str) -> tuple[str, ...]:
            """Give the names of a service's actions."""
            ...

        def find_service(self, prefix: str) -> ServiceFacts | None:
            """Find a service."""
            ...

        def global_condition_keys(self) -> tuple[ConditionKeyFacts, ...]:
            """Give the global condition keys."""
            ...


SEPARATORS = ":./-_ "  # what stands in the place of the colon


def expand(catalog: Names, pattern: str) -> tuple[str, ...]:
    """Give the full names of the actions that a pattern covers; see `Catalog.expand`."""
    prefix_pattern, colon, name_pattern = pattern.lower().partition(":")
    if not colon:
        if pattern.strip("*") or not pattern:
            return ()
        prefix_pattern = name_pattern = "*"
    # The engine's own matcher, so that a pattern means the same in both; lookups don't load it.
    from iamsim.core.wildcard import compile_tokens, tokenize

    prefix_matches = compile_tokens(tokenize(prefix_pattern))
    name_matches = compile_tokens(tokenize(name_pattern))
    return tuple(
        [
            f"{prefix}:{name}"
            for prefix in catalog.services()
            if prefix_matches(prefix)
            for name in catalog.action_names(prefix)
            if name_matches(name.lower())
        ]
    )


def suggest_action(catalog: Names, text: str, limit: int) -> tuple[str, ...]:
    """Guess which action was meant; see `Catalog.suggest_action`.

    First what AWS asks for where the text names an API operation, and an action that lacks its
    colon, or has another sign for it; then alike names of the service that was named, or of
    services with an alike prefix, then the same name in other services.
    """
    meant = actions_of_operation(text.strip())
    if meant:
        return meant[:limit]
    prefix, colon, name = text.strip().lower().rpartition(":")
    services = catalog.services()
    if not colon or prefix.endswith(":"):
        joined = tuple(_with_colon(catalog, text.strip().lower()))
        if joined:
            return joined[:limit]
    near = (prefix,) if prefix in services else closest(prefix, services, limit, AMONG_MANY)
    found: list[str] = []
    for service in near:
        names = {known.lower(): known for known in catalog.action_names(service)}
        found += (f"{service}:{names[known]}" for known in closest(name, names, limit, AMONG_MANY))
    if not found or found[0].lower() != f"{near[0]}:{name}":
        exact = expand(catalog, f"*:{name}") if name and not set(name) & set("*?") else ()
        # Many services have `TagResource`: beside a service that isn't one, that says nothing.
        if not prefix or len(exact) <= limit:
            found += sorted(exact, key=len)
    return tuple(dict.fromkeys(found))[:limit]


def _with_colon(catalog: Names, text: str) -> Iterator[str]:
    """The actions that a text in small letters names but for the colon."""
    for service in catalog.services():
        if text.startswith(service):
            name = text.removeprefix(service).lstrip(SEPARATORS)
            known = catalog.action_names(service)
            yield from (f"{service}:{action}" for action in known if action.lower() == name)


def suggest_condition_key(catalog: Names, text: str, limit: int) -> tuple[str, ...]:
    """Guess which condition key was meant, among the global ones and those of its service."""
    names = {key.name.lower(): key.name for key in catalog.global_condition_keys()}
    service = catalog.find_service(text.partition(":")[0])
    if service is not None:
        names.update((key.name.lower(), key.name) for key in service.condition_keys)
    return tuple(names[found] for found in closest(text.strip().lower(), names, limit, AMONG_MANY))
