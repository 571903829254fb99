"""The accounts of a world: who is there, what is attached to whom, and what has a policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from iamsim.report.document import EVERY_FORM, Column, Document, Form, Json, Remark, Section
from iamsim.words.wording import joined
from iamsim.world.model import Account, AnyPolicy, Group, PolicyDocument, Role, User, World

UNKNOWN = "somebody who is not known"
PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")


class _Row(NamedTuple):
    account: str
    kind: str
    name: str
    details: str


def accounts_document(
    accounts: Sequence[Account], model: World, remarks: tuple[Remark, ...]
) -> Document:
    """Lay out what is in each account."""
    title = "what is in the world" if len(accounts) != 1 else f"what is in `{accounts[0].id}`"
    sections = tuple(_section(account, model) for account in accounts)
    summary = "" if accounts else "the world has no accounts"
    return Document(title, sections, remarks, summary)


def show_names(accounts: Iterable[Account]) -> list[str]:
    """Only the ARNs of principals and resources."""
    found: list[str] = []
    for account in accounts:
        found += [user.arn for _, user in sorted(account.users.items())]
        found += [group.arn for _, group in sorted(account.groups.items())]
        found += [role.arn for _, role in sorted(account.roles.items())]
        found += sorted(account.resources)
    return found


def _section(account: Account, model: World) -> Section[_Row]:
    title = f"{account.id} {account.name or ''}".rstrip()
    path = model.organization_path(account.id)
    if path is not None:
        title += f", in {' / '.join(node.name for node in path)}"
    kinds = (
        ("users", _users(account)),
        (
            "groups",
            [(name, _policies(group.policies)) for name, group in sorted(account.groups.items())],
        ),
        ("roles", [(name, _role(role)) for name, role in sorted(account.roles.items())]),
        ("permission sets", _permission_sets(account)),
        ("policies", _customer_policies(account)),
        ("identity providers", [(provider, "") for provider in sorted(account.providers)]),
        ("resources", _resources(account)),
        ("VPC endpoints", _endpoints(account)),
    )
    return Section(
        f"account-{account.id}",
        title,
        (
            Column("account", lambda row: row.account, frozenset({Form.CSV})),
            Column("kind", lambda row: row.kind, EVERY_FORM - {Form.TEXT}),
            Column("name", lambda row: row.name, code=True),
            Column("details", lambda row: row.details),
        ),
        [_Row(account.id, kind, *pair) for kind, pairs in kinds for pair in pairs],
        subject=lambda row: row.kind,
        empty=f"{title}: nothing",
    )


def _users(account: Account) -> list[tuple[str, str]]:
    rows = []
    for _, user in sorted(account.users.items()):
        groups = f"in {joined(user.groups)}" if user.groups else ""
        rows.append((user.name, _parts(groups, _policies(user.policies), _boundary(user))))
    return rows


def _role(role: Role) -> str:
    linked = "service-linked" if role.service_linked else ""
    trusted = joined(_trusted(role))
    trust = f"assumed by {trusted}" if trusted else "no trust policy" if role.trust is None else ""
    return _parts(linked, trust, _policies(role.policies), _boundary(role))


def _trusted(role: Role) -> list[str]:
    """Whom the Allow statements of a trust policy name."""
    document = role.trust.document if isinstance(role.trust, PolicyDocument) else {}
    statements = document.get("Statement")
    found: dict[str, None] = {}
    for statement in statements if isinstance(statements, list | tuple) else (statements,):
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal")
        if isinstance(principal, str):
            found[principal] = None
        elif isinstance(principal, dict):
            for kind in PRINCIPAL_KINDS:
                named = principal.get(kind, ())
                names = named if isinstance(named, list | tuple) else (named,)
                # A marker stands for whoever is not known.
                found.update((name if isinstance(name, str) else UNKNOWN, None) for name in names)
        elif "NotPrincipal" in statement:
            found["everyone but some"] = None
    return list(found)


def _boundary(entity: User | Role) -> str:
    return "" if entity.boundary is None else f"boundary {entity.boundary.name}"


def _policies(policies: Iterable[AnyPolicy]) -> str:
    names = [policy.name for policy in policies]
    return f"has {joined(names)}" if names else ""


def _parts(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _permission_sets(account: Account) -> list[tuple[str, str]]:
    rows = []
    for name, permission_set in sorted(account.permission_sets.items()):
        inline = () if permission_set.inline is None else (permission_set.inline,)
        people = (
            f"assigned to {joined(permission_set.assignments)}"
            if permission_set.assignments
            else ""
        )
        boundary = (
            "" if permission_set.boundary is None else f"boundary {permission_set.boundary.name}"
        )
        rows.append(
            (name, _parts(people, _policies((*permission_set.policies, *inline)), boundary))
        )
    return rows


def _holders(account: Account) -> dict[str, list[str]]:
    """Who has each policy of the account, by its name."""
    found: dict[str, list[str]] = {}
    holders: list[tuple[str, User | Group | Role]] = [
        *((f"user {name}", user) for name, user in sorted(account.users.items())),
        *((f"group {name}", group) for name, group in sorted(account.groups.items())),
        *((f"role {name}", role) for name, role in sorted(account.roles.items())),
    ]
    for name, holder in holders:
        for policy in holder.policies:
            found.setdefault(policy.name, []).append(name)
        boundary = getattr(holder, "boundary", None)
        if boundary is not None:
            found.setdefault(boundary.name, []).append(f"{name} (boundary)")
    return found


def _customer_policies(account: Account) -> list[tuple[str, str]]:
    holders = _holders(account)
    return [
        (name, joined(holders[name]) if name in holders else "attached to nothing")
        for name in sorted(account.policies)
    ]


def _resources(account: Account) -> list[tuple[str, str]]:
    rows = []
    for arn, resource in sorted(account.resources.items()):
        block = resource.public_access_block
        rows.append(
            (
                arn,
                _parts(
                    "policy" if resource.policy is not None else "no policy",
                    f"{len(resource.grants)} grants" if resource.grants else "",
                    "public access blocked" if block and block.restrict_public_buckets else "",
                ),
            )
        )
    return rows


def _endpoints(account: Account) -> list[tuple[str, str]]:
    return [
        (
            name,
            _parts(
                vpc_endpoint.service or "",
                "policy" if vpc_endpoint.policy is not None else "no policy",
            ),
        )
        for name, vpc_endpoint in sorted(account.vpc_endpoints.items())
    ]


def account_data(account: Account, model: World) -> Json:
    """One account as plain data."""
    path = model.organization_path(account.id)
    return {
        "id": account.id,
        "name": account.name,
        "path": None if path is None else [node.name for node in path],
        "users": [
            {
                "arn": user.arn,
                "groups": list(user.groups),
                "policies": _names(user.policies),
                "boundary": None if user.boundary is None else user.boundary.name,
            }
            for _, user in sorted(account.users.items())
        ],
        "groups": [
            {"arn": group.arn, "policies": _names(group.policies)}
            for _, group in sorted(account.groups.items())
        ],
        "roles": [
            {
                "arn": role.arn,
                "trusted": _trusted(role),
                "service_linked": role.service_linked,
                "policies": _names(role.policies),
                "boundary": None if role.boundary is None else role.boundary.name,
            }
            for _, role in sorted(account.roles.items())
        ],
        "permission_sets": [
            {
                "name": name,
                "policies": _names(permission_set.policies),
                "assignments": list(permission_set.assignments),
            }
            for name, permission_set in sorted(account.permission_sets.items())
        ],
        "policies": [
            {"name": name, "attached_to": _holders(account).get(name, [])}
            for name in sorted(account.policies)
        ],
        "providers": sorted(account.providers),
        "resources": [
            {"arn": arn, "policy": resource.policy is not None}
            for arn, resource in sorted(account.resources.items())
        ],
        "vpc_endpoints": [
            {"id": name, "service": vpc_endpoint.service, "policy": vpc_endpoint.policy is not None}
            for name, vpc_endpoint in sorted(account.vpc_endpoints.items())
        ],
    }


def _names(policies: Iterable[AnyPolicy]) -> list[str]:
    return [policy.name for policy in policies]
