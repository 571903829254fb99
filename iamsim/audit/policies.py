"""The policies of a world for checks: whose they are, their statements, what is not known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.world.model import Account, AnyPolicy, Group, Node, PolicyDocument, Role, User, World

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.core.span import Path


class Held(NamedTuple):
    """A policy with what it is used as, and whose it is: the ARN of its holder, for a managed
    policy its own. `holder_type` is ``user``, ``group`` or ``role`` for identity-based ones;
    `is_inline` says that it is of this holder alone."""

    account: str
    holder: str
    policy: AnyPolicy
    use: PolicyType
    holder_type: str = ""
    is_inline: bool = False


class ValidatedPolicy(NamedTuple):
    """What the checks of `iamsim validate` say of a policy."""

    account: str
    holder: str
    policy: PolicyDocument
    use: PolicyType
    findings: tuple[Finding, ...]


def held_policies(model: World) -> Iterator[Held]:
    """Every policy that is attached somewhere, once for each holder."""
    if model.organization is not None and model.organization.root is not None:
        yield from _of_node(model.organization.root)
    for _, account in sorted(model.accounts.items()):
        yield from _of_account(account)


def managed_policies(model: World) -> Iterator[Held]:
    """Every customer managed policy, attached or not, as an identity-based one."""
    for _, account in sorted(model.accounts.items()):
        for name, policy in sorted(account.policies.items()):
            path = account.policy_paths.get(name, "/")
            arn = f"arn:{account.partition}:iam::{account.id}:policy{path}{name}"
            yield Held(account.id, arn, policy, PolicyType.IDENTITY)


def _of_node(node: Node) -> Iterator[Held]:
    holder = node.id or node.name
    for policy in node.scps or ():
        yield Held("", holder, policy, PolicyType.SERVICE_CONTROL)
    for policy in node.rcps or ():
        yield Held("", holder, policy, PolicyType.RESOURCE_CONTROL)
    for unit in node.units:
        yield from _of_node(unit)


def _of_account(account: Account) -> Iterator[Held]:
    for policy in account.scps or ():
        yield Held(account.id, account.id, policy, PolicyType.SERVICE_CONTROL)
    for policy in account.rcps or ():
        yield Held(account.id, account.id, policy, PolicyType.RESOURCE_CONTROL)
    yield from _of_principals(account)
    yield from _of_permission_sets(account)
    for arn, resource in sorted(account.resources.items()):
        if resource.policy is not None:
            yield Held(account.id, arn, resource.policy, PolicyType.RESOURCE)
    for endpoint_id, endpoint in sorted(account.vpc_endpoints.items()):
        if endpoint.policy is not None:
            yield Held(account.id, endpoint_id, endpoint.policy, PolicyType.VPC_ENDPOINT)


def _of_principals(account: Account) -> Iterator[Held]:
    managed = {id(policy) for policy in account.policies.values()}
    holders: list[tuple[str, Group | User | Role]] = []
    holders += [("group", group) for _, group in sorted(account.groups.items())]
    holders += [("user", user) for _, user in sorted(account.users.items())]
    holders += [("role", entry) for _, entry in sorted(account.roles.items())]
    for kind, entity in holders:
        for policy in entity.policies:
            inline = isinstance(policy, PolicyDocument) and policy.arn is None
            inline = inline and id(policy) not in managed
            yield Held(account.id, entity.arn, policy, PolicyType.IDENTITY, kind, inline)
        if not isinstance(entity, Group) and entity.boundary is not None:
            yield Held(account.id, entity.arn, entity.boundary, PolicyType.PERMISSIONS_BOUNDARY)
    for role in account.roles.values():
        if role.trust is not None and not role.service_linked:
            yield Held(account.id, role.arn, role.trust, PolicyType.TRUST)


def _of_permission_sets(account: Account) -> Iterator[Held]:
    kind = "permission set"
    for name, permission_set in sorted(account.permission_sets.items()):
        holder = permission_set.arn or f"permission set {name}"
        for policy in permission_set.policies:
            yield Held(account.id, holder, policy, PolicyType.IDENTITY, kind)
        if permission_set.inline is not None:
            yield Held(
                account.id, holder, permission_set.inline, PolicyType.IDENTITY, kind, is_inline=True
            )
        if permission_set.boundary is not None:
            yield Held(account.id, holder, permission_set.boundary, PolicyType.PERMISSIONS_BOUNDARY)


def written_out(document: object) -> str:
    """A policy or statement as JSON text."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def in_one_word(document: object) -> str:
    """A policy as one word of a command."""
    return quote(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def statement_at(document: Mapping[str, object], path: Path) -> dict[str, object] | None:
    """The statement of a policy that a path leads into; `None` where it leads to none."""
    statements = document.get("Statement")
    number = next((step for step in path if isinstance(step, int)), 0)
    if isinstance(statements, list):
        statements = statements[number] if number < len(statements) else None
    return statements if isinstance(statements, dict) else None


def with_condition(
    document: Mapping[str, object], path: Path, condition: Mapping[str, Mapping[str, object]]
) -> str:
    """The statement of a policy that a path leads into, written out with a condition added."""
    statement = statement_at(document, path)
    if statement is None:
        return written_out({"Condition": condition})
    known = statement.get("Condition")
    merged: dict[str, object] = dict(known) if isinstance(known, dict) else {}
    for operator, keys in condition.items():
        there = merged.get(operator)
        merged[operator] = {**(there if isinstance(there, dict) else {}), **keys}
    return written_out({**statement, "Condition": merged})
