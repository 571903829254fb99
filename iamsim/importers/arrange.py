"""The order of a world's plain data: the same facts give the same text, whoever said them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.world.records import ORGANIZATION, TABLES, WORLD

if TYPE_CHECKING:
    from iamsim.importers.slots import Plain
    from iamsim.world.fields import Table

# Maps of records, by the key that holds them, and the table of what is in them.
RECORDS = {
    "accounts": "account",
    "users": "user",
    "groups": "group",
    "roles": "role",
    "permission_sets": "permission_set",
    "resources": "resource",
    "vpc_endpoints": "vpc_endpoint",
    "units": "node",
    "last_accessed": "service_access",
}
PARTS = {"organization": None, "root": "node", "root_user": "root_user"}
# What AWS lists in no order that means anything.
SETS = frozenset(
    (
        "accounts",
        "alternate_contacts",
        "assignments",
        "delegated_administrators",
        "empty_lists",
        "groups",
        "include",
        "instance_profiles",
        "mfa_types",
        "policies",
        "providers",
        "rcps",
        "root_features",
        "scps",
        "shared_with",
    )
)
# Maps of texts and policies by name.
NAMED = frozenset(
    ("actions", "delegated_services", "inline_policies", "policies", "policy_paths", "tags")
)


def arrange(data: Plain) -> None:
    """Sort plain data in place: fields as the tables have them, names and sets by themselves."""
    _arrange(data, WORLD)


def _arrange(record: Plain, table: Table | None) -> None:
    if table is not None:
        order = {name: index for index, name in enumerate(table.fields)}
        _reorder(record, sorted(record, key=lambda key: (order.get(key, len(order)), key)))
    for key, value in record.items():
        if isinstance(value, list):
            if key in SETS:
                value.sort(key=_set_order)
        elif isinstance(value, dict):
            _arrange_part(key, value)


def _arrange_part(key: str, value: Plain) -> None:
    """Sort a map inside a record."""
    if key in RECORDS:
        _reorder(value, sorted(value))
        for part in value.values():
            if isinstance(part, dict):
                _arrange(part, TABLES[RECORDS[key]])
    elif key in PARTS:
        table = PARTS[key]
        _arrange(value, ORGANIZATION if table is None else TABLES[table])
    elif key in NAMED:
        _reorder(value, sorted(value))


def _set_order(item: object) -> tuple[bool, str]:
    """Sort texts before documents, which keep their order."""
    return (False, item) if isinstance(item, str) else (True, "")


def _reorder(record: Plain, keys: list[str]) -> None:
    """Bring the entries of a map into an order."""
    if list(record) != keys:
        entries = {key: record[key] for key in keys}
        record.clear()
        record.update(entries)
