"""A resource-based policy that is not about its resource.

## What it finds
Where the type of the resource is given (`--resource-type`): an action of another service, a
resource of another service, and conditions on whose resource it is.

## Why it matters
The policy is only asked about its own resource. Entries about others have no effect, and the
service refuses some of them. The account and the organization of the resource are fixed: a
condition on them asks nothing.
"""

from __future__ import annotations

from iamsim.catalog.resource_types import ResourceType, find_type
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType

OWNER_KEYS = frozenset(
    {"aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount"}
)
SERVICE_FIELD = 2
BUCKET, ACCESS_POINT = "AWS::S3::Bucket", "AWS::S3::AccessPoint"


TRUST_ACTIONS = ("sts",)


def _row(policy: PolicyView) -> ResourceType | None:
    """Give the type of the resource that has a policy, where it is known."""
    if policy.policy_type is not PolicyType.RESOURCE or policy.is_trust:
        return None
    row = find_type(policy.resource_type or "")
    return row if row is not None and row.has_policy else None


@checks("UNSUPPORTED_ACTION_IN_POLICY")
def foreign_actions(policy: PolicyView) -> Findings:
    """Actions of other services."""
    row = _row(policy)
    services = TRUST_ACTIONS if policy.is_trust else () if row is None else row.actions
    for statement in policy.statements if services else ():
        for value in statement.actions.values if statement.actions else ():
            prefix, colon, _ = value.text.lower().partition(":")
            if colon and prefix not in services and not has_wildcard(prefix):
                shown = "` or `".join(services)
                message = f"{quote(value.text)} is no action of `{shown}`, which has this policy"
                yield policy.finding("UNSUPPORTED_ACTION_IN_POLICY", message, value.path)


@checks("UNSUPPORTED_RESOURCE_ARN_IN_POLICY")
def foreign_resources(policy: PolicyView) -> Findings:
    """Resources of other services; in the policy of a bucket `*` and access points, in that of an
    access point buckets."""
    row = _row(policy)
    for statement in policy.statements if row is not None else ():
        for value in statement.resources.values if statement.resources else ():
            fields = value.text.split(":", 5)
            short = len(fields) <= SERVICE_FIELD or has_wildcard(fields[SERVICE_FIELD])
            if short:
                foreign = value.text == "*" and policy.resource_type == BUCKET
            else:
                through_point = fields[-1].startswith("accesspoint/")
                foreign = row is not None and fields[SERVICE_FIELD] != row.service
                foreign |= policy.resource_type == BUCKET and through_point
                foreign |= policy.resource_type == ACCESS_POINT and not through_point
            if foreign:
                message = f"{quote(value.text)} is not the resource that has this policy"
                code = "UNSUPPORTED_RESOURCE_ARN_IN_POLICY"
                yield policy.finding(code, message, value.path)


@checks("IRRELEVANT_CONDITION_KEY_IN_POLICY")
def owner_keys(policy: PolicyView) -> Findings:
    """Whose resource it is stands fixed."""
    if _row(policy) is None:
        return
    for _, condition in policy.conditions():
        if condition.lower in OWNER_KEYS:
            message = f"`{condition.key}` is the same in every request to this resource"
            hint = "ask about the caller: `aws:PrincipalAccount`, `aws:PrincipalOrgID`"
            place = condition.key_path
            yield policy.finding("IRRELEVANT_CONDITION_KEY_IN_POLICY", message, place, hint=hint)
