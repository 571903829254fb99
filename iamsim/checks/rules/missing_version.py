"""The policy does not say in which version of the language it is written.

## What it finds
A policy without `Version`.

## Why it matters
Without it the policy is read as version 2008-10-17, in which `${aws:username}` is not a policy
variable but these very characters. The statement then matches nothing, or spares nothing.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks


@checks("MISSING_VERSION")
def missing_version(policy: PolicyView) -> Findings:
    """The version is optional, and its default is the old one."""
    if isinstance(policy.raw, dict) and "Version" not in policy.raw:
        message = "the policy has no `Version`: it is read as version `2008-10-17`"
        hint = 'write `"Version": "2012-10-17"`'
        yield policy.finding("MISSING_VERSION", message, (), hint=hint)
