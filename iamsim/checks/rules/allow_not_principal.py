"""A statement allows everyone who is not named.

## What it finds
`NotPrincipal` in a statement that allows.

## Why it matters
The statement allows every principal of every account but the ones listed, anonymous callers
included. In a statement that denies, `NotPrincipal` does what people expect.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.decision import PolicyType


@checks("ALLOW_WITH_NOT_PRINCIPAL")
def allow_with_not_principal(policy: PolicyView) -> Findings:
    """Role trust and resource control policies have codes of their own for `NotPrincipal`."""
    if policy.policy_type not in (PolicyType.RESOURCE, PolicyType.VPC_ENDPOINT):
        return
    for statement in policy.statements:
        if statement.allows and "NotPrincipal" in statement.raw:
            message = "`NotPrincipal` stands in a statement that allows"
            hint = "list who may under `Principal`"
            place = statement.element("NotPrincipal", key=True)
            yield policy.finding("ALLOW_WITH_NOT_PRINCIPAL", message, place, hint=hint)
