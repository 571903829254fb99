"""A wildcard inside an action of a service control policy.

## What it finds
A wildcard that is not the last character of an action. This check is off unless it is selected by
name.

## Why it matters
Until September 2025 AWS Organizations refused such policies. It accepts them now, though the page
of ValidatePolicy still has the code; select it for partitions that lag behind.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote


@checks("SCP_SYNTAX_ERROR_ACTION_WILDCARD")
def inner_wildcard(policy: PolicyView) -> Findings:
    """Wildcards anywhere but at the end."""
    for statement in policy.statements if policy.is_scp else ():
        for value in statement.actions.values if statement.actions else ():
            if has_wildcard(value.text[:-1]):
                message = f"the wildcard of {quote(value.text)} is not at its end"
                code = "SCP_SYNTAX_ERROR_ACTION_WILDCARD"
                yield policy.finding(code, message, value.path)
