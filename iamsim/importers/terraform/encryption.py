"""What plans and states say about keys: which one encrypts a resource, and their aliases.

Each function reads resource types of
https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.importers.key_settings import NO_KEY, default_key, find_key
from iamsim.importers.resource_kinds import arn_of, known_type
from iamsim.importers.unknown import Unknown

if TYPE_CHECKING:
    from iamsim.importers.terraform.reading import Reading

# Arguments that say how something is encrypted.
SETTINGS = (
    "encryption_configuration",
    "encryption_type",
    "key_id",
    "kms_key_arn",
    "kms_key_id",
    "kms_master_key_id",
    "rule",
    "server_side_encryption",
    "server_side_encryption_configuration",
    "type",
)


def find_key_reader(reading: Reading) -> Callable[[Reading], None] | None:
    """Find what reads the key of an instance, if its type has one."""
    values, row = reading.instance.values, reading.plan.kind(reading.instance)
    mode = "" if row is None else row.key
    if mode == "always":
        return _read_key
    named = mode == "named" and any(values.get(name) for name in SETTINGS)
    return _read_key if named else None


def _read_key(reading: Reading) -> None:
    """Read what an instance itself says; for a bucket, a resource of its own may say more."""
    removed = reading.instance.type == "aws_s3_bucket" and reading.plan.removals.encryption_of(
        reading.name
    )
    if removed:
        known = not isinstance(removed, Unknown)
        if isinstance(removed, Unknown):
            reading.remark("unknown-value", f"which key encrypts this depends on {removed.why}")
        reading.draft.resource(reading.arn, reading.account)
        reading.draft.encrypt(reading.arn, NO_KEY if known else None, reading.place, assumed=known)
        return
    _encrypt(reading, reading.arn, by_default=True)


def _bucket_encryption(reading: Reading) -> None:
    bucket = reading.text("bucket")
    if bucket is not None:
        kind = known_type("aws_s3_bucket")
        arn = bucket if bucket.startswith("arn:") else arn_of(kind, reading.scope, bucket)
        _encrypt(reading, arn, by_default=False)


def _encrypt(reading: Reading, arn: str, *, by_default: bool) -> None:
    """Note the key that the settings of an instance give a resource."""
    values = reading.instance.values
    key = find_key(arn, {name: reading.settled(name) for name in SETTINGS if name in values})
    assumed = key is None
    if assumed and by_default:
        key = default_key(arn)
    if key is None or find_arn(arn) is None:
        return
    if isinstance(key, Unknown):
        # Of dynamic blocks, plans do not say what they refer to.
        own = key.why.startswith(f"`{reading.instance.text}.")
        why = "is known after apply" if own else f"depends on {key.why}"
        reading.remark("unknown-value", f"which key encrypts this {why}")
        key = None
    reading.draft.resource(arn, reading.account)
    reading.draft.keys.locate(arn, reading.scope.region)
    # A bucket shows what a resource of its own has set, and what that was before a plan.
    assumed = assumed or reading.instance.type == "aws_s3_bucket"
    reading.draft.encrypt(arn, key, reading.place, assumed=assumed)


def read_alias(reading: Reading) -> None:
    """Read the alias of a key, that of a data source too."""
    targets = (reading.value("target_key_id"), reading.value("target_key_arn"))
    target = next((target for target in targets if isinstance(target, str) and target), None)
    if target is not None:
        reading.draft.keys.name(reading.arn, target)


READERS: dict[str, Callable[[Reading], None]] = {
    "aws_kms_alias": read_alias,
    "aws_s3_bucket_server_side_encryption_configuration": _bucket_encryption,
}
