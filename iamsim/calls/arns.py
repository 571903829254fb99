"""ARNs of what a call acts on: the formats of the service reference, filled from parameters.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim import catalog

if TYPE_CHECKING:
    from iamsim.calls.data import Asks
    from iamsim.catalog.facts import ActionFacts

VARIABLE = re.compile(r"\$\{(\w+)\}")
MAKING = ("create", "register", "allocate", "import", "request", "purchase", "copy", "run", "add")
WHOLE = ("arn", "resource", "resourcearn", "resourceidentifier")
# Services whose reference marks what an action always needs; elsewhere marks may be alternatives.
ALL_NEEDED = frozenset({"ec2"})
MOST = 1000  # resources of one call that are told apart


class Place(NamedTuple):
    """Where a call goes; what is not known is None."""

    partition: str = "aws"
    region: str | None = None
    account: str | None = None


class Resource(NamedTuple):
    """A resource of a request: `known` is False for a pattern; `members` are those that name it,
    `whole` where one of them is its ARN. It is `literal` where AWS asks about the ARN with a star
    in it.
    """

    arn: str
    known: bool = True
    type_name: str | None = None
    members: frozenset[str] = frozenset()
    whole: bool = False
    literal: bool = False


ANYTHING = Resource("*", known=False)
NOTHING = Resource("*")


def values(parameters: Mapping[str, Any], path: str) -> list[str]:
    """Give the texts that a member holds, wherever lists stand on the way to it; ``+`` joins."""
    if "+" in path:
        return [text for name in path.split("+") for text in values(parameters, name)]
    found: list[Any] = [parameters]
    for name in path.split("."):
        inner: list[Any] = []
        for entry in found:
            if isinstance(entry, dict) and name in entry:
                inner += entry[name] if isinstance(entry[name], list) else [entry[name]]
        found = inner
    return [str(entry) for entry in found if isinstance(entry, str | int) and entry != ""]


def fill(
    arn_format: str, given: Mapping[str, list[str]], place: Place, type_name: str | None = None
) -> list[Resource]:
    """Fill a format; a variable that nothing is given for becomes ``*``."""
    base = {
        "Partition": place.partition,
        "Region": place.region or "*",
        "Account": place.account or "*",
    }
    names = [name for name in dict.fromkeys(VARIABLE.findall(arn_format)) if name not in base]
    known = all(given.get(name) for name in names)
    known &= all(base[name] != "*" for name in base if f"${{{name}}}" in arn_format)
    found = []
    for combination in product(*(given.get(name) or ["*"] for name in names)):
        told = {
            name: _without_start(arn_format, name, value)
            for name, value in zip(names, combination, strict=True)
        }
        filled = {**base, **told}
        arn = VARIABLE.sub(lambda found: filled[found[1]], arn_format)  # noqa: B023 - used at once
        found.append(Resource(arn, known and "*" not in combination, type_name))
        if len(found) == MOST:
            break
    return found


def _without_start(arn_format: str, name: str, value: str) -> str:
    """Ids of Organizations start with what their ARN format has in front: ``p-${PolicyId}``."""
    before = arn_format.partition(f"${{{name}}}")[0]
    start = re.split(r"[:/]", before)[-1]
    return value.removeprefix(start) if start.endswith("-") else value


@lru_cache(maxsize=4096)
def _pattern(arn_format: str) -> re.Pattern[str]:
    """Make a pattern that the ARNs of a format fit, a group for each variable."""
    names = VARIABLE.findall(arn_format)
    pieces = VARIABLE.split(arn_format)
    text = ""
    seen = set()
    for position, piece in enumerate(pieces):
        if position % 2 == 0:
            text += re.escape(piece)
        elif piece in seen:
            text += f"(?P={piece})"
        else:
            seen.add(piece)
            loose = "*" if piece in ("Partition", "Region", "Account") else "+"
            last = piece == names[-1] and position == len(pieces) - 2 and not pieces[-1]
            inner = ".+" if last else f"[^:/]{loose}" if loose == "+" else "[^:]*"
            text += f"(?P<{piece}>{inner})"
    return re.compile(text)


def matches(arn: str, arn_format: str) -> dict[str, str] | None:
    """Take an ARN apart by a format; None where it is of another type."""
    match = _pattern(arn_format).fullmatch(arn)
    return None if match is None else match.groupdict()


@lru_cache(maxsize=1024)
def formats_of(service: str) -> tuple[tuple[str, str], ...]:
    """Give the resource types of a service with their ARN formats."""
    facts = catalog.find_service(service)
    if facts is None:
        return ()
    return tuple(
        (resource_kind.name, text)
        for resource_kind in facts.resource_types
        for text in resource_kind.arn_formats
    )


def arns_in(parameters: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Find the ARNs among the members at the top, and in their lists."""
    for name, value in parameters.items():
        for entry in value if isinstance(value, list) else (value,):
            if isinstance(entry, str) and entry.startswith("arn:"):
                yield name, entry


def resources_of(
    facts: ActionFacts, asks: Asks, parameters: Mapping[str, Any], place: Place, operation: str
) -> list[Resource]:
    """Say on which resources a call asks an action.

    A type that the action needs is a pattern where the call does not name the resource; of types
    that are alternatives, those that the call names.
    """
    if not facts.resource_types:
        return [NOTHING]
    arns = list(arns_in(parameters))
    named: list[Resource] = []
    open_types: list[Resource] = []
    fixed: list[Resource] = []
    loose: list[Resource] = []
    for use in facts.resource_types:
        resources, given = _of_type(facts.service, use.name, asks, parameters, arns, place)
        if given and not resources[0].members:
            fixed += resources if use.required is not False else []
        elif given and (use.required is not False or _is_named(resources)):
            named += resources
        elif given:
            loose += resources
        elif use.required is not False:
            open_types += resources
    making = operation.lower().startswith(MAKING)
    noun = _noun(operation)
    named, open_types = _literal(facts.service, operation, named, open_types)
    if facts.service in ALL_NEEDED:
        named += open_types
        open_types = []
    for pattern in open_types:
        name = re.sub(r"[^a-z0-9]", "", (pattern.type_name or "").lower())
        if (len(open_types) == 1 and not named) or (making and name and noun.startswith(name)):
            named.append(pattern)
    if named or fixed or loose:
        return _best_of(named or fixed or loose)
    whole = [Resource(arn) for name, arn in arns if name.lower() in WHOLE]
    if whole:
        return whole
    return [ANYTHING] if open_types else [NOTHING]


def _noun(operation: str) -> str:
    return re.sub(r"^[A-Z][a-z]+", "", operation).lower()


def _literal(
    service: str, operation: str, named: list[Resource], open_types: list[Resource]
) -> tuple[list[Resource], list[Resource]]:
    """Mark what AWS asks about with a star: what is made has no name yet, and lists are of all."""
    making = operation.lower().startswith(MAKING)
    if not making and not operation.startswith(("List", "Describe", "Search")):
        return named, open_types
    noun, whole = _noun(operation), service in ALL_NEEDED or not making
    return (
        [
            resource._replace(literal=making and noun == _flat(resource.type_name))
            for resource in named
        ],
        [
            open_kind._replace(literal=whole or noun.startswith(_flat(open_kind.type_name)))
            for open_kind in open_types
        ],
    )


def _flat(name: str | None) -> str:
    return re.sub(r"[^a-z0-9]", "", (name or "").lower())


def _is_named(found: list[Resource]) -> bool:
    """Whether resources of a type are named, not only what they are in: the ARN has an end."""
    return any(
        resource.whole or not resource.arn.endswith(("/*", ":*")) for resource in found
    ) or any(resource.arn.count("*") == 1 and len(resource.members) > 1 for resource in found)


def _best_of(named: list[Resource]) -> list[Resource]:
    """Leave out what is the same, and what is made of the ARN of a resource of another type."""
    told = frozenset().union(*(resource.members for resource in named if resource.whole))
    rest = [
        resource
        for resource in named
        if resource.whole or not resource.members or not resource.members <= told
    ]
    return list({resource.arn: resource for resource in rest}.values())


def _of_type(
    service: str,
    name: str,
    asks: Asks,
    parameters: Mapping[str, Any],
    arns: list[tuple[str, str]],
    place: Place,
) -> tuple[list[Resource], bool]:
    """Find the resources of one type; the second value tells whether the call names them."""
    facts = catalog.find_resource_type(service, name)
    if facts is None or not facts.arn_formats:
        return [], False
    binding = asks.bindings.get(name, {})
    whole = [
        Resource(arn, True, name, frozenset((member,)), whole=True)
        for member, arn in arns
        for arn_format in facts.arn_formats
        if matches(arn, arn_format) and not _is_other(member, binding)
    ]
    if whole:
        return whole, True
    given: dict[str, list[str]] = {}
    for variable, path in binding.items():
        texts = [
            part
            for text in values(parameters, path)
            if _may_be(text, name, variable)
            if (part := _part(text, variable, service)) is not None
        ]
        if texts:
            given[variable] = texts
    arn_format = facts.arn_formats[0]
    members = frozenset(
        path for variable, path in binding.items() if variable in given and variable != "Scope"
    )
    resources = [
        resource._replace(members=members) for resource in fill(arn_format, given, place, name)
    ]
    return resources, bool(given) or not _variables(arn_format)


def _may_be(text: str, type_name: str, variable: str) -> bool:
    """Whether a value can be that of a type: aliases are no ids of keys, `i-` no managed one."""
    if text.startswith("alias/"):
        return variable.startswith("Alias")
    if type_name == "managed-instance":
        return text.startswith("mi-")
    return not (type_name == "instance" and text.startswith("mi-"))


def _variables(arn_format: str) -> list[str]:
    return [
        name
        for name in VARIABLE.findall(arn_format)
        if name not in ("Partition", "Region", "Account")
    ]


def _is_other(member: str, binding: Mapping[str, str]) -> bool:
    """Whether an ARN stands in a member about something else: its source, or a key."""
    return (
        member.lower().startswith(("source", "target"))
        and bool(binding)
        and (member not in binding.values())
    )


def _part(text: str, variable: str, service: str) -> str | None:
    """Take the part for a variable out of a value, which may be an ARN of something inside."""
    if not text.startswith("arn:"):
        return text
    for _, arn_format in formats_of(service):
        if f"${{{variable}}}" in arn_format:
            found = matches(text, arn_format)
            if found is not None:
                return found[variable]
    return None
