"""Whom an attribute of a snapshot or image lets in, written as the statement that it comes to.

https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.syntax.read import parse_policy

EVERYBODY = "all"  # as EC2 and RDS write it


def shares_of(
    shared_with: tuple[str, ...], actions: Iterable[str], resource: str = "*"
) -> PolicySet | None:
    """What a list of accounts allows them; `None` where nothing is shared. The engine asks the list
    itself: this says whom to ask about."""
    named = tuple(sorted(actions))
    return _made(shared_with, named, resource) if shared_with and named else None


@lru_cache(maxsize=1024)
def _made(shared_with: tuple[str, ...], actions: tuple[str, ...], resource: str) -> PolicySet:
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*" if EVERYBODY in shared_with else {"AWS": list(shared_with)},
            "Action": list(actions),
            "Resource": resource,
        },
    }
    name = f"list of accounts that share {resource}"
    policy = parse_policy(document, name=name, policy_type=PolicyType.RESOURCE)
    return PolicySet((compile_policy(policy, PolicyType.RESOURCE, name=name),))
