"""Every place of a world's plain data where a policy stands, with what it is used for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.importers.unknown import marker

Plain = dict[str, object]
Path = tuple[str | int, ...]


POLICY_LISTS = ("policies", "scps", "rcps")
POLICY_FIELDS = ("boundary", "inline", "policy", "trust")
POLICY_MAPS = ("inline_policies", "policies")


def take_out(holder: object, path: Path, why: str, source: str) -> None:
    """Take the part at a path out of its holder; a policy is marked as unknown instead."""
    key = path[-1]
    if isinstance(holder, dict) and key in holder:
        named = len(path) > 1 and path[-2] in POLICY_MAPS
        if key in POLICY_FIELDS or named:
            holder[key] = marker(why, source)
        elif key in POLICY_LISTS:
            holder[key] = [marker(why, source)]
        else:
            del holder[key]
    elif isinstance(holder, list) and isinstance(key, int) and key < len(holder):
        if len(path) > 1 and path[-2] in (*POLICY_LISTS, "groups"):
            holder[key] = marker(why, source)
        else:
            del holder[key]


def outcome(path: Path) -> str:
    """Say what `take_out` does to the part at a path."""
    known = (*POLICY_FIELDS, *POLICY_LISTS)
    if path[-1] in known or (len(path) > 1 and path[-2] in (*POLICY_LISTS, *POLICY_MAPS, "groups")):
        return "it is marked as unknown"
    return "it is left out"


class Slot(NamedTuple):
    """A place of a policy: `holder[key]` is a document, or the name or ARN of one.

    `path` leads there from the top of the data; `account` is whose names count; `use` is `None` for
    documents under a name, which are used where the name stands.
    """

    holder: dict[str, object] | list[object]
    key: str | int
    path: Path
    account: str | None
    use: PolicyType | None

    @property
    def value(self) -> object:
        """What stands there."""
        return self.holder[self.key]  # type: ignore[index]  # they belong together

    @property
    def place(self) -> str:
        """The path as people read it."""
        return "/".join(str(step) for step in self.path)

    def put(self, value: object) -> None:
        """Put another value there."""
        self.holder[self.key] = value  # type: ignore[index]  # they belong together


def policy_slots(data: Plain) -> Iterator[Slot]:
    """Go through all places, in the order of the data."""
    yield from _map(data, "policies", (), None, None)
    organization = data.get("organization")
    if isinstance(organization, dict) and isinstance(organization.get("root"), dict):
        yield from _node(organization["root"], ("organization", "root"))
    for account_id, account in _records(data, "accounts"):
        yield from _account(account, account_id)


def _node(node: Plain, path: Path) -> Iterator[Slot]:
    """The guardrails of a node, and of all nodes below."""
    yield from _list(node, "scps", path, None, PolicyType.SERVICE_CONTROL)
    yield from _list(node, "rcps", path, None, PolicyType.RESOURCE_CONTROL)
    for name, unit in _records(node, "units"):
        yield from _node(unit, (*path, "units", name))


def _account(account: Plain, account_id: str) -> Iterator[Slot]:
    path: Path = ("accounts", account_id)
    yield from _list(account, "scps", path, account_id, PolicyType.SERVICE_CONTROL)
    yield from _list(account, "rcps", path, account_id, PolicyType.RESOURCE_CONTROL)
    yield from _map(account, "policies", path, account_id, None)
    for key in ("users", "groups", "roles", "permission_sets"):
        for name, principal in _records(account, key):
            yield from _principal(principal, (*path, key, name), account_id)
    for arn, resource in _records(account, "resources"):
        at = (*path, "resources", arn)
        yield from _one(resource, "policy", at, account_id, PolicyType.RESOURCE)
    for endpoint_id, endpoint in _records(account, "vpc_endpoints"):
        at = (*path, "vpc_endpoints", endpoint_id)
        yield from _one(endpoint, "policy", at, account_id, PolicyType.VPC_ENDPOINT)


def _principal(principal: Plain, path: Path, account_id: str) -> Iterator[Slot]:
    """The policies of a user, group, role or permission set."""
    yield from _one(principal, "trust", path, account_id, PolicyType.TRUST)
    yield from _list(principal, "policies", path, account_id, PolicyType.IDENTITY)
    yield from _map(principal, "inline_policies", path, account_id, PolicyType.IDENTITY)
    yield from _one(principal, "inline", path, account_id, PolicyType.IDENTITY)
    yield from _one(principal, "boundary", path, account_id, PolicyType.PERMISSIONS_BOUNDARY)


def _records(data: Plain, key: str) -> Iterator[tuple[str, Plain]]:
    """Go through a map of records."""
    value = data.get(key)
    if isinstance(value, dict):
        yield from ((name, item) for name, item in value.items() if isinstance(item, dict))


def _one(
    data: Plain, key: str, path: Path, account: str | None, use: PolicyType | None
) -> Iterator[Slot]:
    if isinstance(data.get(key), dict | str):
        yield Slot(data, key, (*path, key), account, use)


def _map(
    data: Plain, key: str, path: Path, account: str | None, use: PolicyType | None
) -> Iterator[Slot]:
    """The slots of a map of policies by name."""
    value = data.get(key)
    if isinstance(value, dict):
        for name in value:
            yield Slot(value, name, (*path, key, name), account, use)


def _list(
    data: Plain, key: str, path: Path, account: str | None, use: PolicyType | None
) -> Iterator[Slot]:
    value = data.get(key)
    if isinstance(value, list):
        for index in range(len(value)):
            yield Slot(value, index, (*path, key, index), account, use)
