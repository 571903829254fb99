"""What settings say of the KMS key that encrypts a resource, in the spellings of AWS and Terraform.

AWS's calls, AWS Config, CloudFormation and Terraform name the same settings: they differ in letter
case, in underlines, and in lists around what comes once. What a service does without a setting:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html (S3 encrypts with
keys of its own since January 2023),
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html,
https://docs.aws.amazon.com/streams/latest/dev/what-is-sse.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.importers.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.core.arn import Arn

__all__ = ["NO_KEY", "default_key", "find_key"]

NO_KEY = "none"
# Which resources of a service have a key.
_WITH_KEY = {
    "dynamodb": re.compile("table/[^/]+").fullmatch,
    "kinesis": re.compile("stream/[^/]+").fullmatch,
    "s3": re.compile("[^/:]+").fullmatch,
    "secretsmanager": re.compile("secret:.+").fullmatch,
    "sns": re.compile("[^:]+").fullmatch,
    "sqs": re.compile("[^:]+").fullmatch,
    "ssm": re.compile("parameter/.+").fullmatch,
}
# The only part of a resource that says how a bucket is encrypted, from the outside in.
_BUCKET_PATH = (
    "bucketencryption",
    "serversideencryptionconfiguration",
    "rules",
    "rule",
    "applyserversideencryptionbydefault",
    "serversideencryptionbydefault",
)


def find_key(arn_text: str, settings: object) -> str | Unknown | None:
    """Find what the settings of a resource say of its key.

    That is a key (an id, an ARN, or the name or ARN of an alias), `none` where no key of KMS
    encrypts it, or `None` where nothing is said.
    """
    arn = find_arn(arn_text)
    read = _READERS.get(arn.service) if arn is not None and _is_encrypted(arn) else None
    found = None if read is None else read(settings)
    return found if isinstance(found, str | Unknown) and found else None


def default_key(arn_text: str) -> str | None:
    """Give what stands for a key where the settings of a resource, known in full, say nothing."""
    arn = find_arn(arn_text)
    return _DEFAULTS.get(arn.service) if arn is not None and _is_encrypted(arn) else None


def _is_encrypted(arn: Arn) -> bool:
    """Say whether a resource has a key of its own: an index or an access point has not."""
    match = _WITH_KEY.get(arn.service)
    if match is None:
        return True
    return match(arn.resource) is not None and not (arn.service == "s3" and arn.account)


def _get(settings: object, *names: str) -> object:
    """Give the first setting of these names; a list of one counts as what is in it."""
    if isinstance(settings, Unknown):
        return settings
    if isinstance(settings, list):
        settings = settings[0] if len(settings) == 1 else None
    if isinstance(settings, dict):
        for key, value in settings.items():
            if value is not None and str(key).lower().replace("_", "") in names:
                return value
    return None


def _is_off(value: object) -> bool:
    return value in (False, "false", "False")


def _bucket(settings: object) -> object:
    """S3: one rule, with an algorithm and, for `aws:kms`, a key."""
    rule = settings
    for name in _BUCKET_PATH:
        found = _get(rule, name)
        rule = rule if found is None else found
    if rule is settings:
        return None
    algorithm, key = _get(rule, "ssealgorithm"), _get(rule, "kmsmasterkeyid")
    if isinstance(algorithm, str) and algorithm.startswith("aws:kms"):
        return key or "alias/aws/s3"
    return algorithm if isinstance(algorithm, Unknown) else NO_KEY


def _table(settings: object) -> object:
    """DynamoDB: on without a key is the AWS managed key, off is a key that AWS owns."""
    server_side = _get(settings, "ssedescription", "ssespecification", "serversideencryption")
    if server_side is None or isinstance(server_side, Unknown):
        return server_side
    enabled = _get(server_side, "sseenabled", "enabled")
    if isinstance(enabled, Unknown):
        return enabled
    if _is_off(enabled) or _get(server_side, "status") == "DISABLED":
        return NO_KEY
    if server_side == []:
        return None
    key = _get(server_side, "kmsmasterkeyarn", "kmsmasterkeyid", "kmskeyarn")
    return key or "alias/aws/dynamodb"


def _stream(settings: object) -> object:
    """Kinesis: a type and a key, in a part of their own in templates."""
    encryption = _get(settings, "streamencryption")
    encryption = settings if encryption is None else encryption
    kind, key = _get(encryption, "encryptiontype"), _get(encryption, "keyid", "kmskeyid")
    if kind == "NONE":
        return NO_KEY
    return key or ("alias/aws/kinesis" if kind == "KMS" else kind)


def _parameter(settings: object) -> object:
    """Parameter Store: only a `SecureString` is encrypted with a key of KMS."""
    kind = _get(settings, "type")
    if kind == "SecureString":
        return _get(settings, "keyid") or "alias/aws/ssm"
    return kind if isinstance(kind, Unknown | None) else NO_KEY


def _repository(settings: object) -> object:
    """ECR: a part of its own."""
    return _get(_get(settings, "encryptionconfiguration"), "kmskey")


def _named(*names: str) -> Callable[[object], object]:
    """Make the reader of one setting that names a key."""
    return lambda settings: _get(settings, *names)


_READERS: dict[str, Callable[[object], object]] = {
    "backup": _named("encryptionkeyarn", "kmskeyarn"),
    "dynamodb": _table,
    "ecr": _repository,
    "elasticfilesystem": _named("kmskeyid"),
    "kinesis": _stream,
    "lambda": _named("kmskeyarn"),
    "logs": _named("kmskeyid"),
    "rds": _named("kmskeyid"),
    "s3": _bucket,
    "secretsmanager": _named("kmskeyid"),
    "sns": _named("kmsmasterkeyid"),
    "sqs": _named("kmsmasterkeyid"),
    "ssm": _parameter,
}
# Services that are not here need no key of their callers, so that a default would say nothing.
_DEFAULTS = {
    "dynamodb": NO_KEY,
    "kinesis": NO_KEY,
    "s3": NO_KEY,
    "secretsmanager": "alias/aws/secretsmanager",
    "sns": NO_KEY,
    "sqs": NO_KEY,
    "ssm": NO_KEY,
}
