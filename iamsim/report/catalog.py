"""The service reference as documents and as plain data: actions, services, condition keys.

The terms are those of
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.facts import ACCESS_LEVELS
from iamsim.catalog.known_names import known_name
from iamsim.report.document import SEPARATE, Block, Column, Document, Fields, Json, Prose, Section
from iamsim.words.wording import joined

if TYPE_CHECKING:
    from iamsim.catalog.facts import (
        ActionFacts,
        CatalogVersion,
        ConditionKeyFacts,
        ResourceTypeFacts,
        ResourceTypeUse,
        ServiceFacts,
    )
    from iamsim.catalog.refresh import RefreshReport

SCOPES = {
    "global": "global: a request to any service may carry it",
    "action": "global name that some actions carry",
    "session": "set by the service that handed out the session's credentials",
    "legacy": "no longer documented",
    "service": "of one service",
    "identity-provider": "claim of an identity provider's token",
}


class SearchRow(NamedTuple):
    """What a search of the catalog gives: the kind of a thing, its name, and a word about it."""

    kind: str
    name: str
    detail: str


def action_document(action: ActionFacts, service: ServiceFacts) -> Document:
    """An action: what it does, on which resources, with which keys, and what else it needs."""
    arns = {resource.name: " ".join(resource.arn_formats) for resource in service.resource_types}
    required = any(use.required for use in action.resource_types)
    types: Section[ResourceTypeUse] = Section(
        "resource-types",
        "resource types" + (" (* required)" if required else ""),
        (
            Column("resource type", lambda use: f"{use.name}{'*' if use.required else ''}"),
            Column("ARN", lambda use: arns.get(use.name) or "-", code=True),
        ),
        action.resource_types,
        empty="no resource types: the action can only be granted on `*`",
        listed=True,
    )
    caption = "condition keys, beside the global ones"
    facts = (
        ("service", known_name(service.prefix, service.name)),
        ("access", action.access_level),
        ("needs", ", ".join(action.dependent_actions or ())),
        ("source", service.source),
    )
    keys = _names("condition key", caption, _keys_of(action, service))
    return Document(f"`{action.full_name}`", (Fields("action", "", facts), types, keys))


def _names(word: str, caption: str, names: Sequence[str]) -> Section[str]:
    """Names after each other; `word` is what each is."""
    column: Column[str] = Column(word, lambda name: name, code=True)
    return Section(f"{word.replace(' ', '-')}s", caption, (column,), names, filled=True)


def action_data(action: ActionFacts, service: ServiceFacts) -> Json:
    """Give an action as plain data."""
    types = {resource.name: resource for resource in service.resource_types}
    return {
        "kind": "action",
        "name": action.full_name,
        "service": service.prefix,
        "service_name": known_name(service.prefix, service.name),
        "access_level": action.access_level,
        "resource_types": [
            {
                "name": use.name,
                "required": use.required,
                "arn_formats": list(types[use.name].arn_formats) if use.name in types else [],
                "condition_keys": list(use.condition_keys),
            }
            for use in action.resource_types
        ],
        "condition_keys": list(_keys_of(action, service)),
        "dependent_actions": None
        if action.dependent_actions is None
        else list(action.dependent_actions),
        "source": service.source,
    }


def _keys_of(action: ActionFacts, service: ServiceFacts) -> tuple[str, ...]:
    """All keys that the tables of an action list, those of its resource types included."""
    keys = set(action.condition_keys)
    used = {use.name for use in action.resource_types}
    for use in action.resource_types:
        keys.update(use.condition_keys)
    for resource in service.resource_types:
        if resource.name in used:
            keys.update(resource.condition_keys)
    return tuple(sorted(keys, key=str.lower))


def service_document(service: ServiceFacts) -> Document:
    """A service: its actions by access level, its resource types, its condition keys."""
    by_level = {
        level: [action for action in service.actions if action.access_level == level]
        for level in ACCESS_LEVELS
    }
    actions: Section[ActionFacts] = Section(
        "actions",
        "actions",
        (
            Column("action", lambda action: action.name, code=True),
            Column("access", lambda action: action.access_level, SEPARATE),
        ),
        [action for some in by_level.values() for action in some],
        lambda row: f"{row.access_level} ({_count(len(by_level[row.access_level]), 'action')})",
        filled=True,
    )
    types: Section[ResourceTypeFacts] = Section(
        "resource-types",
        f"resource types ({len(service.resource_types)})",
        (
            Column("resource type", lambda resource: resource.name),
            Column("ARN", lambda resource: " ".join(resource.arn_formats) or "-", code=True),
        ),
        service.resource_types,
        listed=True,
    )
    keys: Section[ConditionKeyFacts] = Section(
        "condition-keys",
        f"condition keys ({len(service.condition_keys)})",
        (Column("condition key", lambda key: key.name, code=True), Column("type", _types)),
        service.condition_keys,
    )
    name = known_name(service.prefix, service.name)
    facts = Fields("service", "", (("service", name), ("source", service.source)))
    return Document(f"`{service.prefix}`", (facts, actions, types, keys))


def service_data(service: ServiceFacts) -> Json:
    """Give a service as plain data; its actions by name and access level."""
    return {
        "kind": "service",
        "name": service.prefix,
        "service_name": known_name(service.prefix, service.name),
        "actions": [
            {"name": action.full_name, "access_level": action.access_level}
            for action in service.actions
        ],
        "resource_types": [_resource_data(resource) for resource in service.resource_types],
        "condition_keys": [_key_facts(key) for key in service.condition_keys],
        "source": service.source,
    }


def _resource_data(resource: ResourceTypeFacts) -> Json:
    return {
        "name": resource.name,
        "arn_formats": list(resource.arn_formats),
        "condition_keys": list(resource.condition_keys),
    }


def key_document(asked: str, key: ConditionKeyFacts, carriers: Sequence[str] | None) -> Document:
    """A condition key; `carriers` are the actions or services whose tables list it, None where
    every request may carry it."""
    other = asked.lower() != key.name.lower()
    facts = (
        ("template", key.name if other else ""),
        ("type", _types(key)),
        ("scope", SCOPES[key.scope]),
    )
    what = "action" if carriers and ":" in carriers[0] else "service"
    caption = f"carried by ({_count(len(carriers or ()), what)})"
    blocks = (Fields("key", "", facts), _names(what, caption, carriers or ()))
    return Document(f"`{asked if other else key.name}`", blocks)


def key_data(asked: str, key: ConditionKeyFacts, carriers: Sequence[str] | None) -> Json:
    """Give a condition key as plain data."""
    return {
        "kind": "condition key",
        "asked": asked,
        **_key_facts(key),
        "carried_by": None if carriers is None else list(carriers),
    }


def _key_facts(key: ConditionKeyFacts) -> Json:
    return {
        "name": key.name,
        "types": list(key.types),
        "multivalued": key.multivalued,
        "scope": key.scope,
    }


def _types(key: ConditionKeyFacts) -> str:
    names = " or ".join(key.types) or "not said"
    return f"{names}, multivalued" if key.multivalued else names


def services_document(services: Sequence[tuple[str, str]]) -> Document:
    """All services by prefix and name."""
    section: Section[tuple[str, str]] = Section(
        "services",
        "",
        (
            Column("service", lambda service: service[0], code=True),
            Column("name", lambda service: service[1]),
        ),
        services,
    )
    return Document("services", (section,), summary=_count(len(services), "service"))


def found_document(found: Sequence[SearchRow], words: Sequence[str]) -> Document:
    """What a search for words found."""
    columns: tuple[Column[SearchRow], ...] = (
        Column("kind", lambda row: row.kind),
        Column("name", lambda row: row.name, code=True),
        Column("detail", lambda row: row.detail),
    )
    section = Section("found", "", columns, found)
    title = f"names with {joined([f'`{word}`' for word in words])}"
    return Document(title, (section,), summary=f"{len(found)} found")


def found_data(found: Sequence[SearchRow]) -> Json:
    """Give what was found as plain data."""
    return {"found": [row._asdict() for row in found]}


def version_document(version: CatalogVersion) -> Document:
    """Of which day the snapshot is, from which packages, and what it holds."""
    facts = (
        ("snapshot", version.snapshot),
        ("packages", ", ".join(f"{name} {number}" for name, number in version.packages)),
        ("refreshed", ", ".join(version.refreshed)),
        *((name, str(count)) for name, count in version.counts),
    )
    return Document("service reference", (Fields("version", "", facts),))


def version_data(version: CatalogVersion) -> Json:
    """Give a version as plain data."""
    return {
        "snapshot": version.snapshot,
        "packages": [{"name": name, "version": number} for name, number in version.packages],
        "refreshed": list(version.refreshed),
        "counts": dict(version.counts),
    }


def refreshed_document(report: RefreshReport, path: str, setting: str) -> Document:
    """What is new and what changed in a file that was written, and how to use that."""
    names = (
        ("new-action", "new actions", report.added_actions),
        ("changed", "changed", report.changed_actions),
    )
    blocks: tuple[Block, ...] = (
        Fields("services", "", (("services", ", ".join(report.services)),)),
        *(_names(word, f"{title} ({len(some)})", some) for word, title, some in names),
        Prose("use", "to use it", (f"export {setting}",), code=True, language="sh"),
    )
    return Document(f"wrote `{path}`", blocks)


def refreshed_data(report: RefreshReport, path: str) -> Json:
    """Give the whole report as plain data."""
    return {
        "file": path,
        "services": list(report.services),
        "added_actions": list(report.added_actions),
        "changed_actions": list(report.changed_actions),
        "snapshot": report.version.snapshot,
    }


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
