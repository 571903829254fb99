"""Several limits where one is enough.

## What it finds
More than one value under `NumericLessThan`, `NumericGreaterThan` and their relatives.

## Why it matters
One of the values must hold, so only the widest limit counts; the others mislead.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.compile.literals import read_number

CODE = "REDUNDANT_CONDITION_VALUE_NUM"


@checks(CODE)
def redundant_limits(policy: PolicyView) -> Findings:
    """Of several limits the widest one decides."""
    for _, condition in policy.conditions():
        base = condition.operator.base
        if not base.startswith(("NumericLess", "NumericGreater")):
            continue
        limits = [
            (number, value)
            for value in condition.values
            if (number := read_number(value.text)) is not None
        ]
        if len(limits) > 1:
            widest = (max if "Less" in base else min)(number for number, _ in limits)
            places = [value.path for number, value in limits if number != widest]
            places = places or [value.path for _, value in limits[1:]]
            message = f"of {len(limits)} limits only `{widest}` counts"
            hint = f"keep `{widest}`"
            yield policy.finding(CODE, message, *places, hint=hint)
