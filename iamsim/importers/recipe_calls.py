"""The part of the recipe that collects resource-based policies, and with which role things act:
calls for each type of resource.

Which calls list the resources of a type, and which prints a policy or names a role,
`iamsim.catalog.resource_types` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from iamsim import catalog
from iamsim.catalog.resource_types import Call, ResourceType, resource_types

EACH = "each"  # the Region of a row whose ARNs name none, and which every Region is asked about
# What a call needs where the action is not called like it, or is of another service.
OTHER_ACTIONS = {
    ("apigateway", "get-domain-names"): "apigateway:GET",
    ("apigateway", "get-rest-apis"): "apigateway:GET",
    ("s3api", "list-directory-buckets"): "s3express:ListAllMyDirectoryBuckets",
    ("s3control", "get-access-point-policy-for-object-lambda"): (
        "s3:GetAccessPointPolicyForObjectLambda"
    ),
    ("s3control", "list-access-points-for-object-lambda"): "s3:ListAccessPointsForObjectLambda",
    ("s3outposts", "list-outposts-with-s3"): "s3-outposts:ListOutpostsWithS3",
}
# What calls listed before, in the script.
VARIABLES = {"{account}": "$account", "{1}": "$first", "{2}": "$second"}
HEAD = """
# The policies of resources, type by type.
collect_policies() {
  local account="$1" region="$2" dir="$3" partition one first second
"""
HEAD_WITH_ACCOUNT = """
# The policies of resources whose ARNs name no Region.
collect_policies_of_account() {
  local account="$1" dir="$2" partition one first second
"""
PARTITION = """\
  partition="$(aws sts get-caller-identity --query Arn --output text | cut -d: -f2)"
  partition="${partition:-aws}"
"""


class Collected(NamedTuple):
    """How the policies of a type are collected, or the roles with which its resources act: by a
    call about all of them, or by one about each that a chain of calls lists."""

    row: ResourceType
    chain: tuple[Call, ...]
    call: Call

    @property
    def tells_roles(self) -> bool:
        """Whether it is about roles: of the output no more is kept than what the path names."""
        return self.call in self.row.role


def policy_actions() -> set[str]:
    """The permissions that these calls need."""
    return {_action(row, call) for row, chain, last in collected_calls() for call in (*chain, last)}


def policy_calls() -> str:
    """Write the functions of the script that make the calls."""
    parts: dict[str, dict[str, None]] = {HEAD: {}, HEAD_WITH_ACCOUNT: {}}
    for row, chain, call in collected_calls():
        query = _query(call.path) if call in row.role else ""
        lines = _loop(row, chain, call, query) if chain else [_plain(call, query)]
        head = HEAD if row.region in ("", EACH) else HEAD_WITH_ACCOUNT
        parts[head].update(dict.fromkeys(("\n".join(lines),)))
    return "".join(head + PARTITION + "\n".join(lines) + "\n}\n" for head, lines in parts.items())


def collected_calls() -> Iterator[Collected]:
    """How every type is collected whose policies or roles an importer reads; buckets are collected
    with the account, since more is asked about them."""
    for row in resource_types():
        if "{region}" not in row.arn and not row.region:
            continue
        plain = [call for call in row.calls if call.of_account]
        asked = [call for call in row.calls if not call.of_account]
        if plain:
            yield Collected(row, (), plain[0])
        elif asked:
            yield from (Collected(row, chain, asked[0]) for chain in row.listed)
        if row.role:
            yield Collected(row, row.role[:-1], row.role[-1])


def _action(row: ResourceType, call: Call) -> str:
    """The permission that a call needs."""
    other = OTHER_ACTIONS.get((call.service, call.operation))
    if other is not None:
        return other
    name = "".join(word.capitalize() for word in call.operation.split("-"))
    facts = catalog.find_action(f"{row.arn.partition(':')[0]}:{name}")
    if facts is None:
        raise AssertionError(f"which action is `aws {call.service} {call.operation}`?")
    return facts.full_name


def _plain(call: Call, query: str) -> str:
    """A call about all of an account and Region."""
    made = f"{call.service} {call.operation}{_options(call, {})}{query}"
    return f'  get "$dir/{call.operation}.json" {made}'


def _query(path: Sequence[str]) -> str:
    """The option that keeps of an output what a path names, where it stands."""
    *above, last = path
    members = ", ".join(_member(name) for name in last.split(","))
    if not above:
        return f" --query '{{{members}}}'"
    within = f"{'.'.join(above).replace('.*', '[]')}.{{{members}}}"
    return f" --query '{{{above[0]}: {within}}}'"


def _member(name: str) -> str:
    """A member that is kept, or of one that holds others those that are."""
    step, _, inner = name.partition("/")
    return f"{step.removesuffix('[]')}: {step}" + (f".{{{_member(inner)}}}" if inner else "")


def _loop(row: ResourceType, chain: tuple[Call, ...], call: Call, kept: str) -> list[str]:
    """A call for each resource that other calls list."""
    region = "" if row.region in ("", EACH) else f" --region {row.region}"
    listed = chain[-1]
    lines, ends = list[str](), list[str]()
    for before, variable in zip(chain[:-1], ("first", "second"), strict=False):
        indent = "  " * (len(lines) + 1)
        lines.append(f"{indent}for {variable} in $(each {_listing(before, region)}'); do")
        ends.insert(0, f"{indent}done")
    indent = "  " * (len(lines) + 1)
    members = {text: _variable(text) for text in call.filled_in if text.startswith("{.")}
    if members:
        *above, last = listed.path
        asked = ",".join((last, *(re.sub(r"\.(\d+)", r"[\1]", member[2:-1]) for member in members)))
        query = _listing(listed._replace(path=(*above, f"[{asked}]")), region)
        read = " ".join(("one", *members.values()))
        lines.append(f"{indent}while IFS=$'\\t' read -r {read}; do")
        ends.insert(0, f"{indent}done < <(rows {query}') # {row.name}")
    else:
        lines.append(f"{indent}for one in $(each {_listing(listed, region)}'); do")
        ends.insert(0, f"{indent}done # {row.name}")
    subject, values = _subject(row, listed, call)
    values |= {key: f"${name}" for key, name in members.items()} | {f"{{{len(chain)}}}": "$one"}
    folder = "${dir%/*}" if row.region == EACH else "$dir"
    made = f"{call.service} {call.operation}{_options(call, values)}{region}{kept}"
    get = "get" if kept else "policy"
    lines.append(f'{indent}  {get} "{folder}/{call.operation}.{subject}.json" {made}')
    return [*lines, *ends]


def _subject(row: ResourceType, listed: Call, call: Call) -> tuple[str, dict[str, str]]:
    """What a file is named after, and what stands for a resource in the options of its call."""
    arn, own_name, last = "$one", "$one", listed.path[-1]
    if last.lower().endswith("arn"):
        before = row.arn.partition("{name}")[0].rpartition("}:")[2]
        between = "".join(
            "*/" if entry[:1] == "{" else f"{entry}/" for entry in before.split("/")[:-1]
        )
        own_name = f"${{one#*:{between or before}}}" if before else "$one"
    elif "{url}" in call.options:
        return "${one##*/}", {"{url}": "$one"}
    elif not call.by_name:
        made = row.arn.replace("{region}", "$region").replace("{account}", "$account")
        arn = f"arn:$partition:{made.replace('{name}', '$one')}"
        arn = f'$(arn "$one" "{arn}")' if last == "*" else arn
    return f'$(name "{arn}")', {"{arn}": arn, "{name}": own_name}


def _listing(call: Call, region: str) -> str:
    """A call that lists, up to the end of its query."""
    query = ".".join(call.path).replace(".*", "[]")
    return f"{call.service} {call.operation}{_options(call, {})}{region} --query '{query}"


def _variable(option: str) -> str:
    """The variable of a member of what is listed."""
    return re.sub(r"\W", "_", option[2:-1])


def _options(call: Call, values: dict[str, str]) -> str:
    """The options of a call, with what stands for a resource put in."""
    known = {**VARIABLES, **values}
    return "".join(
        f' "{known[option]}"' if option in known else f" {option}" for option in call.options
    )
