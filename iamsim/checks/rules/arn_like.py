"""An ARN is compared as a text with wildcards.

## What it finds
`StringLike` on a key that holds an ARN in a statement that allows, or `StringNotLike` in one that
denies, with a wildcard in the value.

## Why it matters
In a text, `*` runs over colons: `arn:aws:iam::*:role/app` also fits an ARN whose account is part
of another name. `ArnLike` compares the parts of an ARN one by one.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard, is_guard

CODE = "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"


@checks(CODE)
def text_operator_on_arn(policy: PolicyView) -> Findings:
    """Keys that hold nothing but ARNs."""
    for statement, condition in policy.conditions():
        base = condition.operator.base
        if base not in ("StringLike", "StringNotLike") or not is_guard(statement, condition):
            continue
        facts = policy.reference.key(condition.key)
        if facts is None or not facts.types or set(facts.types) - {"ARN", "ArrayOfARN"}:
            continue
        wide = any(has_wildcard(value.text) and value.text != "*" for value in condition.values)
        if wide:
            message = f"`{condition.key}` is an ARN, and `{base}` lets `*` run over its colons"
            hint = f"write `{condition.written.replace('String', 'Arn')}`"
            yield policy.finding(CODE, message, condition.key_path, hint=hint, dated=True)
