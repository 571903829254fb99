"""Any role may be passed to any service.

## What it finds
A statement that allows `iam:PassRole`, by name, by a wildcard or by `NotAction`, on roles of any
name or with `NotResource`, and without a condition on `iam:PassedToService`
that needs the key and names whole services. A pattern such as
`arn:aws:iam::*:role/service-role/*` that names a part of the role is not reported.

## Why it matters
Who may pass a role to a service can act with the role's permissions, for example by starting an
instance or a function with an administrator's role.
"""

from __future__ import annotations

from iamsim.checks.rules.reach import find_reach, names_service
from iamsim.checks.view import Findings, PolicyView, checks

ASSOCIATED = ("iam:associatedresourcearn",)  # with it, AWS does not ask for the service


@checks(
    "PASS_ROLE_WITH_NOT_RESOURCE",
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
    "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE",
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
)
def pass_any_role(policy: PolicyView) -> Findings:
    """Statements of identity-based policies that reach iam:PassRole on all roles."""
    for statement in policy.statements if policy.is_identity else ():
        reach = find_reach(policy, statement, "iam:passrole", "")
        if reach is None or names_service(statement, "iam:passedtoservice", *ASSOCIATED):
            continue
        message = "the statement allows `iam:PassRole` on roles of any name"
        hint = "name the roles, or add a condition on `iam:PassedToService`"
        yield policy.finding(f"PASS_ROLE_{reach.variant}", message, *reach.places, hint=hint)
