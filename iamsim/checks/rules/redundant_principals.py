"""A role trust policy names a session beside its role.

## What it finds
The ARN of an assumed-role session next to the ARN of the role in one list of principals.

## Why it matters
The role covers all of its sessions, so the entry adds nothing; whoever meant one session only
must take the role out.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote

SESSION_PARTS = 3
CODE = "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"


@checks(CODE)
def session_beside_role(policy: PolicyView) -> Findings:
    """Sessions whose role is listed as well."""
    for statement in policy.statements if policy.is_trust else ():
        principals = statement.principals
        if principals is None or principals.negated:
            continue
        arns = [(value, find_arn(value.text)) for _, value in principals.entries]
        roles = {
            (arn.account, arn.resource.rpartition("/")[2])
            for _, arn in arns
            if arn is not None and arn.service == "iam" and arn.resource.startswith("role/")
        }
        for value, arn in arns:
            parts = arn.resource.split("/") if arn is not None else []
            session = len(parts) == SESSION_PARTS and parts[0] == "assumed-role"
            if arn is not None and session and (arn.account, parts[1]) in roles:
                message = f"{quote(value.text)} is covered by its role, which is listed too"
                yield policy.finding(CODE, message, value.path, hint="keep one of the two")
