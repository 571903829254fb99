"""Whether a policy of a role or resource may be about somebody: looked at before it is compiled.

Most policies of other accounts name neither a caller's account nor everybody. What is not plainly
so counts as being about everybody.
"""

from __future__ import annotations

import re

from iamsim.world.items import AnyPolicy, PolicyDocument

KEYS = frozenset({"Version", "Id", "Statement"})
KINDS = frozenset({"AWS", "Service", "Federated"})
# An account, its root user, or a principal of it that IAM or STS names.
OF_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:(?:iam|sts)::)?([0-9]{12})(?::[^:]+)?", re.ASCII)


def may_let_in(policy: AnyPolicy, account: str) -> bool:
    """Whether some statement may allow something to a principal of an account, or to a caller of no
    account where that is empty.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if not account:
        return True
    document = policy.document if isinstance(policy, PolicyDocument) else None
    if not isinstance(document, dict) or not document.keys() <= KEYS:
        return True
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return any(_may_let_in(entry, account) for entry in listed)


def _may_let_in(statement: object, account: str) -> bool:
    """The same of one statement."""
    if not isinstance(statement, dict):
        return True
    if statement.get("Effect") == "Deny":
        return False
    principal = statement.get("Principal")
    if not isinstance(principal, dict) or not principal.keys() <= KINDS:
        return True
    named = principal.get("AWS", [])
    for entry in named if isinstance(named, list) else [named]:
        match = OF_ACCOUNT.fullmatch(entry) if isinstance(entry, str) else None
        if match is None or match[1] == account:
            return True
    return False
