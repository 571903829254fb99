"""Who is an administrator: whom the engine lets do telling actions all over an account.

Being one is no attachment and no name; somebody with the same permissions counts, somebody whose
boundary or service control policies leave less does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.catalog.managed import find_managed_policy
from iamsim.core.decision import PolicyType, Verdict
from iamsim.engine.question import NOTHING_ATTACHED, AttachedPolicies
from iamsim.query.batch.answers import decide_one
from iamsim.syntax.read import parse_policy
from iamsim.world.model import AnyPolicy, ManagedPolicyReference

if TYPE_CHECKING:
    from iamsim.query.batch import Batch, BatchAnswer, Candidate
    from iamsim.syntax.ast import Policy

# What an administrator can do, and hardly anybody else all of it: (action, resource of the account)
PROBES = (
    ("iam:AttachUserPolicy", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:PutRolePolicy", "arn:{partition}:iam::{account}:role/iamsim-probe"),
    ("iam:CreateAccessKey", "arn:{partition}:iam::{account}:user/iamsim-probe"),
    ("iam:CreatePolicyVersion", "arn:{partition}:iam::{account}:policy/iamsim-probe"),
    ("s3:DeleteBucketPolicy", "arn:{partition}:s3:::iamsim-probe-{account}"),
    ("ec2:TerminateInstances", "arn:{partition}:ec2:{region}:{account}:instance/i-iamsimprobe"),
    ("lambda:UpdateFunctionCode", "arn:{partition}:lambda:{region}:{account}:function:probe"),
    ("cloudformation:CreateStack", "arn:{partition}:cloudformation:{region}:{account}:stack/p/1"),
)
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
ADMINISTRATOR_ACCESS = parse_policy(
    ALLOW_ALL, name="AdministratorAccess", policy_type=PolicyType.IDENTITY
)


def probe_resource(pattern: str, partition: str, account: str, region: str) -> str:
    """Fill the form of an ARN in."""
    return (
        pattern.replace("{partition}", partition)
        .replace("{account}", account)
        .replace("{region}", region)
    )


def find_administrators(
    batch: Batch, account: str, candidates: Sequence[Candidate], region: str
) -> dict[str, BatchAnswer]:
    """The administrators among principals of an account, each with the answer of the probe that
    depends on most: one that is conditional, where there is one."""
    partition = batch.world.model.accounts[account].partition
    left: dict[str, BatchAnswer] = {}
    some: Sequence[Candidate] = candidates
    for action, pattern in PROBES:
        resource = probe_resource(pattern, partition, account, region)
        held = batch.who(action, resource, some)
        for holder in held:
            known = left.get(holder.principal)
            if known is None or known.verdict is not Verdict.CONDITIONAL:
                left[holder.principal] = holder.answer
        some = [holder.candidate for holder in held]
    return {candidate.principal: left[candidate.principal] for candidate in some}


def is_administrator_with(
    batch: Batch,
    candidate: Candidate,
    policies: Iterable[Policy] | None,
    region: str,
    *,
    without_boundary: bool = False,
    unknown: frozenset[str] = frozenset(),
) -> BatchAnswer:
    """Ask the probes as if these were the principal's identity-based policies (with `None` as the
    world has it), and `unknown` were keys of any value; the answer is that of the probe that
    denies, else of one that is conditional, else of the last."""
    account = candidate.account or ""
    known = batch.world.model.accounts.get(account)
    partition = known.partition if known is not None else "aws"
    attached = (
        NOTHING_ATTACHED
        if policies is None
        else AttachedPolicies(identity_policies=tuple(policies))
    )
    if without_boundary:
        attached = replace(attached, boundary=ADMINISTRATOR_ACCESS)
    batch_answer: BatchAnswer | None = None
    for action, pattern in PROBES:
        resource = probe_resource(pattern, partition, account, region)
        question = batch.question(candidate.principal, action, resource)
        asked = replace(question, attached=attached, unknown=question.unknown | unknown)
        answer = decide_one(asked, batch.world)
        if not answer.possible:
            return answer
        if batch_answer is None or batch_answer.verdict is not Verdict.CONDITIONAL:
            batch_answer = answer
    if batch_answer is None:
        raise AssertionError("there are probes")
    return batch_answer


def as_policy(policy: AnyPolicy) -> Policy:
    """The tree of a policy that a principal has; raises `PolicyError` for what is none."""
    if isinstance(policy, ManagedPolicyReference):
        managed = find_managed_policy(policy.arn)
        text = managed.document_text if managed is not None else "{}"
        return parse_policy(text, name=policy.name, policy_type=PolicyType.IDENTITY)
    return parse_policy(
        policy.document, name=policy.name, source=policy.source, policy_type=PolicyType.IDENTITY
    )
