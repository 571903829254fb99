"""The access to a KMS key that an action on an encrypted resource needs besides.

The service calls KMS in the caller's name, so the caller needs the permission, and the call has
kms:ViaService: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html. Which
permission that is, `iamsim.catalog.key_permissions` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.key_permissions import key_permissions
from iamsim.core.arn import find_arn
from iamsim.engine.question import Via

if TYPE_CHECKING:
    from iamsim.world.model import World

NOT_ENCRYPTED = "none"


class Encryption(NamedTuple):
    """What an action needs of the key of a resource; `key` is `None` where nobody says which."""

    key: str | None
    actions: tuple[str, ...]
    via: Via


def find_encryption(action: str, resource: str, model: World) -> Encryption | None:
    """Say what an action needs of a key; `None` where it needs nothing: an action that touches no
    content, or a resource that no key encrypts whose policy somebody sets.

    A key whose policy the world does not have counts as not known: a key without a policy would
    let nobody in, and there is none.
    """
    needed = key_permissions().get(action.lower())
    if needed is None:
        return None
    listed = model.find_resource(resource)
    if listed is not None and listed.buckets:
        listed = model.find_resource(listed.buckets[0])
    key = listed.kms_key if listed is not None else None
    arn = find_arn(resource)
    if key == NOT_ENCRYPTED or arn is None:
        return None
    if key is not None and not _has_policy(key, model):
        key = None
    domain = "amazonaws.com.cn" if arn.partition == "aws-cn" else "amazonaws.com"
    return Encryption(key, needed, Via(services=(f"{arn.service}.{domain}",)))


def _has_policy(key: str, model: World) -> bool:
    listed = model.find_resource(key)
    return listed is not None and (listed.policy is not None or bool(listed.grants))
