"""A wildcard where none acts.

## What it finds
`*` or `?` in the values of `StringEquals` and its relatives without `Like`.

## Why it matters
These operators compare the characters themselves: `admin-*` equals nothing but `admin-*`. The
operators for ARNs are different: `ArnEquals` does know wildcards.
"""

from __future__ import annotations

from iamsim.checks.finding import Place
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.compile.template import compile_template
from iamsim.core.caret import quote
from iamsim.core.wildcard import Wildcard

CODE = "WILDCARD_WITHOUT_LIKE_OPERATOR"


@checks(CODE)
def wildcard_without_like(policy: PolicyView) -> Findings:
    """Texts that are compared as they stand."""
    for _, condition in policy.conditions():
        base = condition.operator.base
        if not base.startswith("String") or base.endswith("Like"):
            continue
        for value in condition.values:
            template = compile_template(value.text, with_variables=policy.has_variables)
            if any(isinstance(part, Wildcard) for part in template.parts):
                like = condition.written.replace("EqualsIgnoreCase", "Equals")
                hint = f"for wildcards write `{like.replace('Equals', 'Like')}`"
                message = f"no wildcard acts in {quote(value.text)} under `{condition.written}`"
                place = Place(value.path)
                yield policy.finding(CODE, message, place, hint=hint)
