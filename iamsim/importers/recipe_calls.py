"""The part of the recipe that collects resource-based policies: a call for each type of resource.

Which call lists the resources of a type and which prints a policy, `iamsim.catalog.resource_types`
says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.resource_types import resource_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.catalog.resource_types import Call, ResourceType

__all__ = ["collected_calls", "not_collected", "policy_actions", "policy_calls"]

# What a call needs where the action is not called like it.
OTHER_ACTIONS = {"get-rest-apis": "apigateway:GET"}
HEAD = """
# The policies of resources, type by type.
collect_policies() {
  local account="$1" region="$2" dir="$3" partition one
  partition="$(aws sts get-caller-identity --query Arn --output text | cut -d: -f2)"
  partition="${partition:-aws}"
"""


def policy_actions() -> set[str]:
    """The permissions that these calls need."""
    return {_action(row, call) for row, calls in collected_calls() for call in calls}


def policy_calls() -> str:
    """Write a function of the script that makes the calls."""
    lines: dict[str, None] = {}
    for row, (*listed, call) in collected_calls():
        lines.update(dict.fromkeys(_loop(row, listed[0], call) if listed else [_plain(call)]))
    return HEAD + "\n".join(lines) + "\n}\n"


def collected_calls() -> Iterator[tuple[ResourceType, tuple[Call, ...]]]:
    """The types with their call, and the call that lists what it is asked about, if it is.

    Types that have no Region are collected with the account.
    """
    for row in resource_types():
        if "{region}" not in row.arn:
            continue
        plain = [call for call in row.calls if call.of_account]
        asked = [call for call in row.calls if not call.of_account]
        if plain:
            yield row, (plain[0],)
        elif row.listed is not None and asked:
            yield row, (row.listed, asked[0])


def not_collected() -> list[str]:
    """The types whose policies are imported, and which no call of the table lists: neither the
    script nor `iamsim collect` asks about them."""
    asked = {row.name for row, _ in collected_calls()}
    return [
        row.name
        for row in resource_types()
        if row.calls and row.listed is None and row.name not in asked
    ]


def _action(row: ResourceType, call: Call) -> str:
    """The permission that a call needs."""
    service = row.arn.partition(":")[0]
    name = "".join(word.capitalize() for word in call.operation.split("-"))
    facts = catalog.find_action(f"{service}:{name}")
    return OTHER_ACTIONS[call.operation] if facts is None else facts.full_name


def _plain(call: Call) -> str:
    """A call about all of an account and Region."""
    return f'  get "$dir/{call.operation}.json" {call.service} {call.operation}{_options(call, {})}'


def _loop(row: ResourceType, listed: Call, call: Call) -> list[str]:
    """A call for each resource that another call lists."""
    query = ".".join(listed.path).replace(".*", "[]")
    arguments = _options(listed, {})
    each = f"{listed.service} {listed.operation}{arguments} --query '{query}'"
    by_arn = listed.path[-1].lower().endswith("arn")
    subject, arn = '$(name "$one")', "$one"
    if "{url}" in call.options:
        subject = "${one##*/}"
    elif not by_arn and "{arn}" in call.options:
        arn = row.arn.replace("{region}", "$region").replace("{account}", "$account")
        arn = f"arn:$partition:{arn.replace('{name}', '$one')}"
        subject = f'$(name "{arn}")'
    before = row.arn.partition("{name}")[0].rpartition("}:")[2]
    own_name = f"${{one#*:{before}}}" if by_arn and before else "$one"
    options = _options(call, {"{arn}": arn, "{name}": own_name, "{url}": "$one"})
    return [
        f"  for one in $(each {each}); do",
        f'    get "$dir/{call.operation}.{subject}.json" {call.service} {call.operation}{options}',
        f"  done # {row.name}",
    ]


def _options(call: Call, values: dict[str, str]) -> str:
    """The options of a call, with what stands for a resource put in."""
    known = {"{account}": "$account", **values}
    return "".join(
        f' "{known[option]}"' if option in known else f" {option}" for option in call.options
    )
