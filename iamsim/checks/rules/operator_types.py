"""The operator does not fit the type of the condition key, or the values do not fit each other.

## What it finds
An operator for another type than the key's, such as `StringEquals` on a number; values of
different JSON types in one list; more than one value for a boolean key.

## Why it matters
Operators compare what they were made for: as texts, `9` is greater than `10`, and
`203.0.113.0/24` equals no address. A boolean key has one of two values: a list of both asks
nothing.
"""

from __future__ import annotations

from iamsim.checks.view import ConditionView, Findings, PolicyView, checks
from iamsim.core.caret import quote
from iamsim.core.json_text import JsonNumber
from iamsim.syntax.operators import OPERATORS, Family

# The families that read each type; the first is the one to recommend.
FAMILIES = {
    "String": (Family.STRING, Family.BINARY),
    "ARN": (Family.ARN, Family.STRING),
    "Bool": (Family.BOOL,),
    "Numeric": (Family.NUMERIC,),
    "Date": (Family.DATE,),
    "IPAddress": (Family.IP_ADDRESS,),
    "Binary": (Family.BINARY, Family.STRING),
}


@checks("TYPE_MISMATCH")
def mismatched_operator(policy: PolicyView) -> Findings:
    """Operators and the types of keys."""
    for _, condition in policy.conditions():
        family = OPERATORS[condition.operator.base].family
        facts = policy.reference.key(condition.key)
        if facts is None or family is Family.NULL or facts.scope == "identity-provider":
            continue
        types = [name.removeprefix("ArrayOf") for name in facts.types]
        fitting = [known for name in types for known in FAMILIES.get(name, tuple(Family))]
        if not fitting or family in fitting or _holds_arns(condition, family):
            continue
        message = (
            f"`{condition.written}` does not fit `{condition.key}`, which is of type {types[0]}"
        )
        hint = f"use an operator of the family `{fitting[0].value}`"
        place = condition.key_path
        yield policy.finding("TYPE_MISMATCH", message, place, hint=hint, dated=True)


def _holds_arns(condition: ConditionView, family: Family) -> bool:
    """Whether ARNs are compared as ARNs, though the reference calls the key a text."""
    return family is Family.ARN and all(
        value.text == "*" or value.text.startswith(("arn:", "${")) for value in condition.values
    )


@checks("INVALID_CONDITION_DATA_TYPE")
def mixed_types(policy: PolicyView) -> Findings:
    """The values of one key are of one JSON type."""
    for _, condition in policy.conditions():
        listed = condition.raw if isinstance(condition.raw, list) else []
        kinds = {_kind(value) for value in listed}
        if len(kinds) > 1 and None not in kinds:
            message = f"the values of {quote(condition.key)} are of different JSON types"
            hint = "write all of them as texts"
            code = "INVALID_CONDITION_DATA_TYPE"
            yield policy.finding(code, message, condition.path, hint=hint)


def _kind(value: object) -> str | None:
    """Name the JSON type of a value; `None` for what no condition takes."""
    match value:
        case bool():
            return "boolean"
        case str():
            return "text"
        case int() | float() | JsonNumber():
            return "number"
        case _:
            return None


@checks("INVALID_CONDITION_MULTIPLE_BOOLEAN")
def several_booleans(policy: PolicyView) -> Findings:
    """A boolean key is compared with one value."""
    for _, condition in policy.conditions():
        if condition.operator.base == "Bool" and len(condition.values) > 1:
            message = f"{quote(condition.key)} is compared with {len(condition.values)} booleans"
            hint = "keep one value"
            code = "INVALID_CONDITION_MULTIPLE_BOOLEAN"
            yield policy.finding(code, message, condition.path, hint=hint)
