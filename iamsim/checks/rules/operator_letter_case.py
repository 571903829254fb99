"""A condition operator is written in another letter case than AWS writes it.

## What it finds
`stringequals`, `IPAddress`, `boolifexists` and the like.

## Why it matters
AWS documents one spelling of each operator and does not say that others are the same. iamsim takes
them for the same operator; other tools may not, and people who search for the operator miss it.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.caret import quote
from iamsim.syntax.operators import operator_spellings

CODE = "IAMSIM_OPERATOR_LETTER_CASE"


@checks(CODE)
def letter_case(policy: PolicyView) -> Findings:
    """Operators that are known, and not as they are known; each once."""
    told = set()
    for _, condition in policy.conditions():
        if condition.operator.canonical or condition.operator_path in told:
            continue
        told.add(condition.operator_path)
        lowered = condition.written.lower()
        meant = next((name for name in operator_spellings() if name.lower() == lowered), None)
        if meant is not None:
            message = f"AWS writes the operator {quote(condition.written)} in another letter case"
            yield policy.finding(CODE, message, condition.operator_path, hint=f"write `{meant}`")
