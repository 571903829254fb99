"""Trying conditions: the engine's tests of them, and the values among which they can tell.

Between two neighbouring bounds of its ranges a condition on numbers, dates or addresses treats all
values alike, so one of each stretch is enough.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import TYPE_CHECKING

from iamsim.checks.words import has_wildcard, must_be_present
from iamsim.compile.condition import compile_condition
from iamsim.compile.literals import read_date, read_number
from iamsim.core.errors import PolicyError
from iamsim.syntax.ast import Condition

if TYPE_CHECKING:
    from decimal import Decimal

    from iamsim.checks.view import ConditionView, PolicyView
    from iamsim.compile.condition import ContextTest

Values = list[str | None]
PATTERNS = ("StringLike", "StringNotLike", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike")
EXACT = ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "BinaryEquals")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def condition_test(policy: PolicyView, condition: ConditionView) -> ContextTest | None:
    """Give the engine's own test of a condition; `None` where the engine can't read its values."""
    written = Condition(condition.written, condition.key, condition.values, condition.path)
    try:
        compiled = compile_condition(written, policy.source, with_variables=policy.has_variables)
    except PolicyError:
        return None
    return None if compiled.values.unreadable else compiled.test


def candidates(conditions: Sequence[ConditionView]) -> Values | None:
    """Give values that stand for all values of the key of these conditions, `None` for an absent
    key among them; `None` where there are too many, or a value can't be read."""
    compared = [condition for condition in conditions if condition.operator.base != "Null"]
    if not compared:
        return [None, "x"]
    for condition in compared:
        if must_be_present(condition) and condition.operator.base in EXACT:
            texts = [value.text for value in condition.values]
            if condition.operator.base not in PATTERNS or not any(map(has_wildcard, texts)):
                return list(texts)
    if any(_asks_absence(condition) for condition in conditions):
        return [None]
    bases = {condition.operator.base for condition in compared}
    if bases == {"Bool"}:
        return [None, "true", "false"]
    if all("IpAddress" in base for base in bases):
        return _addresses(compared)
    if all(base.startswith("Numeric") for base in bases):
        return _ordered(compared, read_number, "{:f}".format)
    if all(base.startswith("Date") for base in bases):
        return _ordered(compared, read_date, _date)
    return None


def _date(seconds: Decimal) -> str:
    """Write a moment so that fractions of a second can be read."""
    return (EPOCH + timedelta(milliseconds=int(seconds * 1000))).isoformat()


def _asks_absence(condition: ConditionView) -> bool:
    """Whether a condition holds for an absent key alone."""
    texts = {value.text.lower() for value in condition.values}
    return condition.operator.base == "Null" and texts == {"true"}


def _texts(conditions: Iterable[ConditionView]) -> list[str]:
    """All values of some conditions."""
    return [value.text for condition in conditions for value in condition.values]


def _ordered(
    conditions: Sequence[ConditionView],
    read: Callable[[str], Decimal | None],
    write: Callable[[Decimal], str],
) -> Values | None:
    """The bounds, and a value in each stretch between and beside them."""
    bounds: set[Decimal] = set()
    for text in _texts(conditions):
        bound = read(text)
        if bound is None:
            return None
        bounds.add(bound)
    ordered = sorted(bounds)
    between = [(this + other) / 2 for this, other in pairwise(ordered)]
    outside = [ordered[0] - 1, ordered[-1] + 1]
    try:
        return [None, *(write(number) for number in (*ordered, *between, *outside))]
    except OverflowError:
        return None  # a date that no calendar has


def _addresses(conditions: Sequence[ConditionView]) -> Values | None:
    """The first and the last address of each block, and their neighbours."""
    addresses: Values = [None]
    for text in _texts(conditions):
        try:
            block = ip_network(text, strict=False)
        except ValueError:
            return None
        kind = type(block[0])
        first, last = int(block[0]), int(block[-1])
        numbers = (first - 1, first, last, last + 1)
        top = int(ip_address("255.255.255.255")) if block.version == 4 else 2**128 - 1  # noqa: PLR2004
        addresses += [str(kind(number)) for number in numbers if 0 <= number <= top]
    return addresses
