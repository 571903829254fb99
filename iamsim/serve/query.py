"""The query protocol of IAM and STS: parameters of a form in, XML out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from iamsim.serve.errors import ServiceError, validation_error

if TYPE_CHECKING:
    from iamsim.serve.model import Operation, Service, Shape

MOST_FIELDS = 20_000
_escaped = re.compile(r"[&<>\"']").sub
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
# Characters that XML 1.0 has no way to write.
_unwritable = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").sub

Json = dict[str, object]


def read_form(body: str) -> dict[str, str]:
    """The fields of a form; raises `ServiceError` for what is none."""
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise ServiceError("MalformedQueryString", "The query string is malformed") from error
    return dict(pairs)


def read_parameters(service: Service, shape_name: str | None, form: Mapping[str, str]) -> Json:
    """The parameters of an operation: ``A.member.1.B`` is the member B of the first of A."""
    if shape_name is None:
        return {}
    tree: Json = {}
    for name, text in form.items():
        place = tree
        *before, last = name.split(".")
        for step in before:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                raise validation_error(f"The parameter {name} is malformed")
            place = inner
        place[last] = text
    value = _value(service, service.shapes[shape_name], tree, "")
    return value if isinstance(value, dict) else {}


def _value(service: Service, shape: Shape, given: object, where: str) -> object:
    """What a part of the form says, by its shape."""
    match shape.type:
        case "structure" if isinstance(given, dict):
            return {
                name: _value(service, service.shapes[member.shape], given[member.wire], name)
                for name, member in shape.members.items()
                if member.wire in given
            }
        case "list":
            if given == "":
                return []
            items = given.get("member") if isinstance(given, dict) else None
            if not isinstance(items, dict) or not all(map(str.isdecimal, items)):
                raise validation_error(f"The parameter {where} is malformed")
            inner = service.shapes[shape.member]
            return [_value(service, inner, items[key], where) for key in sorted(items, key=int)]
        case "integer" if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,18}", given):
            return int(given)
        case "boolean" if given in ("true", "false"):
            return given == "true"
        case _ if isinstance(given, str) and shape.type not in ("integer", "boolean"):
            return given
    raise validation_error(f"The parameter {where} is malformed")


def write_result(service: Service, operation: Operation, result: Json, request_id: str) -> str:
    """The body of a response."""
    name = operation.name
    inner = ""
    if operation.wrapper is not None and operation.output is not None:
        shape = service.shapes[operation.output]
        inner = _element(service, shape, operation.wrapper, result)
    return (
        f'<{name}Response xmlns="{service.namespace}">{inner}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{name}Response>"
    )


def write_error(namespace: str, error: ServiceError, request_id: str) -> str:
    """The body of an error."""
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type>'
        f"<Code>{_text(error.code)}</Code><Message>{_text(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _element(service: Service, shape: Shape, name: str, value: object) -> str:
    match shape.type:
        case "structure" if isinstance(value, dict):
            inner = "".join(
                _element(service, service.shapes[member.shape], member.wire, value[piece])
                for piece, member in shape.members.items()
                if value.get(piece) is not None
            )
        case "list" if isinstance(value, list | tuple):
            member = service.shapes[shape.member]
            inner = "".join(_element(service, member, "member", entry) for entry in value)
        case "map" if isinstance(value, dict):
            key, of = service.shapes[shape.key], service.shapes[shape.value]
            inner = "".join(
                f"<entry>{_element(service, key, 'key', entry)}"
                f"{_element(service, of, 'value', value[entry])}</entry>"
                for entry in value
            )
        case "blob" if isinstance(value, bytes):
            inner = b64encode(value).decode()
        case "boolean":
            inner = "true" if value else "false"
        case _:
            inner = _text(str(value))
    return f"<{name}>{inner}</{name}>"


def _text(text: str) -> str:
    return _escaped(lambda found: _ENTITIES[found[0]], _unwritable("\ufffd", text))
