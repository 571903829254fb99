"""The operations that are answered, and the shapes of their requests and responses.

`scripts/build_serve.py` takes them from botocore's models.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from iamsim.files.reading import read_text

TABLE = Path(__file__).parent / "data" / "operations.json"


class Member(NamedTuple):
    """A member of a structure: its shape, its name on the wire, and where it stands there (``uri``,
    ``querystring``, else the body)."""

    shape: str
    wire: str
    location: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A type: a structure with `members`, a list of `member`, a map of `key` to `value`, a scalar.

    `least` and `most` bound numbers, and the lengths of texts and lists.
    """

    type: str
    members: dict[str, Member]
    required: tuple[str, ...] = ()
    member: str = ""
    key: str = ""
    value: str = ""
    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()


class Operation(NamedTuple):
    """An operation: `method` and `uri` of HTTP, its shapes, and the element of XML around its
    result."""

    name: str
    method: str
    uri: str
    input: str | None
    output: str | None
    wrapper: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """A service of AWS: its protocol, the operations that are answered, and those that are not.

    `target` stands before the name of an operation in the header `X-Amz-Target` of the JSON
    protocol.
    """

    name: str
    protocol: str
    version: str
    signing_name: str
    namespace: str
    target: str
    operations: dict[str, Operation]
    others: frozenset[str]
    shapes: dict[str, Shape]


@lru_cache(maxsize=1)
def services() -> dict[str, Service]:
    """All services, by the name of botocore."""
    table = json.loads(read_text(str(TABLE)))["services"]
    return {name: _service(name, data) for name, data in table.items()}


def _service(name: str, data: dict[str, Any]) -> Service:
    return Service(
        name,
        data["protocol"],
        data["version"],
        data["signing_name"],
        data["namespace"],
        data["target"],
        {
            key: Operation(
                key,
                entry["method"],
                entry["uri"],
                entry.get("input"),
                entry.get("output"),
                entry.get("wrapper"),
            )
            for key, entry in data["operations"].items()
        },
        frozenset(data["others"]),
        {key: _shape(entry) for key, entry in data["shapes"].items()},
    )


def _shape(entry: dict[str, Any]) -> Shape:
    return Shape(
        entry["type"],
        {name: Member(*use) for name, use in entry.get("members", {}).items()},
        tuple(entry.get("required", ())),
        entry.get("member", ""),
        entry.get("key", ""),
        entry.get("value", ""),
        entry.get("min"),
        entry.get("max"),
        entry.get("pattern"),
        tuple(entry.get("enum", ())),
    )
