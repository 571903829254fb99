"""A condition relies on what the caller may write at will.

## What it finds
`aws:Referer` and `aws:UserAgent` where they decide who passes: in a statement that allows, or,
negated, in one that denies.

## Why it matters
Both are headers of the request. Everyone can send any value.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import is_guard

KEYS = frozenset({"aws:referer", "aws:useragent"})


@checks("UNTRUSTWORTHY_CONDITION_KEY")
def forgeable_keys(policy: PolicyView) -> Findings:
    """Headers that decide who passes."""
    for statement, condition in policy.conditions():
        if condition.lower not in KEYS or not is_guard(statement, condition):
            continue
        principals = statement.principals
        # Of services alone it is a weak key for whom they act, which is another code.
        if principals is None or any(kind != "Service" for kind, _ in principals.entries):
            message = f"everyone can send any `{condition.key}`"
            hint = "ask who calls or from where: `aws:PrincipalArn`, `aws:SourceVpc`"
            place = condition.key_path
            yield policy.finding("UNTRUSTWORTHY_CONDITION_KEY", message, place, hint=hint)
