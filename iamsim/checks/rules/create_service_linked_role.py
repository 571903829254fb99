"""Service-linked roles may be made for any service.

## What it finds
A statement that allows `iam:CreateServiceLinkedRole`, by name, by a wildcard or by `NotAction`,
for roles of any service or with `NotResource`, and without a condition on `iam:AWSServiceName`
that needs the key and names whole services.

## Why it matters
A service-linked role lets a service act in the account; whoever makes one turns on a service that
nobody else asked for.
"""

from __future__ import annotations

from iamsim.checks.rules.reach import find_reach, names_service
from iamsim.checks.view import Findings, PolicyView, checks


@checks(
    "CREATE_SLR_WITH_NOT_RESOURCE",
    "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
    "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    "CREATE_SLR_WITH_STAR_IN_RESOURCE",
    "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
    "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
)
def create_any_role(policy: PolicyView) -> Findings:
    """Statements of identity-based policies that reach iam:CreateServiceLinkedRole."""
    for statement in policy.statements if policy.is_identity else ():
        action = "iam:createservicelinkedrole"
        reach = find_reach(policy, statement, action, "aws-service-role/")
        if reach is None or names_service(statement, "iam:awsservicename"):
            continue
        message = "the statement allows `iam:CreateServiceLinkedRole` for any service"
        hint = "name the services' roles, or add a condition on `iam:AWSServiceName`"
        yield policy.finding(f"CREATE_SLR_{reach.variant}", message, *reach.places, hint=hint)
