"""Listing a bucket is forbidden by prefix.

## What it finds
`s3:prefix` with `StringLike` or `StringEquals` in a statement that denies, or with
`StringNotLike` or `StringNotEquals` in one that allows.

## Why it matters
Whoever asks for a shorter prefix, or for none, sees the same keys: listing `a` shows all of
`a/secret/`. Prefixes can be allowed, but not forbidden.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks


@checks("S3_PREFIX_IN_NEGATIVE_CONTEXT")
def forbidden_prefix(policy: PolicyView) -> Findings:
    """Prefixes that are to be left out."""
    for statement, condition in policy.conditions():
        if condition.lower != "s3:prefix" or not condition.operator.base.startswith("String"):
            continue
        if statement.denies is not condition.operator.negated and statement.effect:
            message = "whoever lists a shorter prefix sees these keys all the same"
            hint = "allow the prefixes that may be listed, with `StringLike`"
            code = "S3_PREFIX_IN_NEGATIVE_CONTEXT"
            yield policy.finding(code, message, condition.key_path, hint=hint)
