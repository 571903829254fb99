"""The REST protocol of Access Analyzer: paths, query strings and JSON in, JSON out.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from iamsim.serve.errors import ServiceError

if TYPE_CHECKING:
    from iamsim.serve.model import Operation, Service, Shape

Json = dict[str, object]


@lru_cache(maxsize=256)
def _pattern(uri: str) -> re.Pattern[str]:
    """The paths that a template of a path means."""
    parts = re.split(r"\{(\w+)\+?\}", uri)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
    )


def find_operation(service: Service, method: str, path: str) -> tuple[Operation, Json] | None:
    """The operation of a method and path, with the members that the path holds."""
    for operation in service.operations.values():
        match = _pattern(operation.uri).fullmatch(path) if method == operation.method else None
        if match is not None:
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def read_parameters(
    service: Service, operation: Operation, path: Json, query: str, body: bytes
) -> Json:
    """The parameters of an operation: from its path, its query string and its body."""
    content: object = {}
    if body.strip():
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _invalid("Invalid request body", "cannotParse") from error
    if not isinstance(content, dict):
        raise _invalid("Invalid request body", "cannotParse")
    asked = parse_qs(query, keep_blank_values=True)
    shape = service.shapes[operation.input] if operation.input is not None else None
    parameters: Json = {}
    for name, member in shape.members.items() if shape is not None else ():
        if member.location == "uri" and member.wire in path:
            parameters[name] = path[member.wire]
        elif member.location == "querystring" and member.wire in asked:
            parameters[name] = _scalar(service.shapes[member.shape], asked[member.wire][-1])
        elif not member.location and content.get(member.wire) is not None:
            parameters[name] = content[member.wire]
    return parameters


def _scalar(shape: Shape, text: str) -> object:
    """What a query string says; what does not fit is refused by the check of the shapes."""
    if shape.type == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    if shape.type == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _invalid(message: str, reason: str) -> ServiceError:
    return ServiceError("ValidationException", message, facts={"reason": reason})


def write_result(service: Service, operation: Operation, result: Json) -> str:
    """The body of a response: what the shape knows, and no more."""
    if operation.output is None:
        return "{}"
    return json.dumps(_known(service, service.shapes[operation.output], result))


def write_error(error: ServiceError) -> str:
    """The body of an error; its code stands in a header, and for the JSON protocols in the body."""
    return json.dumps({"__type": error.code, "message": error.message, **error.facts})


def _known(service: Service, shape: Shape, value: object) -> object:
    match shape.type:
        case "structure" if isinstance(value, dict):
            return {
                member.wire: _known(service, service.shapes[member.shape], value[name])
                for name, member in shape.members.items()
                if value.get(name) is not None
            }
        case "list" if isinstance(value, list | tuple):
            return [_known(service, service.shapes[shape.member], entry) for entry in value]
        case "map" if isinstance(value, dict):
            inner = service.shapes[shape.value]
            return {name: _known(service, inner, piece) for name, piece in value.items()}
    return value
