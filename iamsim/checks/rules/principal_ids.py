"""A principal is given by its unique id.

## What it finds
A principal such as `AROAEXAMPLE...` (a role) or `AIDAEXAMPLE...` (a user).

## Why it matters
IAM writes such an id in place of an ARN when the role or user was deleted. One of the same name
that is made later has another id, so the statement is about nobody.
"""

from __future__ import annotations

import re

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.caret import quote

_match_id = re.compile(r"(AROA|AIDA)[A-Z0-9]{10,}").fullmatch


@checks("INVALID_ROLE_REFERENCE", "INVALID_USER_REFERENCE")
def unique_ids(policy: PolicyView) -> Findings:
    """Roles and users by id."""
    for statement in policy.statements:
        for kind, value in statement.principals.entries if statement.principals else ():
            match = _match_id(value.text) if kind == "AWS" else None
            if match is None:
                continue
            role = match[1] == "AROA"
            what = "role" if role else "user"
            message = f"{quote(value.text)} is the id of a {what} that was probably deleted"
            code = "INVALID_ROLE_REFERENCE" if role else "INVALID_USER_REFERENCE"
            yield policy.finding(code, message, value.path, hint=f"give the ARN of the {what}")
