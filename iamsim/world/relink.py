"""Policies that stand in several places, changed in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamsim.world.items import Account, AnyPolicy, Node, PolicyDocument

if TYPE_CHECKING:
    from iamsim.world.model import World

    Find = Callable[[AnyPolicy], AnyPolicy | None]


def relink(world: World, before: World, removed: Iterable[str] = ()) -> World:
    """Put the policies under the names of a world wherever they are attached.

    `before` is the world from which the attachments came: what has the name of one of its policies
    means the one of that name now. Customer managed policies among `removed` are detached; a
    boundary stays, since AWS deletes no policy that is one
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html).
    """
    gone = frozenset(removed)
    by_arn = {
        policy.arn: policy
        for account in world.accounts.values()
        for policy in account.policies.values()
        if isinstance(policy, PolicyDocument) and policy.arn is not None
    }
    by_document = {
        (name, id(policy.document)): world.policies[name]
        for name, policy in before.policies.items()
        if isinstance(policy, PolicyDocument) and world.policies[name] is not policy
    }

    def find(policy: AnyPolicy) -> AnyPolicy | None:
        if not isinstance(policy, PolicyDocument):
            return policy
        if policy.arn in by_arn:
            return by_arn[policy.arn]
        now = by_document.get((policy.name, id(policy.document)))
        if isinstance(now, PolicyDocument):
            return replace(now, arn=policy.arn)
        return None if policy.arn is not None and policy.arn in gone else policy

    for account in world.accounts.values():
        _relink_account(account, find)
    if world.organization is not None and world.organization.root is not None:
        world.organization.root = _relink_node(world.organization.root, None, find)
    return world


def _all(policies: tuple[AnyPolicy, ...], find: Find) -> tuple[AnyPolicy, ...]:
    found = (find(policy) for policy in policies)
    return tuple(policy for policy in found if policy is not None)


def _maybe_all(policies: tuple[AnyPolicy, ...] | None, find: Find) -> tuple[AnyPolicy, ...] | None:
    return None if policies is None else _all(policies, find)


def _relink_account(account: Account, find: Find) -> None:
    """Look through an account, which no other world shares; its records may be shared."""
    account.scps = _maybe_all(account.scps, find)
    account.rcps = _maybe_all(account.rcps, find)
    for kind in ("users", "groups", "roles", "permission_sets", "resources", "vpc_endpoints"):
        records: dict[str, Any] = getattr(account, kind)
        setattr(account, kind, {name: _relinked(item, find) for name, item in records.items()})


def _relinked(item: Any, find: Find) -> Any:  # noqa: ANN401 - a record of any kind
    """A record with its policies as they are now; the same record where none changed."""
    changes: dict[str, object] = {}
    policies = getattr(item, "policies", ())
    found = _all(policies, find)
    if len(found) != len(policies) or any(
        this is not other for this, other in zip(found, policies, strict=True)
    ):
        changes["policies"] = found
    for name in ("boundary", "trust", "inline", "policy"):
        policy = getattr(item, name, None)
        now = None if policy is None else find(policy)
        if now is not None and now is not policy:
            changes[name] = now
    return replace(item, **changes) if changes else item


def _relink_node(node: Node, parent: Node | None, find: Find) -> Node:
    """A node and all below it, made anew: the tree of the world below stays as it is."""
    made = replace(
        node, scps=_maybe_all(node.scps, find), rcps=_maybe_all(node.rcps, find), parent=parent
    )
    made.units = tuple(_relink_node(unit, made, find) for unit in node.units)
    return made
