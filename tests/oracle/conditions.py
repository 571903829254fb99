"""Condition blocks (semantics 8): operators, set operators, IfExists, Null and absent keys."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.text import (
    Context,
    arn_condition_matches,
    as_list,
    glob,
    plain,
    resolve,
    scalar,
)

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda request, policy: request == policy,
    "lessthan": lambda request, policy: request < policy,
    "lessthanequals": lambda request, policy: request <= policy,
    "greaterthan": lambda request, policy: request > policy,
    "greaterthanequals": lambda request, policy: request >= policy,
}
POSITIVE = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
POSITIVE |= {"bool", "binaryequals", "ipaddress"}
POSITIVE |= {kind + order for kind in ("numeric", "date") for order in ORDERS}
NEGATED = {  # each negated operator, and the positive one whose answer it turns round
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
}
DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (all times here are UTC)


def parse_operator(operator: str) -> tuple[str, str, bool] | None:
    """Take an operator apart: (set operator or "", base name, IfExists); None if unknown."""
    name = operator.lower()
    quantifier = ""
    for prefix in ("foranyvalue:", "forallvalues:"):
        if name.startswith(prefix):
            quantifier, name = prefix[:-1], name.removeprefix(prefix)
    if name == "null":
        return quantifier, "null", False
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    known = name in POSITIVE or name in NEGATED
    return (quantifier, name, if_exists) if known else None


def number(text: str) -> Fraction | None:
    """Read an integer or decimal; None for anything else."""
    return Fraction(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else None


def moment(text: str) -> Fraction | None:
    """Read a date (R8.16) as seconds since 1970; None for anything else."""
    found = DATE.fullmatch(text)
    if found is None:
        return Fraction(text) if re.fullmatch(r"-?[0-9]+", text) else None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        start = datetime(int(year), int(month or 1), int(day or 1))  # noqa: DTZ001
        start = start.replace(hour=int(hour or 0), minute=int(minute or 0), second=int(second or 0))
    except ValueError:
        return None
    seconds = Fraction((start - EPOCH) // timedelta(seconds=1)) + Fraction(fraction or 0)
    if zone not in (None, "Z"):
        shift = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds += shift if zone[0] == "-" else -shift
    return seconds


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Read an address or a CIDR block, host bits masked; None for anything else."""
    _, slash, prefix = text.partition("/")
    if slash and not re.fullmatch(r"[0-9]+", prefix):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def in_network(value: str, policy: str) -> bool:
    """Say whether the request's address lies in the policy's block."""
    block = network(policy)
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return block is not None and address.version == block.version and address in block


def same_bytes(value: str, policy: str) -> bool:
    """Compare two base64 texts by the bytes they stand for."""
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(policy, validate=True)
    except (binascii.Error, ValueError):
        return False


def matches_value(
    base: str, policy: str, value: str, context: Context, substitute: bool
) -> bool | None:
    """Compare a request value with a policy value; None if the latter can't be read."""
    for kind, read in (("numeric", number), ("date", moment)):
        if base.startswith(kind):
            ours, theirs = read(policy), read(value)
            if ours is None:
                return None
            return theirs is not None and ORDERS[base.removeprefix(kind)](theirs, ours)
    if base == "ipaddress":
        if network(policy) is None:
            return None
        return in_network(value, policy)
    if base == "binaryequals":
        return same_bytes(value, policy)
    pairs = resolve(policy, context, substitute)
    if pairs is None:
        return False
    if base == "bool":
        return plain(pairs).lower() == value.lower() and value.lower() in ("true", "false")
    if base == "stringequals":
        return plain(pairs) == value
    if base == "stringequalsignorecase":
        return plain(pairs).lower() == value.lower()
    if base == "stringlike":
        return glob(pairs, value)
    return arn_condition_matches(pairs, value)


def satisfies(
    base: str, policies: list[str], value: str, context: Context, substitute: bool
) -> bool:
    """Say whether a request value fits the operator: fits one value, or none if negated."""
    positive = NEGATED.get(base, base)
    answers = [matches_value(positive, policy, value, context, substitute) for policy in policies]
    if base in NEGATED:
        return all(answer is False for answer in answers)
    return any(answer is True for answer in answers)


def entry_holds(
    operator: str,
    key: str,
    policies: list[str],
    context: Context,
    substitute: bool,
    effect: str = "Allow",
) -> bool:
    """Evaluate one key under one operator, in a statement with an effect."""
    parsed = parse_operator(operator)
    if parsed is None:
        message = f"unknown operator `{operator}`"
        raise ValueError(message)
    quantifier, base, if_exists = parsed
    given = context.get(key.lower())
    values = [scalar(value) for value in as_list(given)]
    only_empty = values != [] and set(values) == {""}
    if base == "null" and quantifier:
        return quantifier == "forallvalues"  # R19.1
    if not policies and not if_exists and quantifier != "forallvalues":
        # R19.2: never, or true though the statement gives no permissions.
        return quantifier == "" and effect == "Deny"
    if base == "null":
        absent = not values or (only_empty and isinstance(given, list))
        return ("true" if absent else "false") in [policy.lower() for policy in policies]
    if not values:  # the table of 8.2
        if if_exists or quantifier == "forallvalues":
            return True
        return quantifier == "" and base in NEGATED
    if not policies:  # R19.2: if only the request has no value
        return quantifier == "forallvalues" and only_empty
    answers = [satisfies(base, policies, value, context, substitute) for value in values]
    if quantifier == "forallvalues":
        return only_empty or all(answers)
    if quantifier == "foranyvalue":
        return any(answers)
    return len(values) == 1 and answers[0]


def condition_holds(
    condition: dict[str, Any], context: Context, substitute: bool, effect: str = "Allow"
) -> bool:
    """Evaluate a whole Condition block: every key under every operator must hold."""
    return all(
        entry_holds(operator, key, [scalar(v) for v in as_list(of)], context, substitute, effect)
        for operator, keys in condition.items()
        for key, of in keys.items()
    )
