"""Which callers have which global condition keys, and on which way of a call.

The table is `data/global_condition_keys.txt`. It follows
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from enum import Enum, IntEnum
from functools import lru_cache

from iamsim.catalog.files import data_lines
from iamsim.catalog.keys import global_key_rows


class Presence(Enum):
    """Whether a request has a key."""

    ALWAYS = "+"
    SOMETIMES = "?"
    UNCLEAR = "~"
    NEVER = "-"


class CallerColumn(IntEnum):
    """The callers that the table tells apart, by the place of their letter."""

    ROOT_USER = 0
    USER = 1
    SESSION_TOKEN = 2
    ROLE_SESSION = 3
    FEDERATED_USER = 4
    ASSUMED_ROOT = 5
    SERVICE = 6
    IDENTITY_PROVIDER = 7
    ORIGIN_ACCESS_IDENTITY = 8
    ANONYMOUS = 9


class Way(IntEnum):
    """The ways that a call can come, by the place of their letter."""

    PUBLIC = 0
    ENDPOINT = 1
    FORWARDED = 2


Row = tuple[str, str, str, tuple[str, ...]]
# What a service sends of its own: the callers, the only actions, or those without (`None` for the
# other), the type of the resources that have the key, and the type whose id it is.
OwnRow = tuple[str, frozenset[str] | None, frozenset[str], str, str]

_table: dict[str, Row] = {}
_starts: list[str] = []


def _read() -> dict[str, Row]:
    """Read the table once a process: callers, ways, origin and types by key in lower case."""
    if not _table:
        for _, name, types, callers, ways, origin in global_key_rows():
            start, template, _ = name.lower().partition("${")
            _table[start] = callers, ways, origin, tuple(types.split(","))
            if template:
                _starts.append(start)
    return _table


def _row(key: str) -> Row | None:
    """The row of a key in lower case; tag keys stand under what they begin with."""
    table = _read()
    row = table.get(key)
    if row is None:
        start = next((start for start in _starts if key.startswith(start)), None)
        row = None if start is None else table[start]
    return row


@lru_cache(maxsize=4096)
def presence_of(key: str, caller: CallerColumn, way: Way | None) -> Presence:
    """Say whether requests of a caller on a way have a key (in lower case); `None` stands for a
    call that comes itself, through a VPC endpoint or not. Keys that are not in the table may be
    there."""
    row = _row(key)
    if row is None:
        return Presence.SOMETIMES
    of_caller = row[0][caller]
    if way is None:
        of_way = row[1][Way.PUBLIC] if row[1][Way.PUBLIC] == row[1][Way.ENDPOINT] else "?"
    else:
        of_way = row[1][way]
    if "-" in (of_caller, of_way):
        return Presence.NEVER
    for letter in "?~":
        if letter in (of_caller, of_way):
            return Presence(letter)
    return Presence.ALWAYS


def presence_in(
    action: str,
    key: str,
    caller: CallerColumn,
    way: Way | None,
    kinds: frozenset[str] = frozenset(),
) -> Presence:
    """Say whether calls of an action (in lower case) have a key, as `presence_of` does: some
    services always send keys of their own, or about the VPC endpoint, that others do not. `kinds`
    has the type of the resource, if that is known: keys of a type come with no other one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists
    """
    presence = presence_of(key, caller, way)
    if key.startswith(keys_not_sent(action)):
        return Presence.NEVER
    if presence is Presence.SOMETIMES and way is Way.ENDPOINT and key in _of_endpoints():
        always, *_ = _of_endpoints()[key]
        if always and _read()[key][0][caller] == "+" and sends_of_endpoint(action, key):
            return Presence.ALWAYS
    if key in _of_services():
        own = action.partition(":")[0] == key.partition(":")[0]
        for callers, only, without, of_type, _ in _of_services()[key] if own else ():
            if callers[caller] not in "+~" or not _names(action, only, without):
                continue
            if not of_type or not kinds or of_type in kinds:
                return Presence(callers[caller])
            presence = Presence.NEVER
    return presence


def _names(action: str, only: frozenset[str] | None, without: frozenset[str]) -> bool:
    """Whether a row is about an action."""
    return action not in without if only is None else action in only


@lru_cache(maxsize=1)
def _of_services() -> dict[str, list[OwnRow]]:
    """Read which keys of their own services always send, by key in lower case; a key may have
    several rows."""
    found: dict[str, list[OwnRow]] = {}
    for line in data_lines("service_keys_sent.txt"):
        keys, callers, how, *actions = line.lower().split(" ")
        named, resource_type = frozenset(actions), how[1:].lstrip("@=")
        row = (
            callers,
            named if how[0] == "+" else None,
            named if how[0] == "-" else frozenset[str](),
            resource_type if how[1:2] == "@" else "",
            resource_type if "=" in how else "",
        )
        for key in keys.split(","):
            found.setdefault(key, []).append(row)
    return found


@lru_cache(maxsize=1)
def identifier_keys() -> dict[str, dict[str, str]]:
    """Give the keys (in lower case) that hold the id of the resource, by its type, of each service
    with such keys. Types of these services tell which keys come with a request."""
    found: dict[str, dict[str, str]] = {}
    for key, rows in _of_services().items():
        for *_, of_id in rows:
            if of_id:
                found.setdefault(key.partition(":")[0], {})[of_id] = key
    return found


def holds_identifier(action: str, key: str) -> bool:
    """Say whether requests for an action (in lower case) that are about one resource of its type
    have its id under a key (in lower case)."""
    rows = _of_services()[key]
    return any(of_id and _names(action, only, without) for _, only, without, _, of_id in rows)


@lru_cache(maxsize=1)
def services_with_keys() -> frozenset[str]:
    """Give the services that always send a key of their own, whatever the action but for some."""
    rows = _of_services().items()
    return frozenset(
        key.partition(":")[0] for key, how in rows if any(row[1] is None for row in how)
    )


@lru_cache(maxsize=1)
def services_without_keys() -> dict[str, tuple[str, ...]]:
    """Give the services whose requests lack global keys that others have, with those keys in lower
    case; one that ends with ``/`` stands for all that begin with it."""
    rows = (line.split(" ") for line in data_lines("keys_not_sent.txt"))
    return {service: tuple(key.lower() for key in keys) for service, *keys in rows}


def keys_not_sent(action: str) -> tuple[str, ...]:
    """Give how the global keys begin that requests for an action (in lower case) lack, whoever
    calls."""
    return services_without_keys().get(action.partition(":")[0], ())


@lru_cache(maxsize=1)
def _of_endpoints() -> dict[str, tuple[bool, frozenset[str], frozenset[str]]]:
    """Read which services send which keys about VPC endpoints: by key in lower case whether they
    always do, the services, and the actions without the key."""
    found = {}
    for line in data_lines("vpc_endpoint_key_services.txt"):
        services, _, without = line.lower().partition(" / ")
        key, how, *names = services.split(" ")
        found[key] = how == "+", frozenset(names), frozenset(without.split(" "))
    return found


@lru_cache(maxsize=1024)
def sends_of_endpoint(action: str, key: str) -> bool:
    """Say whether requests for an action (in lower case) through a VPC endpoint have one of the
    keys (in lower case) about it that only some services send."""
    _, services, without = _of_endpoints()[key]
    return action.partition(":")[0] in services and action not in without


@lru_cache(maxsize=1)
def with_keys_apart() -> dict[str, frozenset[int]]:
    """Give the actions (in lower case) that lack a key that their service sends otherwise, or alone
    have one; those with the same numbers have and lack the same."""
    lacking = [without for _, _, without in _of_endpoints().values()]
    apart = [
        without if only is None else only
        for rows in _of_services().values()
        for _, only, without, *_ in rows
    ]
    found: dict[str, set[int]] = {}
    for number, actions in enumerate(dict.fromkeys((*lacking, *apart))):
        for action in actions - {""}:
            found.setdefault(action, set()).add(number)
    return {action: frozenset(numbers) for action, numbers in found.items()}


@lru_cache(maxsize=1)
def owner_account_keys() -> dict[str, str]:
    """Give the keys (in lower case) that hold the account of the resource, by the service that
    has them; aws: has the one of all."""
    return {key.partition(":")[0]: key for key in _read() if key.endswith(":resourceaccount")}


@lru_cache(maxsize=1)
def region_keys() -> dict[str, str]:
    """Give the keys (in lower case) of single services that hold the Region of the call, by the
    service that has them."""
    return {key.partition(":")[0]: key for key in _read() if key.endswith(":region")}


@lru_cache(maxsize=64)
def same_keys(service: str) -> dict[str, str]:
    """Give the keys (in lower case) that have one value in every call of a service: by the key of
    all services the service's own, and the reverse.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_ec2_region.html
    """
    rows = {"aws:resourceaccount": owner_account_keys(), "aws:requestedregion": region_keys()}
    of_all = {key: own[service] for key, own in rows.items() if service in own}
    return {**of_all, **{own: key for key, own in of_all.items()}}


@lru_cache(maxsize=1)
def _without_resource_account() -> frozenset[str]:
    """Read the actions whose requests do not say whose the resource is."""
    return frozenset(line.lower() for line in data_lines("actions_without_resource_account.txt"))


@lru_cache(maxsize=1024)
def has_resource_account(action: str) -> bool:
    """Say whether requests for an action (in lower case) tell the account of the resource, and its
    organization."""
    service = action.partition(":")[0]
    return _without_resource_account().isdisjoint((action, f"{service}:*"))


def derived_from(key: str) -> str | None:
    """Say what a key (in lower case) follows from: ``caller``, ``session``, ``organization``,
    ``resource``, ``network``, ``call`` or ``clock``; `None` where it, or pairs whose names it
    lists, must be given."""
    row = _row(key)
    return None if row is None or row[2] == "-" or ":" in row[2] else row[2]


@lru_cache(maxsize=64)
def lists_of_names(service: str | None = None) -> dict[str, str]:
    """Give the keys (in lower case) that list the names of all pairs of a request, by what the keys
    of these pairs begin with; only those that calls of a service have.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
    """
    return {
        row[2].lower(): key
        for key, row in _read().items()
        if ":" in row[2] and (service is None or key.partition(":")[0] in ("aws", service))
    }


@lru_cache(maxsize=1)
def keys_through_endpoints() -> frozenset[str]:
    """Give the keys (in lower case) that only requests through a VPC endpoint have."""
    return frozenset(
        key
        for key, row in _read().items()
        if row[1][Way.PUBLIC] == "-" and row[1][Way.ENDPOINT] != "-"
    )


@lru_cache(maxsize=1)
def network_keys() -> frozenset[str]:
    """Give the keys (in lower case) that say from which network a request comes."""
    return keys_through_endpoints() | {"aws:sourceip"}


@lru_cache(maxsize=1)
def source_keys() -> frozenset[str]:
    """Give the keys (in lower case) that say for whose resource a service calls: it may send them,
    and nobody else does."""
    service = CallerColumn.SERVICE
    return frozenset(
        key
        for key, row in _read().items()
        if row[0][service] == "?" and set(row[0][:service] + row[0][service + 1 :]) == {"-"}
    )


def types_of(key: str) -> tuple[str, ...]:
    """Give the types of a key (in lower case), none where the table does not have it."""
    row = _row(key)
    return () if row is None else row[3]
