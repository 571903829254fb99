"""A world without some of the policies of one user, group or role.

The policies are named as AWS's policy simulator names those that it leaves out:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from iamsim.core.wildcard import match_tokens, tokenize
from iamsim.world.model import AnyPolicy, Group, PolicyDocument, Role, User, World
from iamsim.world.replacing import replace_owner

POLICY_TYPES = ("inline", "aws-managed", "user-managed", "permission-boundary", "scp", "rcp")
BOUNDARY, SCP = "permission-boundary", "scp"


@dataclass(frozen=True, slots=True)
class PolicyIdentifier:
    """Names policies in one of three ways: all of `policy_type`, those whose ARN fits `arn`, or
    the inline policy `inline_name` of the users, groups or roles (`holder`) that fit
    `holder_name`."""

    policy_type: str | None = None
    arn: str | None = None
    inline_name: str | None = None
    holder: str | None = None
    holder_name: str = ""

    def names(self, policy: AnyPolicy, holder: str, holder_name: str) -> bool:
        """Say whether this is a policy attached to a user, group or role, and named here."""
        if self.policy_type is not None:
            return self.policy_type == policy_kind(policy)
        if self.arn is not None:
            return policy.arn is not None and match_tokens(tokenize(self.arn), policy.arn)
        return (
            policy_kind(policy) == "inline"
            and policy.name == self.inline_name
            and holder == self.holder
            and match_tokens(tokenize(self.holder_name), holder_name)
        )


def policy_kind(policy: AnyPolicy) -> str:
    """Say which type of `POLICY_TYPES` an attached policy has."""
    if not isinstance(policy, PolicyDocument):
        return "aws-managed"
    return "inline" if policy.arn is None else "user-managed"


def excludes_scps(identifiers: Iterable[PolicyIdentifier]) -> bool:
    """Say whether the service control policies are left out; AWS names them by their type only."""
    return any(identifier.policy_type == SCP for identifier in identifiers)


def without_policies(
    world: World, entity: User | Role | Group, identifiers: tuple[PolicyIdentifier, ...]
) -> World:
    """Copy a world in which a user (with the groups), group or role lacks the named policies.

    What names nothing is ignored, as AWS does, and so is what names resource control policies.
    """
    kind = type(entity).__name__.lower()
    changed = replace(entity, policies=_kept(entity.policies, kind, entity.name, identifiers))
    if any(identifier.policy_type == BOUNDARY for identifier in identifiers) and hasattr(
        changed, "boundary"
    ):
        changed.boundary = None
    copy = replace_owner(world, entity, changed)
    if isinstance(entity, User):
        for group in world.accounts[entity.account].groups_of(entity):
            kept = _kept(group.policies, "group", group.name, identifiers)
            copy = replace_owner(copy, group, replace(group, policies=kept))
    return copy


def _kept(
    policies: tuple[AnyPolicy, ...],
    holder: str,
    holder_name: str,
    identifiers: tuple[PolicyIdentifier, ...],
) -> tuple[AnyPolicy, ...]:
    return tuple(
        policy
        for policy in policies
        if not any(identifier.names(policy, holder, holder_name) for identifier in identifiers)
    )
