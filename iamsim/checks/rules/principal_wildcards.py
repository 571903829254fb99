"""A wildcard where a principal must be named.

## What it finds
A principal with `*` or `?` inside, such as `arn:aws:iam::111122223333:role/app-*`; a whole `*`
for a service; and in a role trust policy the short form `"Principal": "*"`.

## Why it matters
No wildcard acts inside a principal: the service refuses the policy, or the entry matches nobody.
"""

from __future__ import annotations

from iamsim.checks.view import WITH_PRINCIPAL, Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote


@checks("UNSUPPORTED_WILDCARD_IN_PRINCIPAL")
def wildcard_in_principal(policy: PolicyView) -> Findings:
    """A principal is everyone, or someone by name."""
    if policy.policy_type not in WITH_PRINCIPAL or policy.is_rcp:
        return
    for statement in policy.statements:
        for kind, value in statement.principals.entries if statement.principals else ():
            if not has_wildcard(value.text) or (value.text == "*" and kind in ("*", "AWS")):
                continue
            message = f"no wildcard acts in the principal {quote(value.text)}"
            hint = (
                "name it in full; for many, use `*` with a condition on `aws:PrincipalArn`"
                if kind == "AWS"
                else "name it in full"
            )
            code = "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"
            yield policy.finding(code, message, value.path, hint=hint)


@checks("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL")
def wildcard_in_trust_policy(policy: PolicyView) -> Findings:
    """Role trust policies do not know the short form for everyone."""
    if not policy.is_trust:
        return
    for statement in policy.statements:
        if statement.raw.get("Principal") == "*":
            message = 'a role trust policy has no `"Principal": "*"`'
            hint = 'name who may assume the role; everyone is `{"AWS": "*"}`'
            code = "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL"
            yield policy.finding(code, message, statement.element("Principal"), hint=hint)
