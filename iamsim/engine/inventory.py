"""The policies of a world, each with what it is used for; and those of one principal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamsim.core.decision import PolicyType
from iamsim.world.model import Account, AnyPolicy, Node, PolicyDocument, Role, User, World

# What a policy that is lost may be used as, by what it may be of.
UNLISTED_USES = (
    ("principals", PolicyType.IDENTITY),
    ("principals", PolicyType.TRUST),
    ("resources", PolicyType.RESOURCE),
    ("endpoints", PolicyType.VPC_ENDPOINT),
)

Use = tuple["AnyPolicy", PolicyType]


def identity_policies(entity: User | Role, model: World) -> tuple[AnyPolicy, ...]:
    """The identity-based policies of a user, with those of its groups, or of a role."""
    policies = entity.policies
    if isinstance(entity, User):
        for group in model.accounts[entity.account].groups_of(entity):
            policies += group.policies
    return policies


def policies_in_use(model: World) -> Iterator[Use]:
    """Every attached policy with its type; a policy that is used in two ways comes twice."""
    if model.organization is not None and model.organization.root is not None:
        yield from _of_node(model.organization.root)
    for account in model.accounts.values():
        yield from _of_account(account)
    for policy in model.unlisted:
        for use in _unlisted_uses(policy):
            yield policy, use


def _unlisted_uses(policy: PolicyDocument) -> tuple[PolicyType, ...]:
    """What a policy that is lost may be used as."""
    if policy.services:
        return (PolicyType.RESOURCE,)
    if not policy.kinds:
        return PolicyType.IDENTITY, PolicyType.RESOURCE
    return tuple(use for kind, use in UNLISTED_USES if kind in policy.kinds)


def _of_node(node: Node) -> Iterator[Use]:
    """The guardrails of a node and of all nodes below."""
    for policy in node.scps or ():
        yield policy, PolicyType.SERVICE_CONTROL
    for policy in node.rcps or ():
        yield policy, PolicyType.RESOURCE_CONTROL
    for unit in node.units:
        yield from _of_node(unit)


def _of_account(account: Account) -> Iterator[Use]:
    """The policies of principals, resources and endpoints, and the account's own guardrails."""
    for policy in account.scps or ():
        yield policy, PolicyType.SERVICE_CONTROL
    for policy in account.rcps or ():
        yield policy, PolicyType.RESOURCE_CONTROL
    for group in account.groups.values():
        yield from _identity(group.policies, None)
    for user in account.users.values():
        yield from _identity(user.policies, user.boundary)
    for role in account.roles.values():
        yield from _identity(role.policies, role.boundary)
        if role.trust is not None:
            yield role.trust, PolicyType.TRUST
    for permission_set in account.permission_sets.values():
        yield from _identity(permission_set.policies, permission_set.boundary)
        if permission_set.inline is not None:
            yield permission_set.inline, PolicyType.IDENTITY
    yield from _of_resources(account)


def _identity(policies: Iterable[AnyPolicy], boundary: AnyPolicy | None) -> Iterator[Use]:
    """Identity-based policies and the boundary that caps them."""
    for policy in policies:
        yield policy, PolicyType.IDENTITY
    if boundary is not None:
        yield boundary, PolicyType.PERMISSIONS_BOUNDARY


def _of_resources(account: Account) -> Iterator[Use]:
    """The policies of resources and VPC endpoints."""
    for resource in account.resources.values():
        if resource.policy is not None:
            yield resource.policy, PolicyType.RESOURCE
    for endpoint in account.vpc_endpoints.values():
        if endpoint.policy is not None:
            yield endpoint.policy, PolicyType.VPC_ENDPOINT
