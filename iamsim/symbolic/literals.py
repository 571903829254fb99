"""Values that stand for all numbers, dates, addresses and bytes that some policy values tell apart.

For an ordered kind those are the policy's values, one value in each gap between them, and one on
either side; for addresses one in each stretch between the edges of the CIDR blocks. One text that
can't be read stands for all of those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

from iamsim.compile.literals import (
    read_address,
    read_bytes,
    read_date,
    read_network,
    read_number,
)

UNREADABLE = "unreadable"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SECOND, LAST_SECOND = Decimal(-62_135_596_800), Decimal(253_402_300_799)
BITS = (32, 128)
USUAL_ADDRESSES = ((32, int(IPv4Address("192.0.2.1"))), (128, int(IPv6Address("2001:db8::1"))))
OTHER_BYTES = ("b3RoZXI=", "YW5vdGhlcg==")


def literal_values(family: str, texts: Iterable[str]) -> list[str]:
    """Values for one family of operators: ``Numeric``, ``Date``, ``IpAddress`` or ``Binary``."""
    return [*VALUES[family](list(texts)), UNREADABLE]


def is_readable(family: str, text: str) -> bool:
    """Whether the operators of a family can read a text."""
    return READERS[family](text) is not None


def _ordered(
    texts: list[str], read: Callable[[str], Decimal | None], write: Callable[[Decimal], str]
) -> list[str]:
    """The values themselves, and values between and around them."""
    known: dict[Decimal, str] = {}
    for text in texts:
        value = read(text)
        if value is not None:
            known.setdefault(value, text)
    if not known:
        return [write(Decimal(1))]
    values = sorted(known)
    found = [write(values[0].to_integral_value("ROUND_CEILING") - 1), known[values[0]]]
    for before, after in pairwise(values):
        between = dict.fromkeys(map(write, _between(before, after)))
        found += [*between, known[after]]
    return [*found, write(values[-1].to_integral_value("ROUND_FLOOR") + 1)]


def _between(before: Decimal, after: Decimal) -> tuple[Decimal, ...]:
    """Short numbers between two others: the whole ones next to either, if there are any."""
    first = before.to_integral_value("ROUND_FLOOR") + 1
    last = after.to_integral_value("ROUND_CEILING") - 1
    return (first, last) if before < first <= last < after else ((before + after) / 2,)


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _date(seconds: Decimal) -> str:
    """A moment in ISO 8601; in seconds where ISO 8601 has no year for it."""
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        return f"{seconds.to_integral_value('ROUND_FLOOR'):f}"
    whole = seconds.to_integral_value("ROUND_FLOOR")
    moment = EPOCH + timedelta(seconds=int(whole))
    fraction = f"{seconds - whole:f}".partition(".")[2]
    head = moment.strftime("%m-%dT%H:%M:%S")
    return f"{moment.year:04}-{head}{'.' + fraction if fraction else ''}Z"


def _dates(texts: list[str]) -> list[str]:
    """Moments, written as the policies do: in ISO 8601, or in seconds where all of them are."""
    in_seconds = bool(texts) and all(text.lstrip("-").isdigit() for text in texts)
    return _ordered(texts, read_date, _number if in_seconds else _date)


def moments_between(
    texts: Iterable[str], earliest: float | None, latest: float | None
) -> list[str]:
    """Moments between two others (both may be meant, `None` is no bound) that stand for all that
    some policy values tell apart there."""
    bounds = [Decimal(str(bound)) for bound in (earliest, latest) if bound is not None]
    moments = _dates([*texts, *map(_date, bounds)])
    return [
        text
        for text in moments
        if (value := read_date(text)) is not None
        and (earliest is None or value >= earliest)
        and (latest is None or value <= latest)
    ]


def _addresses(texts: list[str]) -> list[str]:
    """One address in each stretch that the blocks cut out, of both families."""
    addresses: list[str] = []
    for bits in BITS:
        edges: set[int] = {0}
        for text in texts:
            network = read_network(text)
            if network is not None and network[0][0] == bits:
                _, mask, start = network[0]
                edges.update((start, start + (1 << bits) - mask))
        starts = sorted(edge for edge in edges if edge < 1 << bits)
        ends = [*starts[1:], 1 << bits]
        for start, end in zip(starts, ends, strict=True):
            usual = [n for width, n in USUAL_ADDRESSES if width == bits and start <= n < end]
            # The first address of a block is its network address: the next one reads better.
            number = usual[0] if usual else min(start + 1, end - 1)
            addresses.append(str(IPv4Address(number) if bits == BITS[0] else IPv6Address(number)))
    return [text for text in addresses if read_address(text) is not None]


def _bytes(texts: list[str]) -> list[str]:
    """The bytes themselves and others."""
    known: dict[bytes, str] = {}
    for text in (*texts, *OTHER_BYTES):
        value = read_bytes(text)
        if value is not None:
            known.setdefault(value, text)
    return list(known.values())


VALUES: dict[str, Callable[[list[str]], list[str]]] = {
    "Numeric": lambda texts: _ordered(texts, read_number, _number),
    "Date": _dates,
    "IpAddress": _addresses,
    "Binary": _bytes,
}
READERS: dict[str, Callable[[str], object | None]] = {
    "Numeric": read_number,
    "Date": read_date,
    "IpAddress": read_address,
    "Binary": read_bytes,
}
