"""Small helpers that several checks share: lists in messages, and which way a condition works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.core.json_text import JsonNumber
from iamsim.core.unknown import find_marker

if TYPE_CHECKING:
    from iamsim.checks.view import ConditionView, StatementView

SHOWN = 3


def several(names: Sequence[str]) -> str:
    """Write up to three names in backticks, and how many more there are."""
    shown = ", ".join(quote(name) for name in names[:SHOWN])
    more = len(names) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def as_it_stands(value: object) -> str:
    """Write a number as it stands in a policy."""
    return value.text if isinstance(value, JsonNumber) else str(value)


def has_wildcard(text: str) -> bool:
    """Whether a text has a wildcard in it."""
    return "*" in text or "?" in text


def wildcard_free(text: str) -> bool:
    """Whether a text stands for itself: neither wildcards nor policy variables."""
    return not has_wildcard(text) and "${" not in text


def is_template_function(raw: object) -> bool:
    """Whether a value is filled in by AWS CloudFormation when a template is deployed, or is the
    marker of one that is not known.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
    """
    if not isinstance(raw, Mapping):
        return False
    if find_marker(raw) is not None:
        return True
    if len(raw) != 1:
        return False
    name = str(next(iter(raw)))
    return name == "Ref" or name.startswith("Fn::")


def is_guard(statement: StatementView, condition: ConditionView) -> bool:
    """Whether a condition says who may pass: a positive one that allows, a negated one that denies.

    Only such a condition can let through too much; a positive one that denies takes away.
    """
    return statement.denies if condition.operator.negated else statement.allows


def must_be_present(condition: ConditionView) -> bool:
    """Whether a condition compares a value, and fails for every request that lacks the key."""
    operator = condition.operator
    if operator.base == "Null":
        return False
    if operator.set_operator:
        return operator.set_operator == "ForAnyValue" and not operator.if_exists
    return not operator.if_exists and not operator.negated
