"""What can be typed at a place: elements, actions, condition keys and operators, ARNs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.catalog import managed
from iamsim.lsp.hcl_place import ARGUMENTS, BLOCK_ELEMENTS
from iamsim.syntax.elements import POLICY_ELEMENTS, STATEMENT_ELEMENTS, VERSIONS
from iamsim.syntax.operators import operator_spellings
from iamsim.world.records import TABLES, WORLD

if TYPE_CHECKING:
    from iamsim.lsp.place import Place
    from iamsim.world.model import World

ACTIONS = frozenset({"action", "notaction", "actions"})
RESOURCES = frozenset({"resource", "notresource"})
PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
# The blocks of HCL whose arguments say what an element of a policy says.
BLOCKS_OF = {
    "condition": "condition",
    "principal": "principals",
    "notprincipal": "not_principals",
}
MANAGED = "arn:aws:iam::aws:policy/"
# Operators that compare values of a type, by the start of their name.
OF_TYPE = {
    "Bool": ("Bool",),
    "Date": ("Date",),
    "IPAddress": ("IpAddress", "NotIpAddress"),
    "Numeric": ("Numeric",),
    "Long": ("Numeric",),
    "ARN": ("Arn", "String"),
    "Binary": ("Binary",),
}
# What holds for worlds: under which member which records stand.
RECORDS = {
    "accounts": "account",
    "users": "user",
    "groups": "group",
    "roles": "role",
    "resources": "resource",
    "vpc_endpoints": "vpc_endpoint",
    "permission_sets": "permission_set",
}


class Proposal(NamedTuple):
    """Something to type: its text, of which kind it is, and a word about it."""

    text: str
    kind: str
    detail: str = ""


def proposals(
    place: Place, statement: Mapping[str, object] | None, world: World | None, *, of_world: bool
) -> list[Proposal]:
    """All that may stand at a place, in a good order."""
    names = place.names
    if place.form == "block":
        return [Proposal(name, "element") for name in _arguments(names)]
    if "statement" in names or not of_world:
        found = _in_policy(place, statement, world)
        if found or "statement" in names:
            return found
    if of_world and place.is_key:
        return _members(names[:-1])
    if place.text.startswith("arn:") or (of_world and names[-1:] == ("policies",)):
        return _arns(world, place.text)
    return []


def _arguments(names: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments and blocks of a block of HCL that states a policy."""
    match names[:-1]:
        case ("statement",):
            return BLOCK_ELEMENTS
        case ("statement", element):
            return ARGUMENTS.get(BLOCKS_OF.get(element, ""), ())
    return ()


def _in_policy(
    place: Place, statement: Mapping[str, object] | None, world: World | None
) -> list[Proposal]:
    names = place.names
    inside = names[names.index("statement") + 1 :] if "statement" in names else None
    if inside is None:
        if place.is_key and len(names) == 1:
            return [Proposal(name, "element") for name in POLICY_ELEMENTS]
        return (
            [Proposal(version, "value") for version in VERSIONS]
            if names[-1:] == ("version",)
            else []
        )
    if place.is_key:
        match inside[:-1]:
            case ():
                return [Proposal(name, "element") for name in STATEMENT_ELEMENTS]
            case ("principal" | "notprincipal",):
                return [Proposal(name, "element") for name in PRINCIPALS]
            case ("condition",):
                return [Proposal(name, "operator") for name in operator_spellings()]
            case ("condition", operator):
                return _keys(statement, operator)
        return []
    return _values(place, inside, statement, world)


def _values(
    place: Place,
    inside: tuple[str, ...],
    statement: Mapping[str, object] | None,
    world: World | None,
) -> list[Proposal]:
    match inside:
        case ("effect",):
            return [Proposal("Allow", "value"), Proposal("Deny", "value")]
        case (element,) if element in ACTIONS:
            return _actions(place.text)
        case (element,) if element in RESOURCES:
            return [*_arns(world, place.text), *_formats(statement)]
        case ("principal" | "notprincipal", "aws"):
            return [arn for arn in _arns(world, place.text) if ":iam::" in arn.text]
        case ("condition", _, key):
            return _values_of_key(key, world)
    return []


def _actions(text: str) -> list[Proposal]:
    """Services up to the colon, then the actions of the service."""
    prefix, colon, _ = text.partition(":")
    if not colon:
        return [
            Proposal(f"{service}:", "service", catalog.service_name(service) or "")
            for service in catalog.services()
        ]
    actions = []
    for name in catalog.action_names(prefix):
        facts = catalog.find_action(f"{prefix}:{name}")
        actions.append(
            Proposal(f"{prefix}:{name}", "action", facts.access_level if facts is not None else "")
        )
    return actions


def _patterns(statement: Mapping[str, object] | None) -> list[str]:
    """The actions of a statement, as they are written."""
    given = statement.get("Action") if statement is not None else None
    patterns = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return [text for text in patterns if isinstance(text, str)]


def _keys(statement: Mapping[str, object] | None, operator: str) -> list[Proposal]:
    """The keys that the actions of a statement carry, first those that the operator compares."""
    names = {key.name for key in catalog.global_condition_keys()}
    for pattern in _patterns(statement):
        for action in catalog.expand(pattern)[:200] or (pattern,):
            names |= set(catalog.carried_keys(action))
    keys = []
    for name in sorted(names, key=str.lower):
        facts = catalog.find_condition_key(name)
        types = ", ".join(facts.types) if facts is not None else ""
        written = name.partition("${")[0].partition("<")[0]
        keys.append((not _fits(operator, facts.types if facts else ()), written, types))
    return [Proposal(name, "key", types) for _, name, types in sorted(keys)]


def _fits(operator: str, types: Iterable[str]) -> bool:
    """Whether an operator (in lower case) compares values of one of these types."""
    plain = operator.rpartition(":")[2]
    starts = [start for kind in types for start in OF_TYPE.get(kind, ("String",))]
    return any(plain.startswith(start.lower()) for start in starts)


def _values_of_key(key: str, world: World | None) -> list[Proposal]:
    facts = catalog.find_condition_key(key)
    if facts is not None and "Bool" in facts.types:
        return [Proposal("true", "value"), Proposal("false", "value")]
    if world is None:
        return []
    match key:
        case "aws:principalaccount" | "aws:resourceaccount" | "aws:sourceaccount":
            accounts = world.accounts.items()
            return [Proposal(entry, "value", account.name or "") for entry, account in accounts]
        case "aws:principalorgid" | "aws:resourceorgid" | "aws:sourceorgid":
            organization = world.organization
            known = organization.id if organization is not None else None
            return [Proposal(known, "value")] if known else []
        case "aws:principalarn":
            return [arn for arn in _arns(world, "") if ":iam::" in arn.text]
    return []


def _formats(statement: Mapping[str, object] | None) -> list[Proposal]:
    """The ARN formats of the resource types that the actions of a statement act on."""
    formats: dict[str, str] = {"*": "everything"}
    for pattern in _patterns(statement):
        for action in (catalog.expand(pattern) or (pattern,))[:50]:
            facts = catalog.find_action(action)
            for use in facts.resource_types if facts is not None else ():
                kind = catalog.find_resource_type(action.partition(":")[0], use.name)
                for arn_format in kind.arn_formats if kind is not None else ():
                    formats.setdefault(arn_format, use.name)
    return [Proposal(text, "format", detail) for text, detail in formats.items()]


def _arns(world: World | None, typed: str) -> list[Proposal]:
    """The ARNs of a world, and those of AWS managed policies where one is begun."""
    arns: list[Proposal] = []
    if typed.startswith(MANAGED[:-7]) or not typed:
        arns += [Proposal(arn, "policy", "AWS managed") for arn in managed.arns()]
    for account in world.accounts.values() if world is not None else ():
        owner = account.name or account.id
        names = [user.arn for user in account.users.values()]
        names += [role.arn for role in account.roles.values()]
        arns += [Proposal(name, "principal", owner) for name in names]
        arns += [Proposal(arn, "resource", owner) for arn in account.resources]
    return arns


def _members(above: tuple[str, ...]) -> list[Proposal]:
    """The members of a record of a world."""
    known = WORLD if not above else None
    for step in reversed(above):
        if step in TABLES:
            known = TABLES[step]
            break
        if step in RECORDS:
            # the name of the record stands between
            known = TABLES[RECORDS[step]] if above[-1] != step else None
            break
    fields = known.fields.values() if known is not None else ()
    return [Proposal(field.name, "element", field.about) for field in fields]
