"""The policy names principals, and its type has none.

## What it finds
`Principal` or `NotPrincipal` in an identity-based policy, a permissions boundary, a session
policy or a service control policy.

## Why it matters
These policies apply to whom they are attached to. IAM and AWS Organizations refuse the document.
"""

from __future__ import annotations

from iamsim.checks.view import WITH_PRINCIPAL, Findings, PolicyView, checks


@checks("UNSUPPORTED_PRINCIPAL", "SCP_SYNTAX_ERROR_PRINCIPAL")
def unsupported_principal(policy: PolicyView) -> Findings:
    """Policies without principals."""
    if policy.policy_type in WITH_PRINCIPAL:
        return
    code = "SCP_SYNTAX_ERROR_PRINCIPAL" if policy.is_scp else "UNSUPPORTED_PRINCIPAL"
    kind = "a service control policy" if policy.is_scp else "a policy of this type"
    for statement in policy.statements:
        for name in ("Principal", "NotPrincipal"):
            if name in statement.raw:
                message = f"{kind} has no `{name}`"
                hint = "it applies to whom it is attached to: take the element out"
                place = statement.element(name, key=True)
                yield policy.finding(code, message, place, hint=hint)
