"""A condition key means little without another.

## What it finds
`aws:VpcSourceIp` without a key that tells the VPC or the VPC endpoint, and
`aws:Ec2InstanceSourcePrivateIPv4` without `aws:Ec2InstanceSourceVpc`, where they decide who passes.

## Why it matters
Private addresses repeat: every VPC of every account can have the same ones.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import is_guard

PAIRS = {
    "aws:vpcsourceip": (
        {"aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid"},
        "aws:SourceVpc",
    ),
    "aws:ec2instancesourceprivateipv4": ({"aws:ec2instancesourcevpc"}, "aws:Ec2InstanceSourceVpc"),
}


@checks("MISSING_PAIRED_CONDITION_KEYS")
def lonely_keys(policy: PolicyView) -> Findings:
    """Private addresses without their network."""
    for statement, condition in policy.conditions():
        partners, named = PAIRS.get(condition.lower, (set(), ""))
        if partners and is_guard(statement, condition) and not partners & statement.keys:
            message = f"`{condition.key}` says little without the network it is in"
            hint = f"add a condition on `{named}` to the statement"
            place = condition.key_path
            yield policy.finding("MISSING_PAIRED_CONDITION_KEYS", message, place, hint=hint)
