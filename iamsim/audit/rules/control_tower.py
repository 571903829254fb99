"""Controls of AWS Control Tower that don't hold.

## What it finds
`control-tower-preventive`: where AWS Control Tower is, its mandatory preventive controls by their
ids, about its own resources: those of landing zone 4.0 where a policy has one of its statements,
else those before; those for buckets and topics about the account that has them.
`control-tower-elective`: its elective preventive controls, with those for data residency and
digital sovereignty, as claims about every member account. They hold where somebody wants them, so
that one that does not hold is informational; a severity in the configuration makes them count, and
suppressions leave out what is not wanted. Those of resource control policies are asked about a
bucket, a key, a queue, a secret and a role that let everybody in.

Each is a claim about every principal that a member account may ever have, proved for every request
or refuted by one. [The list](README.md#aws-control-tower) has them all, with AWS's pages, and says
of which preventive controls no claim is made, and why.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-permissions-guardrails>,
<https://docs.aws.amazon.com/controltower/latest/controlreference/preventive-controls.html>.

## What it needs
The tree of the organization with its policies, its id, and the resources of the log archive. The
role `AWSControlTowerExecution` may do what controls forbid, but for those of resource control
policies; other such roles are patterns under `guardrail-exempt` in the configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.audit.control_tower import (
    OWN_ORGANIZATION,
    elective_controls,
    is_landing_zone_4,
    mandatory_controls,
)
from iamsim.audit.guardrails import CONTROLS, Guardrail
from iamsim.audit.model import Outcome, Severity
from iamsim.audit.proving import proved
from iamsim.audit.registry import audits
from iamsim.audit.sources import ORGANIZATION, RESOURCES
from iamsim.core.decision import PolicyType
from iamsim.core.wildcard import compile_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking

HEADING = "guardrails"
ELECTIVE = (
    "https://docs.aws.amazon.com/controltower/latest/controlreference/"
    "elective-preventive-controls.html"
)


@audits(
    "control-tower-preventive",
    HEADING,
    "AWS Control Tower's mandatory preventive controls hold",
    Severity.MEDIUM,
    CONTROLS,
)
def control_tower(looking: Looking) -> Iterator[Outcome]:
    """The controls of Control Tower, where it is there."""
    if looking.model.organization is None or not _has_control_tower(looking):
        return
    for control in mandatory_controls(landing_zone_4=_is_landing_zone_4(looking)):
        holders = tuple(sorted(_holders(looking, control)))
        if holders or not control.held:
            yield proved(looking, control, control.id, holders)
        else:
            what = "which account has the resources of the control"
            yield RESOURCES.gap(control.id, what, account="LOG-ARCHIVE")


@audits(
    "control-tower-elective",
    HEADING,
    "AWS Control Tower's elective preventive controls hold",
    Severity.INFORMATIONAL,
    ELECTIVE,
)
def elective(looking: Looking) -> Iterator[Outcome]:
    """The controls that an organization may choose, where Control Tower is there."""
    organization = looking.model.organization
    if organization is None or not looking.members or not _has_control_tower(looking):
        return
    for control in elective_controls():
        made = json.dumps(control.condition)
        if OWN_ORGANIZATION not in made:
            yield proved(looking, control, control.id)
        elif organization.id is None:
            yield ORGANIZATION.gap(control.id, "the id of the organization")
        else:
            condition = json.loads(made.replace(OWN_ORGANIZATION, organization.id))
            yield proved(looking, control._replace(condition=condition), control.id)


def _has_control_tower(looking: Looking) -> bool:
    roles = any("AWSControlTowerExecution" in account.roles for account in looking.accounts)
    return roles or any(held.policy.name.startswith("aws-guardrails-") for held in looking.held)


def _is_landing_zone_4(looking: Looking) -> bool:
    """Whether a service control policy above some member has a statement of landing zone 4.0."""
    return is_landing_zone_4(
        statement.sid or ""
        for first in looking.guardrails.alike
        for _, policies in looking.model.scp_levels(first) or ()
        for policy in policies
        for statement in looking.statements(policy, PolicyType.SERVICE_CONTROL)
    )


def _holders(looking: Looking, control: Guardrail) -> Iterator[str]:
    """The members that have a resource which a control is about."""
    tests = [compile_tokens(tokenize(pattern)) for pattern in control.resources]
    for member in looking.members if control.held else ():
        account = looking.model.accounts.get(member)
        if account is not None and any(
            test(resource) for resource in account.resources for test in tests
        ):
            yield member
