"""The document is not JSON.

## What it finds
A text that no JSON reader accepts: a comma too many, a missing bracket, single quotes, comments, a
member that stands twice in one object; and one with far more characters than any policy has. The
finding points at the first fault and says what would be right there. It is given whatever other
codes are selected.

## Why it matters
IAM refuses the document, and nothing else in it can be judged before it can be read.
"""

from __future__ import annotations

from iamsim.checks.finding import Finding, Place
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.errors import PolicyError
from iamsim.core.span import Source


def syntax_finding(error: PolicyError, source: Source) -> Finding:
    """Turn the error of the JSON reader into a finding."""
    return Finding(
        "JSON_SYNTAX_ERROR",
        error.message,
        (Place(()),),
        source,
        error.hint,
        fault=error.span,
    )


@checks("JSON_SYNTAX_ERROR")
def empty_document(policy: PolicyView) -> Findings:
    """A JSON text that is no object is no policy either."""
    if not isinstance(policy.raw, dict):
        hint = "a policy starts with `{`"
        yield policy.finding("JSON_SYNTAX_ERROR", "a policy is a JSON object", (), hint=hint)
