"""Reading the numbers, dates, addresses, booleans and bytes of conditions.

Each reader gives `None` for a text that it can't read; what that means is decided by the
condition. Formats: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
and for dates https://www.w3.org/TR/NOTE-datetime.
"""

from __future__ import annotations

import re
from _socket import AF_INET, AF_INET6, inet_pton
from binascii import Error, a2b_base64
from decimal import Decimal

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
EPOCH = re.compile(r"-?[0-9]+", re.ASCII)
DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?P<fraction>\.[0-9]+)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
    re.ASCII,
)
BITS = {AF_INET: 32, AF_INET6: 128}
LONGEST_ADDRESS = 64

Network = tuple[int, int, int]  # bits of the family, mask, network address


def read_number(text: str) -> Decimal | None:
    """Read an integer or decimal such as ``10``, ``-1`` or ``2.50``; no exponents."""
    return Decimal(text) if NUMBER.fullmatch(text) else None


def read_date(text: str) -> Decimal | None:
    """Read a date as seconds since 1970 UTC: an ISO 8601 form, or the seconds themselves.

    A date without time is its first moment; a time without zone is UTC.
    """
    match = DATE.fullmatch(text)
    if match is None:
        return Decimal(text) if EPOCH.fullmatch(text) else None
    part = match.groupdict()
    year, month, day = int(part["year"]), int(part["month"] or 1), int(part["day"] or 1)
    hour, minute = int(part["hour"] or 0), int(part["minute"] or 0)
    second = int(part["second"] or 0)
    days = _days(year, month, day)
    if days is None or hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004 - clock faces
        return None
    seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    zone = part["zone"]
    if zone and zone != "Z":
        offset = int(zone[1:3]) * 3_600 + int(zone[4:6]) * 60
        seconds += offset if zone[0] == "-" else -offset
    return Decimal(seconds) + Decimal("0" + (part["fraction"] or ""))


def lacks_zone(text: str) -> bool:
    """Whether a date has a time, and no zone."""
    match = DATE.fullmatch(text)
    return match is not None and match["hour"] is not None and match["zone"] is None


def _days(year: int, month: int, day: int) -> int | None:
    """Days from 1970-01-01 in the Gregorian calendar; `None` for a day that does not exist."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= len(lengths) or not 1 <= day <= lengths[month - 1]:
        return None
    before = year - 1
    total = before * 365 + before // 4 - before // 100 + before // 400
    return total + sum(lengths[: month - 1]) + day - 719_163


def read_address(text: str) -> tuple[int, int] | None:
    """Read an IPv4 or IPv6 address as (bits of its family, number)."""
    family = AF_INET6 if ":" in text else AF_INET
    if len(text) > LONGEST_ADDRESS:
        return None
    try:
        packed = inet_pton(family, text)
    except (OSError, ValueError):
        return None
    return BITS[family], int.from_bytes(packed)


def read_network(text: str) -> tuple[Network, bool] | None:
    """Read a CIDR block or a single address; the flag says whether host bits were set (masked)."""
    head, slash, tail = text.partition("/")
    address = read_address(head)
    if address is None or (slash and not (tail.isascii() and tail.isdigit() and len(tail) <= 3)):  # noqa: PLR2004
        return None
    bits, number = address
    prefix = int(tail) if slash else bits
    if prefix > bits:
        return None
    mask = ((1 << prefix) - 1) << (bits - prefix)
    return (bits, mask, number & mask), number & mask != number


def read_bytes(text: str) -> bytes | None:
    """Read base64."""
    try:
        return a2b_base64(text, strict_mode=True)
    except (Error, ValueError):
        return None
