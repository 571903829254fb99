"""The policies in an output of the AWS CLI, and which resources they are of.

Which call prints the policy of which type, and where, is `iamsim.catalog.resource_types`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from iamsim.catalog.resource_types import Call, ResourceType, resource_types, type_of_arn
from iamsim.core.unknown import find_marker
from iamsim.importers.lost import is_error
from iamsim.importers.resource_kinds import Scope, arn_of
from iamsim.importers.shapes import Json, text
from iamsim.importers.subject import arn_beside

EVERY = "*"
# Outputs of some calls hold a policy under the name of its property.
FURTHER = (("AccessPolicies",), ("policyText",), ("resourcePolicy",), ("ResourcePolicy",))


class FoundPolicy(NamedTuple):
    """A policy in an output: the text or document, its place, and the objects around it, the
    nearest first. `kinds` are the types whose policies are printed so."""

    value: object
    place: str
    holders: tuple[Json, ...]
    kinds: tuple[ResourceType, ...]


@cache
def _paths() -> dict[tuple[str, ...], tuple[ResourceType, ...]]:
    """The paths to policies, longest first, with the types whose policies stand there."""
    paths: dict[tuple[str, ...], list[ResourceType]] = {}
    for row in resource_types():
        for call in row.calls:
            paths.setdefault(call.path, []).append(row)
    ordered = sorted(paths, key=lambda path: (-len(path), path))
    return {path: tuple(paths[path]) for path in ordered} | dict.fromkeys(
        (path for path in FURTHER if path not in paths), ()
    )


@cache
def _lists() -> tuple[tuple[str, str], ...]:
    """Calls that list things: the key of the list, and that of the ARN in it."""
    paths = (chain[-1].path for row in resource_types() for chain in row.listed)
    found = {
        (path[0], path[2]): None
        for path in paths
        if path[1:2] == (EVERY,) and path[2:] and path[2].lower().endswith("arn")
    }
    return tuple(found)


def list_within(data: Json) -> tuple[str, str] | None:
    """Find a list of resources in an output, all of which have ARNs: the two keys."""
    for key, arn_key in _lists():
        items = data.get(key)
        if isinstance(items, list) and all(
            isinstance(item, dict) and arn_key in item for item in items
        ):
            return key, arn_key
    return None


@cache
def _name_lists() -> tuple[tuple[ResourceType, Call], ...]:
    """Calls that list things by their names, ids or addresses, with what they list; those that list
    what is in something else say too little."""
    return tuple(
        (row, chain[-1])
        for row in resource_types()
        for chain in row.listed
        if EVERY in chain[-1].path
        and (chain[-1].path[0], chain[-1].path[-1]) not in _lists()
        and not row.outer
        and not row.unread
    )


def names_within(data: Json, call: str) -> tuple[ResourceType, list[str], str] | None:
    """Find a list of names in an output: what it lists, the names, and the place. It is told by the
    `call` that the file is named after, or by a key that no other call has."""
    for row, listing in _name_lists():
        others = {entry.operation for _, entry in _name_lists() if entry.path[0] == listing.path[0]}
        if call != listing.operation and len(others) > 1:
            continue
        names = _texts_at(data, listing.path)
        if names is not None:
            return row, names, listing.path[0]
    return None


def _texts_at(data: object, path: tuple[str, ...]) -> list[str] | None:
    """The texts at a path; `None` where one is missing, or no list is there."""
    if not path:
        return [data] if isinstance(data, str) else None
    step, *rest = path
    if step != EVERY:
        inner = data.get(step) if isinstance(data, dict) else None
        return _texts_at(inner, tuple(rest))
    if not isinstance(data, list):
        return None
    names: list[str] = []
    for item in data:
        found = _texts_at(item, tuple(rest))
        if found is None:
            return None
        names += found
    return names


def lists_policies(arn: str, key: str) -> bool:
    """Whether a list of things has their policies beside their ARNs."""
    kind = type_of_arn(arn)
    return kind is not None and any(call.path[:2] == (key, EVERY) for call in kind.calls)


def described_in(data: Json) -> str | None:
    """Find the ARN of the only resource that an output describes, of a type whose policies a call
    prints."""
    found: dict[str, None] = {}
    for record in (data, *data.values()):
        for key, value in record.items() if isinstance(record, dict) else ():
            kind = type_of_arn(value) if isinstance(value, str) else None
            if kind is not None and kind.calls and not kind.unread:
                own = kind.name.rpartition(":")[2].lower()
                if key.lower() in ("arn", "resourcearn", f"{own}arn"):
                    found[str(value)] = None
    return next(iter(found)) if len(found) == 1 else None


def policies_in(data: Json) -> list[FoundPolicy]:
    """Find the policies in an output, those of the longest path that leads to any."""
    for path, kinds in _paths().items():
        policies = list(_follow(data, path, "", (), kinds))
        if policies:
            return policies
    return []


def _follow(
    value: object,
    path: tuple[str, ...],
    place: str,
    holders: tuple[Json, ...],
    kinds: tuple[ResourceType, ...],
) -> Iterator[FoundPolicy]:
    if not path:
        if _is_policy(value):
            yield FoundPolicy(value, place, holders, kinds)
        return
    step, *rest = path
    if step == EVERY and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _follow(item, tuple(rest), f"{place}[{index}]", holders, kinds)
    elif isinstance(value, dict):
        inner = value.items() if step == EVERY else [(step, value[step])] if step in value else []
        for key, item in inner:
            at = f"{place}.{key}" if place else str(key)
            yield from _follow(item, tuple(rest), at, (value, *holders), kinds)


def _is_policy(value: object) -> bool:
    """Say whether a value is a policy, a text that may be one, or what is left of one."""
    if isinstance(value, str):
        return bool(value)
    if isinstance(value, dict):
        return "Statement" in value or find_marker(value) is not None or is_error(value)
    return not isinstance(value, list) or bool(value and all(not entry for entry in value))


def arn_beside_policy(found: FoundPolicy, scope: Scope | None) -> str | None:
    """Give the ARN of the resource of a policy, as far as the objects around it tell.

    `scope` is what the folders say: the ARN may be made of a name or an id beside the policy.
    """
    for holder in found.holders:
        arn = arn_beside(holder)
        if arn is not None:
            return arn
    for kind in found.kinds if scope is not None else ():
        name = _name_beside(kind, found.holders[0])
        if name is not None and not kind.outer:
            return _made(kind, name, found, scope)
    return None


def only_arn(found: FoundPolicy, scope: Scope | None, call: str) -> str | None:
    """Give the ARN of the only resource that an account has whose policy is printed so.

    `call` is what the file is named after.
    """
    for kind in found.kinds if scope is not None else ():
        alone = len(found.kinds) == 1 or any(call == own.operation for own in kind.calls)
        if alone and "{name}" not in kind.policy_arn:
            return _made(kind, "", found, scope)
    return None


def _made(kind: ResourceType, name: str, found: FoundPolicy, scope: Scope | None) -> str | None:
    """Make an ARN of a name, in the account that the output or the folders name."""
    if scope is None:
        return None
    account = text(found.holders[0], "registryId") or scope.account
    return arn_of(kind, scope._replace(account=account), name, of_policy=True)


def _name_beside(kind: ResourceType, holder: Json) -> str | None:
    """Find the name or id of a resource beside its policy, under a key that only its type has."""
    last = kind.name.rpartition(":")[2]
    own = kind.name_property or f"{last}Id"
    if own in ("Name", "Alias", "Url"):
        return None
    named = text(holder, own, f"{own[:1].lower()}{own[1:]}")
    return text(holder, "id") if named is None and kind.policy_arn != kind.arn else named
