"""Whether the parameters of a request keep the limits of their shapes, in AWS's words.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (ValidationError)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.serve.model import Service, Shape

Fault = tuple[str, str, str]  # where, what stands there, the constraint


def faults_text(faults: list[Fault]) -> str:
    """All faults in one sentence, as AWS's services write it."""
    number = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
    told = (
        f"Value {shown} at '{where}' failed to satisfy constraint: {constraint}"
        for where, shown, constraint in faults
    )
    return f"{number}: {'; '.join(told)}"


def find_faults(service: Service, shape_name: str, value: object, where: str = "") -> list[Fault]:
    """Everything in a value that its shape forbids."""
    return list(_faults(service, service.shapes[shape_name], value, where))


def _faults(service: Service, shape: Shape, value: object, where: str) -> Iterator[Fault]:
    match shape.type:
        case "structure":
            yield from _structure_faults(service, shape, value, where)
        case "list":
            items = value if isinstance(value, list) else []
            if not isinstance(value, list):
                yield where, _shown(value), "Member must be a list"
            yield from _length(shape, len(items), where, value)
            for number, item in enumerate(items, 1):
                inner = service.shapes[shape.member]
                yield from _faults(service, inner, item, f"{where}.{number}.member")
        case "map":
            for name, item in value.items() if isinstance(value, dict) else ():
                yield from _faults(service, service.shapes[shape.value], item, f"{where}.{name}")
        case "string":
            yield from _text_faults(shape, value, where)
        case "integer":
            yield from _number_faults(shape, value, where)
        case "boolean" if not isinstance(value, bool):
            yield where, _shown(value), "Member must be a boolean"


def _structure_faults(service: Service, shape: Shape, value: object, where: str) -> Iterator[Fault]:
    given: Mapping[str, object] = value if isinstance(value, dict) else {}
    if not isinstance(value, dict):
        yield where, _shown(value), "Member must be a structure"
    for name in shape.required:
        if given.get(name) is None:
            yield _within(where, name), "null", "Member must not be null"
    for name, member in shape.members.items():
        if given.get(name) is not None:
            inner = service.shapes[member.shape]
            yield from _faults(service, inner, given[name], _within(where, name))


def _text_faults(shape: Shape, value: object, where: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield where, _shown(value), "Member must be a string"
        return
    yield from _length(shape, len(value), where, value)
    if shape.enum and value not in shape.enum:
        known = ", ".join(shape.enum)
        yield where, _shown(value), f"Member must satisfy enum value set: [{known}]"
    if shape.pattern is not None and not _fits(shape.pattern, value):
        constraint = f"Member must satisfy regular expression pattern: {shape.pattern}"
        yield where, _shown(value), constraint


def _number_faults(shape: Shape, value: object, where: str) -> Iterator[Fault]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield where, _shown(value), "Member must be an integer"
        return
    if shape.least is not None and value < shape.least:
        constraint = f"Member must have value greater than or equal to {shape.least}"
        yield where, _shown(value), constraint
    if shape.most is not None and value > shape.most:
        yield where, _shown(value), f"Member must have value less than or equal to {shape.most}"


def _length(shape: Shape, length: int, where: str, value: object) -> Iterator[Fault]:
    if shape.least is not None and length < shape.least:
        constraint = f"Member must have length greater than or equal to {shape.least}"
        yield where, _shown(value), constraint
    if shape.most is not None and length > shape.most:
        yield where, _shown(value), f"Member must have length less than or equal to {shape.most}"


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Java's patterns, as far as Python reads them."""
    text = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: re.escape(chr(int(found[1], 16))), pattern)
    try:
        return re.compile(text.replace("\\p{L}", "\\w").replace("\\p{Z}", "\\s"))
    except re.error:
        return None


def _fits(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


def _within(where: str, name: str) -> str:
    """AWS names members as its own programs do: with a small letter first."""
    small = name[:1].lower() + name[1:]
    return f"{where}.{small}" if where else small


def _shown(value: object) -> str:
    """What stands there; long texts are cut."""
    most = 200
    text = str(value)
    return f"'{text if len(text) <= most else text[:most] + '...'}'"
