"""When S3 calls a bucket policy public (semantics R7.18)."""

import ipaddress
from typing import Any

from tests.oracle.conditions import NEGATED, network, parse_operator
from tests.oracle.text import as_list, scalar

LIMITING_KEYS = {
    "aws:principalorgid",
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalarn",
    "aws:principalaccount",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
}


def is_fixed(key: str, base: str, value: str, substitute: bool, of_point: bool = False) -> bool:
    """Say whether one condition value pins the key down. In the policy of an access point
    (`of_point`) a pattern of access points does not (R7.19)."""
    if base == "ipaddress":
        block = network(value)
        widest = 8 if isinstance(block, ipaddress.IPv4Network) else 32
        return key == "aws:sourceip" and block is not None and block.prefixlen >= widest
    if substitute and "${" in value:
        return False
    if base in ("stringequals", "stringequalsignorecase"):
        return True
    if base in ("stringlike", "arnlike", "arnequals"):
        if key == "s3:dataaccesspointarn" and value.count(":") == 5 and not of_point:
            value = value.rpartition(":")[0]
        return "*" not in value and "?" not in value
    return False


def is_limited(statement: dict[str, Any], of_point: bool = False) -> bool:
    """Say whether a condition limits the statement to fixed callers or places."""
    for operator, keys in statement["condition"].items():
        parsed = parse_operator(operator)
        if parsed is None or parsed[0] == "forallvalues" or parsed[2] or parsed[1] in NEGATED:
            continue
        for key, of in keys.items():
            values = [scalar(value) for value in as_list(of)]
            substitute = statement["substitute"]
            fixed = [is_fixed(key.lower(), parsed[1], v, substitute, of_point) for v in values]
            if key.lower() in LIMITING_KEYS and fixed and all(fixed):
                return True
    return False


def is_open(principals: Any) -> bool:
    """Say whether the principals are everybody, or people of an identity provider (R19.8)."""
    listed = as_list(principals)
    return ("AWS", "*") in listed or any(kind == "Federated" for kind, _ in listed)


def is_public(statements: list[dict[str, Any]], of_point: bool = False) -> bool:
    """Say whether some Allow statement is open to everybody."""
    return any(
        statement["effect"] == "Allow"
        and not statement["void"]
        and (statement["spared"] is not None or is_open(statement["principals"]))
        and not is_limited(statement, of_point)
        for statement in statements
    )
