"""Operations with rules of their own, one module for each family of services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker

    Handler = Callable[[Asker], None]

__all__ = ["handler", "not_asked", "prepare", "remark"]

# Modules by service of botocore; each has `HANDLERS`, and may have `PREPARE`.
MODULES = {
    "apigateway": "gateways",
    "apigatewayv2": "gateways",
    "batch": "data",
    "cloudformation": "deployment",
    "cloudfront": "gateways",
    "dynamodb": "dynamodb",
    "dynamodbstreams": "dynamodb",
    "ec2": "ec2",
    "ecs": "deployment",
    "elbv2": "deployment",
    "events": "messaging",
    "autoscaling": "ec2",
    "glue": "data",
    "athena": "data",
    "iam": "identity",
    "kinesis": "messaging",
    "kms": "keys",
    "lambda": "functions",
    "logs": "messaging",
    "rds-data": "data",
    "redshift-data": "data",
    "route53": "gateways",
    "s3": "s3",
    "s3control": "s3control",
    "secretsmanager": "keys",
    "sns": "messaging",
    "sqs": "messaging",
    "ssm": "keys",
    "bedrock-runtime": "functions",
    "organizations": "identity",
    "scheduler": "deployment",
    "stepfunctions": "deployment",
    "sts": "identity",
    "wafv2": "gateways",
}


@cache
def _module(service: str) -> object | None:
    name = MODULES.get(service)
    if name is None:
        return None
    from importlib import import_module

    return import_module(f"iamsim.calls.services.{name}")


def handler(service: str, operation: str) -> Handler | None:
    """Find the function for an operation; the name ``*`` stands for all of a service."""
    handlers = getattr(_module(service), "HANDLERS", {})
    found: Handler | None = handlers.get((service, operation)) or handlers.get((service, "*"))
    return found


def prepare(asker: Asker) -> None:
    """Bring the parameters into a form that the table can bind."""
    prepared: Handler | None = getattr(_module(asker.service.name), "PREPARE", {}).get(
        asker.service.name
    )
    if prepared is not None:
        prepared(asker)


def remark(asker: Asker) -> None:
    """Say what else decides, or may be asked, about the calls of a service."""
    for starts, text in REMARKS.get(asker.service.name, ()):
        if asker.operation.name.startswith(starts):
            asker.note(text)


LAKE_FORMATION = (
    "Lake Formation decides about this as well where the resource is registered with it:"
    " https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-overview.html"
)
STACK_RESOURCES = (
    "what the resources of the stack need is asked of the caller as well, or of the role that the"
    " stack has: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
    "using-iam-servicerole.html"
)
TAGGED_THERE = (
    "each resource's own service asks for its permission to change tags as well:"
    " https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html"
)


def _key_of(what: str, actions: str, page: str) -> str:
    """Say what is asked of KMS where a queue, a topic, a stream or a table has a key of its own."""
    return (
        f"{actions} asked as well where a customer managed key of KMS encrypts the {what}:"
        f" https://docs.aws.amazon.com/{page}"
    )


QUEUE_KEY = "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"
TOPIC_KEY = "sns/latest/dg/sns-key-management.html"
STREAM_KEY = "streams/latest/dev/permissions-user-key-KMS.html"
TABLE_KEY = "amazondynamodb/latest/developerguide/encryption.usagenotes.html"
BOTH = "kms:GenerateDataKey and kms:Decrypt are"
# What a remark is about: the first letters of the names of operations.
REMARKS: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "glue": (
        (
            (
                "GetTable",
                "GetDatabase",
                "GetPartition",
                "CreateTable",
                "CreateDatabase",
                "UpdateTable",
                "UpdateDatabase",
                "DeleteTable",
                "DeleteDatabase",
                "BatchGet",
                "BatchCreatePartition",
                "BatchDelete",
                "SearchTables",
                "CreatePartition",
            ),
            LAKE_FORMATION,
        ),
    ),
    "athena": ((("StartQueryExecution", "CreatePreparedStatement"), LAKE_FORMATION),),
    "cloudformation": (
        (("CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet"), STACK_RESOURCES),
    ),
    "dynamodb": (
        (
            (
                "BatchExecuteStatement",
                "BatchGetItem",
                "BatchWriteItem",
                "DeleteItem",
                "ExecuteStatement",
                "ExecuteTransaction",
                "GetItem",
                "PutItem",
                "Query",
                "Scan",
                "TransactGetItems",
                "TransactWriteItems",
                "UpdateItem",
            ),
            _key_of("table", "kms:Decrypt is", TABLE_KEY),
        ),
    ),
    "kinesis": (
        (("PutRecord",), _key_of("stream", "kms:GenerateDataKey is", STREAM_KEY)),
        (("GetRecords", "SubscribeToShard"), _key_of("stream", "kms:Decrypt is", STREAM_KEY)),
    ),
    "resourcegroupstaggingapi": ((("TagResources", "UntagResources"), TAGGED_THERE),),
    "sns": ((("Publish",), _key_of("topic", BOTH, TOPIC_KEY)),),
    "sqs": (
        (("SendMessage",), _key_of("queue", BOTH, QUEUE_KEY)),
        (("ReceiveMessage",), _key_of("queue", "kms:Decrypt is", QUEUE_KEY)),
    ),
}

# Calls that no policy of IAM controls: https://docs.aws.amazon.com/cognito/latest/developerguide/
# authentication-flows-public-server-side.html and the operations' own pages.
UNSIGNED = {
    "cognito-idp": (
        "signed by no credentials of AWS: no policy of IAM applies",
        frozenset(
            {
                "AssociateSoftwareToken",
                "ChangePassword",
                "CompleteWebAuthnRegistration",
                "ConfirmDevice",
                "ConfirmForgotPassword",
                "ConfirmSignUp",
                "DeleteUser",
                "DeleteUserAttributes",
                "DeleteWebAuthnCredential",
                "ForgetDevice",
                "ForgotPassword",
                "GetDevice",
                "GetTokensFromRefreshToken",
                "GetUser",
                "GetUserAttributeVerificationCode",
                "GetUserAuthFactors",
                "GlobalSignOut",
                "InitiateAuth",
                "ListDevices",
                "ListWebAuthnCredentials",
                "ResendConfirmationCode",
                "RespondToAuthChallenge",
                "RevokeToken",
                "SetUserMFAPreference",
                "SetUserSettings",
                "SignUp",
                "StartWebAuthnRegistration",
                "UpdateAuthEventFeedback",
                "UpdateDeviceStatus",
                "UpdateUserAttributes",
                "VerifySoftwareToken",
                "VerifyUserAttribute",
            }
        ),
    ),
    "cognito-identity": (
        "signed by no credentials of AWS: no policy of IAM applies",
        frozenset({"GetId", "GetCredentialsForIdentity", "GetOpenIdToken", "UnlinkIdentity"}),
    ),
    "sso": (
        "authorized by a token of the access portal: no policy of IAM applies",
        frozenset({"GetRoleCredentials", "ListAccountRoles", "ListAccounts", "Logout"}),
    ),
    "sso-oidc": (
        "authorized by a client or device code: no policy of IAM applies",
        frozenset({"CreateToken", "RegisterClient", "StartDeviceAuthorization"}),
    ),
    "sts": (
        "needs no permission, and no policy can deny it",
        frozenset({"GetCallerIdentity", "GetSessionToken"}),
    ),
    "connectparticipant": (
        "authorized by a participant's token: no policy of IAM applies",
        frozenset(
            {
                "CancelParticipantAuthentication",
                "CompleteAttachmentUpload",
                "CreateParticipantConnection",
                "DescribeView",
                "DisconnectParticipant",
                "GetAttachment",
                "GetAuthenticationUrl",
                "GetTranscript",
                "SendEvent",
                "SendMessage",
                "StartAttachmentUpload",
            }
        ),
    ),
}


def not_asked(service: str, operation: str) -> str | None:
    """Say why an operation asks nothing of IAM; None where it asks."""
    reason, operations = UNSIGNED.get(service, ("", frozenset()))
    if operation not in operations:
        return None
    return (
        f"`{service}:{operation}` is {reason}"
        if not reason.startswith("needs")
        else (f"`{service}:{operation}` {reason}")
    )
