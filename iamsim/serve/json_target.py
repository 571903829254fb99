"""The JSON protocol of AWS Organizations: the operation in a header, JSON in, JSON out.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.serve.errors import NOT_IMPLEMENTED, ServiceError

if TYPE_CHECKING:
    from iamsim.serve.checking import Fault
    from iamsim.serve.model import Operation, Service

CONTENT_TYPE = "application/x-amz-json-1.1"
# What AWS says of a parameter, by the words of the constraint that it breaks.
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListChildren.html#API_ListChildren_Errors
REASONS = {
    "Member must not be null": "INPUT_REQUIRED",
    "Member must satisfy enum": "INVALID_ENUM",
    "Member must satisfy regular": "INVALID_PATTERN",
    "Member must have length less": "MAX_LENGTH_EXCEEDED",
    "Member must have length greater": "MIN_LENGTH_EXCEEDED",
    "Member must have value less": "MAX_VALUE_EXCEEDED",
    "Member must have value greater": "MIN_VALUE_EXCEEDED",
}

Json = dict[str, object]


def find_operation(services: Iterable[Service], target: str) -> tuple[Service, Operation]:
    """The operation of a header; raises `ServiceError` for one that AWS or we do not have."""
    prefix, _, name = target.rpartition(".")
    service = next(
        (service for service in services if service.target and service.target == prefix), None
    )
    if service is not None and name in service.operations:
        return service, service.operations[name]
    if service is not None and name in service.others:
        message = f"iamsim: {name} is not answered offline"
        raise ServiceError("NotImplemented", message, NOT_IMPLEMENTED)
    raise ServiceError("UnknownOperationException", f"iamsim: {target} is not served")


def read_parameters(service: Service, operation: Operation, body: bytes) -> Json:
    """The parameters of an operation, those that its shape has; raises `ServiceError` for what is
    no JSON."""
    content: object = {}
    if body.strip():
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ServiceError("SerializationException", "The body is no JSON") from error
    if not isinstance(content, dict):
        raise ServiceError("SerializationException", "The body must be an object")
    shape = service.shapes[operation.input] if operation.input is not None else None
    members = shape.members if shape is not None else {}
    return {
        name: content[member.wire]
        for name, member in members.items()
        if content.get(member.wire) is not None
    }


def fault_error(message: str, faults: list[Fault]) -> ServiceError:
    """Say what is wrong with parameters, with AWS's reason of the first of them."""
    constraint = faults[0][2]
    reason = next((value for words, value in REASONS.items() if constraint.startswith(words)), None)
    if reason is None:
        return ServiceError("SerializationException", message)
    return ServiceError("InvalidInputException", message, facts={"Reason": reason})


def write_error(error: ServiceError) -> str:
    """The body of an error, with its code in it."""
    return json.dumps({"__type": error.code, "Message": error.message, **error.facts})
