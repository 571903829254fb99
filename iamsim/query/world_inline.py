"""The inline policies of users, groups and roles, whose lengths AWS counts together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.rules.policy_size import INLINE_HOLDERS, INLINE_QUOTAS, characters
from iamsim.core.decision import PolicyType
from iamsim.world.model import Account, Group, PolicyDocument, Role, User, World

if TYPE_CHECKING:
    Holder = User | Group | Role


class InlineLength(NamedTuple):
    """How long the inline policies of one user, group or role are together, in characters, and how
    long they may be."""

    kind: str
    holder: Holder
    used: int
    limit: int


def inline_lengths(account: Account, model: World) -> Iterator[InlineLength]:
    """Measure everybody of an account who has inline policies."""
    for kind, resource_type in INLINE_HOLDERS.items():
        holders: dict[str, Holder] = getattr(account, kind)
        for holder in holders.values():
            inline = inline_policies(holder, model)
            if inline:
                limit = INLINE_QUOTAS[resource_type]
                used = sum(
                    characters(document.document, PolicyType.IDENTITY) for document in inline
                )
                yield InlineLength(kind[:-1], holder, used, limit)


def inline_policies(holder: Holder, model: World) -> tuple[PolicyDocument, ...]:
    """The policies that stand in a user, group or role itself.

    One with an ARN is a managed policy, and one that has a name in the world or a file of its own
    may be one.
    """
    shared = {id(policy) for policy in model.policies.values()}
    return tuple(
        policy
        for policy in holder.policies
        if isinstance(policy, PolicyDocument)
        and policy.arn is None
        and id(policy) not in shared
        and not _is_file(policy, holder)
    )


def _is_file(policy: PolicyDocument, holder: Holder) -> bool:
    """Whether a policy is attached by the path of a file, by which it goes."""
    file = policy.source.name
    return file != holder.source.name and PurePath(policy.name).name == PurePath(file).name
