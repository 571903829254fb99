"""Policies that could be written from what was used.

## What it finds
`policy-to-generate`: users and roles that may use whole services on everything, with the policy of
what they called: exact calls and resources where `--events` gives a trail; else what IAM says,
actions where it tracks them, or the service.
`service-never-used`: users and roles that may use services which they have not called in all the
time that IAM looks back to (400 days): the first thing that a generated policy leaves out.
`unused-access-analyzer`: an account without an active analyzer for unused access.

## Why it matters
IAM Access Analyzer writes policies from CloudTrail, `iamsim generate` does so from the same trails:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>.

## What it needs
CloudTrail's logs, or the service last accessed details of each principal; `list-analyzers` of each
account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.audit.model import (
    Evidence,
    Finding,
    Fix,
    Outcome,
    Passed,
    Severity,
    fact,
    some_of,
)
from iamsim.audit.policies import written_out
from iamsim.audit.registry import audits
from iamsim.audit.rules.outside import analyzer_of
from iamsim.audit.sources import LAST_ACCESSED
from iamsim.core.decision import PolicyType
from iamsim.engine.inventory import identity_policies

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.world.model import Account, Role, ServiceAccess, User

HEADING = "analyzer-generate"
GENERATE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html"
ACCESSED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"
UNUSED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-create-unused.html"
UNUSED_TYPES = ("ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS")
FEW = 6


def _everybody(looking: Looking) -> list[tuple[Account, User | Role]]:
    return [*looking.users, *looking.roles]


@audits(
    "policy-to-generate", HEADING, "Policies are as wide as what was used", Severity.LOW, GENERATE
)
def to_generate(looking: Looking) -> Iterator[Outcome]:
    """Whole services on everything, where it is known what was used."""
    for account, entity in _everybody(looking):
        policies = identity_policies(entity, looking.model)
        wide = sorted(
            {
                name
                for policy in policies
                for _, some in looking.whole_services(policy)
                for name in some
            }
        )
        if not wide:
            if policies:
                yield Passed(entity.arn)
        elif (made := looking.successor(entity.arn)) is not None:
            yield Finding(
                entity.arn,
                f"may use {', '.join(wide[:FEW])} on everything; the trail has {made.calls} calls",
                Fix("policy", written_out(made.policy)),
                account.id,
                (Evidence("fact", f"{made.covered} of {made.calls} calls pass by the fix"),),
                span=entity.span,
            )
        elif entity.last_accessed is None:
            yield LAST_ACCESSED.gap(
                entity.arn, "which services it has called", account=account.id, arn=entity.arn
            )
        else:
            used = _used(entity.last_accessed)
            yield Finding(
                entity.arn,
                f"may use {', '.join(wide[:FEW])} on everything, and used"
                f" {some_of(used, FEW) or 'nothing'}",
                Fix("policy", written_out(_successor(used))),
                account.id,
                tuple(
                    Evidence("date", f"{name}: last called {access.at}")
                    for name, access in sorted(entity.last_accessed.items())
                    if access.at is not None
                )[:FEW],
                span=entity.span,
            )
    yield from looking.policy_gaps(PolicyType.IDENTITY)


def _used(accessed: Mapping[str, ServiceAccess]) -> list[str]:
    """What was called: actions of services whose actions are tracked, and whole services."""
    found = []
    for service, access in sorted(accessed.items()):
        actions = sorted(name for name, at in access.actions.items() if at is not None)
        found += [f"{service}:{name}" for name in actions]
        if access.at is not None and not actions:
            found.append(f"{service}:*")
    return found


def _successor(used: list[str]) -> dict[str, object]:
    """A policy of what was called; IAM does not say on which resources."""
    statement = {"Effect": "Allow", "Action": used, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement] if used else []}


@audits("service-never-used", HEADING, "Nobody may use what it never used", Severity.LOW, ACCESSED)
def never_used(looking: Looking) -> Iterator[Outcome]:
    """Services that somebody may use and never used."""
    for account, entity in _everybody(looking):
        if entity.last_accessed is None:
            yield LAST_ACCESSED.gap(
                entity.arn, "which services it has called", account=account.id, arn=entity.arn
            )
            continue
        never = sorted(name for name, access in entity.last_accessed.items() if access.at is None)
        used = len(entity.last_accessed) - len(never)
        if not never:
            yield Passed(entity.arn)
            continue
        services = "service" if len(never) == 1 else "services"
        yield Finding(
            entity.arn,
            f"may use {len(never)} {services} that it never called, and called {used}",
            Fix(
                "commands",
                f"iamsim generate TRAIL --world WORLD --principal {entity.arn} --quiet\naws"
                " accessanalyzer start-policy-generation --policy-generation-details"
                f" principalArn={entity.arn}",
            ),
            account.id,
            fact(f"never called: {some_of(never, FEW)}"),
            span=entity.span,
        )


@audits(
    "unused-access-analyzer",
    HEADING,
    "IAM Access Analyzer looks for unused access",
    Severity.LOW,
    UNUSED,
)
def analyzer(looking: Looking) -> Iterator[Outcome]:
    """Accounts without an analyzer for unused access."""
    yield from analyzer_of(looking, UNUSED_TYPES, "unused access", "ACCOUNT_UNUSED_ACCESS")
