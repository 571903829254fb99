"""Owners of GitHub repositories that the role does not know.

## What it finds
A role trust policy for GitHub Actions whose `sub` has a wildcard in front of the slash that ends
the owner, such as `repo:example*`, `repo:*` or `*`.

## Why it matters
Anyone can register an owner that begins with the same letters, or is any owner at all, and assume
the role from a workflow. AWS warns of wildcards in the repository and the branch; this one opens
the role to strangers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.checks.registry import checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView

CODE = "IAMSIM_GITHUB_OWNER_WILDCARD"
SUBJECT = "token.actions.githubusercontent.com:sub"


@checks(CODE)
def open_owner(policy: PolicyView) -> Iterator[Finding]:
    """Subjects that do not name their owner."""
    for statement, condition in policy.conditions():
        if condition.lower != SUBJECT or not statement.allows:
            continue
        if condition.operator.base != "StringLike":
            continue
        for value in condition.values:
            owner, slash, _ = value.text.partition("/")
            if has_wildcard(owner if slash else value.text):
                message = f"{quote(value.text)} covers owners that anyone can register"
                hint = "name the owner: `repo:OWNER/...`"
                yield policy.finding(CODE, message, value.path, hint=hint)
