"""Statements for what was seen: exact resources, or patterns where they are many.

More resources of one action than a limit become patterns, each of which grants more than was seen;
the trade between the two is a table of several limits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamsim.calls.model import Requested

Json = dict[str, Any]
HEAD = 5  # parts of an ARN before its resource
LIMITS = (0, 10, 5, 2, 1)  # that a trade shows; 0 leaves every resource exact


@dataclass(slots=True)
class Seen:
    """One action on one resource under one condition, with how often it was called."""

    action: str
    resource: str
    condition: str
    count: int
    requested: Requested


@dataclass(frozen=True, slots=True)
class Trade:
    """What a limit makes: how large the policy is, and what it grants beyond the seen."""

    most: int
    statements: int
    characters: int
    resources: int
    patterns: int


def characters(policy: Json) -> int:
    """The characters of a policy that count against quotas of IAM: all but white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    text = json.dumps(policy, separators=(",", ":"))
    return sum(not sign.isspace() for sign in text)


def limits(most: int) -> list[int]:
    """A limit and the tighter ones, the last of which leaves one resource of a kind."""
    return [most] if most == 0 else [most, *(limit for limit in LIMITS if 0 < limit < most)]


def trades(seen: list[Seen], most: int) -> list[Trade]:
    """What several limits make, from exact resources to few patterns."""
    found = []
    for limit in sorted({*LIMITS, most}, key=lambda limit: -limit if limit else -(10**9)):
        statements, patterns = statements_of(seen, limit)
        resources = [statement["Resource"] for statement in statements]
        found.append(
            Trade(
                limit,
                len(statements),
                characters({"Version": "2012-10-17", "Statement": statements}),
                sum(1 if isinstance(resource, str) else len(resource) for resource in resources),
                patterns,
            )
        )
    return found


def statements_of(seen: list[Seen], most: int) -> tuple[list[Json], int]:
    """One statement for the actions that share resources and condition; with how many patterns."""
    resources: dict[tuple[str, str], set[str]] = {}
    for observation in seen:
        resources.setdefault((observation.action, observation.condition), set()).add(
            observation.resource
        )
    shared: dict[tuple[tuple[str, ...], str], list[str]] = {}
    # What the trail does not tell of a resource is a pattern as well.
    untold = {
        observation.resource for observation in seen if "resource" in observation.requested.unknown
    }
    patterns = sum("*" in resource for resource in untold)
    for (action, condition), some in sorted(resources.items()):
        grouped = tuple(sorted(_grouped(some, most)))
        patterns += len(set(grouped) - some)
        shared.setdefault((grouped, condition), []).append(action)
    statements = []
    for (grouped, condition), actions in shared.items():
        statement: Json = {"Effect": "Allow", "Action": single(actions)}
        statement["Resource"] = single(list(grouped))
        if condition:
            statement["Condition"] = json.loads(condition)
        statements.append(statement)
    return statements, patterns


def single(texts: list[str]) -> str | list[str]:
    """One text alone, several as a list."""
    return texts[0] if len(texts) == 1 else texts


def _grouped(resources: set[str], most: int) -> set[str]:
    """Resources, or patterns for them where they are more than `most` under one head (0: never)."""
    if not most or len(resources) <= most:
        return resources
    by_head: dict[str, list[str]] = {}
    for resource in sorted(resources):
        parts = resource.split(":", HEAD)
        name = parts[-1]
        cut = max(name.find("/"), name.find(":"))
        head = ":".join([*parts[:-1], name[: cut + 1]]) if cut > 0 else resource
        by_head.setdefault(head, []).append(resource)
    grouped: set[str] = set()
    for some in by_head.values():
        if len(some) <= most:
            grouped.update(some)
            continue
        shared = _shared_start(some[0], some[-1])
        end = max(shared.rfind(sign) for sign in "/:-_.")
        grouped.add(f"{shared[: end + 1]}*")
    return grouped


def _shared_start(first: str, last: str) -> str:
    """How the first and the last of sorted texts begin, and so all between them."""
    length = 0
    for this, other in zip(first, last, strict=False):
        if this != other:
            break
        length += 1
    return first[:length]
