"""Writing a service reference as one pack: what the build script and a refresh have in common."""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.catalog.encoding import decode_service, encode_service
from iamsim.catalog.facts import CatalogVersion, ServiceFacts
from iamsim.catalog.pack import write_pack
from iamsim.catalog.reference import KEY_PREFIXES, OPERATIONS, RETIRED, version_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike


def survives(service: ServiceFacts) -> bool:
    """Say whether the facts of a service come back from a pack as they were written."""
    try:
        return decode_service(encode_service(service)) == service
    except ValueError:
        return False


def write_reference(
    target: str | PathLike[str],
    services: Iterable[ServiceFacts],
    retired: Iterable[str],
    version: CatalogVersion,
    operations: Iterable[str] = (),
) -> CatalogVersion:
    """Write services and the full names of retired actions, and give the version with its counts.

    `operations` are lines of what operations ask, from AWS's own files.

    An action that a service has is never written as retired. Raises ValueError when the facts
    of a service don't survive their encoding, OSError when the file can't be written.
    """
    ordered = sorted(services, key=lambda service: service.prefix)
    for service in ordered:
        if not survives(service):
            message = f"the facts of `{service.prefix}` don't survive their encoding"
            raise ValueError(message)
    texts = {service.prefix: encode_service(service) for service in ordered}
    known = {action.full_name.lower() for service in ordered for action in service.actions}
    gone = sorted({action.lower() for action in retired} - known)
    keys = {key.name for service in ordered for key in service.condition_keys}
    counted = CatalogVersion(
        version.snapshot,
        version.packages,
        version.refreshed,
        (
            ("services", len(ordered)),
            ("actions", len(known)),
            ("resource types", sum(len(service.resource_types) for service in ordered)),
            (
                "condition keys",
                len(keys),
            ),
            ("retired actions", len(gone)),
        ),
    )
    blobs = [(service.prefix, service.name, texts[service.prefix]) for service in ordered]
    blobs.append((RETIRED, "", _retired_lines(gone)))
    blobs.append((KEY_PREFIXES, "", _key_prefixes(ordered)))
    lines = sorted(operations)
    if lines:
        blobs.append((OPERATIONS, "", "\n".join(lines)))
    write_pack(target, version_header(counted), blobs)
    return counted


def _retired_lines(actions: list[str]) -> str:
    """Write sorted action names by prefix: ``PREFIX NAME NAME ...`` a line."""
    names: dict[str, list[str]] = {}
    for action in actions:
        prefix, _, name = action.partition(":")
        names.setdefault(prefix, []).append(name)
    return "\n".join(" ".join((prefix, *names[prefix])) for prefix in names)


def _key_prefixes(services: list[ServiceFacts]) -> str:
    """Say which services declare keys under a prefix that isn't theirs, host names left out."""
    key_prefixes: dict[str, set[str]] = {}
    for service in services:
        for key in service.condition_keys:
            prefix = key.name.partition(":")[0].lower()
            if prefix not in ("aws", service.prefix) and "." not in prefix:
                key_prefixes.setdefault(prefix, set()).add(service.prefix)
    return "\n".join(
        f"{prefix}\t{' '.join(sorted(key_prefixes[prefix]))}" for prefix in sorted(key_prefixes)
    )
