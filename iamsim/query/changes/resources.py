"""The resource's side: which resources and roles have other policies, grants, tags, guardrails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.query.changes.statements import Difference, compare_levels, compare_sets, statements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.facts import Levels
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import Account, Resource, Role, User, World

__all__ = ["ListedResource", "compare_control_policies", "listed_resources"]


@dataclass(frozen=True, slots=True)
class ListedResource:
    """A resource, a role or a user of one of two worlds, with the statements of its own policies.

    `difference` are the statements that only one world has. With `anything`, something else about
    it differs (tags, owner, public access), so that all statements about it count.
    """

    arn: str
    account: str
    statements: tuple[CompiledStatement, ...]
    difference: Difference
    tags_differ: bool = False
    anything: bool = False

    @property
    def differs(self) -> bool:
        """Whether decisions about it may."""
        return bool(self.difference) or self.tags_differ or self.anything


def listed_resources(before: CompiledWorld, after: CompiledWorld) -> Iterator[ListedResource]:
    """Everything that one of the worlds lists, sorted by ARN, compared."""
    first, second = dict(_entries(before.model)), dict(_entries(after.model))
    for arn in sorted({*first, *second}):
        mine, theirs = first.get(arn), second.get(arn)
        known = theirs or mine
        if known is None:
            continue
        old, new = _policies(mine, before), _policies(theirs, after)
        difference = Difference()
        statements: list[CompiledStatement] = []
        for then, now in zip(old, new, strict=True):
            difference = difference.joined(compare_sets(then, now))
            statements += [*statements_of(then), *statements_of(now)]
        yield ListedResource(
            arn.removesuffix(":*"),
            known.account,
            tuple(statements),
            difference._replace(presence=False),
            _tags(mine) != _tags(theirs),
            _settings(mine, known, before.model) != _settings(theirs, known, after.model),
        )


def _entries(model: World) -> Iterator[tuple[str, Resource | Role | User]]:
    """What a world lists, by ARN."""
    for account in model.accounts.values():
        yield from ((one.arn, one) for one in account.resources.values())
        yield from ((one.arn, one) for one in account.roles.values())
        yield from ((one.arn, one) for one in account.users.values())


def _policies(
    entry: Resource | Role | User | None, world: CompiledWorld
) -> tuple[PolicySet | None, PolicySet | None]:
    """The policy of a resource and its grants, compiled."""
    policy = getattr(entry, "policy", None) or getattr(entry, "trust", None)
    use = PolicyType.TRUST if hasattr(entry, "trust") else PolicyType.RESOURCE
    own = None if policy is None else world.policies.policy_set((policy,), use)
    if entry is None or not getattr(entry, "grants", ()):
        return own, None
    return own, world.policies.grants(entry)  # type: ignore[arg-type]  # only resources have some


def _tags(entry: Resource | Role | User | None) -> dict[str, str]:
    return {} if entry is None else entry.tags


def _settings(
    entry: Resource | Role | User | None, known: Resource | Role | User, model: World
) -> object:
    """What bears on access besides policies and tags; `known` is the same in some world. What is
    not listed is like what is listed without anything."""
    owner = known.account if entry is None else entry.account
    account: Account | None = model.accounts.get(owner)
    arn = find_arn(known.arn)
    of_s3 = arn is not None and arn.service == "s3"
    restricts = [
        bool(block is not None and block.restrict_public_buckets)
        for block in (
            getattr(entry, "public_access_block", None),
            account.public_access_block if account is not None and of_s3 else None,
        )
    ]
    boundary = getattr(entry, "boundary", None)
    return (
        owner,
        model.organization_path_text(owner),
        any(restricts),
        getattr(entry, "bucket", None),
        getattr(entry, "network_origin", None),
        getattr(entry, "service_linked", False),
        getattr(boundary, "arn", None) or getattr(boundary, "name", None),
    )


def compare_control_policies(before: CompiledWorld, after: CompiledWorld) -> dict[str, Difference]:
    """The resource control policies that differ, by the account of the resources."""
    found = {}
    for account in sorted({*before.model.accounts, *after.model.accounts}):
        difference = compare_levels(_rcp_levels(account, before), _rcp_levels(account, after))
        if difference:
            found[account] = difference
    return found


def _rcp_levels(account: str, world: CompiledWorld) -> Levels | None:
    """The resource control policies over an account, compiled."""
    model = world.model
    levels = None if model.is_management(account) else model.rcp_levels(account)
    if levels is None:
        return None
    use = PolicyType.RESOURCE_CONTROL
    return tuple((name, world.policies.policy_set(policies, use)) for name, policies in levels)
