"""The access to a KMS key that an action on an encrypted resource needs besides.

The service calls KMS in the caller's name, so the caller needs the permission, and the call has
kms:ViaService: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html. Which
permission that is, the page of each row says. Not here are services that call KMS in a name of
their own or by a grant, so that callers need nothing: CloudWatch Logs
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html), ECR
(https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html), EFS, RDS; and
Lambda, which answers without the environment variables that a caller can't decrypt
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.engine.question import Via

if TYPE_CHECKING:
    from iamsim.world.model import World

__all__ = ["NOT_ENCRYPTED", "Encryption", "find_encryption", "is_encrypted_kind"]

NOT_ENCRYPTED = "none"
DECRYPT, ENCRYPT = "kms:Decrypt", "kms:Encrypt"
DATA_KEY, CREATE_GRANT = "kms:GenerateDataKey", "kms:CreateGrant"


class _Need(NamedTuple):
    """What actions of a service need of the key, and the page that says so."""

    page: str
    actions: tuple[str, ...]
    key_actions: tuple[str, ...]


_AWS = "https://docs.aws.amazon.com"
_ROWS = (
    _Need(
        f"{_AWS}/AmazonS3/latest/userguide/UsingKMSEncryption.html",
        ("s3:GetObject", "s3:GetObjectVersion"),
        (DECRYPT,),
    ),
    # A multipart upload needs kms:Decrypt as well; which one is meant, the action does not say.
    _Need(
        f"{_AWS}/AmazonS3/latest/userguide/UsingKMSEncryption.html",
        ("s3:PutObject",),
        (DATA_KEY,),
    ),
    _Need(
        f"{_AWS}/AmazonS3/latest/API/API_ListParts.html",
        ("s3:ListMultipartUploadParts",),
        (DECRYPT,),
    ),
    _Need(
        f"{_AWS}/AmazonS3/latest/userguide/replication-config-for-kms-objects.html",
        ("s3:GetObjectVersionForReplication",),
        (DECRYPT,),
    ),
    _Need(
        f"{_AWS}/AmazonS3/latest/userguide/replication-config-for-kms-objects.html",
        ("s3:ReplicateObject",),
        (ENCRYPT,),
    ),
    _Need(
        f"{_AWS}/AmazonS3/latest/API/API_CreateSession.html",
        ("s3express:CreateSession",),
        (DATA_KEY, DECRYPT),
    ),
    _Need(
        f"{_AWS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
        ("sqs:SendMessage",),
        (DATA_KEY, DECRYPT),
    ),
    _Need(
        f"{_AWS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
        ("sqs:ReceiveMessage",),
        (DECRYPT,),
    ),
    _Need(
        f"{_AWS}/sns/latest/dg/sns-key-management.html",
        ("sns:Publish",),
        (DATA_KEY, DECRYPT),
    ),
    _Need(
        f"{_AWS}/secretsmanager/latest/apireference/API_GetSecretValue.html",
        ("secretsmanager:GetSecretValue",),
        (DECRYPT,),
    ),
    _Need(
        f"{_AWS}/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html",
        ("secretsmanager:ReplicateSecretToRegions",),
        (DECRYPT,),
    ),
    _Need(
        f"{_AWS}/secretsmanager/latest/userguide/security-encryption.html",
        ("secretsmanager:PutSecretValue",),
        (DATA_KEY, DECRYPT),
    ),
    _Need(
        f"{_AWS}/secretsmanager/latest/apireference/API_UpdateSecret.html",
        ("secretsmanager:UpdateSecret",),
        (DATA_KEY, ENCRYPT, DECRYPT),
    ),
    _Need(
        f"{_AWS}/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
        (
            "ssm:GetParameter",
            "ssm:GetParameterHistory",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
        ),
        (DECRYPT,),
    ),
    # A parameter of the standard tier; the advanced one needs kms:GenerateDataKey instead.
    _Need(
        f"{_AWS}/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
        ("ssm:PutParameter",),
        (ENCRYPT,),
    ),
    _Need(
        f"{_AWS}/streams/latest/dev/permissions-user-key-KMS.html",
        ("kinesis:GetRecords", "kinesis:SubscribeToShard"),
        (DECRYPT,),
    ),
    _Need(
        f"{_AWS}/streams/latest/dev/permissions-user-key-KMS.html",
        ("kinesis:PutRecord", "kinesis:PutRecords"),
        (DATA_KEY,),
    ),
    # The key of the table, which encrypts what is written too, is decrypted for each caller.
    _Need(
        f"{_AWS}/amazondynamodb/latest/developerguide/encryption.howitworks.html",
        (
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PartiQLDelete",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLSelect",
            "dynamodb:PartiQLUpdate",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ),
        (DECRYPT,),
    ),
    _Need(
        f"{_AWS}/ebs/latest/userguide/ebs-encryption-requirements.html",
        ("ec2:AttachVolume",),
        (CREATE_GRANT,),
    ),
)
# Actions in lower case with the permissions on the key that they need.
NEEDED = {action.lower(): row.key_actions for row in _ROWS for action in row.actions}


class Encryption(NamedTuple):
    """What an action needs of the key of a resource; `key` is `None` where nobody says which."""

    key: str | None
    actions: tuple[str, ...]
    via: Via


def is_encrypted_kind(action: str) -> bool:
    """Whether an action reads or writes content that a KMS key may encrypt."""
    return action.lower() in NEEDED


def find_encryption(action: str, resource: str, model: World) -> Encryption | None:
    """Say what an action needs of a key; `None` where it needs nothing: an action that touches no
    content, or a resource that no key encrypts whose policy somebody sets.

    A key whose policy the world does not have counts as not known: a key without a policy would
    let nobody in, and there is none.
    """
    needed = NEEDED.get(action.lower())
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
