"""A policy variable is not written as one.

## What it finds
`${` without `}`, a default that is not in single quotes, a blank in the name of a key, and `${}`.

## Why it matters
IAM refuses the document, or takes the text for what it is. The form is `${key}` or
`${key, 'default'}`; names of tags may hold blanks, names of keys may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.checks.finding import Place
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.caret import quote
from iamsim.syntax.operators import OPERATORS
from iamsim.syntax.variables import ESCAPES, find_fault, has_variables

if TYPE_CHECKING:
    from iamsim.syntax.ast import Value

OPENING = "${"


@checks(
    "MISSING_BRACE_IN_VARIABLE",
    "EMPTY_VARIABLE",
    "MISSING_QUOTE_IN_VARIABLE",
    "UNSUPPORTED_SPACE_IN_VARIABLE",
)
def variable_faults(policy: PolicyView) -> Findings:
    """Every text in which variables act."""
    for value in texts_with_variables(policy):
        fault = find_fault(value.text)
        if fault is not None:
            place = Place(value.path, fault.offset, len(value.text) - fault.offset)
            if fault.code == "empty-variable":
                place = Place(value.path, fault.offset, len("${}"))
                hint = "name a context key, as in `${aws:username}`"
                message = "a policy variable has no key"
                yield policy.finding("EMPTY_VARIABLE", message, place, hint=hint)
            else:
                hint = "write `}` behind the key"
                message = f"the policy variable {quote(value.text[fault.offset :])} is not closed"
                yield policy.finding("MISSING_BRACE_IN_VARIABLE", message, place, hint=hint)
            continue
        yield from _faults_inside(policy, value)


def texts_with_variables(policy: PolicyView) -> Iterator[Value]:
    """Go through the texts of Resource and Condition that have ``${`` in them."""
    for statement in policy.statements:
        for value in statement.resources.values if statement.resources else ():
            if OPENING in value.text:
                yield value
        for condition in statement.conditions:
            if OPERATORS[condition.operator.base].variables:
                yield from (value for value in condition.values if OPENING in value.text)


def _faults_inside(policy: PolicyView, value: Value) -> Findings:
    """Look into the braces."""
    text = value.text
    start = text.find(OPENING) if has_variables(text) else -1
    while start >= 0:
        end = text.find("}", start)
        inner = text[start + len(OPENING) : end]
        key, comma, default = inner.partition(",")
        place = Place(value.path, start, end + 1 - start)
        shown = quote(text[start : end + 1])
        quoted = default.strip()
        if comma and not (len(quoted) > 1 and quoted.startswith("'") and quoted.endswith("'")):
            if not (quoted.startswith("'") and text.find("'}", start) > end):
                message = f"the default of {shown} does not stand in single quotes"
                hint = f"write `${{{key.strip()}, 'DEFAULT'}}`"
                yield policy.finding("MISSING_QUOTE_IN_VARIABLE", message, place, hint=hint)
        elif " " in key and "/" not in key and key not in ESCAPES:
            message = f"a blank stands in the key of {shown}"
            hint = f"write `${{{key.replace(' ', '')}}}`"
            yield policy.finding("UNSUPPORTED_SPACE_IN_VARIABLE", message, place, hint=hint)
        start = text.find(OPENING, end)
