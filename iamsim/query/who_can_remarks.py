"""What may not be meant, or is not counted, in a question about everybody: odd resources, and
canonical user ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.engine.authorize import prepare
from iamsim.engine.services.s3 import ALL_BUCKETS

if TYPE_CHECKING:
    from iamsim.query.batch import Batch
    from iamsim.world.model import World

CANONICAL_USER = "CanonicalUser"


class CanonicalUser(NamedTuple):
    """A canonical user id that a policy of the resource names for an action, and that no account of
    the world has: the engine matches nobody to it."""

    id: str
    action: str


class Oddity(Enum):
    """What may not be meant about a resource."""

    WILDCARD = "wildcard"  # it stands for itself
    PARTITION = "partition"  # no account of the world is of it


def oddities_of(resource: str, model: World) -> Iterator[Oddity]:
    """What is odd about a resource."""
    arn = find_arn(resource)
    if arn is None:
        return
    if resource not in ALL_BUCKETS.values() and ("*" in resource or "?" in resource):
        yield Oddity.WILDCARD
    partitions = {account.partition for account in model.account_names}
    if partitions and arn.partition not in partitions:
        yield Oddity.PARTITION


def canonical_users_of(batch: Batch, action: str, resource: str) -> list[CanonicalUser]:
    """The canonical user ids that some Allow about an action and the resource names, but for those
    of accounts of the world.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    prepared = prepare(batch.question("anonymous", action, resource), batch.world)
    facts = batch.world.resource_facts(prepared.question, prepared.situation.caller)
    known = {account.canonical_user_id for account in batch.world.model.account_names}
    canonical_users: dict[str, None] = {}
    for placed in facts.policies:
        for _, statement in placed.policies.candidates(prepared.request.action):
            principals, resources = statement.principals, statement.resources
            if statement.denies or principals is None:
                continue
            if resources is None or resources.matches(prepared.request):
                canonical_users.update(
                    (pattern.text, None)
                    for pattern in principals.patterns
                    if pattern.kind == CANONICAL_USER
                )
    return [CanonicalUser(text, action) for text in canonical_users if text not in known]
