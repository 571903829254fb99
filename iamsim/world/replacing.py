"""A copy of a world in which one policy, or the owner of policies, is another.

What does not change is shared between both worlds, so a copy costs little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TypeVar

from iamsim.world.model import (
    Account,
    AnyPolicy,
    Group,
    Node,
    PermissionSet,
    PolicyDocument,
    Resource,
    Role,
    User,
    VpcEndpoint,
    World,
)

Owner = User | Role | Group | PermissionSet | Resource | VpcEndpoint
Part = TypeVar("Part")


def replace_policy(world: World, old: AnyPolicy, new: AnyPolicy | None) -> World:
    """Copy a world with `new` wherever `old` is used, or with nothing there.

    A policy is known by identity, and by its data: two references to one file are one policy.
    Nothing happens where it is not used.
    """
    data = old.document if isinstance(old, PolicyDocument) else None

    def change(policy: AnyPolicy) -> AnyPolicy | None:
        if policy is old:
            return new
        if data is None or not isinstance(policy, PolicyDocument) or policy.document is not data:
            return policy
        return replace(new, name=policy.name) if isinstance(new, PolicyDocument) else new

    return map_policies(world, change)


def map_policies(world: World, change: Callable[[AnyPolicy], AnyPolicy | None]) -> World:
    """Copy a world with each policy that is attached or named changed; `None` takes it away."""
    organization = world.organization
    if organization is not None and organization.root is not None:
        root = _map_node(organization.root, change)
        if root is not organization.root:
            organization = replace(organization, root=_with_parents(root))
    return World(
        organization,
        {key: _map_account(account, change) for key, account in world.accounts.items()},
        _map_named(world.policies, change),
        world.problems,
        unlisted=world.unlisted,
        unverified=world.unverified,
    )


def replace_owner(world: World, old: Owner, new: Owner) -> World:
    """Copy a world with another user, role, group, permission set, resource or endpoint.

    The new one has the account and the name (or ARN, or id) of the old one.
    """
    account = world.accounts[old.account]
    match new:
        case Resource():
            changed = replace(account, resources=_put(account.resources, old, new))
        case VpcEndpoint():
            changed = replace(account, vpc_endpoints=_put(account.vpc_endpoints, old, new))
        case User():
            changed = replace(account, users=_put(account.users, old, new))
        case Role():
            changed = replace(account, roles=_put(account.roles, old, new))
        case Group():
            changed = replace(account, groups=_put(account.groups, old, new))
        case PermissionSet():
            changed = replace(account, permission_sets=_put(account.permission_sets, old, new))
    return World(
        world.organization,
        {**world.accounts, account.id: changed},
        world.policies,
        world.problems,
        unlisted=world.unlisted,
        unverified=world.unverified,
    )


def replace_node(world: World, old: Node, new: Node) -> World:
    """Copy a world with another root or organizational unit in the place of `old`."""
    organization = world.organization
    if organization is None or organization.root is None:
        return world
    root = _with_parents(_put_node(organization.root, old, new))
    return World(
        replace(organization, root=root),
        dict(world.accounts),
        world.policies,
        world.problems,
        unlisted=world.unlisted,
        unverified=world.unverified,
    )


def _put(table: dict[str, Part], old: object, new: Part) -> dict[str, Part]:
    """Put something in the place of another; nothing happens where that does not stand."""
    return {key: new if known is old else known for key, known in table.items()}


def _put_node(node: Node, old: Node, new: Node) -> Node:
    if node is old:
        return new
    return replace(node, units=tuple(_put_node(unit, old, new) for unit in node.units))


def _with_parents(root: Node) -> Node:
    """Copy a tree of nodes so that each knows the parent above it in this tree."""
    copied = replace(root)
    copied.units = tuple(_with_parents(unit) for unit in root.units)
    for unit in copied.units:
        unit.parent = copied
    return copied


def _map_node(node: Node, change: Callable[[AnyPolicy], AnyPolicy | None]) -> Node:
    units = tuple(_map_node(unit, change) for unit in node.units)
    scps = _map_optional(node.scps, change)
    rcps = _map_optional(node.rcps, change)
    if scps is node.scps and rcps is node.rcps and _same(units, node.units):
        return node
    return replace(node, units=units, scps=scps, rcps=rcps)


def _map_account(account: Account, change: Callable[[AnyPolicy], AnyPolicy | None]) -> Account:
    """Change the policies of an account; the account itself where nothing changes."""
    changed = replace(
        account,
        scps=_map_optional(account.scps, change),
        rcps=_map_optional(account.rcps, change),
        policies=_map_named(account.policies, change),
        users=_map_values(account.users, lambda user: _map_principal(user, change)),
        groups=_map_values(account.groups, lambda group: _map_group(group, change)),
        roles=_map_values(account.roles, lambda role: _map_role(role, change)),
        resources=_map_values(account.resources, lambda item: _map_holder(item, change)),
        vpc_endpoints=_map_values(account.vpc_endpoints, lambda item: _map_holder(item, change)),
        permission_sets=_map_values(account.permission_sets, lambda item: _map_set(item, change)),
    )
    unchanged = all(
        getattr(changed, field.name) is getattr(account, field.name) for field in fields(account)
    )
    return account if unchanged else changed


def _map_principal(user: User, change: Callable[[AnyPolicy], AnyPolicy | None]) -> User:
    policies = _map_all(user.policies, change)
    boundary = _map_one(user.boundary, change)
    if policies is user.policies and boundary is user.boundary:
        return user
    return replace(user, policies=policies, boundary=boundary)


def _map_group(group: Group, change: Callable[[AnyPolicy], AnyPolicy | None]) -> Group:
    policies = _map_all(group.policies, change)
    return group if policies is group.policies else replace(group, policies=policies)


def _map_role(role: Role, change: Callable[[AnyPolicy], AnyPolicy | None]) -> Role:
    policies = _map_all(role.policies, change)
    boundary = _map_one(role.boundary, change)
    trust = _map_one(role.trust, change)
    if policies is role.policies and boundary is role.boundary and trust is role.trust:
        return role
    return replace(role, policies=policies, boundary=boundary, trust=trust)


def _map_set(
    permission_set: PermissionSet, change: Callable[[AnyPolicy], AnyPolicy | None]
) -> PermissionSet:
    policies = _map_all(permission_set.policies, change)
    inline = _map_one(permission_set.inline, change)
    boundary = _map_one(permission_set.boundary, change)
    if (
        policies is permission_set.policies
        and inline is permission_set.inline
        and boundary is permission_set.boundary
    ):
        return permission_set
    return replace(permission_set, policies=policies, inline=inline, boundary=boundary)


Holder = TypeVar("Holder", Resource, VpcEndpoint)


def _map_holder(holder: Holder, change: Callable[[AnyPolicy], AnyPolicy | None]) -> Holder:
    policy = _map_one(holder.policy, change)
    return holder if policy is holder.policy else replace(holder, policy=policy)


def _map_one(
    policy: AnyPolicy | None, change: Callable[[AnyPolicy], AnyPolicy | None]
) -> AnyPolicy | None:
    return None if policy is None else change(policy)


def _map_all(
    policies: tuple[AnyPolicy, ...], change: Callable[[AnyPolicy], AnyPolicy | None]
) -> tuple[AnyPolicy, ...]:
    changed = tuple(new for new in map(change, policies) if new is not None)
    return policies if _same(changed, policies) else changed


def _map_optional(
    policies: tuple[AnyPolicy, ...] | None, change: Callable[[AnyPolicy], AnyPolicy | None]
) -> tuple[AnyPolicy, ...] | None:
    return None if policies is None else _map_all(policies, change)


def _map_named(
    policies: dict[str, AnyPolicy], change: Callable[[AnyPolicy], AnyPolicy | None]
) -> dict[str, AnyPolicy]:
    changed = {name: new for name, old in policies.items() if (new := change(old)) is not None}
    unchanged = len(changed) == len(policies) and _same(
        tuple(changed.values()), tuple(policies.values())
    )
    return policies if unchanged else changed


def _map_values(table: dict[str, Part], change: Callable[[Part], Part]) -> dict[str, Part]:
    changed = {key: change(value) for key, value in table.items()}
    return table if _same(tuple(changed.values()), tuple(table.values())) else changed


def _same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    return len(first) == len(second) and all(
        this is other for this, other in zip(first, second, strict=True)
    )
