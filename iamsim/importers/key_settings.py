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

from collections.abc import Callable

from iamsim.catalog.resource_types import type_of_arn
from iamsim.importers.misspelt import misspelt_setting
from iamsim.importers.unknown import Unknown

NO_KEY = "none"
# The only part of a resource that says how a bucket is encrypted, from the outside in.
_BUCKET_PATH = (
    ("bucketencryption",),
    ("serversideencryptionconfiguration",),
    ("rules", "rule"),
    ("applyserversideencryptionbydefault", "serversideencryptionbydefault"),
)


def find_key(arn: str, settings: object) -> str | Unknown | None:
    """Find what the settings of a resource say of its key.

    That is a key (an id, an ARN, or the name or ARN of an alias), `none` where no key of KMS
    encrypts it, or `None` where nothing is said.
    """
    row = type_of_arn(arn)
    if row is None or not row.key_settings:
        return None
    name = row.key_settings[0]
    found = (
        FUNCTIONS[name[:-2]](settings) if name.endswith("()") else _get(settings, *row.key_settings)
    )
    return found if isinstance(found, str | Unknown) and found else None


def default_key(arn: str) -> str | None:
    """Give what stands for a key where the settings of a resource, known in full, say nothing.

    Types that have no default need no key of their callers, so that one would say nothing.
    """
    row = type_of_arn(arn)
    return None if row is None else row.default_key


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
    return misspelt_setting(settings, names)


def _is_off(value: object) -> bool:
    return value in (False, "false", "False")


def _bucket(settings: object) -> object:
    """S3: one rule, with an algorithm and, for `aws:kms`, a key."""
    rule = settings
    for names in _BUCKET_PATH:
        found = _get(rule, *names)
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


# What rows of the table name.
FUNCTIONS: dict[str, Callable[[object], object]] = {
    "bucket": _bucket,
    "parameter": _parameter,
    "repository": _repository,
    "stream": _stream,
    "table": _table,
}
