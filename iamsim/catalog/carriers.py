"""Which actions carry a condition key, by the tables of the service reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog

if TYPE_CHECKING:
    from iamsim.catalog.facts import ConditionKeyFacts


def carriers(key: ConditionKeyFacts) -> list[str] | None:
    """Name the actions that carry a service's key, or the services that know a global name.

    None for a key that any request may carry, or of which that isn't known.
    """
    if key.scope == "service":
        prefix = key.name.partition(":")[0]
        return [
            action.full_name
            for action in catalog.actions(prefix)
            if key.name in catalog.carried_keys(action.full_name)
        ]
    if key.scope != "action":
        return None
    return [
        prefix
        for prefix in catalog.services()
        if (service := catalog.find_service(prefix)) is not None
        and any(known.name == key.name for known in service.condition_keys)
    ]
