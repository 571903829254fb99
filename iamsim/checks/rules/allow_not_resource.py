"""A statement allows everything but some resources.

## What it finds
`Allow` with `NotResource`, in a policy that says what its owner may do. Where the statement reaches
`iam:PassRole` or `iam:CreateServiceLinkedRole`, AWS's codes say so, and this one is not given.

## Why it matters
The statement covers all other resources of all accounts, those to come included. A resource that is
renamed or made tomorrow is inside. Resources are kept apart by a `Deny` that names them, or by
naming what is allowed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html
"""

from __future__ import annotations

from iamsim.checks.rules.reach import find_reach
from iamsim.checks.view import Findings, PolicyView, checks

CODE = "IAMSIM_ALLOW_WITH_NOT_RESOURCE"
REPORTED = (("iam:passrole", ""), ("iam:createservicelinkedrole", "aws-service-role/"))


@checks(CODE)
def allow_not_resource(policy: PolicyView) -> Findings:
    """Statements of identity-based policies."""
    for statement in policy.statements if policy.is_identity else ():
        resources = statement.resources
        if not statement.allows or resources is None or not resources.negated:
            continue
        if any(find_reach(policy, statement, *reached) for reached in REPORTED):
            continue
        message = "the statement allows its actions on all resources but these"
        hint = "list what is allowed in `Resource`, or deny these in a statement of their own"
        place = statement.element("NotResource", key=True)
        yield policy.finding(CODE, message, place, hint=hint)
