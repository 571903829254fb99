"""The service reference as text and as plain data: actions, services, condition keys.

The terms are those of
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.catalog.facts import ACCESS_LEVELS
from iamsim.report.columns import fields, listing, table, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.catalog.facts import (
        ActionFacts,
        CatalogVersion,
        ConditionKeyFacts,
        ResourceTypeFacts,
        ServiceFacts,
    )

__all__ = [
    "action_data",
    "action_text",
    "key_data",
    "key_text",
    "service_data",
    "service_text",
    "services_text",
    "version_data",
    "version_text",
]

Json = dict[str, object]
SCOPES = {
    "global": "global: a request to any service may carry it",
    "action": "global name that some actions carry",
    "session": "set by the service that handed out the session's credentials",
    "legacy": "no longer documented",
    "service": "of one service",
    "identity-provider": "claim of an identity provider's token",
}


def action_text(action: ActionFacts, service: ServiceFacts, width: int) -> str:
    """Show an action: what it does, on which resources, with which keys, and what else it needs."""
    lines = [
        action.full_name,
        *fields(
            [
                ("service", service.name),
                ("access", action.access_level),
                ("needs", ", ".join(action.dependent_actions or ())),
                ("source", service.source),
            ],
            width,
        ),
    ]
    if not action.resource_types:
        lines += ["", "resource types", "  none: the action can only be granted on `*`"]
    else:
        arns = {resource.name: resource.arn_formats for resource in service.resource_types}
        rows = [
            (
                use.name + ("*" if use.required else ""),
                " ".join(arns.get(use.name, ())) or "-",
            )
            for use in action.resource_types
        ]
        required = any(use.required for use in action.resource_types)
        lines += ["", "resource types" + (" (* required)" if required else "")]
        lines += listing(rows, width)
    carried = _keys_of(action, service)
    if carried:
        lines += ["", "condition keys, beside the global ones", *words(carried, width)]
    return "\n".join([*lines, ""])


def action_data(action: ActionFacts, service: ServiceFacts) -> Json:
    """Give an action as plain data."""
    types = {resource.name: resource for resource in service.resource_types}
    return {
        "kind": "action",
        "name": action.full_name,
        "service": service.prefix,
        "service_name": service.name,
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
    found = set(action.condition_keys)
    used = {use.name for use in action.resource_types}
    for use in action.resource_types:
        found.update(use.condition_keys)
    for resource in service.resource_types:
        if resource.name in used:
            found.update(resource.condition_keys)
    return tuple(sorted(found, key=str.lower))


def service_text(service: ServiceFacts, width: int) -> str:
    """Show a service: its actions by access level, its resource types, its condition keys."""
    lines = [
        service.prefix,
        *fields([("service", service.name), ("source", service.source)], width),
    ]
    for level in ACCESS_LEVELS:
        names = [action.name for action in service.actions if action.access_level == level]
        if names:
            lines += ["", f"{level} ({_count(len(names), 'action')})", *words(names, width)]
    if service.resource_types:
        rows = [(one.name, " ".join(one.arn_formats) or "-") for one in service.resource_types]
        lines += ["", f"resource types ({len(rows)})", *listing(rows, width)]
    if service.condition_keys:
        keys = [(key.name, _types(key)) for key in service.condition_keys]
        lines += ["", f"condition keys ({len(keys)})", *table(keys, width, indent=2)]
    return "\n".join([*lines, ""])


def service_data(service: ServiceFacts) -> Json:
    """Give a service as plain data; its actions by name and access level."""
    return {
        "kind": "service",
        "name": service.prefix,
        "service_name": service.name,
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


def key_text(asked: str, key: ConditionKeyFacts, carriers: Sequence[str] | None, width: int) -> str:
    """Show a condition key; `carriers` are the actions or services whose tables list it, None where
    every request may carry it."""
    lines = [
        asked if asked.lower() != key.name.lower() else key.name,
        *fields(
            [
                ("template", key.name if asked.lower() != key.name.lower() else ""),
                ("type", _types(key)),
                ("scope", SCOPES[key.scope]),
            ],
            width,
        ),
    ]
    if carriers:
        what = "action" if ":" in carriers[0] else "service"
        lines += ["", f"carried by ({_count(len(carriers), what)})", *words(carriers, width)]
    return "\n".join([*lines, ""])


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


def services_text(services: Sequence[tuple[str, str]], width: int) -> str:
    """List services by prefix and name."""
    return "\n".join([*table(services, width), "", _count(len(services), "service"), ""])


def version_text(version: CatalogVersion, width: int) -> str:
    """Say of which day the snapshot is, from which packages, and what it holds."""
    packages = [f"{name} {number}" for name, number in version.packages]
    return "\n".join(
        [
            "service reference",
            *fields(
                [
                    ("snapshot", version.snapshot),
                    ("packages", ", ".join(packages)),
                    ("refreshed", ", ".join(version.refreshed)),
                    *((name, str(count)) for name, count in version.counts),
                ],
                width,
            ),
            "",
        ]
    )


def version_data(version: CatalogVersion) -> Json:
    """Give a version as plain data."""
    return {
        "snapshot": version.snapshot,
        "packages": [{"name": name, "version": number} for name, number in version.packages],
        "refreshed": list(version.refreshed),
        "counts": dict(version.counts),
    }


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
