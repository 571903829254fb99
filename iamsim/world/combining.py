"""Values and lists that two states of a world have, as one."""

from __future__ import annotations

from typing import Any

from iamsim.world.builtin import BUILT_IN_POLICIES
from iamsim.world.items import AnyPolicy, ManagedPolicyReference, PolicyDocument
from iamsim.world.merge import content


def kept(mine: Any, theirs: Any) -> Any:  # noqa: ANN401 - values of any field
    """The value of the layer; the one below where they are equal, since its place is known."""
    return mine if mine is not None and content(mine) == content(theirs) else theirs


def combine_attached(
    base: tuple[AnyPolicy, ...] | None,
    new: tuple[AnyPolicy, ...] | None,
    old: tuple[AnyPolicy, ...] | None,
) -> tuple[AnyPolicy, ...] | None:
    """What hangs on a root, unit or account; the policies that AWS attaches by itself stay as the
    world has them."""
    if new is None and old is None:
        return base
    if base is None:
        return new
    return combine_lists(base, _ours(new), _ours(old))


def _ours(policies: tuple[AnyPolicy, ...] | None) -> tuple[AnyPolicy, ...]:
    """Policies other than those that allow everything."""
    return tuple(policy for policy in policies or () if policy.name not in BUILT_IN_POLICIES)


def combine_lists(
    base: tuple[Any, ...], new: tuple[Any, ...], old: tuple[Any, ...]
) -> tuple[Any, ...]:
    """A list of policies or names: what is new joins, what was in the old and is not in the new
    goes, and the rest stays."""
    left = list(new)
    found = []
    for mine in base:
        match = next((entry for entry in left if _same(mine, entry)), None)
        if match is not None:
            left.remove(match)
            found.append(kept(mine, match))
        elif not any(_same(mine, entry) for entry in old):
            found.append(mine)
    return (*found, *left)


def _same(first: object, second: object) -> bool:
    """Whether two entries stand for the same thing: the same policy by ARN or name, or text."""
    if isinstance(first, str) or isinstance(second, str):
        return first == second
    return _key(first) == _key(second) or (
        isinstance(first, PolicyDocument)
        and isinstance(second, PolicyDocument)
        and first.arn is None
        and second.arn is None
        and first.document == second.document
    )


def _key(policy: object) -> str | None:
    """What tells a policy from others in a list."""
    if isinstance(policy, ManagedPolicyReference):
        return policy.arn
    return (policy.arn or policy.name) if isinstance(policy, PolicyDocument) else None
