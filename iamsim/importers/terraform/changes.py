"""What a plan changes: the instances that it creates, changes, replaces and deletes.

https://developer.hashicorp.com/terraform/internals/json-format#change-representation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Json = dict[str, object]
# The lists of actions that plans have, and what they come to.
KINDS = {
    ("no-op",): "no-op",
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "delete",
    ("forget",): "forget",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",
}


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change of one resource instance.

    `kind` is create, update, replace, delete, forget (no longer managed, but still there), read or
    no-op. `before` and `after` are the values, `None` where it is not there.
    """

    address: str
    type: str
    kind: str
    before: Json | None
    after: Json | None


def plan_changes(data: object) -> tuple[PlanChange, ...]:
    """Give the changes of a plan, by address; of what is no plan, none."""
    changes = data.get("resource_changes") if isinstance(data, dict) else None
    found: list[PlanChange] = []
    for record in changes if isinstance(changes, list) else ():
        change = record.get("change") if isinstance(record, dict) else None
        if not isinstance(change, dict) or not isinstance(record.get("address"), str):
            continue
        actions = change.get("actions")
        actions = tuple(map(str, actions)) if isinstance(actions, list) else ()
        before, after = change.get("before"), change.get("after")
        found.append(
            PlanChange(
                record["address"],
                str(record.get("type")),
                "delete" if "deposed" in record else KINDS.get(actions, "no-op"),
                before if isinstance(before, dict) else None,
                after if isinstance(after, dict) else None,
            )
        )
    return tuple(sorted(found, key=lambda change: (change.address, change.kind)))


def removals(data: Mapping[str, object]) -> Iterator[PlanChange]:
    """Give the changes that delete or replace an instance."""
    for change in plan_changes(dict(data)):
        if change.kind in ("delete", "replace"):
            yield change
