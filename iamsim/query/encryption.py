"""The access to a KMS key that an action on an encrypted resource needs besides.

The service calls KMS in the caller's name, so the caller needs the permission, and the call has
kms:ViaService: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html. Which
permission that is, the pages of each service say:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.engine.question import Via

if TYPE_CHECKING:
    from iamsim.world.model import World

__all__ = ["NOT_ENCRYPTED", "Encryption", "find_encryption", "is_encrypted_kind"]

NOT_ENCRYPTED = "none"
DECRYPT, DATA_KEY = "kms:Decrypt", "kms:GenerateDataKey"
# Actions in lower case with the permissions on the key that they need.
NEEDED: dict[str, tuple[str, ...]] = {
    "dynamodb:batchgetitem": (DECRYPT,),
    "dynamodb:batchwriteitem": (DECRYPT,),
    "dynamodb:deleteitem": (DECRYPT,),
    "dynamodb:getitem": (DECRYPT,),
    "dynamodb:putitem": (DECRYPT,),
    "dynamodb:query": (DECRYPT,),
    "dynamodb:scan": (DECRYPT,),
    "dynamodb:updateitem": (DECRYPT,),
    "kinesis:getrecords": (DECRYPT,),
    "kinesis:putrecord": (DATA_KEY,),
    "kinesis:putrecords": (DATA_KEY,),
    "s3:getobject": (DECRYPT,),
    "s3:getobjectversion": (DECRYPT,),
    "s3:putobject": (DATA_KEY,),
    "secretsmanager:getsecretvalue": (DECRYPT,),
    "secretsmanager:putsecretvalue": (DATA_KEY, DECRYPT),
    "secretsmanager:updatesecret": (DATA_KEY, DECRYPT),
    "sns:publish": (DATA_KEY, DECRYPT),
    "sqs:receivemessage": (DECRYPT,),
    "sqs:sendmessage": (DATA_KEY, DECRYPT),
    "ssm:getparameter": (DECRYPT,),
    "ssm:getparameters": (DECRYPT,),
    "ssm:getparametersbypath": (DECRYPT,),
    "ssm:putparameter": (DATA_KEY,),
}


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
    content, or a resource that no key of the customer encrypts."""
    needed = NEEDED.get(action.lower())
    if needed is None:
        return None
    listed = model.find_resource(resource)
    if listed is not None and listed.bucket is not None:
        listed = model.find_resource(listed.bucket)
    key = listed.kms_key if listed is not None else None
    arn = find_arn(resource)
    if key == NOT_ENCRYPTED or arn is None:
        return None
    domain = "amazonaws.com.cn" if arn.partition == "aws-cn" else "amazonaws.com"
    return Encryption(key, needed, Via(services=(f"{arn.service}.{domain}",)))
