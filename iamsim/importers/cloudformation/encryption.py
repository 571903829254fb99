"""What templates say about keys: which one encrypts a resource, and their aliases.

Each function reads properties of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.importers.key_settings import default_key, find_key
from iamsim.importers.misspelt import Properties
from iamsim.importers.unknown import Unknown

if TYPE_CHECKING:
    from iamsim.importers.cloudformation.reading import Reading

TABLE_ENCRYPTION = "SSESpecification"


def read_key(reading: Reading) -> bool:
    """Read which key encrypts a resource; kinds without such a setting give `False`."""
    if reading.stack.kind(reading.logical_id) is None:
        return False
    arn = reading.identity.arn
    key = find_key(arn, _settings(reading))
    assumed = key is None
    if assumed:
        key = default_key(arn)
    if key is None:
        return False
    if isinstance(key, Unknown):
        reading.remark("unknown-value", f"which key encrypts this depends on {key.why}")
        key = None
    reading.draft.resource(arn, reading.account)
    reading.draft.keys.locate(arn, reading.scope.region)
    reading.draft.encrypt(arn, key, reading.place, assumed=assumed)
    return True


def _settings(reading: Reading) -> dict[str, object]:
    """Give the properties; the key of a global table stands with its replica."""
    settings = Properties(reading.properties)
    own = settings.get(TABLE_ENCRYPTION)
    for replica in replicas_here(reading) if isinstance(own, dict) else ():
        regional = replica.get(TABLE_ENCRYPTION)
        if isinstance(own, dict) and isinstance(regional, dict):
            settings[TABLE_ENCRYPTION] = Properties({**own, **regional})
    return settings


def replicas_here(reading: Reading) -> list[dict[str, object]]:
    """Give the replica of a global table that is in the stack's region."""
    replicas = reading.records("Replicas")
    return [replica for replica in replicas if replica.get("Region") == reading.scope.region]


def _alias(reading: Reading) -> None:
    """Read the alias of a key; one that is not known is remarked where something uses it."""
    name, target = reading.properties.get("AliasName"), reading.properties.get("TargetKeyId")
    if isinstance(name, str) and isinstance(target, str):
        reading.draft.keys.name(reading.identity.arn, target)


READERS: dict[str, Callable[[Reading], None]] = {"AWS::KMS::Alias": _alias}
