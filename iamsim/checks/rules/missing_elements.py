"""An element that the policy must have is missing.

## What it finds
A policy without `Statement`, a statement without `Effect`, without `Action` or `NotAction`,
without `Resource` or `NotResource` where the type of policy needs one, and a resource-based
policy without `Principal` or `NotPrincipal`.

## Why it matters
IAM refuses the document: no element has a default. Role trust policies need no `Resource`, since
the resource is the role itself; some services do not need one either, so it is not asked of
resource-based policies whose resource type is unknown.
"""

from __future__ import annotations

from iamsim.catalog.resource_types import find_type
from iamsim.checks.view import WITH_PRINCIPAL, Findings, PolicyView, checks
from iamsim.core.decision import PolicyType


@checks("MISSING_STATEMENT")
def missing_statement(policy: PolicyView) -> Findings:
    """A policy consists of statements."""
    raw = policy.raw
    if isinstance(raw, dict) and ("Statement" not in raw or raw["Statement"] == []):
        place = () if "Statement" not in raw else ("Statement",)
        hint = "write the statements in a list under `Statement`"
        yield policy.finding("MISSING_STATEMENT", "the policy has no statement", place, hint=hint)


@checks("MISSING_EFFECT")
def missing_effect(policy: PolicyView) -> Findings:
    """Nothing is allowed or denied by default."""
    for statement in policy.statements:
        if "Effect" not in statement.raw:
            hint = 'write `"Effect": "Allow"` or `"Effect": "Deny"`'
            message = "the statement has no `Effect`"
            yield policy.finding("MISSING_EFFECT", message, statement.path, hint=hint)


@checks("MISSING_ACTION")
def missing_action(policy: PolicyView) -> Findings:
    """A statement is about actions."""
    for statement in policy.statements:
        if not {"Action", "NotAction"} & statement.raw.keys():
            message = "the statement has neither `Action` nor `NotAction`"
            hint = 'for every action write `"Action": "*"`'
            yield policy.finding("MISSING_ACTION", message, statement.path, hint=hint)


@checks("MISSING_RESOURCE")
def missing_resource(policy: PolicyView) -> Findings:
    """A statement is about resources, unless it is attached to one that is meant anyway."""
    if policy.is_trust:
        return
    if policy.policy_type is PolicyType.RESOURCE:
        row = find_type(policy.resource_type or "")
        if policy.resource_type is None or (row is not None and row.names_no_resource):
            return
    for statement in policy.statements:
        if not {"Resource", "NotResource"} & statement.raw.keys():
            message = "the statement has neither `Resource` nor `NotResource`"
            hint = 'for every resource write `"Resource": "*"`'
            yield policy.finding("MISSING_RESOURCE", message, statement.path, hint=hint)


@checks("MISSING_PRINCIPAL")
def missing_principal(policy: PolicyView) -> Findings:
    """A policy of a resource says who it is about."""
    if policy.policy_type not in WITH_PRINCIPAL:
        return
    for statement in policy.statements:
        if not {"Principal", "NotPrincipal"} & statement.raw.keys():
            message = "the statement has no `Principal`"
            hint = 'name who it is about, for example `"Principal": {"AWS": "111122223333"}`'
            yield policy.finding("MISSING_PRINCIPAL", message, statement.path, hint=hint)
