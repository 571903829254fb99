"""The policy is longer than AWS accepts.

## What it finds
More characters than the quota of the type of policy, with the count. IAM counts no white space;
for service control and resource control policies white space outside of texts is not counted here,
since the console takes it out. What a resource-based policy is attached to is told by
`--resource-type`, or by the resources that it names.

A policy of more than 262,144 characters, more than any service takes, is counted and not judged
otherwise, which `JSON_SYNTAX_ERROR` says.

The last code counts what else the policy of a queue of Amazon SQS may have.

## Why it matters
The policy can't be saved. The quotas, in characters:

| policy | quota |
|---|---|
| identity-based, inline or managed | 10,240 |
| managed, or a permissions boundary, as IAM saves it | 6,144, which is a code of our own |
| inline, `--resource-type AWS::IAM::User` | 2,048 for all of a user together |
| inline, `--resource-type AWS::IAM::Group` | 5,120 for all of a group together |
| inline, `--resource-type AWS::IAM::Role` | 10,240 for all of a role together |
| session | 2,048 |
| role trust | 2,048, up to 8,192 on request |
| service control | 10,240 |
| resource control | 5,120 |
| VPC endpoint, S3, Secrets Manager, DynamoDB, Kinesis, Lambda | 20,480 |
| KMS key | 32,768 |
| SNS topic | 30,720 |
| EFS file system | 20,000 |
| ECR repository | 10,240 |
| SQS queue, API Gateway | 8,192 |
| CodeArtifact domain or repository | 7,168 |

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/efs/latest/APIReference/API_PutFileSystemPolicy.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
"""

from __future__ import annotations

import json

from iamsim.catalog.resource_types import ResourceType, find_type, resource_types
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import as_it_stands
from iamsim.core.decision import PolicyType

IDENTITY = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"
QUOTAS = {
    PolicyType.IDENTITY: (IDENTITY, 10_240),
    PolicyType.PERMISSIONS_BOUNDARY: (IDENTITY, 10_240),
    PolicyType.SESSION: (IDENTITY, 2_048),
    PolicyType.TRUST: ("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", 2_048),
    PolicyType.SERVICE_CONTROL: ("POLICY_SIZE_EXCEEDS_SCP_QUOTA", 10_240),
    PolicyType.RESOURCE_CONTROL: ("POLICY_SIZE_EXCEEDS_RCP_QUOTA", 5_120),
    PolicyType.VPC_ENDPOINT: ("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", 20_480),
}
MANAGED = "IAMSIM_MANAGED_POLICY_QUOTA"
MANAGED_QUOTA = 6_144
INLINE_QUOTAS = {
    "AWS::IAM::User": 2_048,
    "AWS::IAM::Group": 5_120,
    "AWS::IAM::Role": 10_240,
}
# By the names of their kinds in a world.
INLINE_HOLDERS = {
    "users": "AWS::IAM::User",
    "groups": "AWS::IAM::Group",
    "roles": "AWS::IAM::Role",
}
WITH_WHITE_SPACE = frozenset({PolicyType.VPC_ENDPOINT, PolicyType.RESOURCE})
MOST_OF_TRUST = 8_192
LONGEST = 262_144  # no service is known to take more; such a text is counted, and not judged
QUEUE = "AWS::SQS::Queue"
QUEUE_STATEMENTS, QUEUE_PRINCIPALS, QUEUE_CONDITIONS, QUEUE_ACTIONS = 20, 50, 10, 7
ORGANIZATION = frozenset({PolicyType.SERVICE_CONTROL, PolicyType.RESOURCE_CONTROL})


@checks(
    IDENTITY,
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
    "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
    "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
    "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
)
def policy_size(policy: PolicyView) -> Findings:
    """Count the characters as the service does."""
    code, quota = QUOTAS.get(policy.policy_type, ("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", 0))
    attached = policy.resource_type or ""
    if policy.policy_type is PolicyType.RESOURCE:
        row = _attached_to(policy)
        quota = LONGEST if row is None or row.quota is None else row.quota
    elif policy.policy_type is PolicyType.IDENTITY:
        quota = INLINE_QUOTAS.get(attached, quota)
    if not quota or 2 * len(policy.source.text) <= quota:
        return  # written as JSON, a YAML file is never twice as long
    size = _size(policy)
    if code == IDENTITY and not attached:
        size += 1  # every recorded answer of ValidatePolicy counts one character more
    if size > quota:
        message = (
            f"the policy has {size:,} characters, {size - quota:,} more than the quota {quota:,}"
        )
        hint = "split it, or use wildcards"
        if policy.is_trust and size <= MOST_OF_TRUST:
            hint = f"shorten it, or ask AWS for more: up to {MOST_OF_TRUST:,} are granted"
        yield policy.finding(code, message, (), hint=hint)


@checks(MANAGED)
def managed_policy_size(policy: PolicyView) -> Findings:
    """What ValidatePolicy takes and IAM does not save as a managed policy."""
    if policy.policy_type not in (PolicyType.IDENTITY, PolicyType.PERMISSIONS_BOUNDARY):
        return
    longest = QUOTAS[PolicyType.IDENTITY][1]
    if policy.resource_type in INLINE_QUOTAS or 2 * len(policy.source.text) <= MANAGED_QUOTA:
        return
    size = _size(policy)
    if MANAGED_QUOTA < size < longest:
        message = f"the policy has {size:,} characters; a managed policy has at most 6,144"
        yield policy.finding(MANAGED, message, (), hint="split it, or keep it inline in a role")


@checks("IAMSIM_QUEUE_POLICY_QUOTA")
def queue_policy(policy: PolicyView) -> Findings:
    """Statements, principals, conditions and actions of the policy of a queue."""
    if policy.policy_type is not PolicyType.RESOURCE:
        return
    if _attached_to(policy) is not find_type(QUEUE):
        return
    statements = policy.statements
    principals = sum(
        len(statement.principals.entries) for statement in statements if statement.principals
    )
    conditions = sum(len(statement.conditions) for statement in statements)
    for what, count, quota in (
        ("statements", len(statements), QUEUE_STATEMENTS),
        ("principals", principals, QUEUE_PRINCIPALS),
        ("conditions", conditions, QUEUE_CONDITIONS),
    ):
        if count > quota:
            message = f"the policy of a queue has at most {quota} {what}: these are {count}"
            yield policy.finding("IAMSIM_QUEUE_POLICY_QUOTA", message, ("Statement",))
    for statement in statements:
        actions = statement.actions
        if actions is not None and len(actions.values) > QUEUE_ACTIONS:
            count = len(actions.values)
            message = f"a statement of it has at most {QUEUE_ACTIONS} actions: these are {count}"
            hint = "write `sqs:*`, or make a second statement"
            yield policy.finding("IAMSIM_QUEUE_POLICY_QUOTA", message, actions.path, hint=hint)


def _attached_to(policy: PolicyView) -> ResourceType | None:
    """Tell the type of what a policy is attached to: the one that is given, else one of the service
    of its resources, where all of that have policies of one size."""
    if policy.resource_type:
        return find_type(policy.resource_type)
    services = {
        value.text.split(":")[2] if value.text.count(":") > 1 else value.text
        for statement in policy.statements
        for value in (statement.resources.values if statement.resources else ())
    }
    told = (row for row in resource_types() if row.quota_told and {row.service} == services)
    return next(told, None)


def _size(policy: PolicyView) -> int:
    written = policy.source.span(()).text
    if policy.policy_type in ORGANIZATION or not written.startswith("{"):
        return characters(policy.raw, policy.policy_type)
    return _counted(written, policy.policy_type)


def characters(document: object, policy_type: PolicyType | None) -> int:
    """Count the characters of a document as the service does; where white space counts, those of
    JSON that has none outside of texts."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=as_it_stands)
    return len(text) if policy_type in ORGANIZATION else _counted(text, policy_type)


def _counted(text: str, policy_type: PolicyType | None) -> int:
    """The characters of a text that count for a type of policy: IAM counts no white space."""
    return len(text) if policy_type in WITH_WHITE_SPACE else len("".join(text.split()))
