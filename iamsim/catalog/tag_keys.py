"""The condition keys of services that hold tags, besides `aws:ResourceTag`.

The table is `data/service_tag_keys.txt`; its state and its page stand there.
"""

from __future__ import annotations

from functools import cache

from iamsim.catalog.files import data_lines

GLOBAL = "aws:resourcetag/"
OF_RESOURCE = ("resource", "container", "access-point")


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    """Read the table once a process: service, beginning of the key in lower case, whose tags."""
    rows = []
    for line in data_lines("service_tag_keys.txt"):
        service, start, whose = line.split(" ")
        rows.append((service, start.lower(), whose))
    return tuple(rows)


@cache
def tag_key_starts(service: str, whose: str, resource_type: str = "") -> tuple[str, ...]:
    """Give what the keys of a service begin with (in lower case) that hold the tags of the
    ``resource``, its ``container`` or the ``access-point``."""
    return tuple(
        start.format(type=resource_type) if "{" in start else start
        for of_service, start, of in _rows()
        if of_service == service and of == whose
    )


@cache
def is_tag_of_resource(key: str) -> bool:
    """Say whether a key (in lower case) holds a tag of the resource, or of what it lies in."""
    if key.startswith(GLOBAL):
        return True
    service, _, name = key.partition(":")
    for of_service, start, whose in _rows():
        if of_service == service and whose in OF_RESOURCE:
            head, template, tail = start.partition("{type}")
            if key.startswith(head) and (not template or f"{tail}" in name):
                return True
    return False
