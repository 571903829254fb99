"""Resource instances of a plan or a state, with their values; unknown ones are marked.

Plans and states as ``terraform show -json`` prints them
(https://developer.hashicorp.com/terraform/internals/json-format), and raw state files of version 4.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from iamsim.core.caret import quote
from iamsim.core.span import Span
from iamsim.core.unknown import find_marker
from iamsim.importers.lost import is_error
from iamsim.importers.misspelt import Properties
from iamsim.importers.terraform.addresses import Address, parse_address
from iamsim.importers.terraform.changes import KINDS
from iamsim.importers.unknown import Unknown

Json = dict[str, object]
MAX_MODULE_DEPTH = 50
STATE_VERSION = 4
NAME_ENDINGS = ("_arn", "_id", "_url")
ATTACHMENTS = ("_policy", "_policy_attachment", "_membership")  # how types end that need a holder
LISTS = frozenset(("groups", "roles", "users"))
# What the provider of AWS calls its resources by, and what they belong to: always a text.
NAMES = frozenset(
    (
        "arn",
        "bucket",
        "group",
        "id",
        "name",
        "permissions_boundary",
        "policy_arn",
        "policy_id",
        "queue_url",
        "role",
        "target_id",
        "user",
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An instance of a resource: `values` hold an `Unknown` for what is known after apply only.

    Of a configuration, `maybe` says what decides whether it is made at all, where that is not
    known, and `span` is the place of its block.
    """

    text: str
    address: Address
    values: Mapping[str, object]
    provider: str | None = None
    maybe: Unknown | None = None
    span: Span | None = None

    @property
    def type(self) -> str:
        """The resource type, such as `aws_iam_role`."""
        return self.address.type


class Broken(NamedTuple):
    """What is left of a record that can't be read: its address, its type and its values."""

    text: str = ""
    kind: str | None = None
    values: object = None

    @classmethod
    def of(cls, record: Json, values: object = None) -> Broken:
        """Take it from a record of a plan or a state."""
        text, kind = record.get("address"), record.get("type")
        address = parse_address(text) if isinstance(text, str) else None
        kind = address.type if address is not None else kind
        known = text if isinstance(text, str) else ""
        return cls(known, kind if isinstance(kind, str) else None, values)


Report = Callable[[str, str, Broken], None]


def is_plan(data: object) -> bool:
    """Say whether data is a plan."""
    return (
        isinstance(data, dict)
        and "format_version" in data
        and ("planned_values" in data or "resource_changes" in data)
    )


def is_state(data: object) -> bool:
    """Say whether data is a state, as `terraform show -json` prints it."""
    return (
        isinstance(data, dict)
        and "format_version" in data
        and "terraform_version" in data
        and not is_plan(data)
        and set(data) <= {"format_version", "terraform_version", "values", "checks"}
    )


def is_state_file(data: object) -> bool:
    """Say whether data is a raw state file of version 4."""
    return (
        isinstance(data, dict)
        and str(data.get("version")) == str(STATE_VERSION)
        and "terraform_version" in data
        and isinstance(data.get("resources"), list)
    )


def read_instances(data: Json, *, planned: bool, report: Report) -> dict[str, Instance]:
    """Read the instances of a plan (planned, or before it) or a state, by address.

    `report` takes the place and a message for each record that has not the form of one, and what
    is left of it.
    """
    reader = _Reader(report)
    data = Properties(data)
    if is_state_file(data):
        reader.state_file(data.get("resources"))
    elif is_plan(data):
        reader.plan(data, planned=planned)
    else:
        values = data.get("values")
        if isinstance(values, dict) and not is_error(values) and find_marker(values) is None:
            reader.module(Properties(values).get("root_module"), "values.root_module")
        elif "values" in data:
            report("values", "these are no values", Broken())
    return dict(sorted(reader.found.items()))


class _Reader:
    """Collects instances; the first record of an address counts."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.found: dict[str, Instance] = {}

    def plan(self, data: Json, *, planned: bool) -> None:
        """Read a plan: what it plans, or what was there before."""
        prior = data.get("prior_state")
        state = prior.get("values") if isinstance(prior, dict) else None
        root = state.get("root_module") if isinstance(state, dict) else None
        if planned:
            self.changes(data, "after")
            values = data.get("planned_values")
            if values is not None and (not isinstance(values, dict) or find_marker(values)):
                self.report("planned_values", "these are no values", Broken())
            if isinstance(values, dict):
                root_module = Properties(values).get("root_module")
                self.module(root_module, "planned_values.root_module")
            self.module(root, "prior_state.values.root_module", mode="data")
        else:
            self.module(root, "prior_state.values.root_module")
            self.changes(data, "before")

    def changes(self, data: Json, side: str) -> None:
        """Read one side of the changes; what is not known after apply is marked."""
        for place, record in self.records(data.get("resource_changes"), "resource_changes"):
            change = record.get("change")
            if not isinstance(change, dict):
                self.report(place, "a change without `change`", Broken.of(record))
                continue
            change = Properties(change)
            text = record.get("address")
            if not isinstance(text, str) or parse_address(text) is None:
                self.report(place, "a change without an address", Broken.of(record))
                continue
            if _actions(change) not in KINDS:
                self.report(
                    place,
                    "a change whose actions are not known",
                    Broken.of(record, change.get(side)),
                )
            values = change.get(side)
            gone = values is None and (_is_missing(change, side) or text in self.found)
            if not isinstance(values, dict) and not gone:
                self.report(place, f"`{side}` is no object", Broken.of(record))
            if change.get("actions") == ["forget"]:
                values = change.get("before")  # Terraform lets go of it, and leaves it there
            if not isinstance(values, dict) or "deposed" in record:
                continue
            if side == "after":
                values = self._later(record, values, change.get("after_unknown"), place)
            self.add(record, values, place)

    def _later(self, record: Json, values: Json, unknown: object, place: str) -> Json:
        """Mark what is known after apply only; where that may be everything, it is reported."""
        text = str(record.get("address"))
        if isinstance(unknown, dict):
            return _mark_members(values, unknown, text)
        if unknown in (None, False):
            return values
        what = "all of it" if unknown is True else "nobody can read what of it"
        self.report(place, f"{what} is known after apply", Broken.of(record, {}))
        return dict.fromkeys(values, Unknown(f"`{text}`"))

    def module(self, module: object, place: str, depth: int = 0, mode: str | None = None) -> None:
        """Read the resources of a module and of those inside of it."""
        lost = not isinstance(module, dict) or is_error(module) or find_marker(module) is not None
        if not isinstance(module, dict) or lost or depth > MAX_MODULE_DEPTH:
            if module is not None:
                self.report(place, "this is no module", Broken())
            return
        module = Properties(module)
        for at, record in self.records(module.get("resources"), f"{place}.resources"):
            if mode in (None, record.get("mode")):
                values = record.get("values")
                if not isinstance(values, dict):
                    self.report(at, "a resource without values", Broken.of(record))
                self.add(record, values if isinstance(values, dict) else {}, at)
        for at, child in self.records(module.get("child_modules"), f"{place}.child_modules"):
            self.module(child, at, depth + 1, mode)

    def state_file(self, resources: object) -> None:
        """Read a raw state: resources with their instances."""
        for place, record in self.records(resources, "resources"):
            prefix = f"{record['module']}." if record.get("module") else ""
            mode = "data." if record.get("mode") == "data" else ""
            text = f"{prefix}{mode}{record.get('type')}.{record.get('name')}"
            provider = record.get("provider")
            for at, instance in self.records(record.get("instances"), f"{place}.instances"):
                values = instance.get("attributes")
                if not isinstance(values, dict):
                    self.report(at, "an instance without attributes", Broken.of({"address": text}))
                if "deposed" in instance or not isinstance(values, dict):
                    continue
                key = instance.get("index_key")
                shown = json.dumps(key) if isinstance(key, str) else key
                address = text if key is None else f"{text}[{shown}]"
                self.add({"address": address, "provider": provider}, values, at)

    def records(self, value: object, place: str) -> Iterator[tuple[str, Json]]:
        """Give the maps of a list with their places; what is none is reported."""
        if value is not None and not isinstance(value, list):
            self.report(place, "this is no list", Broken())
        for number, record in enumerate(value if isinstance(value, list) else ()):
            at = f"{place}[{number}]"
            if isinstance(record, dict):
                yield at, Properties(record)
            else:
                self.report(at, "this is no object", Broken())

    def add(self, record: Json, values: Json, place: str) -> None:
        """Add an instance by its address."""
        text = record.get("address")
        address = parse_address(text) if isinstance(text, str) else None
        if address is None or not isinstance(text, str):
            self.report(place, "a resource without an address", Broken.of(record, values))
            return
        if text in self.found:
            return
        # Planned values have null for what is known after apply.
        nulls = not place.startswith("planned_values")
        values = self._checked(text, address.type, values, place, nulls=nulls)
        provider = record.get("provider")
        kept = provider if isinstance(provider, str) else None
        self.found.setdefault(text, Instance(text, address, Properties(values), kept))

    def _checked(self, text: str, kind: str, values: Json, place: str, *, nulls: bool) -> Json:
        """Report values that a resource of a type can't have; with `nulls`, null is none. A name
        that is no text is not known afterwards."""
        broken = Broken(text, kind, values)
        if is_error(values) or find_marker(values) is not None:
            self.report(place, "an error of AWS stands in place of the values", broken)
        named = [value for value in values if value in NAMES or value.endswith(NAME_ENDINGS)]
        for name in named if kind.startswith("aws_") else ():
            # Identity Center has a block where IAM has the ARN of a boundary.
            block = name == "permissions_boundary" and isinstance(values[name], list)
            block = block and kind.startswith("aws_ssoadmin_")
            if not block and not isinstance(values[name], str | Unknown | None):
                self.report(place, f"`{name}` is no text", broken)
                values = {**values, name: Unknown(f"`{name}` of {quote(text)}, which is no text")}
            needed = name in NAMES and name != "id" and kind.endswith(ATTACHMENTS)
            if nulls and values[name] is None and needed:
                self.report(place, f"`{name}` is not there", broken)
        if nulls and values.get("policy", "") is None and kind.endswith(ATTACHMENTS[0]):
            self.report(place, "`policy` is not there", broken)
        for name in LISTS & values.keys() if nulls and kind.startswith("aws_iam_") else ():
            if not _names_things(values[name], needed=kind.endswith(ATTACHMENTS[2])):
                self.report(place, f"`{name}` is no list of names", broken)
        return values


def _names_things(value: object, *, needed: bool) -> bool:
    """Whether a value is a list of names, or not known; one that is not needed may be left out."""
    if value is None or isinstance(value, Unknown):
        return value is not None or not needed
    return isinstance(value, list) and all(isinstance(entry, str | Unknown) for entry in value)


def _actions(change: Json) -> tuple[str, ...]:
    actions = change.get("actions")
    return tuple(map(str, actions)) if isinstance(actions, list) else ()


def _is_missing(change: Json, side: str) -> bool:
    """Whether a change has nothing on a side: what is made was not there before, and what is
    deleted is not there afterwards."""
    kind = KINDS.get(_actions(change))
    return kind in (("delete", "forget") if side == "after" else ("create", "read"))


def _mark(value: object, unknown: object, why: str) -> object:
    """Put `Unknown` where `after_unknown` says true; lists keep their places."""
    if unknown is True:
        return Unknown(f"`{why}`")
    if isinstance(unknown, dict) and isinstance(value, dict | None):
        return _mark_members(value or {}, unknown, why)
    if isinstance(unknown, list) and isinstance(value, list | None):
        return _mark_items(list(value or []), unknown, why)
    return value


def _mark_members(value: Json, unknown: Json, why: str) -> Json:
    marked = dict(value)
    for name, inner in unknown.items():
        if inner not in (False, None, {}, []):
            marked[str(name)] = _mark(marked.get(name), inner, f"{why}.{name}")
    return marked


def _mark_items(items: list[object], unknown: list[object], why: str) -> list[object]:
    """Mark the items of a list.

    Plans leave unknown texts out, or write null, and sets have no order: what is known stays, and
    each mark is one unknown more. Blocks keep their places.
    """
    if all(isinstance(mark, bool) for mark in unknown):
        known = [item for item in items if item is not None]
        return known + [Unknown(f"`{why}`")] * unknown.count(True)
    items += [None] * (len(unknown) - len(items))
    return [
        _mark(item, unknown[index] if index < len(unknown) else False, why)
        for index, item in enumerate(items)
    ]
