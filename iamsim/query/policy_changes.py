"""What two worlds say differently: documents, attachments, memberships, as unified diffs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING, NamedTuple

from iamsim.world.model import PolicyDocument, User

if TYPE_CHECKING:
    from iamsim.world.model import (
        Account,
        AnyPolicy,
        Group,
        Node,
        Resource,
        Role,
        VpcEndpoint,
        World,
    )

Part = tuple[str, "str | AnyPolicy"]
CONTEXT = 2  # lines around a change


class PolicyChange(NamedTuple):
    """One thing that differs: what it is in words, and the lines of its unified diff. `added` and
    `removed` say that only one of the worlds has it."""

    what: str
    lines: tuple[str, ...]
    added: bool = False
    removed: bool = False


def policy_changes(before: World, after: World) -> list[PolicyChange]:
    """Compare all that policies are and hang on, sorted by what it is."""
    if before is after:
        return []
    first, second = dict(_parts(before)), dict(_parts(after))
    return [
        PolicyChange(
            what,
            tuple(_diff(_text(first.get(what, "")), _text(second.get(what, "")))),
            added=what not in first,
            removed=what not in second,
        )
        for what in sorted({*first, *second})
        if not _is_same(first.get(what), second.get(what))
    ]


def _is_same(one: str | AnyPolicy | None, other: str | AnyPolicy | None) -> bool:
    """Whether a part is the same in both worlds: policies by what they say."""
    if isinstance(one, PolicyDocument) and isinstance(other, PolicyDocument):
        return one.document == other.document or _text(one) == _text(other)
    return one == other


def _text(part: str | AnyPolicy) -> str:
    """A part as people read it."""
    if isinstance(part, str):
        return part
    if isinstance(part, PolicyDocument):
        return json.dumps(part.document, indent=2)
    return part.arn


def _diff(before: str, after: str) -> Iterator[str]:
    """The lines that differ, without the heads for files."""
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=CONTEXT)
    for number, line in enumerate(lines):
        if number > 1:
            yield line


def _parts(model: World) -> Iterator[Part]:
    """Everything of a world by what it is, as text."""
    organization = model.organization
    if organization is not None:
        for what, value in (
            ("id", organization.id),
            ("management account", organization.management_account),
            ("delegated administrators", "\n".join(sorted(organization.delegated_administrators))),
        ):
            if value:
                yield f"{what} of the organization", value
        if organization.root is not None:
            yield from _of_node(organization.root)
    for account in model.accounts.values():
        yield from _of_account(account)


def _names(policies: Iterable[AnyPolicy]) -> str:
    """Policies by name, a line each."""
    return "\n".join(sorted(policy.name for policy in policies))


def _document(policy: AnyPolicy) -> str | AnyPolicy:
    """A document itself, which is written out where it differs; else the ARN."""
    return policy if isinstance(policy, PolicyDocument) else policy.arn


def _controls(where: str, kind: str, policies: tuple[AnyPolicy, ...] | None) -> Iterator[Part]:
    """Service or resource control policies of one place; nothing said is not nothing attached."""
    if policies is None:
        return
    yield f"{kind} control policies at {where}", _names(policies)
    for policy in policies:
        if isinstance(policy, PolicyDocument):
            yield f"{kind} control policy {policy.name}", _document(policy)


def _of_node(node: Node) -> Iterator[Part]:
    yield from _controls(node.name, "service", node.scps)
    yield from _controls(node.name, "resource", node.rcps)
    yield f"accounts in {node.name}", "\n".join(sorted(node.accounts))
    for unit in node.units:
        yield from _of_node(unit)


def _of_account(account: Account) -> Iterator[Part]:
    yield from _controls(account.id, "service", account.scps)
    yield from _controls(account.id, "resource", account.rcps)
    if account.public_access_block is not None:
        yield f"public access block of {account.id}", _settings(account.public_access_block)
    for policy in account.policies.values():
        yield f"policy {policy.name} of {account.id}", _document(policy)
    entities: list[User | Role | Group] = [*account.users.values(), *account.groups.values()]
    entities += account.roles.values()
    for entity in entities:
        yield from _of_entity(entity)
    for permission_set in account.permission_sets.values():
        title = f"permission set {permission_set.name} of {account.id}"
        yield f"policies of {title}", _names(filter(_is_managed, permission_set.policies))
        for policy in permission_set.policies:
            if not _is_managed(policy):
                yield f"inline policy {policy.name} of {title}", _document(policy)
        yield from _boundary(title, permission_set.boundary)
        yield f"assignments of {title}", "\n".join(sorted(permission_set.assignments))
        if permission_set.inline is not None:
            yield f"inline policy of {title}", _document(permission_set.inline)
    for resource in account.resources.values():
        yield from _of_resource(resource)
    for endpoint in account.vpc_endpoints.values():
        yield from _of_endpoint(endpoint)


def _of_endpoint(endpoint: VpcEndpoint) -> Iterator[Part]:
    """A VPC endpoint with its policy; without one it lets everything pass."""
    known = {
        "service": endpoint.service,
        "type": endpoint.type,
        "vpc": endpoint.vpc,
        "account": endpoint.account,
    }
    lines = [f"{name}: {value}" for name, value in known.items() if value is not None]
    yield f"VPC endpoint {endpoint.id}", "\n".join(lines)
    if endpoint.policy is not None:
        yield f"policy of VPC endpoint {endpoint.id}", _document(endpoint.policy)


def _boundary(title: str, boundary: AnyPolicy | None) -> Iterator[Part]:
    """A permissions boundary by name; one that is written in place as a document."""
    if boundary is not None:
        part = boundary.name if _is_managed(boundary) else _document(boundary)
        yield f"boundary of {title}", part


def _settings(block: object) -> str:
    names = (
        "block_public_acls",
        "ignore_public_acls",
        "block_public_policy",
        "restrict_public_buckets",
    )
    return "\n".join(f"{name}: {getattr(block, name)}" for name in names)


def _of_entity(entity: User | Role | Group) -> Iterator[Part]:
    """A user, group or role."""
    arn = entity.arn
    attached = [policy for policy in entity.policies if _is_managed(policy)]
    yield f"policies of {arn}", _names(attached)
    for policy in entity.policies:
        if not _is_managed(policy):
            yield f"inline policy {policy.name} of {arn}", _document(policy)
    yield from _boundary(arn, getattr(entity, "boundary", None))
    trust = getattr(entity, "trust", None)
    if trust is not None:
        yield f"trust policy of {arn}", _document(trust)
    if isinstance(entity, User):
        yield f"groups of {arn}", "\n".join(sorted(entity.groups))
    yield from _tags(arn, getattr(entity, "tags", {}))


def _given(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What is set, as text."""
    for name, value in values.items():
        if value is not None:
            yield name, json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value)


def _is_managed(policy: AnyPolicy) -> bool:
    """Whether a policy has an ARN of its own."""
    return not isinstance(policy, PolicyDocument) or policy.arn is not None


def _tags(arn: str, tags: dict[str, str]) -> Iterator[Part]:
    if tags:
        yield f"tags of {arn}", "\n".join(f"{key}: {value}" for key, value in sorted(tags.items()))


def _of_resource(resource: Resource) -> Iterator[Part]:
    """A resource with its policy, grants and settings."""
    settings = {
        "bucket": ", ".join(resource.buckets) or None,
        "network origin": resource.network_origin,
        "VPC": resource.vpc,
        "attribute-based access control": "enabled" if resource.abac else None,
    }
    lines = [
        f"account: {resource.account}",
        *(f"{entry}: {value}" for entry, value in _given(settings)),
    ]
    yield f"resource {resource.arn}", "\n".join(lines)
    if resource.policy is not None:
        yield f"policy of {resource.arn}", _document(resource.policy)
    for number, grant in enumerate(resource.grants, 1):
        lines = [grant.grantee, ", ".join(grant.operations)]
        limits = {
            "encryption context equals": grant.encryption_context_equals,
            "encryption context subset": grant.encryption_context_subset,
            "source ARN": grant.source_arn,
            "retiring principal": grant.retiring_principal,
            "issuing account": grant.issuing_account,
        }
        lines += [f"{name}: {value}" for name, value in _given(limits)]
        yield f"grant {grant.name or number} of {resource.arn}", "\n".join(lines)
    if resource.public_access_block is not None:
        yield f"public access block of {resource.arn}", _settings(resource.public_access_block)
    yield from _tags(resource.arn, resource.tags)
