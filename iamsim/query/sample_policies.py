"""Policies that stand in for one that a world does not have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamsim.core.decision import Layer, PolicyType
from iamsim.engine.services.sts import is_trust_request
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.syntax.ast import Policy

NAME = "a policy that is not in the world"
NOBODY = {"AWS": "arn:aws:iam::000000000000:root"}
TYPES = {
    Layer.SERVICE_CONTROL_POLICY: PolicyType.SERVICE_CONTROL,
    Layer.RESOURCE_CONTROL_POLICY: PolicyType.RESOURCE_CONTROL,
    Layer.RESOURCE_BASED_POLICY: PolicyType.RESOURCE,
    Layer.IDENTITY_BASED_POLICY: PolicyType.IDENTITY,
    Layer.PERMISSIONS_BOUNDARY: PolicyType.PERMISSIONS_BOUNDARY,
    Layer.SESSION_POLICY: PolicyType.SESSION,
    Layer.VPC_ENDPOINT_POLICY: PolicyType.VPC_ENDPOINT,
}
WITH_PRINCIPAL = frozenset(
    {
        PolicyType.RESOURCE,
        PolicyType.TRUST,
        PolicyType.RESOURCE_CONTROL,
        PolicyType.VPC_ENDPOINT,
    }
)


def with_policy(question: Question, layer: Layer, *, explicit: bool) -> Question | None:
    """Ask a question with a policy of one type that denies it, or that does not allow it; `None`
    for types of which there can't be such a policy."""
    policy_type = TYPES.get(layer)
    if policy_type is None:
        return None
    if policy_type is PolicyType.RESOURCE_CONTROL and not explicit:
        return None  # what RCPs do not deny they allow
    if policy_type is PolicyType.RESOURCE and is_trust_request(question.action, question.resource):
        policy_type = PolicyType.TRUST
    return _attach(question, layer, _policy(question.action, policy_type, explicit=explicit))


def _policy(action: str, policy_type: PolicyType, *, explicit: bool) -> Policy:
    """A policy that denies an action to everyone, or that lets nobody do it."""
    statement: dict[str, Any] = {"Effect": "Deny" if explicit else "Allow", "Action": action}
    if policy_type in WITH_PRINCIPAL:
        statement["Principal"] = "*" if explicit else NOBODY
    elif not explicit:
        statement["Action"] = "sts:GetCallerIdentity"  # which needs no permission
    if policy_type is not PolicyType.TRUST:
        statement["Resource"] = "*"
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return parse_policy(document, name=NAME, policy_type=policy_type)


def _attach(question: Question, layer: Layer, policy: Policy) -> Question:
    """Put the policy into its place; levels of an organization stay what they are, but for one."""
    attached = question.attached
    match layer:
        case Layer.SESSION_POLICY:
            return replace(question, session=replace(question.session, policies=(policy,)))
        case Layer.SERVICE_CONTROL_POLICY:
            attached = replace(attached, scps=((policy,),))
        case Layer.RESOURCE_CONTROL_POLICY:
            attached = replace(attached, rcps=((policy,),))
        case Layer.RESOURCE_BASED_POLICY:
            attached = replace(attached, resource_policy=policy)
        case Layer.IDENTITY_BASED_POLICY:
            attached = replace(attached, identity_policies=(policy,))
        case Layer.PERMISSIONS_BOUNDARY:
            attached = replace(attached, boundary=policy)
        case _:
            attached = replace(attached, vpce_policies=(policy,))
    return replace(question, attached=attached)
