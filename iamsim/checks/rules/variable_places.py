"""A policy variable where none acts.

## What it finds
`${...}` in an action, a principal or a condition key; in a policy of version 2008-10-17 or
without version; and in the values of operators that compare numbers, dates, addresses or bytes.

## Why it matters
There the text is no variable: it is compared as it stands, and matches nothing that anybody
means. Variables act in `Resource` and in the values of text, ARN and boolean operators, from
version 2012-10-17 on.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamsim.checks.rules.variable_syntax import texts_with_variables
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.core.caret import quote
from iamsim.core.span import Path
from iamsim.syntax.operators import OPERATORS
from iamsim.syntax.variables import has_variables


@checks("VARIABLE_UNSUPPORTED_IN_ELEMENT")
def in_wrong_element(policy: PolicyView) -> Findings:
    """Actions, principals and keys are plain texts."""
    for statement in policy.statements:
        for name, text, path in _plain_texts(statement):
            if has_variables(text):
                message = f"no policy variable acts in {name}: {quote(text)}"
                hint = "variables act in `Resource` and in the values of conditions"
                yield policy.finding("VARIABLE_UNSUPPORTED_IN_ELEMENT", message, path, hint=hint)


def _plain_texts(statement: StatementView) -> Iterator[tuple[str, str, Path]]:
    """Go through the texts in which nothing is replaced."""
    if statement.actions is not None:
        for value in statement.actions.values:
            yield f"`{statement.actions.name}`", value.text, value.path
    if statement.principals is not None:
        for _, value in statement.principals.entries:
            yield f"`{statement.principals.name}`", value.text, value.path
    for condition in statement.conditions:
        yield "a condition key", condition.key, condition.key_path


@checks("VARIABLE_UNSUPPORTED_IN_VERSION")
def in_old_version(policy: PolicyView) -> Findings:
    """Variables came with version 2012-10-17."""
    if policy.has_variables:
        return
    for value in texts_with_variables(policy):
        if has_variables(value.text):
            version = (
                f"version `{policy.version}`" if policy.version else "a policy without version"
            )
            message = f"{quote(value.text)} has no policy variable: {version} knows none"
            hint = 'write `"Version": "2012-10-17"`'
            code = "VARIABLE_UNSUPPORTED_IN_VERSION"
            yield policy.finding(code, message, value.path, hint=hint)


@checks("INVALID_VARIABLE_FOR_OPERATOR")
def under_wrong_operator(policy: PolicyView) -> Findings:
    """Numbers, dates, addresses and bytes are written out."""
    for _, condition in policy.conditions():
        if OPERATORS[condition.operator.base].variables:
            continue
        for value in condition.values:
            if has_variables(value.text):
                message = f"no policy variable acts under `{condition.written}`"
                hint = "write the value out, or use an operator for texts or ARNs"
                code = "INVALID_VARIABLE_FOR_OPERATOR"
                yield policy.finding(code, message, value.path, hint=hint)
