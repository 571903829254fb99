"""Policies that were given before: read once, compiled once.

Documents can be changed by whoever gave them, so that they are known by what they hold; a `Policy`
can't, and is known by its identity.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from iamsim.syntax.ast import Policy
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.engine.question import AttachedPolicies

__all__ = ["PolicyInput", "read_policy", "same_stack"]

PolicyInput = str | bytes | Mapping[str, object] | Policy

POLICIES = 256  # how many are kept
STACKS = 32
LARGEST = 65_536  # of a document that is kept, in bytes
FORM = 2  # of marshal: without references, so that equal data give equal bytes

K = TypeVar("K")
V = TypeVar("V")

_policies: dict[tuple[object, ...], Policy] = {}
_stacks: dict[tuple[object, ...], AttachedPolicies] = {}


def read_policy(document: PolicyInput, name: str, policy_type: PolicyType) -> Policy:
    """Read a policy as what it is used for; raises `PolicyError`, each time anew."""
    if type(document) is Policy:
        key: tuple[object, ...] = (id(document), policy_type)
    else:
        written = _written(document)
        if written is None:
            return parse_policy(document, name=name, policy_type=policy_type)
        key = (written, name, policy_type)
    known = _policies.get(key)
    if known is None:
        read = parse_policy(document, name=name, policy_type=policy_type)
        known = _keep(_policies, key, read, POLICIES)
    return known


def _written(document: PolicyInput) -> bytes | None:
    """All that a document holds, as bytes; `None` for one that is not kept."""
    if type(document) not in (dict, str, bytes):
        return None
    try:
        written = marshal.dumps(document, FORM)  # type: ignore[arg-type]  # a plain dict or text
    except ValueError:  # other types within, or nesting without end
        return None
    return written if len(written) <= LARGEST else None


def same_stack(stack: AttachedPolicies) -> AttachedPolicies:
    """The stack of these very policies that was given before, whose facts are kept; else this."""
    block = stack.public_access_block
    key = (
        _numbers(stack.identity_policies),
        id(stack.resource_policy),
        id(stack.boundary),
        _numbers(stack.session_policies),
        None if stack.scps is None else tuple(map(_numbers, stack.scps)),
        None if stack.rcps is None else tuple(map(_numbers, stack.rcps)),
        _numbers(stack.vpce_policies),
        None if block is None else tuple(block.items()),
    )
    known = _stacks.get(key)
    if known is None:
        known = _keep(_stacks, key, stack, STACKS)
    return known


def _numbers(policies: tuple[Policy, ...] | None) -> tuple[int, ...] | None:
    """The identities of policies, which a stack that is kept keeps alive."""
    return None if policies is None else tuple(map(id, policies))


def _keep(table: dict[K, V], key: K, value: V, limit: int) -> V:
    """Keep a value, at the cost of the oldest."""
    if len(table) >= limit:
        table.pop(next(iter(table)), None)
    table[key] = value
    return value
