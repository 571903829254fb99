"""A condition operator that does not exist.

## What it finds
Operators that no policy knows, among them `NullIfExists`, and operators in another letter case than
AWS documents.

## Why it matters
IAM refuses the document. `Null` asks whether a key exists, so "if it exists" has no meaning for it.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import is_template_function
from iamsim.core.caret import quote
from iamsim.core.suggest import did_you_mean
from iamsim.syntax.operators import operator_spellings, split_operator


@checks("INVALID_CONDITION_OPERATOR", "NULL_WITH_IF_EXISTS")
def unknown_operators(policy: PolicyView) -> Findings:
    """Look at every operator as written."""
    for statement in policy.statements:
        given = statement.raw.get("Condition")
        if not isinstance(given, dict) or is_template_function(given):
            continue
        for written in given:
            if split_operator(written) is not None:
                continue
            place = (*statement.element("Condition"), written, "#key")
            if written.lower().endswith("nullifexists"):
                message = f"{quote(written)} is no operator: `Null` takes no `IfExists`"
                hint = "`Null` asks whether the key exists: write it alone"
                yield policy.finding("NULL_WITH_IF_EXISTS", message, place, hint=hint)
                continue
            message = f"there is no condition operator {quote(written)}"
            meant = did_you_mean(written, operator_spellings())
            if meant is None and ":" in written:
                meant = "operators stand outside, condition keys inside: `{operator: {key: value}}`"
            yield policy.finding("INVALID_CONDITION_OPERATOR", message, place, hint=meant)
