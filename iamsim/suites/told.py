"""Context keys that are facts about caller and resource: nobody can send other values of them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.catalog.global_services import GLOBAL_SERVICES

if TYPE_CHECKING:
    from iamsim.engine.question import Question

REGION_KEY = "aws:requestedregion"
_TOLD = ("aws:principal", "aws:resource", "aws:userid", "aws:username", "aws:sourceorg")
_REGION, _ACCOUNT = 3, 4  # parts of an ARN


def is_told(key: str, principal: str) -> bool:
    """Whether a key (in lower case) is a fact. Tags of a session are chosen with it."""
    if key.startswith("aws:principaltag/"):
        return ":user/" in principal or not principal.startswith("arn:")
    return key.startswith(_TOLD)


def has_global_region(action: str) -> bool:
    """Whether requests for an action all go to one Region, that of a global service."""
    return action.partition(":")[0].lower() in GLOBAL_SERVICES


def in_its_region(question: Question) -> Question:
    """The question about a resource of the Region that its context names: a request that is sent
    to one Region is never about a resource of another."""
    region = next(
        (value for key, value in question.context.items() if key.lower() == REGION_KEY), None
    )
    parts = question.resource.split(":")
    regional = len(parts) > _ACCOUNT + 1 and parts[_REGION] not in ("", "*")
    if not isinstance(region, str) or not region or not regional or parts[_REGION] == region:
        return question
    parts[_REGION] = region
    return replace(question, resource=":".join(parts))
