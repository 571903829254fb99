"""The policy is written in the old version of the language.

## What it finds
`"Version": "2008-10-17"`. A policy without a version, which means the same, has a code of AWS's.

## Why it matters
The old version knows no policy variables: `${aws:username}` in it is a text of that spelling. Who
adds a variable later, or copies a statement with one, gets a statement that matches nothing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks

CODE = "IAMSIM_OLD_VERSION"
OLD = "2008-10-17"


@checks(CODE)
def old_version(policy: PolicyView) -> Findings:
    """The version, where it is written."""
    if policy.version == OLD:
        message = f"version {OLD} of the language knows no policy variables"
        hint = 'write `"Version": "2012-10-17"`; a `${` in the policy then becomes a variable'
        yield policy.finding(CODE, message, ("Version",), hint=hint)
