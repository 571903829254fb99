"""The packed table of API operations, as `scripts/build_calls.py` writes it.

A service's text has a line about it, a line for each operation, a blank line, and a line for each
shape of input. Nothing but the services that are asked for is read.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from iamsim.catalog.pack import Pack, read_pack


class Asks(NamedTuple):
    """An action that an operation asks, and the members that fill its resources' ARNs."""

    action: str
    bindings: dict[str, dict[str, str]]


class Member(NamedTuple):
    """A member of a structure: `kind` is a letter for a scalar, a number for another shape."""

    name: str
    kind: str
    wire: str
    required: bool


class Operation(NamedTuple):
    """An operation: its name, the number of its input's shape, HTTP verb and path, what it asks."""

    name: str
    shape: int | None
    http: str
    asks: tuple[Asks, ...]


class Service:
    """A service of botocore, read from its text."""

    def __init__(self, name: str, text: str) -> None:
        """Cut the text into lines; each is read when it is asked for."""
        lines = text.split("\n")
        end = lines.index("")
        endpoint, signing, service_id, protocol, prefixes = lines[0].split("\t")
        self.name = name
        self.endpoint = endpoint
        self.signing = signing
        self.service_id = service_id
        self.protocol = protocol
        self.prefixes = tuple(prefixes.split())
        self._lines = {line.partition("\t")[0]: line for line in lines[1:end]}
        self._shapes = lines[end + 1 :]
        self._by_plain: dict[str, str] | None = None
        self._operations: dict[str, Operation] = {}
        self._members: dict[int, dict[str, Member]] = {}

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations, sorted."""
        return tuple(self._lines)

    def operation(self, name: str) -> Operation | None:
        """Find an operation by its name in any spelling: ``PutObject``, ``put_object``."""
        found = self._operations.get(name)
        if found is not None:
            return found
        line = self._lines.get(name)
        if line is None:
            if self._by_plain is None:
                self._by_plain = {plain(known): known for known in self._lines}
            known = self._by_plain.get(plain(name))
            return None if known is None else self.operation(known)
        operation, shape, http, *asks = line.split("\t")
        found = Operation(
            operation,
            int(shape) if shape else None,
            http,
            tuple(_asks(operation, text) for text in asks),
        )
        self._operations[name] = found
        return found

    def kind(self, shape: int) -> str:
        """Tell what a shape is: ``S`` structure, ``L`` list, ``M`` map."""
        return self._shapes[shape][0]

    def inner(self, shape: int) -> str:
        """Give the kind of what a list or map holds."""
        return self._shapes[shape][1:].partition(":")[0]

    def members(self, shape: int | None) -> dict[str, Member]:
        """Give the members of a structure by name."""
        if shape is None:
            return {}
        found = self._members.get(shape)
        if found is None:
            text = self._shapes[shape]
            parts = text[1:].split(",") if len(text) > 1 and text[0] == "S" else []
            found = {member.name: member for member in map(_member, parts)}
            self._members[shape] = found
        return found


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Reduce a name to its letters and digits, so that all spellings of it are one."""
    return "".join([letter for letter in text.lower() if letter.isalnum()])


def _asks(operation: str, text: str) -> Asks:
    action, *types = text.split("|")
    if ":" not in action:
        action = f"{action}:{operation}"
    bindings = {}
    for kind in types:
        name, *pairs = kind.split("&")
        bindings[name] = dict(pair.split("=", 1) for pair in pairs)
    return Asks(action, bindings)


def _member(text: str) -> Member:
    name, kind, *wire = text.split(":", 2)
    required = name.endswith("!")
    return Member(name.rstrip("!"), kind or "s", wire[0] if wire else "", required)


@lru_cache(maxsize=1)
def table() -> Pack:
    """Read the pack."""
    return read_pack(Path(__file__).parent / "data" / "operations.pack")


@lru_cache(maxsize=1)
def service_names() -> tuple[str, ...]:
    """Give the names of all services, as botocore has them."""
    return tuple(name for name in table().names() if not name.startswith(" "))


@lru_cache(maxsize=64)
def find_service(name: str) -> Service | None:
    """Find a service by botocore's name of it."""
    pack = table()
    return Service(name, pack.text(name)) if name in pack and not name.startswith(" ") else None
