"""Ways to workloads of another account: those that their own policies let in from there.

A function whose policy lets another account update its code runs that code with its own role:
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.core.decision import PolicyType
from iamsim.query.escalation.home import EVERYONE, Home
from iamsim.query.escalation.inside import workload_ways
from iamsim.query.escalation.steps import StepTaker
from iamsim.universe.candidates import granted_by

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way
    from iamsim.query.batch import Batch
    from iamsim.query.escalation.growth import Growth
    from iamsim.query.escalation.homes import Homes


def visit(batch: Batch, homes: Homes, ways: Sequence[Way], home: Home, growth: Growth) -> None:
    """Find who of other accounts can take ways to the workloads of one account that list them."""
    roles = {role.arn: role for role in home.account.roles.values()}
    for resource in home.account.resources.values():
        target = roles.get(resource.role or "")
        if target is None or resource.policy is None:
            continue
        compiled = batch.world.policies.compiled(resource.policy, PolicyType.RESOURCE)
        names = granted_by(compiled.statements)
        lonely = replace(home.account, resources={resource.arn: resource})
        for account, other in homes.items():
            if account == home.account.id:
                continue
            people = [
                candidate
                for candidate in other.candidates
                if {EVERYONE, f"account:{account}", f"aws:{candidate.principal}"} & names
            ]
            for way in ways if people else ():
                for known, _ in workload_ways(way, [target], lonely):
                    able = [candidate for candidate in other.able(known) if candidate in people]
                    taker = StepTaker(
                        batch, home.account, other.taker.statements, homes.region, blocked=False
                    )
                    taken = taker.take(known, able, target)
                    nodes = {other.node(principal): steps for principal, steps in taken.items()}
                    growth.hub(known, nodes, [target.arn])
