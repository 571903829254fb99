"""Numbers, dates, addresses, bytes, and texts with variables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.compile.literals import read_address, read_bytes, read_date, read_network, read_number
from iamsim.compile.template import compile_template
from tests.unit.questions import (
    allow,
    compiled,
    request_of,
)

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue


NUMBERS = [
    ("10", Decimal(10)),
    ("-1", Decimal(-1)),
    ("2.50", Decimal("2.5")),
    ("007", Decimal(7)),
    ("", None),
    ("1e3", None),
    (".5", None),
    ("5.", None),
    ("+1", None),
    (" 1", None),
    ("1\n", None),
    ("\u0663", None),
    ("NaN", None),
    ("1_000", None),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_numbers(text: str, number: Decimal | None) -> None:
    """Integers and decimals in plain digits are numbers, nothing else is."""
    assert read_number(text) == number


DATES = [
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01T00:00:00.5Z", Decimal("0.5")),
    ("1970", 0),
    ("1970-02", 31 * 86_400),
    ("1970-01-02", 86_400),
    ("1970-01-01T01:00", 3_600),
    ("1970-01-01T01:00+01:00", 0),
    ("1970-01-01T00:00:00-00:30", 1_800),
    ("2000-02-29", 951_782_400),
    ("2024-02-29", 1_709_164_800),
    ("1735689600", 1_735_689_600),
    ("-5", -5),
    ("19700", 19_700),
    ("2023-02-29", None),
    ("1900-02-29", None),
    ("2026-13-01", None),
    ("2026-00-01", None),
    ("2026-01-32", None),
    ("2026-01-00", None),
    ("2026-01-01T24:00:00Z", None),
    ("2026-01-01T00:60:00Z", None),
    ("2016-12-31T23:59:60Z", 1_483_228_800),
    ("2026-01-01T00:00:61Z", None),
    ("2026-1-1", None),
    ("2026-01-01 00:00:00", None),
    ("soon", None),
    ("", None),
    ("12.5", None),
]


@pytest.mark.parametrize(("text", "seconds"), DATES)
def test_dates(text: str, seconds: int | Decimal | None) -> None:
    """The forms of ISO 8601 that AWS lists, and seconds since 1970; other texts are no dates."""
    assert read_date(text) == seconds


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_are_those_of_the_calendar(moment: datetime) -> None:
    """Every moment comes out as Python's calendar counts it."""
    text = moment.replace(microsecond=0).isoformat()
    assert read_date(text) == int(moment.replace(microsecond=0).timestamp())


ADDRESSES = [
    ("203.0.113.9", (32, 0xCB007109)),
    ("::1", (128, 1)),
    ("2001:DB8::", (128, 0x20010DB8 << 96)),
    ("::ffff:1.2.3.4", (128, 0xFFFF01020304)),
    ("203.0.113", None),
    ("203.0.113.256", None),
    ("203.0.113.9 ", None),
    ("fe80::1%eth0", None),
    ("1.2.3.4\x00", None),
    ("", None),
    (":" * 65, None),
    ("\u0661.2.3.4", None),
]


@pytest.mark.parametrize(("text", "address"), ADDRESSES)
def test_addresses(text: str, address: tuple[int, int] | None) -> None:
    """Addresses of both families are read; what is none is `None`, never an error."""
    assert read_address(text) == address


NETWORKS = [
    ("203.0.113.0/24", (32, 0xFFFFFF00, 0xCB007100), False),
    ("203.0.113.7/24", (32, 0xFFFFFF00, 0xCB007100), True),
    ("203.0.113.7", (32, 0xFFFFFFFF, 0xCB007107), False),
    ("0.0.0.0/0", (32, 0, 0), False),
    ("::1", (128, (1 << 128) - 1, 1), False),
]


@pytest.mark.parametrize(("text", "network", "host_bits"), NETWORKS)
def test_networks(text: str, network: tuple[int, int, int], host_bits: bool) -> None:
    """A block is its family, mask and first address; bits behind the prefix are cut and told."""
    assert read_network(text) == (network, host_bits)


@pytest.mark.parametrize(
    "text",
    ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/0008", "::/129", "x/8", "1.2.3.4/\u0668"],
)
def test_texts_that_are_no_networks(text: str) -> None:
    """A prefix out of range or not in plain digits makes no block."""
    assert read_network(text) is None


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Ymx1ZQ==", b"blue"),
        ("", b""),
        ("!", None),
        ("Ymx1ZQ", None),
        ("Ymx1ZQ==\n", None),
        ("\u00e9", None),
    ],
)
def test_bytes(text: str, content: bytes | None) -> None:
    """Base64 is read strictly."""
    assert read_bytes(text) == content


TEMPLATES: list[tuple[str, dict[str, ContextValue], str | None]] = [
    ("home/${aws:username}", {"aws:username": "maya"}, "home/maya"),
    ("home/${AWS:UserName}", {"aws:username": "maya"}, "home/maya"),
    ("home/${aws:username}", {}, None),
    ("home/${aws:username}", {"aws:username": ""}, "home/"),
    ("home/${aws:username, 'all'}", {}, "home/all"),
    ("home/${aws:username, 'all'}", {"aws:username": ""}, "home/all"),
    ("home/${aws:username, 'all'}", {"aws:username": "maya"}, "home/maya"),
    ("${aws:TagKeys, 'all'}", {"aws:tagkeys": ("a",)}, None),
    ("${aws:TagKeys}", {"aws:tagkeys": ()}, None),
    ("${*}${?}${$}{x}", {}, "*?${x}"),
    ("a*b?c", {}, "a*b?c"),
    ("${aws:username}*b?c", {"aws:username": "maya"}, "maya*b?c"),
]


@pytest.mark.parametrize(("text", "context", "resolved"), TEMPLATES)
def test_variables_are_filled_in(
    text: str, context: dict[str, ContextValue], resolved: str | None
) -> None:
    """A variable takes its key's single value, else its default, else the text has no value."""
    assert compile_template(text, with_variables=True).resolve_text(context) == resolved


@pytest.mark.parametrize("text", ["${aws:username}", "${*}", "", "plain"])
def test_without_variables_a_text_is_itself(text: str) -> None:
    """In a policy of the older version ``${`` is plain text."""
    template = compile_template(text, with_variables=False)
    assert template.keys == ()
    assert template.literal_text() == text
    assert template.resolve_text({"aws:username": "maya"}) == text


def test_wildcards_in_values_do_not_act() -> None:
    """A user named ``*`` is not let into everybody's folder."""
    statement = compiled(allow(Resource="arn:aws:s3:::b/${aws:username}/*"))
    assert statement.matches(
        request_of(resource="arn:aws:s3:::b/*/x", context={"aws:username": "*"})
    )
    assert not statement.matches(
        request_of(resource="arn:aws:s3:::b/maya/x", context={"aws:username": "*"})
    )


def test_escaped_wildcards_do_not_act() -> None:
    """``${*}`` and ``${?}`` stand for the characters, in a policy that has real ones beside."""
    statement = compiled(allow(Resource="arn:aws:s3:::b/${*}${?}*"))
    assert statement.matches(request_of(resource="arn:aws:s3:::b/*?x"))
    assert not statement.matches(request_of(resource="arn:aws:s3:::b/abx"))
