"""What AWS's services answer to a denied call: the code of the error, its message and status.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, and the pages of
common errors of the services' API references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.report.message import denied_message

if TYPE_CHECKING:
    from iamsim.testing.decided_calls import MadeCall

# Services whose code is not that of their protocol.
CODES = {
    "ec2": "UnauthorizedOperation",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "redshift": "UnauthorizedOperation",
    "elasticache": "AccessDenied",
    "simpledb": "AuthorizationFailure",
    "sdb": "AuthorizationFailure",
    "swf": "AccessDeniedException",
    "iot-data": "ForbiddenException",
    "execute-api": "ForbiddenException",
    "cloudsearch": "AccessDenied",
}
# By protocol: JSON says `Exception`, query and XML do not.
BY_PROTOCOL = {
    "json": "AccessDeniedException",
    "rest-json": "AccessDeniedException",
    "smithy-rpc-v2-cbor": "AccessDeniedException",
    "query": "AccessDenied",
    "rest-xml": "AccessDenied",
    "ec2": "UnauthorizedOperation",
}
FORBIDDEN = 403
# "AccessDeniedException ... HTTP Status Code: 400" in the lists of common errors of services that
# speak JSON: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
BAD_REQUEST = 400
# Answers to HEAD have no body: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
HEADS = frozenset({"HeadObject", "HeadBucket"})


def code_of(service: str, protocol: str, operation: str) -> str:
    """The code of the error that a service answers to a denied call."""
    if service == "s3" and operation in HEADS:
        return "403"
    return CODES.get(service) or BY_PROTOCOL.get(protocol, "AccessDeniedException")


def status_of(model: Any, code: str) -> int:  # noqa: ANN401 - botocore's ServiceModel
    """The status of HTTP that comes with a code: the model's, or that of the protocol."""
    shape = model.shape_for_error_code(code)
    modeled = None if shape is None else shape.metadata.get("error", {}).get("httpStatusCode")
    if modeled is not None:
        return int(modeled)
    speaks_json = model.metadata.get("protocol") == "json" and code == BY_PROTOCOL["json"]
    return BAD_REQUEST if speaks_json else FORBIDDEN


def error_of(
    model: Any,  # noqa: ANN401 - botocore's ServiceModel
    operation: str,
    made: MadeCall,
) -> dict[str, Any]:
    """Make what botocore would have parsed from the answer, with our explanation beside it.

    `made` is a call that was denied.
    """
    service, protocol = model.service_name, model.metadata.get("protocol", "")
    code = code_of(service, protocol, operation)
    message = denied_message(made.denial._inner) if made.denial is not None else None  # noqa: SLF001 - what reports read
    message = message or "Access Denied"
    if code == "403":
        message = "Forbidden"
    elif service == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {
            "HTTPStatusCode": status_of(model, code),
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        },
        "iamsim": {"explanation": made.explanation},
    }
    if protocol in ("json", "rest-json"):
        response["message"] = message
    return response
