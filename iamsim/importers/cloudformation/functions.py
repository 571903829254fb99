"""CloudFormation's intrinsic functions that need no stack: text, lists and comparisons.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html.
Each takes its evaluated argument; what can't be computed is an `Unknown`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from ipaddress import ip_network
from itertools import islice

from iamsim.importers.unknown import Unknown, find_unknown

MAX_SUBNETS = 256
PAIR = 2
CIDR_ARGUMENTS = (2, 3)


def as_text(value: object) -> str | None:
    """Give a scalar as CloudFormation writes it in text; `None` for lists, maps and nulls."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else None


def call_plain(name: str, argument: object) -> object:
    """Compute a function of `PLAIN_FUNCTIONS`; unknown parts and wrong forms give `Unknown`."""
    if isinstance(argument, Unknown):
        return argument
    unknown = find_unknown(argument)
    if unknown is not None and name not in ("Fn::Select", "Fn::Split"):
        return unknown
    found = PLAIN_FUNCTIONS[name](argument)
    return Unknown(f"`{name}` with arguments that it does not take") if found is None else found


def _join(argument: object) -> object:
    """Join texts with a delimiter."""
    delimiter, parts = _pair(argument)
    if not isinstance(delimiter, str) or not isinstance(parts, list):
        return None
    texts = [as_text(part) for part in parts]
    return None if None in texts else delimiter.join(text for text in texts if text is not None)


def _split(argument: object) -> object:
    """Split a text at a delimiter."""
    delimiter, text = _pair(argument)
    unknown = find_unknown(text)
    if unknown is not None:
        return unknown
    if not isinstance(delimiter, str) or not delimiter or not isinstance(text, str):
        return None
    return text.split(delimiter)


def _select(argument: object) -> object:
    """Give one item of a list; the others may be unknown."""
    index, items = _pair(argument)
    number = as_text(index)
    if isinstance(items, Unknown):
        return items
    if number is None or not number.isdigit() or not isinstance(items, list):
        return find_unknown(index)
    return items[int(number)] if int(number) < len(items) else None


def _base64(argument: object) -> object:
    text = as_text(argument)
    return None if text is None else base64.b64encode(text.encode()).decode()


def _cidr(argument: object) -> object:
    """Cut a block of addresses into smaller ones of 2 to the power of `bits` addresses."""
    if not isinstance(argument, list) or len(argument) not in CIDR_ARGUMENTS:
        return None
    texts = [as_text(part) for part in argument]
    block, count, bits = [*texts, "8"][:3]
    if block is None or not count or not bits or not count.isdigit() or not bits.isdigit():
        return None
    try:
        network = ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        return [str(subnet) for subnet in islice(subnets, min(int(count), MAX_SUBNETS))]
    except ValueError:
        return None


def _length(argument: object) -> object:
    """Count the items of a list."""
    return len(argument) if isinstance(argument, list) else None


def _to_json_string(argument: object) -> object:
    """Write a map or a list as JSON."""
    if not isinstance(argument, dict | list):
        return None
    return json.dumps(argument, separators=(",", ":"), ensure_ascii=False)


def _equals(argument: object) -> object:
    """Compare two values; scalars are compared as text."""
    if not isinstance(argument, list) or len(argument) != PAIR:
        return None
    first, second = argument
    return _comparable(first) == _comparable(second)


def _comparable(value: object) -> object:
    text = as_text(value)
    return value if text is None else text


def _pair(argument: object) -> tuple[object, object]:
    """Give the two parts of an argument; what has not two gives `None` for both."""
    if isinstance(argument, list) and len(argument) == PAIR:
        return argument[0], argument[1]
    return None, None


PLAIN_FUNCTIONS: dict[str, Callable[[object], object]] = {
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Equals": _equals,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::ToJsonString": _to_json_string,
}
