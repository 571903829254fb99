"""Whether denials of an organization's policies can take anything away from an account.

A Deny that no request matches limits nothing: one about another account, a day that is gone, or a
service that resource control policies don't cover. The engine decides requests that it could match,
with the guardrails and without them.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import TYPE_CHECKING

from iamsim.checks.arn_examples import example_resource
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.errors import RequestError
from iamsim.core.wildcard import example_of
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.batch.answers import decide_one, opened
from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.syntax.ast import Policy

STRANGER = "999999999999"
PRINCIPAL_ARN = "aws:principalarn"
MOST_ACTIONS = 8
MOST_ASKED = 200
PROBED = {
    "s3": "arn:{partition}:s3:::iamsim-perimeter-probe/object",
    "sqs": "arn:{partition}:sqs:us-east-1:{account}:iamsim-probe",
    "sns": "arn:{partition}:sns:us-east-1:{account}:iamsim-probe",
    "kms": "arn:{partition}:kms:us-east-1:{account}:key/iamsim-probe",
    "secretsmanager": "arn:{partition}:secretsmanager:us-east-1:{account}:secret:iamsim-probe",
    "dynamodb": "arn:{partition}:dynamodb:us-east-1:{account}:table/iamsim-probe",
    "events": "arn:{partition}:events:us-east-1:{account}:event-bus/iamsim-probe",
    "kinesis": "arn:{partition}:kinesis:us-east-1:{account}:stream/iamsim-probe",
    "lambda": "arn:{partition}:lambda:us-east-1:{account}:function:iamsim-probe",
}
"""A resource of some services, to ask about."""


def takes_away(looking: Looking, account: str, statement: CompiledStatement) -> bool:
    """Whether a Deny of a guardrail changes what somebody of an account can do, or somebody else to
    its resources."""
    if statement.unknowns:
        return True
    world = looking.batch.world
    for question in islice(_questions(looking, account, statement), MOST_ASKED):
        try:
            free = decide_one(question, world, lifted=True)
            if free.possible and decide_one(question, world).verdict is not Verdict.ALLOWED:
                return True
        except RequestError:  # such an action does not act on such a resource
            continue
    return False


def probes_of(partition: str, account: str) -> tuple[str, ...]:
    """A role and a user of an account."""
    start = f"arn:{partition}:iam::{account}"
    return f"{start}:role/iamsim-probe", f"{start}:user/iamsim-probe"


def lets_in(principal: str, action: str, resource: str) -> Policy:
    """A policy of a resource that lets somebody in."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": resource,
    }
    return parse_policy(
        {"Version": "2012-10-17", "Statement": [statement]},
        name="a policy that lets the caller in",
        policy_type=PolicyType.RESOURCE,
    )


def _questions(looking: Looking, account: str, statement: CompiledStatement) -> Iterator[Question]:
    """Requests that a statement could match; a statement with principals is of a resource control
    policy."""
    partition = looking.partition_of(account)
    about_resources = statement.principals is not None
    callers = [*probes_of(partition, account), f"arn:{partition}:iam::{account}:root"]
    if about_resources:
        callers += probes_of(partition, STRANGER)
    for test in statement.conditions:
        if test.key == PRINCIPAL_ARN:
            callers += callers_named(test, account)
    for action, caller in product(_actions(looking, statement), dict.fromkeys(callers)):
        for resource in _resources(statement, action, account, partition):
            policy = lets_in(caller, action, resource) if about_resources else None
            attached = AttachedPolicies(
                identity_policies=(ADMINISTRATOR_ACCESS,), resource_policy=policy
            )
            yield opened(
                Question(
                    caller,
                    action,
                    resource,
                    resource_account=account if about_resources else None,
                    now=looking.at_text,
                    attached=attached,
                )
            )


def callers_named(test: ConditionTest, account: str) -> list[str]:
    """Those whom a condition on the ARN of the caller names, of an account where it leaves that
    open."""
    found = []
    for template in test.values.templates:
        account_part = template.text.split(":", 5)[4:5]
        arn = find_arn(example_of(template.text, "iamsim-probe"))
        if arn is not None:
            is_open = any("*" in part or "?" in part for part in account_part)
            found.append(arn._replace(account=account).text if is_open else arn.text)
    return found


def _actions(looking: Looking, statement: CompiledStatement) -> list[str]:
    """The first action of each entry of a statement; of a resource control policy, of services that
    these cover."""
    universe, actions = looking.batch.universe, statement.actions
    covered = universe.listed
    if statement.principals is not None:
        covered = 0
        for service in looking.batch.world.rcp_services:
            covered |= universe.service_mask(service)
    masks = [universe.mask(actions)]
    if not actions.negated:
        masks = [universe.mask_of_patterns([pattern.pattern]) for pattern in actions.patterns]
    found = [universe.first(mask & covered) for mask in masks if mask & covered]
    return found[:MOST_ACTIONS]


def _resources(
    statement: CompiledStatement, action: str, account: str, partition: str
) -> Iterator[str]:
    """Resources that a statement may be about."""
    resources = statement.resources
    service = action.partition(":")[0]
    usual = PROBED.get(service, "*").format(partition=partition, account=account)
    if resources is None or resources.negated or resources.everything:
        yield usual
        return
    for entry in resources.patterns[:MOST_ACTIONS]:
        yield example_resource(
            entry.template.tokens(), account, partition=partition, service=service
        )
