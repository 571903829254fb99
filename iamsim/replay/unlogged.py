"""What a principal may do today that a trail would not show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from iamsim import catalog
from iamsim.catalog.data_events import DATA_EVENT_SERVICES

if TYPE_CHECKING:
    from iamsim.replay.counting import Count

Json = dict[str, Any]


def unlogged(count: Count, documents: Iterable[Json]) -> list[str]:
    """Sentences about services that a principal's policies of today allow something of, and that
    the trail has no records of, or none that tell of their data."""
    granted = {service for document in documents for service in _services(document)}
    seen = {requested.action.partition(":")[0] for requested in count.requests.values()}
    silent = sorted(granted - seen)
    found = []
    if silent:
        found.append(
            f"today's policies allow calls of {_listed(silent)}, and nobody's calls of these are in"
            " the trail: whether they are logged it does not tell"
        )
    partly = sorted((granted & seen & DATA_EVENT_SERVICES) - count.data_services)
    if partly:
        found.append(
            f"of {_listed(partly)} the trail has management events alone: calls about their data"
            " are not logged, and so not allowed"
        )
    return found


def _listed(services: list[str]) -> str:
    return ", ".join(services)


def _services(document: Json) -> Iterator[str]:
    """The services of the actions that a document allows; of a lone star none."""
    statements = document.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        if statement.get("Effect") != "Allow":
            continue
        actions = statement.get("Action", [])
        for action in [actions] if isinstance(actions, str) else actions:
            prefix, colon, _ = str(action).partition(":")
            if colon and catalog.find_service(prefix.lower()) is not None:
                yield prefix.lower()
