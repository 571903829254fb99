"""A value that its operator can't read.

## What it finds
Under `Bool` a value other than `true` and `false`, under the operators for numbers one that is no
number, under those for dates one that is no date, under `BinaryEquals` one that is not base64; and
dates written as seconds since 1970.

## Why it matters
What can't be read equals nothing: positive operators never hold and, with them, what the statement
allows or denies. Seconds since 1970 are read, but nobody can review them.
"""

from __future__ import annotations

from collections.abc import Callable

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.compile.literals import read_bytes, read_date, read_number
from iamsim.core.caret import quote
from iamsim.syntax.operators import OPERATORS, Family

READERS: dict[Family, tuple[str, Callable[[str], object], str, str]] = {
    Family.NUMERIC: ("TYPE_MISMATCH_NUMBER", read_number, "number", "write digits, as in `3600`"),
    Family.DATE: (
        "TYPE_MISMATCH_DATE",
        read_date,
        "date",
        "write it like `2026-11-24` or `2026-11-24T10:00:00Z`",
    ),
    Family.BINARY: ("TYPE_MISMATCH_STRING", read_bytes, "base64", "encode the bytes as base64"),
    Family.BOOL: (
        "TYPE_MISMATCH_BOOLEAN",
        lambda text: True if text.lower() in ("true", "false") else None,
        "boolean",
        "write `true` or `false`",
    ),
    Family.NULL: (
        "TYPE_MISMATCH_BOOLEAN",
        lambda text: True if text.lower() in ("true", "false") else None,
        "boolean",
        "write `true` for an absent key, `false` for a present one",
    ),
}
YEAR_LENGTH = 4


@checks(
    "TYPE_MISMATCH_BOOLEAN", "TYPE_MISMATCH_DATE", "TYPE_MISMATCH_NUMBER", "TYPE_MISMATCH_STRING"
)
def unreadable_values(policy: PolicyView) -> Findings:
    """Values that the operator can't read."""
    for _, condition in policy.conditions():
        reader = READERS.get(OPERATORS[condition.operator.base].family)
        if reader is None:
            continue
        code, read, name, hint = reader
        for value in condition.values:
            if "${" not in value.text and read(value.text) is None:
                message = f"{quote(value.text)} is no {name}: `{condition.written}` can't read it"
                yield policy.finding(code, message, value.path, hint=hint)


@checks("INVALID_DATE_VALUE")
def epoch_dates(policy: PolicyView) -> Findings:
    """Seconds since 1970, where the key is not counted in them."""
    for _, condition in policy.conditions():
        if OPERATORS[condition.operator.base].family is not Family.DATE:
            continue
        if condition.lower == "aws:epochtime":
            continue
        for value in condition.values:
            digits = value.text.removeprefix("-")
            if digits.isascii() and digits.isdigit():
                what = "a year alone" if len(digits) == YEAR_LENGTH else "in seconds since 1970"
                message = f"{quote(value.text)} is a date {what}"
                hint = "write it like `2026-11-24T10:00:00Z`"
                yield policy.finding("INVALID_DATE_VALUE", message, value.path, hint=hint)
