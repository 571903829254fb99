"""A key about VPC endpoints is asked of services that do not send it.

## What it finds
`aws:VpceAccount`, `aws:VpceOrgID` or `aws:VpceOrgPaths` in a statement about all services: with
the action `*`, or with `NotAction`.

## Why it matters
Only some services send these keys. For the others the key is absent, so a statement that denies
shuts them out, and one that allows does not reach them. Which services send it changes often; a
statement that names its services is left alone.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks

CODE = "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES"
KEYS = frozenset({"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"})


@checks(CODE)
def unscoped_keys(policy: PolicyView) -> Findings:
    """Keys of some services in statements about all."""
    for statement, condition in policy.conditions():
        actions = statement.actions
        if condition.lower not in KEYS or condition.operator.base == "Null" or actions is None:
            continue
        # For an operator that also wants the key to be there, its absence is harmless when denying.
        present = any(
            other.lower == condition.lower and other.operator.base == "Null"
            for other in statement.conditions
        )
        everything = actions.negated or any(value.text == "*" for value in actions.values)
        if everything and not present:
            message = f"not all services send `{condition.key}`, and the statement is about all"
            hint = "list the actions of services that send it"
            yield policy.finding(CODE, message, condition.key_path, hint=hint)
