"""Several worlds as one: what they hold together, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from iamsim.core.data_class import replace
from iamsim.core.json_places import KEY
from iamsim.core.suggest import did_you_mean
from iamsim.world.items import (
    Account,
    ManagedPolicyReference,
    Node,
    Organization,
    Placed,
    PolicyDocument,
)
from iamsim.world.model import World

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.world.fields import Problems

Item = TypeVar("Item", bound=Placed)
Value = TypeVar("Value")


def merge_worlds(worlds: list[World], problems: Problems) -> World:
    """Unite worlds; what two of them say differently is a problem, and the first one counts."""
    merged = World()
    for world in worlds:
        if world.organization is not None:
            merged.organization = (
                world.organization
                if merged.organization is None
                else _merge_organizations(merged.organization, world.organization, problems)
            )
        for account_id, account in world.accounts.items():
            known = merged.accounts.get(account_id)
            merged.accounts[account_id] = (
                account if known is None else _merge_accounts(known, account, problems)
            )
        merged.policies |= world.policies
        merged.unlisted += world.unlisted
        merged.unverified += world.unverified
    return merged


ONE_VALUE = ("id", "management_account")  # facts of an organization that are said or not


def _merge_organizations(
    first: Organization, second: Organization, problems: Problems
) -> Organization:
    """Unite what two files say of the organization."""

    def one(name: str, mine: Value | None, other: Value | None) -> Value | None:
        """Take what either says; both must say the same."""
        if mine is not None and other is not None and content(mine) != content(other):
            _add_conflict(f"`{name}` of the organization", first, second, problems, name)
        return other if mine is None else mine

    delegated = (*first.delegated_administrators, *second.delegated_administrators)
    return replace(
        first,
        id=one("id", first.id, second.id),
        management_account=one(
            "management_account", first.management_account, second.management_account
        ),
        delegated_administrators=tuple(dict.fromkeys(delegated)),
        delegated_services=second.delegated_services | first.delegated_services,
        root_features=one("root_features", first.root_features, second.root_features),
        root=one("root", first.root, second.root),
        unknown={
            fact: unknown
            for fact, unknown in {**second.unknown, **first.unknown}.items()
            if fact not in ONE_VALUE or not (getattr(first, fact) or getattr(second, fact))
        },
    )


def _merge_accounts(first: Account, second: Account, problems: Problems) -> Account:
    """Unite what two files say of an account."""

    def one(name: str, mine: Value | None, other: Value | None) -> Value | None:
        """Take what either says; both must say the same."""
        if mine is not None and other is not None and content(mine) != content(other):
            what = f"`{name}` of the account `{first.id}`"
            _add_conflict(what, first, second, problems, name)
        return other if mine is None else mine

    def union(what: str, mine: dict[str, Item], others: dict[str, Item]) -> dict[str, Item]:
        """Take the items of both; those of the same name must be the same."""
        for name, item in others.items():
            if name in mine and content(mine[name]) != content(item):
                _add_conflict(f"the {what} `{name}`", mine[name], item, problems)
        return others | mine

    return replace(
        first,
        name=one("name", first.name, second.name),
        canonical_user_id=one(
            "canonical_user_id", first.canonical_user_id, second.canonical_user_id
        ),
        scps=one("scps", first.scps, second.scps),
        rcps=one("rcps", first.rcps, second.rcps),
        users=union("user", first.users, second.users),
        groups=union("group", first.groups, second.groups),
        roles=union("role", first.roles, second.roles),
        policy_paths=second.policy_paths | first.policy_paths,
        root_user=one("root_user", first.root_user, second.root_user),
        providers=tuple(dict.fromkeys((*first.providers, *second.providers))),
        public_access_block=one(
            "public_access_block", first.public_access_block, second.public_access_block
        ),
        resources=union("resource", first.resources, second.resources),
        vpc_endpoints=union("VPC endpoint", first.vpc_endpoints, second.vpc_endpoints),
        permission_sets=union("permission set", first.permission_sets, second.permission_sets),
        analyzers=one("analyzers", first.analyzers, second.analyzers),
        alternate_contacts=one(
            "alternate_contacts", first.alternate_contacts, second.alternate_contacts
        ),
        password_policy=one("password_policy", first.password_policy, second.password_policy),
        empty_lists=tuple(dict.fromkeys((*first.empty_lists, *second.empty_lists))),
        unknown={**second.unknown, **first.unknown},
    )


def _add_conflict(
    what: str, first: Placed, second: Placed, problems: Problems, *steps: str
) -> None:
    """Note that two files say different things of an item, or of its part under `steps`."""
    place = first.source.span((*first.position, *steps, KEY)).place
    problems.add(
        "world-conflict",
        f"{what} differs from what stands at {place}",
        second.source.span((*second.position, *steps, KEY)),
        "worlds that are merged must agree, or not say the same thing twice",
    )


def content(value: object) -> object:
    """Give the meaning of an item as plain data: without places, and policies by their text."""
    match value:
        case PolicyDocument():
            return value.document
        case ManagedPolicyReference():
            return value.arn
        case Placed():
            from dataclasses import fields

            return {
                entry.name: content(getattr(value, entry.name))
                for entry in fields(value)
                if entry.compare
            }
        case tuple():
            return [content(item) for item in value]
        case _:
            return value


def check_world(world: World, problems: Problems) -> None:
    """Note what does not fit together in a whole world: groups, accounts of nodes, resources."""
    for account in world.accounts.values():
        for user in account.users.values():
            for index, name in enumerate(user.groups):
                if name not in account.groups:
                    problems.add(
                        "unknown-group",
                        f"the account `{account.id}` has no group `{name}`",
                        user.source.span((*user.position, "groups", index)),
                        did_you_mean(name, account.groups),
                    )
    _check_organization(world, problems)
    owners: dict[str, Placed] = {}
    for account in world.accounts.values():
        for arn, resource in account.resources.items():
            first = owners.setdefault(arn, resource)
            if first is not resource:
                place = _key_span(first).place
                problems.add(
                    "world-conflict",
                    f"the resource `{arn}` is listed under another account too: {place}",
                    _key_span(resource),
                )


def _check_organization(world: World, problems: Problems) -> None:
    """Note accounts that stand in two nodes, and ids that two nodes have."""
    organization = world.organization
    if organization is None or organization.root is None:
        return
    # Places are found only where there is something to say: finding them reads the whole text.
    seen: dict[str, tuple[Node, int]] = {}
    ids: dict[str, Node] = {}
    for node in _nodes(organization.root):
        for index, account_id in enumerate(node.accounts):
            if account_id in seen:
                place = _account_span(*seen[account_id]).place
                problems.add(
                    "account-listed-twice",
                    f"the account `{account_id}` stands in a node already: {place}",
                    _account_span(node, index),
                )
            seen.setdefault(account_id, (node, index))
        if node.id is None:
            continue
        first = ids.setdefault(node.id, node)
        if first is not node:
            place = first.source.span((*first.position, "id")).place
            problems.add(
                "world-conflict",
                f"another node has the id `{node.id}` already: {place}",
                node.source.span((*node.position, "id")),
            )


def _key_span(item: Placed) -> Span:
    return item.source.span((*item.position, KEY))


def _account_span(node: Node, index: int) -> Span:
    """Find where a node lists an account."""
    return node.source.span((*node.position, "accounts", index))


def _nodes(node: Node) -> Iterator[Node]:
    """Go through a node and all below it, top down."""
    yield node
    for unit in node.units:
        yield from _nodes(unit)
