"""From a request of HTTP to the operation that it asks, and back to a response.

A form with an `Action` is the query protocol, and its `Version` says of which service; a header
`X-Amz-Target` is the JSON protocol; everything else is looked up by method and path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from iamsim.core.errors import IamsimError
from iamsim.serve import (
    analyzers,
    iam_account,
    iam_entities,
    json_target,
    last_accessed,
    organizations,
    policy_checks,
    query,
    rest,
    simulator,
    sts,
)
from iamsim.serve.call import Call, Json
from iamsim.serve.checking import faults_text, find_faults
from iamsim.serve.errors import NOT_FOUND, NOT_IMPLEMENTED, ServiceError, validation_error
from iamsim.serve.model import Operation, Service, services

if TYPE_CHECKING:
    from iamsim.serve.estate import Estate


OPERATIONS: dict[str, dict[str, Callable[[Call], Json]]] = {
    "iam": iam_entities.OPERATIONS
    | iam_account.OPERATIONS
    | last_accessed.OPERATIONS
    | simulator.OPERATIONS,
    "sts": sts.OPERATIONS,
    "accessanalyzer": policy_checks.OPERATIONS | analyzers.OPERATIONS,
    "organizations": organizations.OPERATIONS,
}
DEFAULT_REGION = "us-east-1"
TARGET = "x-amz-target"
MANAGED_BY_ONE = "organizations"  # whose callers are mostly in the management account
OK, FAILED = 200, 500
_credential = re.compile(r"Credential=([^/,\s]+)/[0-9]{8}/([a-z0-9-]+)/([a-z0-9-]+)/").search


class Request(NamedTuple):
    """A request: header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    """A response, with the headers that it has besides those of every response."""

    status: int
    type: str
    body: str
    headers: dict[str, str]


class Caller(NamedTuple):
    """Who signed: the key, the Region and the service of the signature, where there is one."""

    key: str | None = None
    region: str = DEFAULT_REGION
    service: str | None = None


def respond(estate: Estate, request: Request) -> Response:
    """Answer a request; what goes wrong is an answer too."""
    request_id = str(uuid4())
    signed = _credential(request.headers.get("authorization", ""))
    caller = Caller(*signed.groups()) if signed is not None else Caller()
    form = _form(request)
    if form is not None:
        return _query_response(estate, form, caller, request_id)
    if TARGET in request.headers:
        return _json_response(estate, request, caller, request_id)
    return _rest_response(estate, request, caller, request_id)


def _form(request: Request) -> dict[str, str] | None:
    """The form of a request of the query protocol."""
    if request.path != "/" or TARGET in request.headers:
        return None
    if request.method == "GET":
        return query.read_form(request.query) if "Action=" in request.query else None
    kind = request.headers.get("content-type", "")
    if request.method == "POST" and kind.startswith("application/x-www-form-urlencoded"):
        return query.read_form(request.body.decode("utf-8", "replace"))
    return None


def _query_response(
    estate: Estate, form: dict[str, str], caller: Caller, request_id: str
) -> Response:
    headers = {"x-amzn-RequestId": request_id}
    served = {
        service.version: service for service in services().values() if service.protocol == "query"
    }
    service = served.get(form.get("Version", ""))
    try:
        service, operation = _find(service, form)
        parameters = query.read_parameters(service, operation.input, form)
        _check(service, operation, parameters)
        result, notes = _answer(estate, service, operation, parameters, caller)
        body = query.write_result(service, operation, result, request_id)
        return Response(OK, "text/xml", body, headers | notes)
    except ServiceError as error:
        namespace = service.namespace if service is not None else ""
        body = query.write_error(namespace, error, request_id)
        return Response(error.status, "text/xml", body, headers)


def _find(service: Service | None, form: dict[str, str]) -> tuple[Service, Operation]:
    """The operation of a form; raises `ServiceError` for one that AWS or we do not have."""
    name, version = form.get("Action", ""), form.get("Version")
    if service is None:
        raise ServiceError("InvalidAction", f"iamsim: no service of version {version} is served")
    operation = service.operations.get(name)
    if operation is not None:
        return service, operation
    if name in service.others:
        raise ServiceError(
            "NotImplemented", f"iamsim: {name} is not answered offline", NOT_IMPLEMENTED
        )
    raise ServiceError("InvalidAction", f"Could not find operation {name} for version {version}")


def _check(service: Service, operation: Operation, parameters: Json) -> None:
    """Refuse parameters that break the limits of their shapes, as the service does."""
    if operation.input is None:
        return
    faults = find_faults(service, operation.input, parameters)
    if faults and service.protocol == "query":
        raise validation_error(faults_text(faults))
    if faults and service.protocol == "json":
        raise json_target.fault_error(faults_text(faults), faults)
    if faults:
        fields = [{"name": where, "message": said} for where, _, said in faults]
        facts: Json = {"reason": "fieldValidationFailed", "fieldList": fields}
        raise ServiceError("ValidationException", faults_text(faults), facts=facts)


def _json_response(estate: Estate, request: Request, caller: Caller, request_id: str) -> Response:
    """Answer in JSON, as the header says what is asked."""
    headers = {"x-amzn-RequestId": request_id}
    try:
        target = request.headers[TARGET]
        service, operation = json_target.find_operation(services().values(), target)
        parameters = json_target.read_parameters(service, operation, request.body)
        _check(service, operation, parameters)
        result, notes = _answer(estate, service, operation, parameters, caller)
        body = rest.write_result(service, operation, result)
        return Response(OK, json_target.CONTENT_TYPE, body, headers | notes)
    except ServiceError as error:
        body = json_target.write_error(error)
        return Response(error.status, json_target.CONTENT_TYPE, body, headers)


def _rest_response(estate: Estate, request: Request, caller: Caller, request_id: str) -> Response:
    """Answer in JSON, as the address says what is asked."""
    headers = {"x-amzn-RequestId": request_id}
    service = services()["accessanalyzer"]
    try:
        operation, path = _find_by_path(service, request, caller)
        parameters = rest.read_parameters(service, operation, path, request.query, request.body)
        _check(service, operation, parameters)
        result, notes = _answer(estate, service, operation, parameters, caller)
        body = rest.write_result(service, operation, result)
        return Response(OK, "application/json", body, headers | notes)
    except ServiceError as error:
        headers["x-amzn-ErrorType"] = error.code
        return Response(error.status, "application/json", rest.write_error(error), headers)


def _find_by_path(service: Service, request: Request, caller: Caller) -> tuple[Operation, Json]:
    """The operation of an address; raises `ServiceError` where nothing is served there."""
    found = rest.find_operation(service, request.method, request.path)
    if found is not None and caller.service in (None, service.signing_name):
        return found
    served = [service.signing_name for service in services().values()]
    if caller.service is not None and caller.service not in served:
        message = f"iamsim: the service {caller.service} is not served"
        raise ServiceError("NotImplemented", message, NOT_IMPLEMENTED)
    message = f"iamsim: nothing is served at {request.method} {request.path}"
    raise ServiceError("UnknownOperationException", message, NOT_FOUND)


def _answer(
    estate: Estate, service: Service, operation: Operation, parameters: Json, caller: Caller
) -> tuple[Json, dict[str, str]]:
    """Ask the function of an operation, and say by headers for whom it answered."""
    manages = service.name == MANAGED_BY_ONE
    account, arn, known = estate.caller_of(caller.key, manages=manages)
    call = Call(estate, account, arn, caller.region, operation.name, parameters)
    try:
        result = OPERATIONS[service.name][operation.name](call)
    except IamsimError as error:
        raise ServiceError("ServiceFailure", f"iamsim: {error.message}", FAILED) from error
    notes = {"x-iamsim-account": account.id, **call.notes}
    if not known:
        notes["x-iamsim-caller"] = "assumed: the world does not list the access key"
    if estate.unknowns:
        notes["x-iamsim-world-unknowns"] = str(estate.unknowns)
    return result, notes
