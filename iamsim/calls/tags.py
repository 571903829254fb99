"""Tags in the parameters of a call, in the forms that services have for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

MEMBERS = frozenset(
    {
        "tags",
        "taglist",
        "tagset",
        "tagging",
        "tagspecification",
        "tagspecifications",
        "resourcetags",
        "tagstoadd",
        "newtags",
        "tagsmap",
        "hostedzonetags",
        "usertags",
        "secrettags",
        "projecttags",
        "instancetags",
        "tagsmodel",
        "addtags",
        "tagmap",
    }
)
KEYS = frozenset({"tagkeys", "tagkeylist", "tagkeystoremove", "tagstoremove", "keys", "removetags"})


def pairs_of(value: Any) -> dict[str, str]:  # noqa: ANN401 - parameters are JSON
    """Read tags: a map, a list of keys and values in any spelling, a query string."""
    if isinstance(value, str):
        return dict(parse_qsl(value, keep_blank_values=True)) if "=" in value else {}
    if isinstance(value, dict):
        inner = {name.lower(): member for name, member in value.items()}
        for name in ("tagset", "tags", "tagging", "items"):
            if isinstance(inner.get(name), list | dict):
                return pairs_of(inner[name])
        return {
            str(name): "" if member is None else str(member)
            for name, member in value.items()
            if not isinstance(member, dict | list)
        }
    pairs: dict[str, str] = {}
    for entry in value if isinstance(value, list) else ():
        if not isinstance(entry, dict):
            continue
        lowered = {name.lower().removeprefix("tag"): inner for name, inner in entry.items()}
        if "key" in lowered:
            pairs[str(lowered["key"])] = str(lowered.get("value") or "")
        elif isinstance(lowered.get("s"), list):
            pairs |= pairs_of(lowered["s"])
    return pairs


def tags_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Give the tags that a call sets."""
    tags: dict[str, str] = {}
    for name, value in parameters.items():
        if _flat(name) in MEMBERS:
            tags |= pairs_of(value)
    return tags


def tag_keys_of(parameters: Mapping[str, Any]) -> list[str]:
    """Give the keys of tags that a call takes away."""
    for name, value in parameters.items():
        if _flat(name) in KEYS and isinstance(value, list):
            return [str(entry) for entry in value if isinstance(entry, str)]
    return []


def _flat(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
