"""A role trust policy has elements that it can't have.

## What it finds
`NotPrincipal`, `Resource` or `NotResource` in a role trust policy.

## Why it matters
IAM refuses the document. The resource is the role itself, and who may assume it is listed, never
whom to spare.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks

ELEMENTS = {
    "NotPrincipal": (
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
        "list who may assume the role under `Principal`",
    ),
    "Resource": (
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
        "the resource is the role itself: take the element out",
    ),
    "NotResource": (
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
        "the resource is the role itself: take the element out",
    ),
}


@checks(
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
)
def trust_elements(policy: PolicyView) -> Findings:
    """Elements of other policies."""
    for statement in policy.statements if policy.is_trust else ():
        for name, (code, hint) in ELEMENTS.items():
            if name in statement.raw:
                message = f"a role trust policy has no `{name}`"
                place = statement.element(name, key=True)
                yield policy.finding(code, message, place, hint=hint)
