"""Context keys that are facts about caller and resource: nobody can send other values of them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

__all__ = ["is_told"]

_TOLD = ("aws:principal", "aws:resource", "aws:userid", "aws:username", "aws:sourceorg")


def is_told(key: str, principal: str) -> bool:
    """Whether a key (in lower case) is a fact. Tags of a session are chosen with it."""
    if key.startswith("aws:principaltag/"):
        return ":user/" in principal or not principal.startswith("arn:")
    return key.startswith(_TOLD)
