"""Searching the service reference by words, and finding what a name names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.known_names import known_name
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.report.catalog import SearchRow

if TYPE_CHECKING:
    from iamsim.catalog import ServiceFacts

_WILDCARDS = frozenset("*?")


def search(words: Sequence[str]) -> list[SearchRow]:
    """Find everything whose name holds all words, in any letter case, in a stable order.

    A word with wildcards is an action pattern, as policies write it.
    """
    patterns = [word for word in words if set(word) & _WILDCARDS]
    plain = [word.lower() for word in words if word not in patterns]
    if patterns:
        covered = set(catalog.expand(patterns[0])).intersection(*map(catalog.expand, patterns[1:]))
        return [
            SearchRow("action", name, action.access_level)
            for name in sorted(covered)
            if all(word in name.lower() for word in plain)
            and (action := catalog.find_action(name)) is not None
        ]
    return [found for found in _everything() if all(word in _text(found) for word in plain)]


def _text(found: SearchRow) -> str:
    """What words are looked for in: the name, and of a service its full name."""
    return f"{found.name} {found.detail if found.kind == 'service' else ''}".lower()


def _everything() -> Iterator[SearchRow]:
    """Services, then actions, resource types and condition keys, by service."""
    services = [
        service
        for prefix in catalog.services()
        if (service := catalog.find_service(prefix)) is not None
    ]
    for service in services:
        yield SearchRow("service", service.prefix, known_name(service.prefix, service.name))
    for service in services:
        for action in service.actions:
            yield SearchRow("action", action.full_name, action.access_level)
    for service in services:
        for resource in service.resource_types:
            detail = " ".join(resource.arn_formats)
            yield SearchRow("resource type", f"{service.prefix} {resource.name}", detail)
    yield from _keys(services)


def _keys(services: Sequence[ServiceFacts]) -> Iterator[SearchRow]:
    keys = {key.name: key for service in services for key in service.condition_keys}
    keys |= {key.name: key for key in catalog.global_condition_keys()}
    for name in sorted(keys, key=str.lower):
        yield SearchRow("condition key", name, ", ".join(keys[name].types))


def unknown_name(text: str) -> RequestError:
    """Say that the catalog doesn't know a name, and which one may have been meant."""
    if catalog.is_retired(text):
        return RequestError(
            "unknown-catalog-name",
            f"the action `{text}` is retired: older references had it",
            hint=f"`iamsim catalog show {text.partition(':')[0]}` lists today's actions",
        )
    if ":" in text:
        close = (*catalog.suggest_action(text, 1), *catalog.suggest_condition_key(text, 1))
        hint = f"did you mean `{close[0]}`?" if close else None
    else:
        hint = did_you_mean(text.lower(), catalog.services())
    return RequestError(
        "unknown-catalog-name",
        f"the service reference has no `{text}`",
        hint=hint or "`iamsim catalog search WORDS` looks in all names",
    )
