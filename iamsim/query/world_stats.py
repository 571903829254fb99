"""How much there is in a world, and how near it is to the quotas of AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from iamsim.catalog.managed import find_managed_policy
from iamsim.catalog.resource_types import type_of_arn
from iamsim.checks.rules.policy_size import (
    INLINE_HOLDERS,
    MANAGED_QUOTA,
    QUOTAS,
    characters,
)
from iamsim.core.decision import PolicyType
from iamsim.engine.inventory import policies_in_use
from iamsim.query.world_inline import inline_lengths, inline_policies
from iamsim.world.laying_tree import node_ids
from iamsim.world.model import Account, AnyPolicy, PolicyDocument, World

COUNTED = (
    "users",
    "groups",
    "roles",
    "policies",
    "permission_sets",
    "resources",
    "vpc_endpoints",
)
PER_ACCOUNT = {"users": 5_000, "groups": 300, "roles": 1_000, "policies": 1_500}
ATTACHED = 10  # managed policies of a user, group or role, by default
GROUPS = 10
CONTROL_POLICIES = 5  # of one type on a root, unit or account


class Counts(NamedTuple):
    """What one account holds, by kind."""

    account: str
    name: str | None
    numbers: dict[str, int]


class Usage(NamedTuple):
    """How much of a quota something uses; `adjustable` quotas may have been raised."""

    what: str
    quota: str
    used: int
    limit: int
    adjustable: bool = False

    @property
    def share(self) -> float:
        """The part that is used: 1.0 is all of it."""
        return self.used / self.limit


class WorldStats(NamedTuple):
    """Counts by account, statements and documents in all, and the quotas, fullest first."""

    accounts: list[Counts]
    nodes: int
    attachments: int
    documents: int
    statements: int
    usages: list[Usage]


def world_stats(model: World) -> WorldStats:
    """Count and measure a world."""
    accounts = [
        Counts(account.id, account.name, {kind: len(getattr(account, kind)) for kind in COUNTED})
        for account in sorted(model.accounts.values(), key=lambda account: account.id)
    ]
    root = model.organization.root if model.organization is not None else None
    documents: dict[object, int] = {}
    attachments = 0
    for policy, _ in policies_in_use(model):
        attachments += 1
        key = id(policy.document) if isinstance(policy, PolicyDocument) else policy.arn
        if key not in documents:
            documents[key] = _statements(policy)
    usages = [*_of_organization(model)]
    for account in model.accounts.values():
        usages += _of_account(account, model)
    usages.sort(key=lambda usage: (-usage.share, usage.what, usage.quota))
    nodes = 0 if root is None else sum(1 for _ in node_ids(root))
    statements = sum(documents.values())
    return WorldStats(accounts, nodes, attachments, len(documents), statements, usages)


def _document(policy: AnyPolicy) -> object:
    """The plain data of a policy."""
    if isinstance(policy, PolicyDocument):
        return policy.document
    managed = find_managed_policy(policy.arn)
    return {} if managed is None else json.loads(managed.document_text)


def _statements(policy: AnyPolicy) -> int:
    document = _document(policy)
    found = document.get("Statement") if isinstance(document, dict) else None
    return len(found) if isinstance(found, list | tuple) else int(found is not None)


def _size(policy: AnyPolicy, use: PolicyType) -> int:
    """The characters of a document that count; of an AWS managed policy none."""
    return characters(policy.document, use) if isinstance(policy, PolicyDocument) else 0


def _of_organization(model: World) -> Iterator[Usage]:
    """Control policies: how many on a node, and how long."""
    root = model.organization.root if model.organization is not None else None
    holders: list[tuple[str, object]] = (
        [] if root is None else [(f"the node {node.name}", node) for node, _ in node_ids(root)]
    )
    holders += [(f"the account {account.id}", account) for account in model.accounts.values()]
    sizes: dict[int, Usage] = {}
    for name, holder in holders:
        for kind, use, word in (
            ("scps", PolicyType.SERVICE_CONTROL, "service control policies"),
            ("rcps", PolicyType.RESOURCE_CONTROL, "resource control policies"),
        ):
            attached: tuple[AnyPolicy, ...] = getattr(holder, kind) or ()
            if attached:
                yield Usage(name, f"{word} attached", len(attached), CONTROL_POLICIES)
            for policy in attached:
                if isinstance(policy, PolicyDocument):
                    limit = QUOTAS[use][1]
                    what = f"the policy {policy.name}"
                    size = _size(policy, use)
                    sizes[id(policy.document)] = Usage(what, "characters", size, limit)
    yield from sizes.values()


def _of_account(account: Account, model: World) -> Iterator[Usage]:
    """The quotas of IAM in one account, and the sizes of resource-based policies."""
    where = f"of {account.id}"
    for kind, limit in PER_ACCOUNT.items():
        number = len(getattr(account, kind))
        if number:
            yield Usage(f"the account {account.id}", kind, number, limit, adjustable=True)
    for name, policy in account.policies.items():
        size = _size(policy, PolicyType.IDENTITY)
        yield Usage(f"the policy {name} {where}", "characters", size, MANAGED_QUOTA)
    for inline_length in inline_lengths(account, model):
        what = f"the {inline_length.kind} {inline_length.holder.name} {where}"
        yield Usage(what, "characters of inline policies", inline_length.used, inline_length.limit)
    for kind in INLINE_HOLDERS:
        for name, holder in getattr(account, kind).items():
            what = f"the {kind[:-1]} {name} {where}"
            managed = len(holder.policies) - len(inline_policies(holder, model))
            if managed:
                yield Usage(what, "managed policies", managed, ATTACHED, kind != "groups")
            if getattr(holder, "groups", ()):
                yield Usage(what, "groups", len(holder.groups), GROUPS)
            trust = getattr(holder, "trust", None)
            if trust is not None:
                limit = QUOTAS[PolicyType.TRUST][1]
                size = _size(trust, PolicyType.TRUST)
                yield Usage(what, "characters of the trust policy", size, limit, adjustable=True)
    for arn, resource in account.resources.items():
        row = type_of_arn(arn)
        limit = (row.quota if row is not None else None) or 0
        if resource.policy is not None and limit:
            size = _size(resource.policy, PolicyType.RESOURCE)
            yield Usage(arn, "characters of its policy", size, limit)
