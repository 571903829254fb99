"""Policies that were given before: read once, compiled once.

Documents can be changed by whoever gave them, so that they are known by what they hold; a `Policy`
can't, and is known by its identity. What is given only once is not kept: it would cost more to have
it around than to read it.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from iamsim.core.remember import remember
from iamsim.syntax.any_policy import read_any_policy
from iamsim.syntax.ast import Policy
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.engine.question import AttachedPolicies

PolicyInput = str | bytes | Mapping[str, object] | Policy

POLICIES = 256  # how many are kept
STACKS = 32
SEEN = 4_096  # of how many it is known that they were given
LARGEST = 65_536  # of a document that is kept, in bytes
FORM = 2  # of marshal: without references, so that equal data give equal bytes

K = TypeVar("K")
V = TypeVar("V")

_seen: dict[int, None] = {}  # the hashes of what was given once
_policies: dict[tuple[object, ...], Policy] = {}
_stacks: dict[tuple[object, ...], AttachedPolicies] = {}


def read_policy(document: PolicyInput, name: str, policy_type: PolicyType) -> Policy:
    """Read a policy as what it is used for; raises `PolicyError`, each time anew."""
    if type(document) is Policy:
        key: tuple[object, ...] = (id(document), policy_type)
    else:
        written = _written(document)
        if written is None:
            return _read(document, name, policy_type)
        key = (written, name, policy_type)
    known = _policies.get(key)
    if known is None:
        read = _read(document, name, policy_type)
        known = _keep(_policies, key, read, POLICIES)
    return known


def _read(document: PolicyInput, name: str, policy_type: PolicyType) -> Policy:
    """Read a policy that is given for the first time."""
    if isinstance(document, Policy):
        return parse_policy(document, name=name, policy_type=policy_type)
    return read_any_policy(document, name=name, policy_type=policy_type)


def _written(document: object) -> bytes | None:
    """All that a document holds, as bytes; `None` for one that is not kept."""
    if type(document) not in (dict, str, bytes):
        return None
    try:
        written = marshal.dumps(document, FORM)  # type: ignore[arg-type]  # a plain dict or text
    except ValueError:  # other types within, or nesting without end
        return None
    return written if len(written) <= LARGEST else None


def known_stack(
    given: Mapping[str, object], *, is_trust: bool, read: Callable[[], AttachedPolicies]
) -> AttachedPolicies:
    """The stack that these arguments gave before, whose facts are kept; else what `read` gives."""
    try:
        key = (is_trust, *[(name, _form(value)) for name, value in given.items()])
    except (TypeError, RecursionError):
        return read()
    known = _stacks.get(key)
    if known is None:
        # The stack keeps its policies alive, so that their identities stay theirs.
        known = _keep(_stacks, key, read(), STACKS)
    return known


def _form(given: object) -> object:
    """What tells an argument from others; raises `TypeError` for one that may change unseen."""
    kind = type(given)
    if given is None or kind is Policy:
        return id(given)
    if kind is list or kind is tuple:
        return tuple(map(_form, given))  # type: ignore[call-overload]  # either can be iterated
    written = _written(given)
    if written is None:
        raise TypeError
    return written


def _keep(table: dict[K, V], key: K, value: V, limit: int) -> V:
    """Keep a value that is given for the second time, at the cost of the oldest."""
    number = hash(key)
    if number not in _seen:
        remember(_seen, number, None, SEEN)
        return value
    if len(table) >= limit:
        table.pop(next(iter(table)), None)
    table[key] = value
    return value
