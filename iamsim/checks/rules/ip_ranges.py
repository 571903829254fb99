"""An IP address or block that is none, or not in its usual form.

## What it finds
Values of `IpAddress` and `NotIpAddress` that are neither an address nor a block in CIDR form; and
blocks with bits set behind the mask, such as `203.0.113.7/24`.

## Why it matters
What can't be read matches no address. Bits behind the mask are not looked at, so the block is
larger than it seems.
"""

from __future__ import annotations

from ipaddress import ip_network

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.compile.literals import read_network
from iamsim.core.caret import quote
from iamsim.syntax.operators import OPERATORS, Family


@checks("TYPE_MISMATCH_IP_RANGE", "IMPROVE_IP_RANGE")
def ip_ranges(policy: PolicyView) -> Findings:
    """The values of the operators for addresses."""
    for _, condition in policy.conditions():
        if OPERATORS[condition.operator.base].family is not Family.IP_ADDRESS:
            continue
        for value in condition.values:
            if "${" in value.text:
                continue
            network = read_network(value.text)
            if network is None:
                message = f"{quote(value.text)} is no IP address and no block"
                hint = "write it like `203.0.113.0/24` or `2001:db8::/32`"
                yield policy.finding("TYPE_MISMATCH_IP_RANGE", message, value.path, hint=hint)
            elif network[1]:
                message = f"bits stand behind the mask of {quote(value.text)}"
                hint = f"it means `{ip_network(value.text, strict=False)}`: write that"
                yield policy.finding("IMPROVE_IP_RANGE", message, value.path, hint=hint)
